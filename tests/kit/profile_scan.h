#pragma once
#include "core/base/bytes.h"

#include <QString>
#include <QStringList>

namespace sotto::kit {

/// Every page of a database that SQLCipher wrote with a raw key, and of its write-ahead log: decrypted without SQLite,
/// so that free pages and old versions are among them. Empty when a file cannot be read.
Bytes decryptedPages(const QString &database, ByteView rawKey);

/// The files below `folder` that hold `secret` as it is, in UTF-16 or in hexadecimal digits.
QStringList filesHolding(const QString &folder, const QByteArray &secret);

/// How a text or key may stand in memory or in a file: itself, as UTF-16 (when it is UTF-8), as hexadecimal digits.
std::vector<QByteArray> spellingsOf(const QByteArray &secret);

} // namespace sotto::kit
