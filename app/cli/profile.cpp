#include "app/cli/profile.h"

#include <QFile>
#include <QStandardPaths>

namespace sotto {

namespace {

constexpr const char *kPassphraseVariable = "SOTTO_PASSPHRASE";
constexpr qsizetype kMaxPassphraseBytes = 1024;

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
        Bytes text = source.readLine(kMaxPassphraseBytes + 3);
        while (text.endsWith('\n') || text.endsWith('\r'))
            text.chop(1);
        return checked(text);
    }
    Bytes text = qgetenv(kPassphraseVariable);
    qunsetenv(kPassphraseVariable);
    if (text.isEmpty())
        return std::optional<SecretBytes>();
    return checked(text);
}

} // namespace sotto
