#pragma once
#include "core/ledger/bundle.h"
#include "core/ledger/log_builder.h"
#include "tests/kit/seeded_random.h"

#include <memory>
#include <vector>

namespace sotto::kit {

/// A moment in 2026 at which every ledger test starts.
inline constexpr Timestamp kNoon{1'772'000'000'000};

/// The private keys of one desktop in a ledger test.
struct TestDevice {
    TestDevice(std::uint32_t number, Random &random);
    DeviceKeyPairs pairs() const { return {id, identity, signing, sealing}; }
    LogActor actor() const { return {id, signing}; }
    wire::DeviceKeys keys() const { return publicKeys(pairs()); }

    DeviceId id;
    X25519KeyPair identity;
    Ed25519KeyPair signing;
    X25519KeyPair sealing;
};

/// An account with its root, its first desktop and its log; every entry is one day after the one before.
class TestAccount {
public:
    explicit TestAccount(std::uint64_t seed = 1, std::uint32_t firstDevice = 11);

    /// A claim of `device` for the log's present head.
    SignedClaim claim(const TestDevice &device);
    /// An add_device by `actor`, not yet appended.
    wire::SignedEntry adding(const TestDevice &device, const TestDevice &actor);
    /// Adds a new desktop, signed by the first one.
    TestDevice add(std::uint32_t number);
    /// Appends or fails the test run.
    LogChange append(const wire::SignedEntry &entry);
    wire::SealingKey wrapKey();
    wire::PreKeyBundle bundle(const TestDevice &device);

    SeededRandom random;
    X25519KeyPair root;
    TestDevice first;
    DeviceLog log;
    Timestamp now = kNoon;
};

/// `entry` with another body, signed anew by `key` for a device entry; proofs kept.
wire::SignedEntry resigned(wire::SignedEntry entry, const wire::LogEntry &body, const Ed25519KeyPair &key);
/// The decoded body.
wire::LogEntry bodyOf(const wire::SignedEntry &entry);

} // namespace sotto::kit
