#include "core/crypto/recovery_kit.h"
#include "core/crypto/safety_number.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>

namespace sotto {

using kit::CryptoWorld;

namespace {
/// The account whose id is 32 times `id` and whose kit's secret counts up from `first`.
AccountRootKey account(char id, char first)
{
    Bytes secret;
    for (char i = 0; i < 32; ++i)
        secret.append(char(first + i));
    const RecoveryKit kit = std::move(RecoveryKit::fromSecret(secret)).value();
    return {*AccountId::fromBytes(Bytes(32, id)), usableCurveKeyFromX25519(kit.accountRoot().publicKey).value()};
}
} // namespace

class SafetyNumberTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T011_digitsAndCodeNeverChange()
    {
        // Vector made with Python's hashlib from the published algorithm (NumericFingerprintGenerator).
        CryptoWorld world;
        const auto number = safetyNumber(*world.core, account(0x11, 0), account(0x22, 1));
        QVERIFY(number);
        QCOMPARE(number->digits, QStringLiteral("218302298812382307709718395947995267120603471478102978131444"));
        QCOMPARE(number->scannable.toHex(),
                 QByteArray("080112220a206654fe0be62937937aa667e825810fd5790a3ba2a8bd4520356db399b994be21"
                            "1a220a209cc8b23ac659904afd6ce64771b53e85c9e1383286ce613e9fa43337420b5b94"));
    }
    void T055_bothSidesSeeTheSameAndARootChangesIt()
    {
        CryptoWorld world;
        const AccountRootKey alice = account(0x11, 0), bob = account(0x22, 1);
        const auto ours = safetyNumber(*world.core, alice, bob);
        const auto theirs = safetyNumber(*world.core, bob, alice);
        QCOMPARE(ours->digits, theirs->digits);
        QCOMPARE(*isSameSafetyNumber(*world.core, *ours, theirs->scannable), true);
        const AccountRootKey newRoot = account(0x22, 2);
        const auto changed = safetyNumber(*world.core, newRoot, alice);
        QVERIFY(changed->digits != ours->digits);
        QCOMPARE(*isSameSafetyNumber(*world.core, *ours, changed->scannable), false);
        QVERIFY(!isSameSafetyNumber(*world.core, *ours, "rubbish"));
    }
    void impossibleParametersAreRefused()
    {
        CryptoWorld world;
        const CurvePublicKey key = account(1, 1).rootKey;
        QVERIFY(fingerprint(*world.core, 1, 1, "a", key, "b", key));
        QVERIFY(!fingerprint(*world.core, 0, 1, "a", key, "b", key));
        QVERIFY(!fingerprint(*world.core, 1, -1, "a", key, "b", key));
        QVERIFY(!fingerprint(*world.core, 1, 1, QByteArray("a\0b", 3), key, "b", key));
    }
};

SOTTO_TEST(SafetyNumberTest)

} // namespace sotto

#include "safety_number_test.moc"
