#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

/// The padded size of a content of `size` bytes: at least one byte more, then up to the next step: 256 bytes to 1 KiB,
/// 512 bytes to 8 KiB, then Padmé (Nikitin et al., PETS 2019; never more than 12 % waste).
qsizetype paddedSize(qsizetype size);
/// `content`, 0x80, zeros up to paddedSize().
Bytes padded(ByteView content);
/// The content of padded bytes, in a time that depends on their length only. Malformed (BadPadding) when they are not
/// exactly what padded() makes.
Result<SecretBytes> unpadded(ByteView padded);

} // namespace sotto
