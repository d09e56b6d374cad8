#include "core/primitives/hash.h"
#include "core/primitives/labels.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
Bytes hex(const char *text) { return Bytes::fromHex(text); }
Bytes counting(int from, int count)
{
    Bytes bytes;
    for (int i = 0; i < count; ++i)
        bytes.append(char(from + i));
    return bytes;
}
} // namespace

class HashTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void blake2bMatchesTheReference()
    {
        const Bytes expected = hex("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
        QCOMPARE(blake2b256("abc").toBytes(), expected);
        QCOMPARE(blake2b256({"a", "", "bc"}).toBytes(), expected);
    }
    void keyedBlake2bMatchesTheReference()
    {
        const Bytes key = counting(0, 32);
        QCOMPARE(keyedBlake2b(key, {"mess", "age"}, 16), hex("bd34a421575627a37294bc37ba686f61"));
        QCOMPARE(keyedBlake2b(key, {"message"}, 32),
                 hex("2615bcafac3ebcd31940a8f15d876916435d805823d2db78c201a8e94624a0ae"));
    }
    void sha2MatchesTheStandard()
    {
        QCOMPARE(sha256("abc").toBytes(), hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        const Bytes expected = hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
        QCOMPARE(sha512("abc"), expected);
        Sha512 steps;
        steps.update("a");
        steps.update("bc");
        QCOMPARE(steps.finish(), expected);
        steps.update("abc"); // starts anew after finish()
        QCOMPARE(steps.finish(), expected);
    }
    void hmacMatchesRfc4231()
    {
        QCOMPARE(hmacSha256("Jefe", {"what do ya want ", "for nothing?"}),
                 hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
        // Test case 6: a key longer than a block is hashed first.
        QCOMPARE(hmacSha256(Bytes(131, char(0xaa)), {"Test Using Larger Than Block-Size Key - Hash Key First"}),
                 hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    }
    void T011_hkdfMatchesRfc5869()
    {
        const auto derived = [](ByteView ikm, ByteView salt, ByteView info, qsizetype size) {
            return hkdfSha256(ikm, salt, info, size).view().toByteArray();
        };
        QCOMPARE(derived(Bytes(22, 0x0b), counting(0, 13), counting(0xf0, 10), 42),
                 hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
        QCOMPARE(derived(counting(0, 80), counting(0x60, 80), counting(0xb0, 80), 82),
                 hex("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                     "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"));
        QCOMPARE(derived(Bytes(22, 0x0b), {}, {}, 42),
                 hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
    }
    void T011_labelsKeepTheirMeaning_data()
    {
        QTest::addColumn<int>("label");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](Label label, const char *expected) {
            QTest::newRow(labelText(label).toByteArray().constData()) << int(label) << hex(expected);
        };
        row(Label::AccountRoot, "002952cc253588d4d696c6694d3486bfd86631501ccaf2125fed56ec7c063993");
        row(Label::RecoveryWrap, "e09176bd5d129e54567bdd756c149771d16ac146d47f20911315c4b3a7f6be2a");
        row(Label::BackupRoot, "3c4bfdb64340b48712840c8ab76e0be8f7e567d0ed780c0291969c30ac9fbfda");
        row(Label::DeliveryToken, "cfec7e007194b437066b67d2c2ecd6b2994c77c9a0eb2427a5ac4afca664f349");
        row(Label::PresenceTopic, "9848a06a887d8b6de6bf904fd0f00e689b71fc3d2f9b891df0c0ba1f41e270d4");
        row(Label::ProfileSlot, "330ec1cd16b34f0603893802d6dfbb0d63b95eb84e7f1ce8313e09a2d2923ed3");
        row(Label::SealedSenderTag, "958db21164e3d44e4160f6996fc6d5eed04db3fc15f3e1f407103cbaf590da62");
        row(Label::EphemeralFrame, "d5177279496d14239f5b1199a78e5987855dd41217d1fe1c2f8cfc5071533798");
        row(Label::KeyFileSlot, "e4e17ce8b1b85d9f72d580d689b2da78356968dfd775f9eafda14d57f64edac1");
        row(Label::KeyFileCode, "4c0b605385c65cd5b669a7cdc112b2b8ab16648ab0437736d1f186f85c41fc2c");
    }
    void T011_labelsKeepTheirMeaning()
    {
        QFETCH(const int, label);
        QFETCH(const QByteArray, expected);
        const SecretBytes key = derive(counting(0, 32), Label(label), "ctx", 32);
        QCOMPARE(key.view().toByteArray(), expected);
    }
    void noLabelBeginsAnother()
    {
        for (int a = 0; a < labelCount(); ++a) {
            for (int b = 0; b < labelCount(); ++b) {
                if (a != b)
                    QVERIFY(!labelText(Label(a)).startsWith(labelText(Label(b))));
            }
        }
    }
};

SOTTO_TEST(HashTest)

} // namespace sotto

#include "hash_test.moc"
