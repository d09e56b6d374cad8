#pragma once
#include "core/base/bytes.h"

#include <QDir>
#include <QFile>
#include <QString>

namespace sotto::kit {

/// Adds an input to a fuzz corpus: writes `bytes` as `name` into tests/fuzz/corpora/`corpus` below the folder that the
/// environment variable SOTTO_SEED_DIR names. Does nothing without it, so tests may offer seeds where they make them.
inline void offerSeed(const QString &corpus, const QString &name, ByteView bytes)
{
    const QString root = qEnvironmentVariable("SOTTO_SEED_DIR");
    if (root.isEmpty())
        return;
    const QDir folder(root + QStringLiteral("/tests/fuzz/corpora/") + corpus);
    folder.mkpath(QStringLiteral("."));
    QFile file(folder.filePath(name));
    if (file.open(QIODevice::WriteOnly))
        file.write(bytes.data(), bytes.size());
}

} // namespace sotto::kit
