#pragma once
#include <QByteArray>
#include <QByteArrayView>

namespace sotto {

/// Owned raw bytes that are not secret; secrets live in SecretBytes (core/primitives).
using Bytes = QByteArray;
/// Borrowed raw bytes; valid as long as what they were made from.
using ByteView = QByteArrayView;

} // namespace sotto
