#pragma once
#include "core/base/bytes.h"

namespace sotto {

// Inner helpers of this folder: the libraries below want unsigned bytes and never a null pointer, not even for nothing.

/// Borrowed bytes for a library call; never null.
inline const unsigned char *raw(ByteView bytes)
{
    static constexpr unsigned char nothing = 0;
    return bytes.isEmpty() ? &nothing : reinterpret_cast<const unsigned char *>(bytes.data());
}
/// Writable bytes for a library call.
inline unsigned char *raw(Bytes &bytes) { return reinterpret_cast<unsigned char *>(bytes.data()); }

} // namespace sotto
