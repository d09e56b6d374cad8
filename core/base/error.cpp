#include "core/base/error.h"

namespace sotto {

const char *name(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidArgument: return "invalid_argument";
    case ErrorCode::Malformed: return "malformed";
    case ErrorCode::TooLarge: return "too_large";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::AlreadyExists: return "already_exists";
    case ErrorCode::NotPermitted: return "not_permitted";
    case ErrorCode::Busy: return "busy";
    case ErrorCode::DiskFull: return "disk_full";
    case ErrorCode::InputOutput: return "input_output";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::WrongKey: return "wrong_key";
    case ErrorCode::Locked: return "locked";
    case ErrorCode::NewerSchema: return "newer_schema";
    case ErrorCode::NotEncrypted: return "not_encrypted";
    case ErrorCode::RandomFailed: return "random_failed";
    case ErrorCode::Offline: return "offline";
    case ErrorCode::TimedOut: return "timed_out";
    case ErrorCode::RateLimited: return "rate_limited";
    case ErrorCode::Refused: return "refused";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::Internal: return "internal";
    }
    return "internal";
}

} // namespace sotto
