#pragma once
#include "server/relay/relay_server.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/unit/server_relay/fake_backend.h"
#include "tests/unit/server_relay/test_client.h"

#include <QTemporaryDir>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace sotto::relay {

using namespace std::chrono_literals;
using Code = wire::RelayErrorCode;

DeviceAddress deviceOf(std::uint8_t account, std::uint32_t device = 1);
inline const DeviceAddress kAlice = deviceOf(1);
inline const DeviceAddress kBob = deviceOf(2);

/// A relay without a store, in virtual time: its backend does what the test says. It answers LookupHandle (unknown
/// handle: "nobody") and Register.
struct Rig {
    /// Room for more connections than a test makes.
    static constexpr ConnectionLimits kRoomy{1000, 1000, {1e6, 1e6}, 1000, 1000};

    explicit Rig(int workers = 1, EventLoopKind loop = EventLoopKind::Epoll,
                 const ConnectionLimits &connections = kRoomy);
    /// Listens, with the limits and services as the test has set them.
    void start();
    std::uint16_t port() const { return server->port(); }
    /// A device that may log in; its signing key.
    Ed25519KeyPair addDevice(const DeviceAddress &device);

    QTemporaryDir folder;
    kit::FakeClock clock;
    kit::SeededRandom random;
    FakeBackend backend;
    HandlerTable handlers;
    SessionRouter router;
    ConnectionLimiter limiter;
    std::vector<Hash256> pins;
    std::unique_ptr<HelloMaker> hello;
    SessionLimits limits;
    std::atomic<int> backlogMs{0};
    std::optional<SessionServices> services;
    RelayServer::Options options;
    std::unique_ptr<RelayServer> server;
};

} // namespace sotto::relay
