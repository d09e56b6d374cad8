#include "core/primitives/x25519.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>
#include <sodium.h>

namespace sotto {

namespace {
Bytes hex(const char *text) { return Bytes::fromHex(text); }
} // namespace

class AgreementTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void x25519MatchesRfc7748()
    {
        const auto secret = agreeX25519(hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
                                        hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
        QVERIFY(secret);
        QCOMPARE(secret->view().toByteArray(), hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
        Bytes counting;
        for (int i = 0; i < 32; ++i)
            counting.append(char(i));
        QCOMPARE(x25519FromPrivate(counting).publicKey,
                 hex("8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"));
    }
    void bothSidesAgree()
    {
        kit::SeededRandom random;
        const auto alice = makeX25519KeyPair(random);
        const auto bob = makeX25519KeyPair(random);
        QVERIFY(alice && bob);
        const auto a = agreeX25519(alice->privateKey.view(), bob->publicKey);
        const auto b = agreeX25519(bob->privateKey.view(), alice->publicKey);
        QVERIFY(a && b);
        QVERIFY(*a == *b);
    }
    /// Every canonical and non-canonical encoding of the points of order 1, 2, 4 and 8.
    void T004_smallOrderKeysAreRefused()
    {
        const QByteArrayList points = {"0000000000000000000000000000000000000000000000000000000000000000",
                                       "0100000000000000000000000000000000000000000000000000000000000000",
                                       "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                       "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                       "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"};
        kit::SeededRandom random;
        const auto own = makeX25519KeyPair(random);
        QVERIFY(own);
        for (const QByteArray &point : points) {
            const Bytes key = Bytes::fromHex(point);
            QVERIFY(!isUsableX25519Key(key));
            QVERIFY(!agreeX25519(own->privateKey.view(), key));
            QVERIFY(!sealTo(key, "text", random));
        }
        QVERIFY(isUsableX25519Key(own->publicKey));
        QVERIFY(!isUsableX25519Key(own->publicKey.first(31)));
        QVERIFY(!isUsableX25519Key(own->publicKey + 'x'));
    }
    void sealedBoxesAreLibsodiums()
    {
        kit::SeededRandom random;
        const auto bob = makeX25519KeyPair(random);
        QVERIFY(bob);
        const auto ours = sealTo(bob->publicKey, "hello", random);
        QVERIFY(ours);
        QCOMPARE(ours->size(), 5 + kSealedBoxOverheadBytes);
        const auto opened = openSealed(*bob, *ours);
        QVERIFY(opened);
        QCOMPARE(opened->view().toByteArray(), QByteArray("hello"));

        Bytes theirs(5 + kSealedBoxOverheadBytes, 0);
        QCOMPARE(crypto_box_seal(reinterpret_cast<unsigned char *>(theirs.data()),
                                 reinterpret_cast<const unsigned char *>("hello"), 5,
                                 reinterpret_cast<const unsigned char *>(bob->publicKey.constData())),
                 0);
        QVERIFY(openSealed(*bob, theirs));
        theirs[40] = char(theirs[40] ^ 1);
        QCOMPARE(openSealed(*bob, theirs).error().code, ErrorCode::WrongKey);
        QCOMPARE(openSealed(*bob, theirs.first(47)).error().code, ErrorCode::WrongKey);
    }
    void T014_noKeyWithoutRandomness()
    {
        kit::SeededRandom random;
        random.failNow();
        QCOMPARE(makeX25519KeyPair(random).error().code, ErrorCode::RandomFailed);
        kit::SeededRandom good;
        const auto bob = makeX25519KeyPair(good);
        QVERIFY(bob);
        QCOMPARE(sealTo(bob->publicKey, "text", random).error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(AgreementTest)

} // namespace sotto

#include "agreement_test.moc"
