#pragma once
#include "core/crypto/curve_key.h"
#include "core/primitives/secret_bytes.h"

#include <memory>
#include <signal/signal_protocol.h>

// Ownership of the library's objects. Only source files of this folder include this header.

namespace sotto::native {

/// Gives back a reference.
struct UnrefLibraryObject {
    template <class T> void operator()(T *object) const
    {
        signal_type_unref(reinterpret_cast<signal_type_base *>(object));
    }
};
/// One reference to a reference-counted object of the library.
template <class T> using LibraryPtr = std::unique_ptr<T, UnrefLibraryObject>;

/// Wipes and frees a buffer.
struct WipeLibraryBuffer {
    void operator()(signal_buffer *buffer) const { signal_buffer_bzero_free(buffer); }
};
/// A buffer of the library, wiped when freed: most of them hold keys or text.
using BufferPtr = std::unique_ptr<signal_buffer, WipeLibraryBuffer>;

/// Lets a C function fill a smart pointer: `f(out(pointer))`. The pointer is set when the full expression
/// ends, so it is used in the next statement at the earliest.
template <class Pointer> class Out {
public:
    explicit Out(Pointer &pointer) : m_pointer(pointer) { }
    ~Out() { m_pointer.reset(m_raw); }
    Out(const Out &) = delete;
    Out &operator=(const Out &) = delete;
    operator typename Pointer::pointer *() { return &m_raw; }

private:
    Pointer &m_pointer;
    typename Pointer::pointer m_raw = nullptr;
};
/// See Out.
template <class Pointer> Out<Pointer> out(Pointer &pointer) { return Out<Pointer>(pointer); }

/// The library's view of borrowed bytes.
inline const std::uint8_t *raw(ByteView bytes) { return reinterpret_cast<const std::uint8_t *>(bytes.data()); }
inline std::size_t length(ByteView bytes) { return std::size_t(bytes.size()); }
/// A buffer's bytes; valid as long as the buffer.
inline ByteView view(const signal_buffer *buffer)
{
    return ByteView(signal_buffer_const_data(buffer), qsizetype(signal_buffer_len(buffer)));
}
/// A new buffer for the library to free; null when there is no memory.
inline signal_buffer *makeBuffer(ByteView bytes) { return signal_buffer_create(raw(bytes), length(bytes)); }

/// The library's key object of a key; null when there is no memory.
LibraryPtr<ec_public_key> libraryKey(const CurvePublicKey &key, signal_context *context);
LibraryPtr<ec_private_key> libraryPrivateKey(ByteView key, signal_context *context);
/// A key of the library as value; nothing for a null pointer.
std::optional<CurvePublicKey> keyValue(const ec_public_key *key);

} // namespace sotto::native
