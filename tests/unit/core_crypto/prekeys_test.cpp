#include "core/ledger/signature.h"
#include "core/primitives/xeddsa.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QSet>
#include <QTest>

namespace sotto {

using kit::CryptoWorld;
using kit::Party;
using kit::refusal;

class PreKeysTest : public QObject {
    Q_OBJECT
    static Result<Done, CryptoError> signsNothing(const OneTimePreKey &) { return Done{}; }

private Q_SLOTS:
    void idsAreRandomAndOrdinary()
    {
        CryptoWorld world;
        Party bob(world, "bob");
        int signedCount = 0;
        const auto made = bob.preKeys.makeOneTimePreKeys(kOneTimePreKeysKept, [&](const OneTimePreKey &) {
            ++signedCount;
            return Done{};
        });
        QVERIFY(made);
        QCOMPARE(signedCount, kOneTimePreKeysKept);
        QSet<quint32> ids;
        std::uint32_t highest = 0;
        for (const OneTimePreKey &preKey : *made) {
            QVERIFY(preKey.id >= 1 && preKey.id < 0xffffff);
            highest = std::max(highest, preKey.id);
            ids.insert(preKey.id);
            QVERIFY(usableCurveKey(preKey.publicKey.view()));
            QCOMPARE(bob.preKeys.oneTimePreKey(preKey.id)->publicKey, preKey.publicKey);
        }
        QCOMPARE(ids.size(), kOneTimePreKeysKept);
        QVERIFY2(highest > 0x800000, "24-bit ids, not 1, 2, 3");
        QCOMPARE(*bob.stores.countPreKeys(), kOneTimePreKeysKept);
        for (const std::uint32_t id : {0u, 0xffffffu, 0x1000000u}) {
            QCOMPARE(refusal(bob.preKeys.makeOneTimePreKeyWithId(id)), CryptoError::InvalidArgument);
            QCOMPARE(refusal(bob.preKeys.makeSignedPreKeyWithId(id)), CryptoError::InvalidArgument);
        }
        QCOMPARE(refusal(bob.preKeys.makeOneTimePreKeys(kMaxOneTimePreKeys + 1, signsNothing)),
                 CryptoError::InvalidArgument);
    }
    void aFailingSignatureStopsTheMaking()
    {
        CryptoWorld world;
        Party bob(world, "bob");
        const auto made = bob.preKeys.makeOneTimePreKeys(
            3, [](const OneTimePreKey &) -> Result<Done, CryptoError> { return CryptoError::Other; });
        QCOMPARE(refusal(made), CryptoError::Other);
    }
    void T013_aSignedPreKeysSignatureServesNothingElse()
    {
        CryptoWorld world;
        Party bob(world, "bob");
        const auto preKey = bob.preKeys.makeSignedPreKey();
        QVERIFY(verifyXeddsa(preKey->publicKey.view(), preKey->signature, x25519Part(bob.identity())));
        for (int purpose = 0; purpose < purposeCount(); ++purpose) {
            QVERIFY(!verifyWithCurveKey(Purpose(purpose), preKey->publicKey.view(), preKey->signature, bob.identity()));
        }
        QCOMPARE(bob.preKeys.signedPreKey(preKey->id)->signature, preKey->signature);
        QCOMPARE(refusal(bob.preKeys.signedPreKey(preKey->id ^ 1)), CryptoError::InvalidKeyId);
    }
    void privateHalvesAreDestroyedInTime()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        const RemoteBundle bundle = bob.bundle();
        QVERIFY(alice.sessions.processBundle(bob.address, bundle));
        QVERIFY(bob.reads(alice, alice.writes(bob, "leaves a tombstone")));
        QCOMPARE(bob.stores.content.tombstones.size(), std::size_t(1));
        const auto unused = bob.preKeys.makeOneTimePreKeys(2, signsNothing);

        world.clock.advance(kSignedPreKeyLife);
        const auto next = bob.preKeys.makeSignedPreKey();
        world.clock.advance(kPrivateHalfLife);
        QVERIFY(bob.preKeys.destroyExpired());
        // The signed one was replaced exactly 60 days ago; the one-time prekey may still be asked for.
        QVERIFY(bob.stores.content.preKeys.contains(unused->front().id));
        QVERIFY(bob.stores.content.signedPreKeys.contains(bundle.signedPreKeyId));
        QCOMPARE(bob.stores.content.tombstones.size(), std::size_t(1));

        world.clock.advance(Milliseconds(1));
        QVERIFY(bob.preKeys.destroyExpired());
        QVERIFY(!bob.stores.content.signedPreKeys.contains(bundle.signedPreKeyId));
        QVERIFY(bob.stores.content.signedPreKeys.contains(next->id));
        QVERIFY(bob.stores.content.tombstones.empty());

        world.clock.advance(kOneTimePrivateHalfLife - kSignedPreKeyLife - kPrivateHalfLife);
        QVERIFY(bob.preKeys.destroyExpired());
        QVERIFY(!bob.stores.content.preKeys.contains(unused->front().id));
    }
    void noMoreThanAThousandAreKept()
    {
        CryptoWorld world;
        Party bob(world, "bob");
        const auto oldest = bob.preKeys.makeOneTimePreKeys(1, signsNothing);
        world.clock.advance(Milliseconds(1000));
        QVERIFY(bob.preKeys.makeOneTimePreKeys(kMaxOneTimePreKeys, signsNothing));
        QVERIFY(bob.preKeys.destroyExpired());
        QCOMPARE(*bob.stores.countPreKeys(), kMaxOneTimePreKeys);
        QVERIFY(!bob.stores.content.preKeys.contains(oldest->front().id));
    }
};

SOTTO_TEST(PreKeysTest)

} // namespace sotto

#include "prekeys_test.moc"
