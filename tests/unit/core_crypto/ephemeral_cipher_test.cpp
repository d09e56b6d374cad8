#include "core/crypto/ephemeral_cipher.h"
#include "core/primitives/aead.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
const Timestamp kNow{1'772'366'400'000};
DeviceAddress device(std::uint32_t number) { return {*AccountId::fromBytes(Bytes(32, 'a')), *DeviceId::from(number)}; }
Bytes secret()
{
    Bytes bytes;
    for (char i = 0; i < 32; ++i)
        bytes.append(i);
    return bytes;
}
} // namespace

class EphemeralCipherTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void opensForTenSeconds()
    {
        kit::SeededRandom random;
        const EphemeralCipher cipher(secret(), device(1));
        const auto frame = cipher.seal("typing", kNow, random);
        QVERIFY(frame);
        QCOMPARE(frame->size(), 6 + kEphemeralOverheadBytes);
        for (const int seconds : {-10, 0, 10})
            QCOMPARE(*cipher.open(*frame, kNow + std::chrono::seconds(seconds)), Bytes("typing"));
    }
    void isRefusedLater()
    {
        kit::SeededRandom random;
        const EphemeralCipher cipher(secret(), device(1));
        const auto frame = cipher.seal("typing", kNow, random);
        for (const int milliseconds : {-10'001, 10'001})
            QVERIFY(!cipher.open(*frame, kNow + Milliseconds(milliseconds)));
    }
    void keyAndSenderAreBound()
    {
        kit::SeededRandom random;
        const EphemeralCipher cipher(secret(), device(1));
        const auto frame = cipher.seal("typing", kNow, random);
        QVERIFY(!EphemeralCipher(secret(), device(2)).open(*frame, kNow));
        QVERIFY(!EphemeralCipher(Bytes(32, 'x'), device(1)).open(*frame, kNow));
        for (qsizetype i = 0; i < frame->size(); ++i) {
            Bytes flipped = *frame;
            flipped[i] = char(flipped[i] ^ 1);
            QVERIFY(!cipher.open(flipped, kNow));
        }
        QVERIFY(!cipher.open({}, kNow));
        QVERIFY(!cipher.open(Bytes(40, 'x'), kNow));
    }
    void T011_theLayoutNeverChanges()
    {
        // The key was made with Python's hmac: HKDF-SHA256(secret, info "sotto/v1/ephemeral").
        const Bytes key = Bytes::fromHex("9d1c4ccbbc20fe58a52de04171bf8e793e3725190fab0bf415b11f8d6bd3c4f0");
        const Bytes nonce(kAeadNonceBytes, 'n');
        const Bytes plain = Bytes::fromHex("0000019ca9450a00") + "typing";
        const Bytes associated = Bytes(32, 'a') + Bytes::fromHex("00000001");
        const Bytes frame = nonce + sealAead(key, nonce, plain, associated);
        QCOMPARE(*EphemeralCipher(secret(), device(1)).open(frame, kNow), Bytes("typing"));
    }
};

SOTTO_TEST(EphemeralCipherTest)

} // namespace sotto

#include "ephemeral_cipher_test.moc"
