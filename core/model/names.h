#pragma once
#include <QString>

namespace sotto {

/// Whether `handle` (without @) is one: [a-z0-9_.]{3,30}.
bool isHandle(QStringView handle);

inline constexpr qsizetype kMaxNameBytes = 128; ///< of a profile name in UTF-8

/// A profile name as it may be stored and shown: trimmed, no control or bidirectional override characters, at most
/// kMaxNameBytes. Nothing is left of a name that has no visible character.
QString cleanName(const QString &name);

} // namespace sotto
