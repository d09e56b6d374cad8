#include "core/crypto/recovery_kit.h"
#include "core/primitives/xeddsa.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class RecoveryKitTest : public QObject {
    Q_OBJECT
    static RecoveryKit fixedKit()
    {
        Bytes secret;
        for (char i = 0; i < 32; ++i)
            secret.append(i);
        return std::move(RecoveryKit::fromSecret(secret)).value();
    }

private Q_SLOTS:
    void T011_keysFollowFromTheCode()
    {
        // Vectors made with Python's hashlib and hmac and an X25519 of its own.
        const RecoveryKit kit = fixedKit();
        QCOMPARE(kit.text().view().toByteArray(),
                 QByteArray("000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFN-BB5N"));
        QCOMPARE(kit.accountRoot().publicKey.toHex(),
                 QByteArray("b1646d8d5e47869b1da46258cef0e50be06258e49f0ee1724a327f06bddbb23d"));
        QCOMPARE(kit.accountRoot().privateKey.view().toByteArray().toHex(),
                 QByteArray("189327742154d1a2ae7d38722b3de3fad68f27011efaa6a5d1a2a44ecee2d741"));
        QCOMPARE(kit.recoveryWrap().publicKey.toHex(),
                 QByteArray("9f078e381c3f1bb8046be48efc7f23faddd87f2776738d3ecd3c644740e65514"));
        QCOMPARE(kit.backupRoot().view().toByteArray().toHex(),
                 QByteArray("8623d638261dde4adcd7d457593afde266ffe38c63fd81f1afc47bcc1ed9abe4"));
    }
    void theAccountRootSigns()
    {
        kit::SeededRandom random;
        const X25519KeyPair root = fixedKit().accountRoot();
        const auto signature = signXeddsa("entry", root, random);
        QVERIFY(signature);
        QVERIFY(verifyXeddsa("entry", *signature, root.publicKey));
    }
    void aTypedCodeGivesTheSameKit()
    {
        const auto typed =
            RecoveryKit::fromText(u"000g 40r4 0m30 e209 185g r38e 1w81 24gk 2gah c5rr 34d1 p70x 3rfn bb5n");
        QVERIFY(typed);
        QCOMPARE(typed->accountRoot().publicKey, fixedKit().accountRoot().publicKey);
        const auto mistyped =
            RecoveryKit::fromText(u"000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFN-BB5M");
        QVERIFY(!mistyped && mistyped.error() == CryptoError::InvalidKey);
        const auto tooShort = RecoveryKit::fromText(u"000G-40R4");
        QVERIFY(!tooShort && tooShort.error() == CryptoError::InvalidArgument);
        QVERIFY(!RecoveryKit::fromSecret(Bytes(31, 'x')));
    }
    void aGroupIsConfirmedByTypingIt()
    {
        const RecoveryKit kit = fixedKit();
        QVERIFY(kit.confirms(0, u"000G"));
        QVERIFY(kit.confirms(0, u" ooog "));
        QVERIFY(kit.confirms(13, u"bb5n"));
        QVERIFY(!kit.confirms(13, u"bb5m"));
        QVERIFY(!kit.confirms(13, u"bb5"));
        QVERIFY(!kit.confirms(13, u"bb5nn"));
        QVERIFY(!kit.confirms(12, u"bb5n"));
        QVERIFY(!kit.confirms(0, u""));
    }
};

SOTTO_TEST(RecoveryKitTest)

} // namespace sotto

#include "recovery_kit_test.moc"
