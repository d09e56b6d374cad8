#include "core/crypto/sealed_sender.h"
#include "core/primitives/hash.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
DeviceAddress device(char account, std::uint32_t number)
{
    return {*AccountId::fromBytes(Bytes(32, account)), *DeviceId::from(number)};
}
X25519KeyPair sealingKey(char seed) { return x25519FromPrivate(Bytes(32, seed)); }
MessageId messageId()
{
    std::array<std::uint8_t, 16> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = std::uint8_t(i);
    return MessageId(bytes);
}
} // namespace

class SealedSenderTest : public QObject {
    Q_OBJECT
    kit::SeededRandom m_random{3};
    const DeviceAddress m_alice = device(0x11, 1), m_bob = device(0x22, 2);
    const Bytes m_aliceKey = sealingKey(1).publicKey, m_bobKey = sealingKey(2).publicKey;
    SealedSender m_sender{m_alice, sealingKey(1), m_random};
    SealedSender m_recipient{m_bob, sealingKey(2), m_random};

private Q_SLOTS:
    void T011_tagsNeverChange()
    {
        // Vectors made with Python's hashlib and an X25519 of its own.
        QCOMPARE(m_aliceKey.toHex(), QByteArray("a4e09292b651c278b9772c569f5fa9bb13d906b46ab68c9df9dc2b4409f8a209"));
        const auto plain = m_sender.seal(m_bob, m_bobKey, {messageId(), "ciphertext", std::nullopt});
        QVERIFY(plain);
        QCOMPARE(plain->size(), kSealedSenderBytes);
        const auto claim = m_recipient.open(*plain);
        QVERIFY(claim);
        QCOMPARE(claim->sender, m_alice);
        QCOMPARE(claim->messageId, messageId());
        QCOMPARE(claim->tag.toHex(), QByteArray("dd3db7019485b54423d2b69c07f82d04"));
        const auto withPayload = m_sender.seal(m_bob, m_bobKey, {messageId(), "ciphertext", sha256("payload")});
        QCOMPARE(m_recipient.open(*withPayload)->tag.toHex(), QByteArray("cbd3c3dfb5886252b8633a6f79da4713"));
    }
    void theTagBindsWhatIsSent()
    {
        const auto sealed = m_sender.seal(m_bob, m_bobKey, {messageId(), "ciphertext", sha256("payload")});
        const auto claim = m_recipient.open(*sealed);
        QVERIFY(m_recipient.verify(*claim, m_aliceKey, "ciphertext", sha256("payload")));
        QVERIFY(!m_recipient.verify(*claim, m_aliceKey, "ciphertexT", sha256("payload")));
        QVERIFY(!m_recipient.verify(*claim, m_aliceKey, "ciphertext", sha256("Payload")));
        QVERIFY(!m_recipient.verify(*claim, m_aliceKey, "ciphertext", std::nullopt));
        SenderClaim altered = *claim;
        altered.messageId = MessageId({9});
        QVERIFY(!m_recipient.verify(altered, m_aliceKey, "ciphertext", sha256("payload")));
        altered = *claim;
        altered.sender = device(0x11, 3);
        QVERIFY(!m_recipient.verify(altered, m_aliceKey, "ciphertext", sha256("payload")));
        altered = *claim;
        altered.tag[0] = char(altered.tag[0] ^ 1);
        QVERIFY(!m_recipient.verify(altered, m_aliceKey, "ciphertext", sha256("payload")));
    }
    void nobodyElseCanMakeATag()
    {
        // Eve seals to Bob in Alice's name: she has her own key only.
        SealedSender eve(m_alice, sealingKey(5), m_random);
        const auto sealed = eve.seal(m_bob, m_bobKey, {messageId(), "ciphertext", std::nullopt});
        const auto claim = m_recipient.open(*sealed);
        QCOMPARE(claim->sender, m_alice);
        const auto verified = m_recipient.verify(*claim, m_aliceKey, "ciphertext", std::nullopt);
        QVERIFY(!verified && verified.error() == CryptoError::InvalidMessage);
    }
    void aTagOfTheOtherDirectionIsWrong()
    {
        // Bob's own tag to Alice, sent back to him as hers.
        const auto toAlice = m_recipient.seal(m_alice, m_aliceKey, {messageId(), "ciphertext", std::nullopt});
        SenderClaim reflected = *m_sender.open(*toAlice);
        reflected.sender = m_alice;
        QVERIFY(!m_recipient.verify(reflected, m_aliceKey, "ciphertext", std::nullopt));
    }
    void onlyTheRecipientOpens()
    {
        const auto sealed = m_sender.seal(m_bob, m_bobKey, {messageId(), "ciphertext", std::nullopt});
        QVERIFY(!m_sender.open(*sealed));
        QVERIFY(!m_recipient.open(sealed->first(kSealedSenderBytes - 1)));
        QVERIFY(!m_recipient.open(*sealed + 'x'));
        QVERIFY(!m_recipient.open({}));
        for (qsizetype i = 0; i < sealed->size(); ++i) {
            Bytes flipped = *sealed;
            flipped[i] = char(flipped[i] ^ 4);
            QVERIFY(!m_recipient.open(flipped));
        }
        const Bytes otherVersion = *sealTo(m_bobKey, Bytes(69, '\x02'), m_random);
        QVERIFY(!m_recipient.open(otherVersion));
    }
    void unusableKeysAreRefused()
    {
        for (const Bytes &key : {Bytes(32, '\0'), Bytes(31, 'x'), Bytes()}) {
            const auto sealed = m_sender.seal(m_bob, key, {messageId(), "ciphertext", std::nullopt});
            QVERIFY(!sealed && sealed.error() == CryptoError::InvalidKey);
        }
    }
    void theCacheIsBoundedAndRight()
    {
        for (std::uint32_t i = 1; i <= std::uint32_t(SealedSender::kMaxCachedKeys) + 10; ++i)
            QVERIFY(m_sender.seal(device(0x33, i), m_bobKey, {messageId(), "x", std::nullopt}));
        const auto sealed = m_sender.seal(m_bob, m_bobKey, {messageId(), "ciphertext", std::nullopt});
        QCOMPARE(m_recipient.open(*sealed)->tag.toHex(), QByteArray("dd3db7019485b54423d2b69c07f82d04"));
    }
};

SOTTO_TEST(SealedSenderTest)

} // namespace sotto

#include "sealed_sender_test.moc"
