#pragma once
#include "core/base/error.h"

namespace sotto {

/// What sotto-cli ends with; scripts rely on the numbers, so none changes its meaning (app/cli/README.md has the list).
enum class ExitCode {
    Done = 0,
    Failed = 1,    ///< a fault of our own
    Usage = 2,     ///< the command line, or a value in it, is wrong
    Locked = 3,    ///< no passphrase, or a wrong one
    NoAccount = 4, ///< the profile has no account yet
    NotFound = 5,  ///< no such person, chat or message
    Refused = 6,   ///< the relay or a security check said no
    Offline = 7,   ///< the relay cannot be reached
    Busy = 8,      ///< another process has the profile, or the relay asks to wait
    Storage = 9,   ///< the disk or the database
    Unwell = 10,   ///< doctor found something
};

/// The exit code that says this error.
ExitCode exitCodeOf(ErrorCode code);

} // namespace sotto
