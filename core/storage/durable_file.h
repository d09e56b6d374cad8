#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QString>

namespace sotto {

/// Replaces a file so that a crash or power cut at any moment leaves the old content or the new, never a mixture:
/// temporary file beside it, fsync, rename, fsync of the folder. Readable by its owner alone. DiskFull, InputOutput,
/// NotPermitted; the old file is then untouched.
Result<Done> writeDurably(const QString &path, ByteView content);

/// A small file as a whole. NotFound, TooLarge over `maxBytes`, NotPermitted, InputOutput.
Result<Bytes> readSmallFile(const QString &path, qsizetype maxBytes);

} // namespace sotto
