#include "tests/unit/core_ledger/account_kit.h"

namespace sotto::kit {

namespace {
DeviceLog startedLog(const X25519KeyPair &root, const TestDevice &device, Random &random)
{
    const X25519KeyPair wrap = makeX25519KeyPair(random).value();
    const wire::SignedEntry genesis =
        makeGenesis(device.pairs(), root, *wire::SealingKey::fromBytes(wrap.publicKey), kNoon, random).value();
    return DeviceLog::fromGenesis(accountIdOf(genesis.body), genesis, kNoon).value();
}
} // namespace

TestDevice::TestDevice(std::uint32_t number, Random &random)
    : id(*DeviceId::from(number)),
      identity(makeX25519KeyPair(random).value()),
      signing(makeEd25519KeyPair(random).value()),
      sealing(makeX25519KeyPair(random).value())
{ }

TestAccount::TestAccount(std::uint64_t seed, std::uint32_t firstDevice)
    : random(seed),
      root(makeX25519KeyPair(random).value()),
      first(firstDevice, random),
      log(startedLog(root, first, random))
{ }

SignedClaim TestAccount::claim(const TestDevice &device)
{
    return makeClaim(log.account(), log.head().hash, device.pairs(), random).value();
}

wire::SignedEntry TestAccount::adding(const TestDevice &device, const TestDevice &actor)
{
    return makeAddDevice(log, actor.actor(), claim(device), now);
}

TestDevice TestAccount::add(std::uint32_t number)
{
    TestDevice device(number, random);
    append(adding(device, first));
    return device;
}

LogChange TestAccount::append(const wire::SignedEntry &entry)
{
    const auto change = log.append(entry, now);
    if (!change)
        qFatal("an entry of the kit was refused: %s", name(change.error()));
    now = now + std::chrono::hours(24);
    return *change;
}

wire::SealingKey TestAccount::wrapKey()
{
    const X25519KeyPair pair = makeX25519KeyPair(random).value();
    return *wire::SealingKey::fromBytes(pair.publicKey);
}

wire::PreKeyBundle TestAccount::bundle(const TestDevice &device)
{
    const X25519KeyPair signedPreKey = makeX25519KeyPair(random).value();
    const wire::CurveKey key = curveKey(signedPreKey.publicKey);
    return {{log.account(), device.id},
            4711,
            curveKey(device.identity.publicKey),
            77,
            key,
            signXeddsa(key.view(), device.identity, random).value(),
            now + kBundleLife,
            wire::kSuiteClassic,
            {}};
}

wire::SignedEntry resigned(wire::SignedEntry entry, const wire::LogEntry &body, const Ed25519KeyPair &key)
{
    entry.body = wire::encode(body);
    entry.signature = sign(Purpose::DeviceEntry, entry.body, key);
    return entry;
}

wire::LogEntry bodyOf(const wire::SignedEntry &entry) { return wire::decodeLogEntry(entry.body).value(); }

} // namespace sotto::kit
