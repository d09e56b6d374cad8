#include "core/primitives/ed25519.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
Bytes hex(const char *text) { return Bytes::fromHex(text); }
} // namespace

class SignatureTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ed25519MatchesRfc8032_data()
    {
        QTest::addColumn<QByteArray>("seed");
        QTest::addColumn<QByteArray>("publicKey");
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<QByteArray>("signature");
        QTest::newRow("1")
            << hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
            << hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a") << Bytes()
            << hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e397"
                   "01cf9b46bd25bf5f0595bbe24655141438e7a100b");
        QTest::newRow("2")
            << hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
            << hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c") << hex("72")
            << hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f361"
                   "3d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    }
    void ed25519MatchesRfc8032()
    {
        QFETCH(const QByteArray, seed);
        QFETCH(const QByteArray, publicKey);
        QFETCH(const QByteArray, message);
        QFETCH(const QByteArray, signature);
        const Ed25519KeyPair key = ed25519FromSeed(seed);
        QCOMPARE(key.publicKey, publicKey);
        QCOMPARE(signEd25519(message, key), signature);
        QVERIFY(verifyEd25519(message, signature, publicKey));
        QCOMPARE(key.seed().toByteArray(), seed);
    }
    void anythingAlteredIsRefused()
    {
        kit::SeededRandom random;
        const auto key = makeEd25519KeyPair(random);
        QVERIFY(key);
        const Bytes signature = signEd25519("message", *key);
        QVERIFY(!verifyEd25519("messagE", signature, key->publicKey));
        QVERIFY(!verifyEd25519("message", signature.first(63), key->publicKey));
        QVERIFY(!verifyEd25519("message", signature, key->publicKey.first(31)));
        for (qsizetype i = 0; i < signature.size(); ++i) {
            Bytes altered = signature;
            altered[i] = char(altered[i] ^ 0x40);
            QVERIFY(!verifyEd25519("message", altered, key->publicKey));
        }
        // With the neutral point as key, R = neutral, S = 0 would sign everything.
        Bytes neutral(32, 0);
        neutral[0] = 1;
        QVERIFY(!verifyEd25519("message", neutral + Bytes(32, 0), neutral));
    }
    void T014_noKeyWithoutRandomness()
    {
        kit::SeededRandom random;
        random.failNow();
        QCOMPARE(makeEd25519KeyPair(random).error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(SignatureTest)

} // namespace sotto

#include "signature_test.moc"
