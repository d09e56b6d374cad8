#include "app/cli/profile.h"

#include <QFile>
#include <QStandardPaths>

namespace sotto {

namespace {

constexpr const char *kPassphraseVariable = "SOTTO_PASSPHRASE";
constexpr qsizetype kMaxPassphraseBytes = 1024;
constexpr qsizetype kMaxKitLineBytes = 256; ///< 56 letters with whatever is typed between them

Result<std::optional<SecretBytes>> checked(Bytes &text)
{
    if (text.isEmpty() || text.size() > kMaxPassphraseBytes) {
        wipe(text);
        return Error(ErrorCode::InvalidArgument, QStringLiteral("a passphrase has 1 to 1024 bytes"));
    }
    std::optional<SecretBytes> passphrase = SecretBytes::copyOf(text);
    wipe(text);
    return passphrase;
}

Bytes trimmedLine(Bytes line)
{
    while (line.endsWith('\n') || line.endsWith('\r'))
        line.chop(1);
    return line;
}

} // namespace

QString defaultProfileDirectory()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/sotto/cli");
}

Result<std::optional<SecretBytes>> readPassphrase(const std::optional<QString> &file)
{
    if (file) {
        QFile source(*file);
        // Unbuffered: no copy of the passphrase stays behind in the file object.
        if (!source.open(QIODevice::ReadOnly | QIODevice::Unbuffered))
            return Error(ErrorCode::NotFound, QStringLiteral("the passphrase file cannot be read"));
        Bytes text = trimmedLine(source.readLine(kMaxPassphraseBytes + 3));
        return checked(text);
    }
    Bytes text = qgetenv(kPassphraseVariable);
    qunsetenv(kPassphraseVariable);
    if (text.isEmpty())
        return std::optional<SecretBytes>();
    return checked(text);
}

Result<SecretBytes> readRecoveryKit(const QString &file)
{
    QFile source(file);
    const bool opened = file == QStringLiteral("-") ? source.open(0, QIODevice::ReadOnly | QIODevice::Unbuffered)
                                                    : source.open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    if (!opened)
        return Error(ErrorCode::NotFound, QStringLiteral("the recovery kit's file cannot be read"));
    Bytes text = trimmedLine(source.readLine(kMaxKitLineBytes + 3));
    if (text.isEmpty() || text.size() > kMaxKitLineBytes) {
        wipe(text);
        return Error(ErrorCode::InvalidArgument, QStringLiteral("a recovery kit is one line of 56 letters and digits"));
    }
    auto kit = SecretBytes::copyOf(text);
    wipe(text);
    return kit;
}

} // namespace sotto
