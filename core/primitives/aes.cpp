#include "core/primitives/aes.h"

#include "core/primitives/raw_bytes.h"

#include <memory>
#include <openssl/evp.h>

namespace sotto {

namespace {
constexpr qsizetype kBlockBytes = 16;
constexpr qsizetype kMaxMessageBytes = qsizetype(1) << 30;

enum class Mode { Cbc, Ctr };
enum class Direction { Decrypt = 0, Encrypt = 1 };

struct CipherContextFree {
    void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
};

/// Looked up once a process: a fetch by name costs more than a short message.
const EVP_CIPHER *cipher(Mode mode, qsizetype keyBytes)
{
    static EVP_CIPHER *const cbc[] = {EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr),
                                      EVP_CIPHER_fetch(nullptr, "AES-192-CBC", nullptr),
                                      EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)};
    static EVP_CIPHER *const ctr[] = {EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr),
                                      EVP_CIPHER_fetch(nullptr, "AES-192-CTR", nullptr),
                                      EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr)};
    if (keyBytes != 16 && keyBytes != 24 && keyBytes != 32)
        return nullptr;
    const auto index = std::size_t((keyBytes - 16) / 8);
    return mode == Mode::Cbc ? cbc[index] : ctr[index];
}

/// Runs the whole message through one cipher; `out` has room for a block more than the input. The bytes written.
Result<qsizetype> run(Mode mode, Direction direction, ByteView key, ByteView iv, ByteView input, unsigned char *out)
{
    const EVP_CIPHER *const type = cipher(mode, key.size());
    if (!type || iv.size() != kBlockBytes)
        return ErrorCode::InvalidArgument;
    thread_local const std::unique_ptr<EVP_CIPHER_CTX, CipherContextFree> context(EVP_CIPHER_CTX_new());
    int written = 0;
    int last = 0;
    const bool worked = context && EVP_CIPHER_CTX_reset(context.get()) == 1
        && EVP_CipherInit_ex2(context.get(), type, raw(key), raw(iv), int(direction), nullptr) == 1
        && EVP_CIPHER_CTX_set_padding(context.get(), mode == Mode::Cbc ? 1 : 0) == 1
        && EVP_CipherUpdate(context.get(), out, &written, raw(input), int(input.size())) == 1
        && EVP_CipherFinal_ex(context.get(), out + written, &last) == 1;
    if (context)
        EVP_CIPHER_CTX_reset(context.get()); // wipes the key schedule
    if (!worked)
        return ErrorCode::Malformed;
    return qsizetype(written) + last;
}
} // namespace

Result<Bytes> encryptAesCbc(ByteView key, ByteView iv, ByteView plain)
{
    if (plain.size() > kMaxMessageBytes)
        return ErrorCode::TooLarge;
    Bytes out(plain.size() + kBlockBytes, Qt::Uninitialized);
    const auto written =
        run(Mode::Cbc, Direction::Encrypt, key, iv, plain, reinterpret_cast<unsigned char *>(out.data()));
    if (!written)
        return written.error();
    out.truncate(*written);
    return out;
}

Result<SecretBytes> decryptAesCbc(ByteView key, ByteView iv, ByteView cipherText)
{
    if (cipherText.size() > kMaxMessageBytes)
        return ErrorCode::TooLarge;
    SecretBytes room = SecretBytes::zeros(cipherText.size() + kBlockBytes);
    const auto written = run(Mode::Cbc, Direction::Decrypt, key, iv, cipherText, room.data());
    if (!written)
        return written.error();
    return SecretBytes::copyOf(room.view().first(*written));
}

Result<SecretBytes> applyAesCtr(ByteView key, ByteView iv, ByteView input)
{
    if (input.size() > kMaxMessageBytes)
        return ErrorCode::TooLarge;
    SecretBytes out = SecretBytes::zeros(input.size());
    unsigned char nothing = 0;
    const auto written = run(Mode::Ctr, Direction::Encrypt, key, iv, input, input.isEmpty() ? &nothing : out.data());
    if (!written)
        return written.error();
    return out;
}

} // namespace sotto
