#include "core/primitives/aead.h"
#include "core/primitives/aes.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
Bytes hex(const char *text) { return Bytes::fromHex(text); }
const Bytes kKey = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
} // namespace

class AeadTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// draft-irtf-cfrg-xchacha-03, A.3.1.
    void xchachaMatchesTheDraft()
    {
        const Bytes plain =
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
            "sunscreen would be it.";
        const Bytes associated = hex("50515253c0c1c2c3c4c5c6c7");
        const Bytes nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
        const Bytes sealed = sealAead(kKey, nonce, plain, associated);
        QCOMPARE(sealed,
                 hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4e"
                     "da7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2"
                     "383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49"));
        const auto opened = openAead(kKey, nonce, sealed, associated);
        QVERIFY(opened);
        QCOMPARE(opened->view().toByteArray(), plain);
    }
    void nothingAlteredOpens()
    {
        kit::SeededRandom random;
        const auto sealed = sealAeadRandom(kKey, "secret", "header", random);
        QVERIFY(sealed);
        QVERIFY(openAeadRandom(kKey, *sealed, "header"));
        for (qsizetype i = 0; i < sealed->size(); ++i) {
            Bytes altered = *sealed;
            altered[i] = char(altered[i] ^ 1);
            QVERIFY(openAeadRandom(kKey, altered, "header").hasValue() == false);
            QVERIFY(!openAeadRandom(kKey, sealed->first(i), "header"));
        }
        QVERIFY(!openAeadRandom(kKey, *sealed, "Header"));
        QCOMPARE(openAeadRandom(kKey, *sealed, {}).error().code, ErrorCode::WrongKey);
    }
    void T014_noNonceWithoutRandomness()
    {
        kit::SeededRandom random;
        random.failNow();
        QCOMPARE(sealAeadRandom(kKey, "secret", {}, random).error().code, ErrorCode::RandomFailed);
    }

    /// NIST SP 800-38A, F.2 and F.5, first blocks.
    void aesMatchesTheStandard_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("cbc");
        QTest::addColumn<QByteArray>("ctr");
        QTest::newRow("128") << hex("2b7e151628aed2a6abf7158809cf4f3c") << hex("7649abac8119b246cee98e9b12e9197d")
                             << hex("874d6191b620e3261bef6864990db6ce");
        QTest::newRow("192") << hex("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b")
                             << hex("4f021db243bc633d7178183a9fa071e8") << hex("1abc932417521ca24f2b0459fe7e6e0b");
        QTest::newRow("256") << hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
                             << hex("f58c4c04d6e5f1ba779eabfb5f7bfbd6") << hex("601ec313775789a5b7a7f504bbf3d228");
    }
    void aesMatchesTheStandard()
    {
        QFETCH(const QByteArray, key);
        QFETCH(const QByteArray, cbc);
        QFETCH(const QByteArray, ctr);
        const Bytes plain = hex("6bc1bee22e409f96e93d7e117393172a");
        const Bytes iv = hex("000102030405060708090a0b0c0d0e0f");
        const auto encrypted = encryptAesCbc(key, iv, plain);
        QVERIFY(encrypted);
        QCOMPARE(encrypted->size(), 32); // a block of padding
        QCOMPARE(encrypted->first(16), cbc);
        const auto decrypted = decryptAesCbc(key, iv, *encrypted);
        QVERIFY(decrypted);
        QCOMPARE(decrypted->view().toByteArray(), plain);
        const auto counted = applyAesCtr(key, hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), plain);
        QVERIFY(counted);
        QCOMPARE(counted->view().toByteArray(), ctr);
    }
    void aesRefusesWhatCannotBe()
    {
        const Bytes iv(16, 0);
        QCOMPARE(encryptAesCbc(Bytes(15, 0), iv, "x").error().code, ErrorCode::InvalidArgument);
        QCOMPARE(encryptAesCbc(Bytes(16, 0), Bytes(12, 0), "x").error().code, ErrorCode::InvalidArgument);
        QCOMPARE(decryptAesCbc(Bytes(16, 0), iv, Bytes(15, 0)).error().code, ErrorCode::Malformed);
        QCOMPARE(decryptAesCbc(Bytes(16, 0), iv, Bytes()).error().code, ErrorCode::Malformed);
        QVERIFY(applyAesCtr(Bytes(16, 0), iv, Bytes()));
        const auto empty = encryptAesCbc(Bytes(16, 0), iv, Bytes());
        QVERIFY(empty);
        const auto back = decryptAesCbc(Bytes(16, 0), iv, *empty);
        QVERIFY(back);
        QCOMPARE(back->size(), 0);
    }
};

SOTTO_TEST(AeadTest)

} // namespace sotto

#include "aead_test.moc"
