#pragma once
#include "server/handlers/handlers.h"
#include "server/handlers/housekeeping.h"
#include "server/handlers/relay_backend.h"
#include "server/handlers/sinks.h"
#include "server/presence/presence_hub.h"
#include "server/store/embedded_store.h"
#include "tests/kit/fake_clock.h"
#include "tests/unit/core_ledger/account_kit.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <set>

namespace sotto::relay::test {

/// A router whose connections are a set, and which writes down what it was given.
class RecordingRouter final : public Router {
public:
    bool isConnected(const DeviceAddress &device) const override { return connected.contains(device); }
    std::vector<DeviceId> connectedDevices(const AccountId &account) const override;
    bool deliver(const DeviceAddress &device, wire::Envelope envelope) override;
    void push(const DeviceAddress &device, wire::Push push) override;
    void disconnect(const DeviceAddress &device, wire::RelayErrorCode why) override;
    /// The pushes of one kind to a device, oldest first.
    template <class Kind> std::vector<Kind> pushed(const DeviceAddress &device) const
    {
        std::vector<Kind> found;
        for (const auto &[to, push] : pushes) {
            if (to == device && std::holds_alternative<Kind>(push))
                found.push_back(std::get<Kind>(push));
        }
        return found;
    }

    std::set<DeviceAddress> connected;
    std::vector<std::pair<DeviceAddress, wire::Envelope>> delivered;
    std::vector<std::pair<DeviceAddress, wire::Push>> pushes;
    std::vector<std::pair<DeviceAddress, wire::RelayErrorCode>> ended;
};

/// A person with real keys; what its first desktop sends.
struct Member {
    Member(std::uint64_t seed, std::uint32_t device) : account(seed, device), token(16, char('a' + seed)) { }
    AccountId id() const { return account.log.account(); }
    DeviceAddress address() const { return {id(), account.first.id}; }
    wire::SignedEntry signedBundle(const kit::TestDevice &device)
    {
        return signBundle(account.bundle(device), device.signing);
    }
    std::vector<wire::SignedEntry> preKeys(const kit::TestDevice &device, int count);
    wire::Register registration(const InviteSecret &invite, const QString &handle = {});

    kit::TestAccount account;
    Bytes token;
};

/// All handlers over a store on disk, without sockets.
struct HandlerFixture {
    HandlerFixture();
    ~HandlerFixture();

    /// Sends one request as `device` (or as an unauthenticated socket) and waits for the answer.
    template <class Request> wire::ResponseBody ask(const std::optional<DeviceAddress> &device, Request request)
    {
        Handler *const handler = table.find(kRequestKindOf<Request>);
        return waitFor(handler->dispatch(session(device), wire::RequestBody(std::move(request)))).body();
    }
    static SessionContext session(const std::optional<DeviceAddress> &device) { return {1, {}, device}; }
    InviteSecret invite();
    /// Registers a member with a fresh invite.
    void join(Member &member, const QString &handle = {});
    /// A second device, with number 22, in the log of a member who has one.
    kit::TestDevice addLaptop(Member &member);
    wire::Submit compose(const Member &sender, const Member &recipient, const Bytes &text);

    kit::FakeClock clock{kit::kNoon};
    kit::SeededRandom random;
    StoreOnDisk disk;
    RecordingRouter router;
    RouterSink sink{router};
    PresenceHub presence{clock, random, sink};
    RequestLimiter limiter{clock, RequestLimits()};
    PreKeyQuota preKeys{clock, limiter};
    MailQueues queues{*disk.store, clock, random, sink};
    AccountDirectory directory{*disk.store, queues};
    DeviceKeyCache deviceKeys{*disk.store};
    HandlerServices services{clock, *disk.store, directory, queues, presence, router, limiter, preKeys, deviceKeys, {}};
    HandlerTable table;
    RelayBackend backend{services};
    std::uint64_t nextSubmit = 1;
};

/// The refusal's code; Unspecified for any other answer.
wire::RelayErrorCode codeOf(const wire::ResponseBody &body);

} // namespace sotto::relay::test
