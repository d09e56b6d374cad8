#include "core/crypto/payload_cipher.h"
#include "core/primitives/hash.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class PayloadCipherTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void opensWithItsKeyAndHash()
    {
        kit::SeededRandom random;
        const Bytes content(3000, 'c');
        const auto sealed = sealPayload(content, random);
        QVERIFY(sealed);
        QCOMPARE(sealed->bytes.size(), content.size() + 16);
        QCOMPARE(openPayload(sealed->key.view(), sealed->hash, sealed->bytes)->view(), ByteView(content));
        const auto again = sealPayload(content, random);
        QVERIFY(again->bytes != sealed->bytes);
    }
    void anythingElseIsRefused()
    {
        kit::SeededRandom random;
        const auto sealed = sealPayload("content", random);
        Bytes altered = sealed->bytes;
        altered[0] = char(altered[0] ^ 1);
        QVERIFY(!openPayload(sealed->key.view(), sealed->hash, altered));
        QVERIFY(!openPayload(sealed->key.view(), sha256(altered), altered));
        QVERIFY(!openPayload(Bytes(32, 'k'), sealed->hash, sealed->bytes));
        const auto wrongSize = openPayload(Bytes(31, 'k'), sealed->hash, sealed->bytes);
        QVERIFY(!wrongSize && wrongSize.error() == CryptoError::InvalidArgument);
        QVERIFY(!openPayload(sealed->key.view(), sha256(Bytes()), Bytes()));
    }
    void thePayloadMustBeTheOneThatWasNamed()
    {
        kit::SeededRandom random;
        const auto sealed = sealPayload("content", random);
        QVERIFY(!openPayload(sealed->key.view(), sha256("another"), sealed->bytes));
    }
};

SOTTO_TEST(PayloadCipherTest)

} // namespace sotto

#include "payload_cipher_test.moc"
