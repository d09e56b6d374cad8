#include "core/crypto/signal/crypto_provider.h"

#include "core/crypto/signal/signal_context.h"
#include "core/crypto/signal/signal_ptr.h"
#include "core/primitives/aes.h"
#include "core/primitives/hash.h"

namespace sotto::native {

namespace {
int randomBytes(std::uint8_t *data, std::size_t size, void *context)
{
    return static_cast<SignalContext *>(context)->fillRandom(data, size) ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

int startHmac(void **code, const std::uint8_t *key, std::size_t keySize, void *)
{
    *code = new HmacSha256(ByteView(key, qsizetype(keySize)));
    return SG_SUCCESS;
}

int updateHmac(void *code, const std::uint8_t *data, std::size_t size, void *)
{
    static_cast<HmacSha256 *>(code)->update(ByteView(data, qsizetype(size)));
    return SG_SUCCESS;
}

int finishHmac(void *code, signal_buffer **output, void *)
{
    Bytes result = static_cast<HmacSha256 *>(code)->finish();
    *output = makeBuffer(result);
    wipe(result); // codes are chain and message keys
    return *output ? SG_SUCCESS : SG_ERR_NOMEM;
}

void freeHmac(void *code, void *) { delete static_cast<HmacSha256 *>(code); }

int startDigest(void **digest, void *)
{
    *digest = new Sha512;
    return SG_SUCCESS;
}

int updateDigest(void *digest, const std::uint8_t *data, std::size_t size, void *)
{
    static_cast<Sha512 *>(digest)->update(ByteView(data, qsizetype(size)));
    return SG_SUCCESS;
}

int finishDigest(void *digest, signal_buffer **output, void *)
{
    *output = makeBuffer(static_cast<Sha512 *>(digest)->finish());
    return *output ? SG_SUCCESS : SG_ERR_NOMEM;
}

void freeDigest(void *digest, void *) { delete static_cast<Sha512 *>(digest); }

template <class Output> int give(const Result<Output> &result, signal_buffer **output)
{
    // A wrong padding behind a right MAC is the sender's fault: the message, not the library, is wrong.
    if (!result)
        return SG_ERR_INVALID_MESSAGE;
    *output = makeBuffer(ByteView(result->data(), result->size()));
    return *output ? SG_SUCCESS : SG_ERR_NOMEM;
}

int encrypt(signal_buffer **output, int cipher, const std::uint8_t *key, std::size_t keySize, const std::uint8_t *iv,
            std::size_t ivSize, const std::uint8_t *data, std::size_t size, void *)
{
    const ByteView keyView(key, qsizetype(keySize));
    const ByteView ivView(iv, qsizetype(ivSize));
    const ByteView input(data, qsizetype(size));
    switch (cipher) {
    case SG_CIPHER_AES_CBC_PKCS5: return give(encryptAesCbc(keyView, ivView, input), output);
    case SG_CIPHER_AES_CTR_NOPADDING: return give(applyAesCtr(keyView, ivView, input), output);
    }
    return SG_ERR_INVAL;
}

int decrypt(signal_buffer **output, int cipher, const std::uint8_t *key, std::size_t keySize, const std::uint8_t *iv,
            std::size_t ivSize, const std::uint8_t *data, std::size_t size, void *)
{
    const ByteView keyView(key, qsizetype(keySize));
    const ByteView ivView(iv, qsizetype(ivSize));
    const ByteView input(data, qsizetype(size));
    switch (cipher) {
    case SG_CIPHER_AES_CBC_PKCS5: return give(decryptAesCbc(keyView, ivView, input), output);
    case SG_CIPHER_AES_CTR_NOPADDING: return give(applyAesCtr(keyView, ivView, input), output);
    }
    return SG_ERR_INVAL;
}
} // namespace

signal_crypto_provider cryptoProvider(SignalContext &context)
{
    signal_crypto_provider provider{};
    provider.random_func = randomBytes;
    provider.hmac_sha256_init_func = startHmac;
    provider.hmac_sha256_update_func = updateHmac;
    provider.hmac_sha256_final_func = finishHmac;
    provider.hmac_sha256_cleanup_func = freeHmac;
    provider.sha512_digest_init_func = startDigest;
    provider.sha512_digest_update_func = updateDigest;
    provider.sha512_digest_final_func = finishDigest;
    provider.sha512_digest_cleanup_func = freeDigest;
    provider.encrypt_func = encrypt;
    provider.decrypt_func = decrypt;
    provider.user_data = &context;
    return provider;
}

} // namespace sotto::native
