#include "app/cli/exit_code.h"

namespace sotto {

ExitCode exitCodeOf(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed:
    case ErrorCode::TooLarge: return ExitCode::Usage;
    case ErrorCode::NotFound: return ExitCode::NotFound;
    case ErrorCode::AlreadyExists:
    case ErrorCode::NotPermitted:
    case ErrorCode::Refused:
    case ErrorCode::Unsupported: return ExitCode::Refused;
    case ErrorCode::Busy:
    case ErrorCode::RateLimited: return ExitCode::Busy;
    case ErrorCode::DiskFull:
    case ErrorCode::InputOutput:
    case ErrorCode::Corrupt:
    case ErrorCode::NewerSchema:
    case ErrorCode::NotEncrypted: return ExitCode::Storage;
    case ErrorCode::WrongKey:
    case ErrorCode::Locked: return ExitCode::Locked;
    case ErrorCode::Offline:
    case ErrorCode::TimedOut: return ExitCode::Offline;
    case ErrorCode::RandomFailed:
    case ErrorCode::Internal: return ExitCode::Failed;
    }
    return ExitCode::Failed;
}

} // namespace sotto
