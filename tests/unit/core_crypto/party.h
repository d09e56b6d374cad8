#pragma once
#include "core/crypto/device_keys.h"
#include "core/crypto/group_cipher.h"
#include "core/crypto/prekeys.h"
#include "core/crypto/session_cipher.h"
#include "core/primitives/hash.h"
#include "tests/crypto_agent/memory_key_stores.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"

#include <memory>

namespace sotto::kit {

/// A crypto core with seeded randomness and virtual time.
struct CryptoWorld {
    SeededRandom random{7};
    FakeClock clock;
    std::unique_ptr<CryptoCore> core = std::move(CryptoCore::create(random, clock)).value();
};

/// One device with stores in memory. It trusts only whom it was introduced to.
class Party {
public:
    Party(CryptoWorld &world, const char *name, std::uint32_t device = 1)
        : address{AccountId(blake2b256(ByteView(name)).bytes()), *DeviceId::from(device)},
          stores(MemoryKeyStores::Trust::PinnedOnly),
          sessions(*world.core, stores.all()),
          groups(*world.core, stores.all()),
          preKeys(*world.core, stores.all())
    {
        const auto keys = makeCurveKeyPair(world.random);
        stores.content.identityPrivate = keys->privateKey.view().toByteArray();
        stores.content.registrationId = registrationIdOf(keys->publicKey);
    }

    CurvePublicKey identity() { return stores.localIdentity()->identityKey.publicKey; }

    /// As if the other's device log had been read.
    void learns(Party &other)
    {
        stores.content.pins.insert_or_assign(other.address, other.identity());
        stores.content.registrationIds.insert_or_assign(other.address, other.stores.content.registrationId);
    }

    RemoteBundle bundle(bool hasOneTime = true)
    {
        if (!m_signedPreKey)
            m_signedPreKey = preKeys.makeSignedPreKey().value();
        RemoteBundle result{stores.content.registrationId,       identity().toBytes(),      m_signedPreKey->id,
                            m_signedPreKey->publicKey.toBytes(), m_signedPreKey->signature, std::nullopt};
        if (hasOneTime) {
            const auto made = preKeys.makeOneTimePreKeys(1, [](const OneTimePreKey &) { return Done{}; });
            result.oneTime = {made->front().id, made->front().publicKey.toBytes()};
        }
        return result;
    }

    RatchetFrame writes(const Party &to, ByteView text) { return sessions.encrypt(to.address, text).value(); }
    Result<SecretBytes, CryptoError> reads(const Party &from, const RatchetFrame &frame)
    {
        return sessions.decrypt(from.address, frame.type, frame.bytes);
    }

    DeviceAddress address;
    MemoryKeyStores stores;
    SessionCipher sessions;
    GroupCipher groups;
    PreKeys preKeys;

private:
    std::optional<SignedPreKey> m_signedPreKey;
};

/// Makes both know each other.
inline void introduce(Party &a, Party &b)
{
    a.learns(b);
    b.learns(a);
}

/// A session in which both have spoken: the next message of either is a signal message.
inline void converse(Party &alice, Party &bob, bool hasOneTime = true)
{
    introduce(alice, bob);
    (void)alice.sessions.processBundle(bob.address, bob.bundle(hasOneTime)).value();
    (void)bob.reads(alice, alice.writes(bob, "hello")).value();
    (void)alice.reads(bob, bob.writes(alice, "hello back")).value();
}

/// The error of a result that should have failed; nothing when it did not.
template <class T> std::optional<CryptoError> refusal(const Result<T, CryptoError> &result)
{
    return result ? std::nullopt : std::optional(result.error());
}

} // namespace sotto::kit
