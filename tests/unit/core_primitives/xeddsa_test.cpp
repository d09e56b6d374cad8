#include "core/primitives/xeddsa.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>
#include <signal/curve.h>
#include <signal/signal_protocol.h>

namespace sotto {

namespace {
int randomForSignal(std::uint8_t *data, size_t length, void *user)
{
    return static_cast<Random *>(user)->fill(data, length) ? 0 : SG_ERR_UNKNOWN;
}
const std::uint8_t *raw(ByteView bytes) { return reinterpret_cast<const std::uint8_t *>(bytes.data()); }
} // namespace

/// Against libsignal itself: what it signs we accept, what we sign it accepts.
class XeddsaTest : public QObject {
    Q_OBJECT
    kit::SeededRandom m_random{7};
    signal_context *m_context = nullptr;

    Bytes signedByLibsignal(ByteView message, const X25519KeyPair &key)
    {
        ec_private_key *privateKey = nullptr;
        signal_buffer *signature = nullptr;
        Bytes result;
        if (curve_decode_private_point(&privateKey, key.privateKey.data(), 32, m_context) == 0
            && curve_calculate_signature(m_context, &signature, privateKey, raw(message), size_t(message.size()))
                == 0) {
            result = Bytes(reinterpret_cast<const char *>(signal_buffer_data(signature)),
                           qsizetype(signal_buffer_len(signature)));
        }
        signal_buffer_free(signature);
        SIGNAL_UNREF(privateKey);
        return result;
    }
    bool acceptedByLibsignal(ByteView message, ByteView signature, ByteView publicKey)
    {
        const Bytes typed = Bytes(1, 5) + publicKey.toByteArray();
        ec_public_key *key = nullptr;
        const bool right = curve_decode_point(&key, raw(typed), size_t(typed.size()), m_context) == 0
            && curve_verify_signature(key, raw(message), size_t(message.size()), raw(signature),
                                      size_t(signature.size()))
                == 1;
        SIGNAL_UNREF(key);
        return right;
    }

private Q_SLOTS:
    void initTestCase()
    {
        QCOMPARE(signal_context_create(&m_context, nullptr), 0);
        // Signing needs randomness only; libsignal wants the rest to exist.
        signal_crypto_provider provider{};
        provider.random_func = randomForSignal;
        provider.hmac_sha256_init_func = [](void **, const std::uint8_t *, size_t, void *) { return SG_ERR_UNKNOWN; };
        provider.hmac_sha256_update_func = [](void *, const std::uint8_t *, size_t, void *) { return SG_ERR_UNKNOWN; };
        provider.hmac_sha256_final_func = [](void *, signal_buffer **, void *) { return SG_ERR_UNKNOWN; };
        provider.hmac_sha256_cleanup_func = [](void *, void *) {};
        provider.sha512_digest_init_func = [](void **, void *) { return SG_ERR_UNKNOWN; };
        provider.sha512_digest_update_func = [](void *, const std::uint8_t *, size_t, void *) {
            return SG_ERR_UNKNOWN;
        };
        provider.sha512_digest_final_func = [](void *, signal_buffer **, void *) { return SG_ERR_UNKNOWN; };
        provider.sha512_digest_cleanup_func = [](void *, void *) {};
        const auto cipher = [](signal_buffer **, int, const std::uint8_t *, size_t, const std::uint8_t *, size_t,
                               const std::uint8_t *, size_t, void *) { return SG_ERR_UNKNOWN; };
        provider.encrypt_func = cipher;
        provider.decrypt_func = cipher;
        provider.user_data = static_cast<Random *>(&m_random);
        QCOMPARE(signal_context_set_crypto_provider(m_context, &provider), 0);
    }
    void cleanupTestCase() { signal_context_destroy(m_context); }

    void agreesWithLibsignalBothWays()
    {
        int signBits = 0;
        for (int round = 0; round < 200; ++round) {
            const auto key = makeX25519KeyPair(m_random);
            const auto message = m_random.bytes(round);
            QVERIFY(key && message);
            const auto ours = signXeddsa(*message, *key, m_random);
            QVERIFY(ours);
            QVERIFY(verifyXeddsa(*message, *ours, key->publicKey));
            QVERIFY(acceptedByLibsignal(*message, *ours, key->publicKey));
            const Bytes theirs = signedByLibsignal(*message, *key);
            QCOMPARE(theirs.size(), kXeddsaSignatureBytes);
            QVERIFY(verifyXeddsa(*message, theirs, key->publicKey));
            signBits += (theirs[63] & 0x80) != 0 ? 1 : 0;
        }
        QVERIFY(signBits > 50 && signBits < 150); // both signs of the point were met
    }
    void anythingAlteredIsRefused()
    {
        const auto key = makeX25519KeyPair(m_random);
        const auto other = makeX25519KeyPair(m_random);
        QVERIFY(key && other);
        const auto signature = signXeddsa("message", *key, m_random);
        QVERIFY(signature);
        QVERIFY(!verifyXeddsa("messagE", *signature, key->publicKey));
        QVERIFY(!verifyXeddsa("message", *signature, other->publicKey));
        QVERIFY(!verifyXeddsa("message", signature->first(63), key->publicKey));
        QVERIFY(!verifyXeddsa("message", *signature, key->publicKey.first(31)));
        for (qsizetype i = 0; i < signature->size(); ++i) {
            Bytes altered = *signature;
            altered[i] = char(altered[i] ^ 0x20);
            QVERIFY(!verifyXeddsa("message", altered, key->publicKey));
        }
    }
    void keysThatAreNoneAreRefused()
    {
        const Bytes signature(64, 0);
        const Bytes minusOne = Bytes::fromHex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
        const Bytes prime = Bytes::fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
        for (const Bytes &key : {Bytes(32, 0), minusOne, prime, Bytes(32, char(0xff))})
            QVERIFY(!verifyXeddsa("message", signature, key));
    }
    void T014_noSignatureWithoutRandomness()
    {
        const auto key = makeX25519KeyPair(m_random);
        QVERIFY(key);
        kit::SeededRandom failing;
        failing.failNow();
        QCOMPARE(signXeddsa("message", *key, failing).error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(XeddsaTest)

} // namespace sotto

#include "xeddsa_test.moc"
