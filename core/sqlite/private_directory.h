#pragma once
#include "core/base/result.h"

#include <QString>

namespace sotto {

/// Makes sure that `path` is a directory which only its owner may enter (0700): creates it with its parents, or
/// tightens one that is ours. NotPermitted for another user's directory and for a shared one (sticky, as /tmp).
/// On systems without POSIX modes it only creates.
Result<Done> ensurePrivateDirectory(const QString &path);

} // namespace sotto
