#include "tests/unit/server_handlers/handler_fixture.h"

#include "core/primitives/hash.h"

namespace sotto::relay::test {

std::vector<DeviceId> RecordingRouter::connectedDevices(const AccountId &account) const
{
    std::vector<DeviceId> devices;
    for (const DeviceAddress &device : connected) {
        if (device.account == account)
            devices.push_back(device.device);
    }
    return devices;
}

bool RecordingRouter::deliver(const DeviceAddress &device, wire::Envelope envelope)
{
    if (!isConnected(device))
        return false;
    delivered.emplace_back(device, std::move(envelope));
    return true;
}

void RecordingRouter::push(const DeviceAddress &device, wire::Push push)
{
    if (isConnected(device))
        pushes.emplace_back(device, std::move(push));
}

void RecordingRouter::disconnect(const DeviceAddress &device, wire::RelayErrorCode why)
{
    ended.emplace_back(device, why);
}

std::vector<wire::SignedEntry> Member::preKeys(const kit::TestDevice &device, int count)
{
    std::vector<wire::SignedEntry> keys;
    for (int i = 0; i < count; ++i) {
        const auto pair = makeX25519KeyPair(account.random).value();
        keys.push_back(
            signOneTimePreKey({device.id, std::uint32_t(100 + i), curveKey(pair.publicKey)}, device.signing));
    }
    return keys;
}

wire::Register Member::registration(const InviteSecret &invite, const QString &handle)
{
    return {invite,
            account.log.entries().front().entry,
            signedBundle(account.first),
            preKeys(account.first, 2),
            handle,
            sha256(token)};
}

HandlerFixture::HandlerFixture() { addHandlers(table, services); }

HandlerFixture::~HandlerFixture() { disk.store.reset(); }

InviteSecret HandlerFixture::invite()
{
    const InviteSecret secret = random.id<InviteSecret>().value();
    const Timestamp now = clock.now();
    const auto made = waitFor(disk.store->createInvites({sha256(secret.view())}, now + std::chrono::hours(24)));
    if (!made)
        qFatal("no invite");
    return secret;
}

void HandlerFixture::join(Member &member, const QString &handle)
{
    const auto answer = ask(std::nullopt, member.registration(invite(), handle));
    if (!std::holds_alternative<wire::Registered>(answer))
        qFatal("registration was refused: %s", name(codeOf(answer)));
}

kit::TestDevice HandlerFixture::addLaptop(Member &member)
{
    member.account.now = clock.now();
    kit::TestDevice laptop(22, member.account.random);
    const auto adding = member.account.adding(laptop, member.account.first);
    const auto answer = ask(member.address(), wire::AppendLog{adding, member.signedBundle(laptop), {}});
    if (!std::holds_alternative<wire::Ok>(answer))
        qFatal("a laptop was refused: %s", name(codeOf(answer)));
    member.account.append(adding);
    return laptop;
}

wire::Submit HandlerFixture::compose(const Member &sender, const Member &recipient, const Bytes &text)
{
    wire::Submit submit{nextSubmit, random.id<SubmitId>().value(), wire::MailClass::Message, 0, {}, {}};
    ++nextSubmit;
    wire::Target target{recipient.id(), 1, recipient.token, {}};
    for (const wire::DeviceKeys &device : recipient.account.log.state().devices) {
        if (DeviceAddress{recipient.id(), device.device} != sender.address())
            target.copies.push_back({device.device, wire::CopyKind::Signal, "sealed", text});
    }
    submit.targets.push_back(target);
    return submit;
}

wire::RelayErrorCode codeOf(const wire::ResponseBody &body)
{
    const auto *const error = std::get_if<wire::RelayError>(&body);
    return error ? error->code : wire::RelayErrorCode::Unspecified;
}

} // namespace sotto::relay::test
