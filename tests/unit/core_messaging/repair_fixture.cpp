#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/crypto/crypto_error.h"
#include "core/ledger/log_builder.h"
#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/primitives/padding.h"
#include "core/sqlite/transaction.h"

#include <algorithm>

namespace sotto::kit {

namespace {

void must(bool done, const char *what)
{
    if (!done)
        qFatal("the fixture could not: %s", what);
}

} // namespace

RepairFixture::RepairFixture()
{
    // Nothing dies here, and these tests commit often.
    for (Desk *desk : {&alice(), &bob()})
        must(bool(desk->database->prepare("PRAGMA synchronous = OFF").run()), "save time");
    // Both have written: frames from now on are no prekey messages.
    give(bob(), {says(QStringLiteral("first"))});
    clock().advance(std::chrono::seconds(1));
    must(bool(bob().parts->composer.writeText(alice().account(), QStringLiteral("answer"))), "write an answer");
    give(alice(), sendsAll(bob(), alice(), OutboxPurpose::Content));
    must(bobSees() == QStringList({QStringLiteral("first"), QStringLiteral("answer")}), "talk");
}

ConversationId RepairFixture::chat() { return directConversation(alice().account(), bob().account()); }

wire::Envelope RepairFixture::says(const QString &text)
{
    clock().advance(std::chrono::seconds(1)); // no two messages have one place
    must(bool(alice().parts->composer.writeText(bob().account(), text)), "write");
    return sendsAll(alice(), bob(), OutboxPurpose::Content).back();
}

std::vector<OutboxEntry> RepairFixture::waiting(Desk &from, Desk &to, OutboxPurpose purpose)
{
    auto due = from.storage->outbox.dueAfter(0, clock().now() + std::chrono::hours(24 * 40), 100'000);
    must(bool(due), "read an outbox");
    std::erase_if(
        *due, [&](const OutboxEntry &entry) { return entry.recipient != to.account() || entry.purpose != purpose; });
    return std::move(*due);
}

wire::Envelope RepairFixture::sends(Desk &from, Desk &to, const OutboxEntry &entry)
{
    const auto hasSession = from.parts->sessions.hasSession(to.address());
    if (entry.purpose != OutboxPurpose::Retry && !(hasSession && *hasSession))
        buildSession(from, to); // as the pump does
    auto transaction = Transaction::begin(*from.database);
    const auto submit = from.parts->sealer.seal(entry);
    must(bool(transaction), "begin a transaction");
    must(bool(submit), submit ? "" : name(submit.error()));
    must(submit->has_value(), "find a device to seal for");
    if (!isRepair(entry.purpose)) {
        const auto accepted = from.storage->outbox.setResendAccepted(entry.innerId, clock().now(), clock().now());
        must(bool(accepted), "note an acceptance");
    }
    if (entry.message)
        must(bool(from.storage->messages.setAccepted(*entry.message, clock().now())), "place a message");
    must(from.storage->outbox.remove(entry.id) && transaction->commit(), "take an entry out");
    for (const wire::Target &target : (*submit)->targets) {
        for (const wire::Copy &copy : target.copies) {
            if (target.account == to.account() && copy.device == to.address().device) {
                return {++m_relaySeq,      clock().now(),     wire::MailClass(entry.mailClass),
                        copy.kind,         copy.sealedSender, copy.ciphertext,
                        (*submit)->payload};
            }
        }
    }
    qFatal("there is no copy for a desk");
}

std::vector<wire::Envelope> RepairFixture::sendsAll(Desk &from, Desk &to, OutboxPurpose purpose)
{
    std::vector<wire::Envelope> mail;
    for (const OutboxEntry &entry : waiting(from, to, purpose))
        mail.push_back(sends(from, to, entry));
    return mail;
}

wire::SignedEntry RepairFixture::signedRequest(const DeviceAddress &from, const DeviceAddress &to,
                                               const content::Retry &retry)
{
    const content::SealedContent content{from, to, retry};
    return signEntry(Purpose::Retry, content::encode(content), bob().parts->device.keys.signing);
}

wire::Envelope RepairFixture::sealedCopy(const wire::SignedEntry &entry)
{
    const auto &key = alice().parts->device.keys.sealing.publicKey;
    const auto ciphertext = sealTo(key, padded(wire::encode(entry)), random());
    const auto id = newMessageId(random(), false);
    must(ciphertext && id, "seal a request");
    const auto sender = bob().parts->senders.seal(alice().address(), key, {*id, *ciphertext, std::nullopt});
    must(bool(sender), "seal a sender");
    return {++m_relaySeq, clock().now(), wire::MailClass::Keys, wire::CopyKind::Sealed, *sender, *ciphertext, {}};
}

wire::Envelope RepairFixture::request(const content::Retry &retry)
{
    return sealedCopy(signedRequest(bob().address(), alice().address(), retry));
}

std::size_t RepairFixture::answers() { return waiting(alice(), bob(), OutboxPurpose::Resend).size(); }

std::optional<content::Retry> RepairFixture::bobAsks()
{
    std::optional<content::Retry> asked;
    for (const OutboxEntry &entry : waiting(bob(), alice(), OutboxPurpose::Retry)) {
        const auto content = content::decodeSealedContent(entry.content);
        must(content && !asked && bob().storage->outbox.remove(entry.id), "read one request");
        asked = content->retry;
    }
    return asked;
}

void RepairFixture::bobLosesHisSession()
{
    must(bool(bob().database->prepare("DELETE FROM session").run()), "lose a session");
}

int RepairFixture::carryAll()
{
    int rounds = 0;
    for (int round = 0; round < 8; ++round) {
        bool anything = false;
        for (const OutboxPurpose purpose : {OutboxPurpose::Retry, OutboxPurpose::Resend}) {
            for (const auto &[from, to] : {std::pair(&bob(), &alice()), std::pair(&alice(), &bob())}) {
                const auto mail = sendsAll(*from, *to, purpose);
                anything = anything || !mail.empty();
                give(*to, mail);
            }
        }
        rounds += anything ? 1 : 0;
        clock().advance(std::chrono::seconds(10));
    }
    return rounds;
}

void RepairFixture::adopt(Desk &desk, const DeviceLog &log)
{
    auto transaction = Transaction::begin(*desk.database);
    must(transaction && desk.parts->directory.adopt(log) && transaction->commit(), "adopt a log");
}

DeviceAddress RepairFixture::addDevice(Desk &owner, Desk &other)
{
    const auto keys = DeviceKeys::make(random());
    const auto number = makeDeviceId(random());
    must(keys && number, "make a device");
    const DeviceKeyPairs pairs{*number, keys->identity.x25519(), keys->signing, keys->sealing};
    DeviceLog log = **owner.parts->directory.find(owner.account());
    const auto claim = makeClaim(owner.account(), log.head().hash, pairs, random());
    must(bool(claim), "claim a place in a log");
    const auto entry =
        makeAddDevice(log, {owner.address().device, owner.parts->device.keys.signing}, *claim, clock().now());
    must(bool(log.append(entry, clock().now())), "add a device");
    adopt(owner, log);
    adopt(other, log);
    return {owner.account(), *number};
}

void RepairFixture::revoke(const DeviceAddress &device, Desk &owner, Desk &other)
{
    DeviceLog log = **owner.parts->directory.find(owner.account());
    const LogActor actor{owner.address().device, owner.parts->device.keys.signing};
    must(bool(log.append(makeRevokeDevice(log, actor, device.device, clock().now()), clock().now())),
         "revoke a device");
    adopt(owner, log);
    adopt(other, log);
}

std::vector<Message> RepairFixture::bobHas()
{
    return bob().storage->messages.page(chat(), std::nullopt, 1000).valueOr({});
}

std::int64_t RepairFixture::number(Desk &desk, const char *sql)
{
    return desk.database->prepare(sql).number().valueOr(-1);
}

} // namespace sotto::kit
