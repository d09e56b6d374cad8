#include "core/primitives/xeddsa.h"

#include "core/primitives/ed25519.h"
#include "core/primitives/hash.h"
#include "core/primitives/raw_bytes.h"

#include <memory>
#include <openssl/bn.h>
#include <sodium.h>

namespace sotto {

namespace {
constexpr qsizetype kNonceInputBytes = 64;
constexpr unsigned char kSignBit = 0x80;

template <auto Free> struct Freed {
    template <class T> void operator()(T *object) const { Free(object); }
};
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;

/// The Ed25519 form, sign bit 0, of a canonical X25519 public key: y = (u - 1) / (u + 1) mod 2^255 - 19. Empty when
/// there is none. Public keys only: OpenSSL's big numbers do not run in constant time.
Bytes edwardsForm(ByteView montgomery)
{
    static const BigNumber prime = [] {
        BigNumber p(BN_new());
        BN_set_bit(p.get(), 255);
        BN_sub_word(p.get(), 19);
        return p;
    }();
    const std::unique_ptr<BN_CTX, Freed<BN_CTX_free>> context(BN_CTX_new());
    const BigNumber u(BN_lebin2bn(raw(montgomery), int(montgomery.size()), nullptr));
    const BigNumber above(BN_new());
    const BigNumber y(BN_new());
    if (!context || !u || !above || !y || BN_cmp(u.get(), prime.get()) >= 0)
        return {};
    Bytes edwards(kEd25519KeyBytes, Qt::Uninitialized);
    const bool worked = BN_copy(above.get(), u.get()) && BN_add_word(above.get(), 1) == 1
        && BN_mod_inverse(above.get(), above.get(), prime.get(), context.get())
        && BN_mod_sub(y.get(), u.get(), BN_value_one(), prime.get(), context.get()) == 1
        && BN_mod_mul(y.get(), y.get(), above.get(), prime.get(), context.get()) == 1
        && BN_bn2lebinpad(y.get(), raw(edwards), int(edwards.size())) == int(edwards.size());
    return worked ? edwards : Bytes();
}

/// `bytes` as a 512-bit little-endian number, modulo the order of the base point.
SecretBytes reduced(ByteView bytes)
{
    SecretBytes wide = SecretBytes::zeros(crypto_core_ed25519_NONREDUCEDSCALARBYTES);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char *>(wide.data()));
    SecretBytes scalar = SecretBytes::zeros(crypto_core_ed25519_SCALARBYTES);
    crypto_core_ed25519_scalar_reduce(scalar.data(), wide.data());
    return scalar;
}

/// SHA-512 over the parts, as a scalar.
SecretBytes hashToScalar(std::initializer_list<ByteView> parts)
{
    Sha512 hash;
    for (const ByteView part : parts)
        hash.update(part);
    Bytes digest = hash.finish();
    SecretBytes scalar = reduced(digest);
    wipe(digest);
    return scalar;
}

struct SigningPair {
    SecretBytes scalar;
    Bytes point; ///< sign bit 0
};

/// The Edwards pair of an X25519 private key, the scalar negated where the point's sign bit would be 1.
SigningPair signingPair(const SecretBytes &privateKey)
{
    SigningPair pair{reduced(privateKey.view()), Bytes(kEd25519KeyBytes, Qt::Uninitialized)};
    // Never infinity: a clamped scalar (x25519.h) is no multiple of the order.
    (void)crypto_scalarmult_ed25519_base_noclamp(raw(pair.point), privateKey.data());
    SecretBytes negated = SecretBytes::zeros(crypto_core_ed25519_SCALARBYTES);
    crypto_core_ed25519_scalar_negate(negated.data(), pair.scalar.data());
    // Which of the two is a secret of the key: choose without a branch.
    const auto mask = static_cast<unsigned char>(0 - (raw(pair.point)[31] >> 7));
    for (qsizetype i = 0; i < pair.scalar.size(); ++i) {
        unsigned char &byte = pair.scalar.data()[i];
        byte = static_cast<unsigned char>(byte ^ (mask & (byte ^ negated.data()[i])));
    }
    raw(pair.point)[31] &= static_cast<unsigned char>(~kSignBit);
    return pair;
}
} // namespace

Result<Bytes> signXeddsa(ByteView message, const X25519KeyPair &key, Random &random)
{
    Q_ASSERT(key.privateKey.size() == kX25519KeyBytes);
    const Result<SecretBytes> fresh = SecretBytes::random(kNonceInputBytes, random);
    if (!fresh)
        return fresh.error();
    const SigningPair pair = signingPair(key.privateKey);
    // hash_1 of the specification: 2^256 - 2 in front keeps it apart from every other use of SHA-512.
    Bytes prefix(32, char(0xff));
    prefix[0] = char(0xfe);
    const SecretBytes nonce = hashToScalar({prefix, pair.scalar.view(), message, fresh->view()});

    Bytes signature(kXeddsaSignatureBytes, '\0');
    if (crypto_scalarmult_ed25519_base_noclamp(raw(signature), nonce.data()) != 0)
        return ErrorCode::RandomFailed; // a zero nonce: chance 2^-252
    const SecretBytes challenge = hashToScalar({ByteView(signature).first(32), pair.point, message});
    SecretBytes product = SecretBytes::zeros(crypto_core_ed25519_SCALARBYTES);
    crypto_core_ed25519_scalar_mul(product.data(), challenge.data(), pair.scalar.data());
    crypto_core_ed25519_scalar_add(raw(signature) + 32, product.data(), nonce.data());
    return signature;
}

bool verifyXeddsa(ByteView message, ByteView signature, ByteView publicKey)
{
    if (signature.size() != kXeddsaSignatureBytes || publicKey.size() != kX25519KeyBytes)
        return false;
    Bytes edwards = edwardsForm(publicKey);
    if (edwards.isEmpty())
        return false;
    // libsignal leaves the point's sign in the signature's last bit instead of negating the scalar.
    Bytes plain = signature.toByteArray();
    const unsigned sign = raw(plain)[63] & kSignBit;
    raw(edwards)[31] = static_cast<unsigned char>(raw(edwards)[31] | sign);
    raw(plain)[63] &= static_cast<unsigned char>(~kSignBit);
    return verifyEd25519(message, plain, edwards);
}

} // namespace sotto
