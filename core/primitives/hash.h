#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/primitives/secret_bytes.h"

#include <initializer_list>

namespace sotto {

/// BLAKE2b with 32 bytes of output and no key (RFC 7693), over the parts one after another.
Hash256 blake2b256(std::initializer_list<ByteView> parts);
inline Hash256 blake2b256(ByteView message) { return blake2b256({message}); }
/// Keyed BLAKE2b (RFC 7693), over the parts one after another. `key` is 16 to 64 bytes, `size` 16 to 64.
Bytes keyedBlake2b(ByteView key, std::initializer_list<ByteView> parts, qsizetype size);
/// SHA-256 (FIPS 180-4), over the parts one after another.
Hash256 sha256(std::initializer_list<ByteView> parts);
inline Hash256 sha256(ByteView message) { return sha256({message}); }
/// SHA-512 (FIPS 180-4), 64 bytes.
Bytes sha512(ByteView message);
/// HMAC-SHA256 (RFC 2104), 32 bytes, over the parts one after another; a key of any length.
Bytes hmacSha256(ByteView key, std::initializer_list<ByteView> parts);
/// HKDF-SHA256 (RFC 5869), extract then expand. `size` is 1 to 8160 bytes.
SecretBytes hkdfSha256(ByteView inputKey, ByteView salt, ByteView info, qsizetype size);

/// HMAC-SHA256 in steps, as libsignal asks for it.
class HmacSha256 {
public:
    explicit HmacSha256(ByteView key);
    ~HmacSha256();
    HmacSha256(const HmacSha256 &) = delete;
    HmacSha256 &operator=(const HmacSha256 &) = delete;
    void update(ByteView part);
    /// The 32-byte code of what was added; ends the object's use.
    Bytes finish();

private:
    alignas(64) unsigned char m_state[256];
};

/// SHA-512 in steps, as libsignal asks for it.
class Sha512 {
public:
    Sha512();
    ~Sha512();
    Sha512(const Sha512 &) = delete;
    Sha512 &operator=(const Sha512 &) = delete;
    void update(ByteView part);
    /// The 64-byte hash of what was added; the object then starts anew.
    Bytes finish();

private:
    alignas(64) unsigned char m_state[256];
};

} // namespace sotto
