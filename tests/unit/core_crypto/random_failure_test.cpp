#include "core/crypto/ephemeral_cipher.h"
#include "core/crypto/payload_cipher.h"
#include "core/crypto/recovery_kit.h"
#include "core/crypto/sealed_sender.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>

namespace sotto {

using kit::converse;
using kit::CryptoWorld;
using kit::introduce;
using kit::MemoryKeyStores;
using kit::Party;

class RandomFailureTest : public QObject {
    Q_OBJECT

    /// `make` says RandomFailed when any of its draws fails, and leaves `content` as it was (prekeys, of which some may
    /// have been stored, in the caller's transaction); with all of them it works. At least `leastDraws` are needed.
    template <class Make>
    static void failsAtEveryDraw(kit::SeededRandom &random, MemoryKeyStores *stores, int leastDraws, Make make)
    {
        const MemoryKeyStores::Content before = stores ? stores->content : MemoryKeyStores::Content();
        for (int good = 0; good < 1000; ++good) {
            random.failAfter(good);
            const auto result = make();
            random.failNever();
            if (result) {
                QVERIFY2(good >= leastDraws, qPrintable(QString::number(good)));
                return;
            }
            QCOMPARE(result.error(), CryptoError::RandomFailed);
            if (stores)
                QVERIFY(stores->content == before);
        }
        QFAIL("never worked");
    }

private Q_SLOTS:
    void T014_keysAndKits()
    {
        kit::SeededRandom random;
        failsAtEveryDraw(random, nullptr, 1, [&] { return DeviceKeys::make(random); });
        failsAtEveryDraw(random, nullptr, 1, [&] { return makeDeviceId(random); });
        failsAtEveryDraw(random, nullptr, 1, [&] { return makeCurveKeyPair(random); });
        failsAtEveryDraw(random, nullptr, 1, [&] { return RecoveryKit::make(random); });
        failsAtEveryDraw(random, nullptr, 1, [&] { return sealPayload("content", random); });
        const EphemeralCipher ephemeral(Bytes(32, 's'), {*AccountId::fromBytes(Bytes(32, 'a')), *DeviceId::from(1)});
        failsAtEveryDraw(random, nullptr, 1, [&] { return ephemeral.seal("typing", {0}, random); });
        const X25519KeyPair key = x25519FromPrivate(Bytes(32, 'k'));
        const DeviceAddress address{*AccountId::fromBytes(Bytes(32, 'a')), *DeviceId::from(1)};
        SealedSender sender(address, x25519FromPrivate(Bytes(32, 'o')), random);
        failsAtEveryDraw(random, nullptr, 1, [&] {
            return sender.seal(address, key.publicKey, {MessageId({1}), "ciphertext", std::nullopt});
        });
    }
    void T014_theCoreDoesNotStart()
    {
        kit::SeededRandom random;
        kit::FakeClock clock;
        failsAtEveryDraw(random, nullptr, 2, [&] { return CryptoCore::create(random, clock); });
    }
    void T014_sessions()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        failsAtEveryDraw(world.random, &bob.stores, 2, [&] { return bob.preKeys.makeSignedPreKey(); });
        failsAtEveryDraw(world.random, &bob.stores, 2, [&] {
            return bob.preKeys.makeOneTimePreKeys(1, [](const OneTimePreKey &) { return Done{}; });
        });
        const RemoteBundle bundle = bob.bundle();
        failsAtEveryDraw(world.random, &alice.stores, 2,
                         [&] { return alice.sessions.processBundle(bob.address, bundle); });
        const RatchetFrame first = alice.writes(bob, "first");
        failsAtEveryDraw(world.random, &bob.stores, 1, [&] { return bob.reads(alice, first); });
        const RatchetFrame answer = bob.writes(alice, "answer");
        failsAtEveryDraw(world.random, &alice.stores, 1, [&] { return alice.reads(bob, answer); });
        // The ratchet step that failed and worked in the end is a step like any other.
        QVERIFY(bob.reads(alice, alice.writes(bob, "on")));
    }
    void T014_groups()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        const SenderKeyName chain{GroupId({1}), alice.address};
        failsAtEveryDraw(world.random, &alice.stores, 2, [&] { return alice.groups.createDistribution(chain); });
        failsAtEveryDraw(world.random, &alice.stores, 1, [&] { return alice.groups.encrypt(chain, "text"); });
    }
};

SOTTO_TEST(RandomFailureTest)

} // namespace sotto

#include "random_failure_test.moc"
