#include "core/primitives/hash.h"

#include "core/primitives/raw_bytes.h"

#include <algorithm>
#include <sodium.h>

namespace sotto {

namespace {
using HmacState = crypto_auth_hmacsha256_state;
using Sha512State = crypto_hash_sha512_state;
static_assert(sizeof(HmacState) <= 256 && sizeof(Sha512State) <= 256);
HmacState *hmacState(unsigned char *storage) { return reinterpret_cast<HmacState *>(storage); }
Sha512State *sha512State(unsigned char *storage) { return reinterpret_cast<Sha512State *>(storage); }
} // namespace

Hash256 blake2b256(std::initializer_list<ByteView> parts)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, Hash256::kSize);
    for (const ByteView part : parts)
        crypto_generichash_update(&state, raw(part), std::size_t(part.size()));
    std::array<std::uint8_t, Hash256::kSize> out;
    crypto_generichash_final(&state, out.data(), out.size());
    return Hash256(out);
}

Bytes keyedBlake2b(ByteView key, std::initializer_list<ByteView> parts, qsizetype size)
{
    Q_ASSERT(key.size() >= qsizetype(crypto_generichash_KEYBYTES_MIN)
             && key.size() <= qsizetype(crypto_generichash_KEYBYTES_MAX));
    Q_ASSERT(size >= qsizetype(crypto_generichash_BYTES_MIN) && size <= qsizetype(crypto_generichash_BYTES_MAX));
    crypto_generichash_state state;
    crypto_generichash_init(&state, raw(key), std::size_t(key.size()), std::size_t(size));
    for (const ByteView part : parts)
        crypto_generichash_update(&state, raw(part), std::size_t(part.size()));
    Bytes out(size, Qt::Uninitialized);
    crypto_generichash_final(&state, raw(out), std::size_t(size));
    sodium_memzero(&state, sizeof state);
    return out;
}

Hash256 sha256(std::initializer_list<ByteView> parts)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (const ByteView part : parts)
        crypto_hash_sha256_update(&state, raw(part), std::size_t(part.size()));
    std::array<std::uint8_t, Hash256::kSize> out;
    crypto_hash_sha256_final(&state, out.data());
    return Hash256(out);
}

Bytes sha512(ByteView message)
{
    Bytes out(crypto_hash_sha512_BYTES, Qt::Uninitialized);
    crypto_hash_sha512(raw(out), raw(message), std::size_t(message.size()));
    return out;
}

Bytes hmacSha256(ByteView key, std::initializer_list<ByteView> parts)
{
    HmacSha256 code(key);
    for (const ByteView part : parts)
        code.update(part);
    return code.finish();
}

SecretBytes hkdfSha256(ByteView inputKey, ByteView salt, ByteView info, qsizetype size)
{
    constexpr qsizetype kBlock = crypto_auth_hmacsha256_BYTES;
    Q_ASSERT(size >= 1 && size <= 255 * kBlock);
    // An absent salt is a block of zeros, which HMAC cannot tell from an empty key.
    Bytes pseudoRandomKey = hmacSha256(salt, {inputKey});
    SecretBytes out = SecretBytes::zeros(size);
    Bytes block;
    char counter = 1;
    for (qsizetype at = 0; at < size; at += kBlock) {
        Bytes next = hmacSha256(pseudoRandomKey, {block, info, ByteView(&counter, 1)});
        wipe(block);
        block = std::move(next);
        std::copy_n(block.constData(), std::min(kBlock, size - at), reinterpret_cast<char *>(out.data()) + at);
        ++counter;
    }
    wipe(block);
    wipe(pseudoRandomKey);
    return out;
}

HmacSha256::HmacSha256(ByteView key)
{
    crypto_auth_hmacsha256_init(hmacState(m_state), raw(key), std::size_t(key.size()));
}

HmacSha256::~HmacSha256() { sodium_memzero(m_state, sizeof m_state); }

void HmacSha256::update(ByteView part)
{
    crypto_auth_hmacsha256_update(hmacState(m_state), raw(part), std::size_t(part.size()));
}

Bytes HmacSha256::finish()
{
    Bytes out(crypto_auth_hmacsha256_BYTES, Qt::Uninitialized);
    crypto_auth_hmacsha256_final(hmacState(m_state), raw(out));
    return out;
}

Sha512::Sha512() { crypto_hash_sha512_init(sha512State(m_state)); }

Sha512::~Sha512() { sodium_memzero(m_state, sizeof m_state); }

void Sha512::update(ByteView part)
{
    crypto_hash_sha512_update(sha512State(m_state), raw(part), std::size_t(part.size()));
}

Bytes Sha512::finish()
{
    Bytes out(crypto_hash_sha512_BYTES, Qt::Uninitialized);
    crypto_hash_sha512_final(sha512State(m_state), raw(out));
    crypto_hash_sha512_init(sha512State(m_state));
    return out;
}

} // namespace sotto
