#include "app/cli/sentences.h"

namespace sotto {

QString sentenceOf(const Error &error)
{
    if (!error.detail.isEmpty())
        return error.detail;
    switch (error.code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed: return QStringLiteral("a value is not right; sotto-cli --help says what belongs there");
    case ErrorCode::TooLarge: return QStringLiteral("this is over a limit; nothing was stored or sent");
    case ErrorCode::NotFound: return QStringLiteral("there is no such person, chat or message");
    case ErrorCode::AlreadyExists: return QStringLiteral("this exists already; choose another");
    case ErrorCode::NotPermitted: return QStringLiteral("this is not permitted to this account");
    case ErrorCode::Busy: return QStringLiteral("somebody else is at it; try again in a moment");
    case ErrorCode::DiskFull: return QStringLiteral("the disk is full; nothing was stored, make room and try again");
    case ErrorCode::InputOutput:
        return QStringLiteral("the profile could not be read or written; see to its disk and its permissions");
    case ErrorCode::Corrupt:
        return QStringLiteral("the profile is damaged; copy its folder away before anything else, then try doctor");
    case ErrorCode::WrongKey:
        return QStringLiteral("the passphrase, or the keychain's key, does not open this profile; the recovery kit "
                              "can set a new one: recovery-kit --unlock FILE");
    case ErrorCode::Locked:
        return QStringLiteral("this profile needs its passphrase: --passphrase-file FILE or SOTTO_PASSPHRASE");
    case ErrorCode::NewerSchema:
        return QStringLiteral("a newer Sotto wrote this profile; update this program to open it");
    case ErrorCode::NotEncrypted:
        return QStringLiteral("this profile is not encrypted as it must be; it is not opened");
    case ErrorCode::RandomFailed: return QStringLiteral("the system gives no randomness; nothing was made, try again");
    case ErrorCode::Offline: return QStringLiteral("the relay cannot be reached; check the network and try again");
    case ErrorCode::TimedOut: return QStringLiteral("the relay did not answer in time; try again");
    case ErrorCode::RateLimited: return QStringLiteral("the relay asks to wait; try again later");
    case ErrorCode::Refused: return QStringLiteral("the relay said no");
    case ErrorCode::Unsupported: return QStringLiteral("this version cannot do that; update it");
    case ErrorCode::Internal: return QStringLiteral("this is a fault in Sotto; please report it");
    }
    return QString::fromLatin1(name(error.code));
}

} // namespace sotto
