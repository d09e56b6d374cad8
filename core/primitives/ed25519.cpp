#include "core/primitives/ed25519.h"

#include "core/primitives/raw_bytes.h"

#include <sodium.h>

namespace sotto {

Result<Ed25519KeyPair> makeEd25519KeyPair(Random &random)
{
    const Result<SecretBytes> seed = SecretBytes::random(kEd25519SeedBytes, random);
    if (!seed)
        return seed.error();
    return ed25519FromSeed(seed->view());
}

Ed25519KeyPair ed25519FromSeed(ByteView seed)
{
    Q_ASSERT(seed.size() == kEd25519SeedBytes);
    Ed25519KeyPair pair{Bytes(kEd25519KeyBytes, Qt::Uninitialized), SecretBytes::zeros(crypto_sign_SECRETKEYBYTES)};
    crypto_sign_seed_keypair(raw(pair.publicKey), pair.secretKey.data(), raw(seed));
    return pair;
}

Bytes signEd25519(ByteView message, const Ed25519KeyPair &key)
{
    Q_ASSERT(key.secretKey.size() == crypto_sign_SECRETKEYBYTES);
    Bytes signature(kEd25519SignatureBytes, Qt::Uninitialized);
    crypto_sign_detached(raw(signature), nullptr, raw(message), std::size_t(message.size()), key.secretKey.data());
    return signature;
}

bool verifyEd25519(ByteView message, ByteView signature, ByteView publicKey)
{
    return signature.size() == kEd25519SignatureBytes && publicKey.size() == kEd25519KeyBytes
        && crypto_sign_verify_detached(raw(signature), raw(message), std::size_t(message.size()), raw(publicKey)) == 0;
}

} // namespace sotto
