#include "core/crypto/device_keys.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class DeviceKeysTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keysSurviveStorage()
    {
        kit::SeededRandom random;
        const auto keys = DeviceKeys::make(random);
        QVERIFY(keys);
        const auto again = DeviceKeys::fromSecret(keys->toSecret().view());
        QVERIFY(again);
        QCOMPARE(again->identity.publicKey, keys->identity.publicKey);
        QCOMPARE(again->signing.publicKey, keys->signing.publicKey);
        QCOMPARE(again->sealing.publicKey, keys->sealing.publicKey);
        QVERIFY(x25519Part(keys->identity.publicKey) != ByteView(keys->sealing.publicKey));
        QVERIFY(!DeviceKeys::fromSecret(keys->toSecret().view().first(95)));
    }
    void T011_theRegistrationIdFollowsFromTheIdentityKey()
    {
        // Vector made with Python's hashlib: 1 + BLAKE2b-256("sotto/v1/registration-id\0" || key)[0..4] mod 16380.
        const CurveKeyPair pair = curveKeyPairFrom(Bytes(32, '\x01'));
        QCOMPARE(pair.publicKey.toHex(),
                 QStringLiteral("05a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209"));
        QCOMPARE(registrationIdOf(pair.publicKey), 10007u);
    }
    void usableKeys()
    {
        const CurveKeyPair pair = curveKeyPairFrom(Bytes(32, '\x09'));
        QCOMPARE(*usableCurveKey(pair.publicKey.view()), pair.publicKey);
        QCOMPARE(*usableCurveKeyFromX25519(x25519Part(pair.publicKey)), pair.publicKey);
        QVERIFY(!usableCurveKey(x25519Part(pair.publicKey)));
        QVERIFY(!usableCurveKeyFromX25519(pair.publicKey.view()));
        QVERIFY(!usableCurveKeyFromX25519(Bytes(32, '\0')));
        QCOMPARE(pair.x25519().publicKey, x25519Part(pair.publicKey).toByteArray());
    }
    void deviceIdsAreInRange()
    {
        kit::SeededRandom random;
        for (int i = 0; i < 100; ++i) {
            const auto id = makeDeviceId(random);
            QVERIFY(id && id->number() >= 1 && id->number() <= DeviceId::kMax);
        }
    }
};

SOTTO_TEST(DeviceKeysTest)

} // namespace sotto

#include "device_keys_test.moc"
