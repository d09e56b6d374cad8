#pragma once
#include "app/cli/arguments.h"
#include "core/client/client.h"

namespace sotto {

/// Where a profile lives when --profile does not say: "sotto/cli" in the person's data folder.
QString defaultProfileDirectory();

/// The passphrase of --passphrase-file (its first line), else of the environment variable SOTTO_PASSPHRASE, which is
/// taken out of the environment; nothing when there is neither. NotFound, InputOutput for an unreadable file;
/// InvalidArgument for an empty passphrase or one over 1024 bytes.
Result<std::optional<SecretBytes>> readPassphrase(const std::optional<QString> &file);

/// The recovery kit in a file's first line, or typed as a line on standard input when `file` is "-". NotFound for an
/// unreadable file; InvalidArgument for a line that cannot be one.
Result<SecretBytes> readRecoveryKit(const QString &file);

} // namespace sotto
