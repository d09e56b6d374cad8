#pragma once
#include <QString>

namespace sotto {

/// What went wrong, as callers tell cases apart. Folders with refusals of their own (crypto, ledger, net) have an enum
/// beside these; this list is for what any layer can meet.
enum class ErrorCode {
    InvalidArgument, ///< the caller asked for something that cannot be
    Malformed,       ///< bytes that are not what they claim to be
    TooLarge,        ///< over a limit; nothing was allocated
    NotFound,
    AlreadyExists,
    NotPermitted,
    Busy, ///< another process or transaction holds it; a retry can work
    DiskFull,
    InputOutput,
    Corrupt,      ///< stored data fails its own checks
    WrongKey,     ///< the key, passphrase or kit does not open it
    Locked,       ///< it needs unlocking first
    NewerSchema,  ///< written by a newer version of Sotto
    NotEncrypted, ///< plain SQLite or a plaintext file where SQLCipher must be
    RandomFailed, ///< the random source gave nothing; no key or nonce was made
    Offline,      ///< no connection to the relay
    TimedOut,
    RateLimited,
    Refused,     ///< the relay or a security check said no
    Unsupported, ///< understood, but this version cannot do it
    Internal,    ///< a broken invariant of our own
};

/// Stable lower-case name of a code, for logs and JSON.
const char *name(ErrorCode code);

/// An error with a code to decide on and a detail for a person or a log. The detail never holds a secret, body or id.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString detail;

    Error(ErrorCode c) : code(c) { }
    Error(ErrorCode c, QString d) : code(c), detail(std::move(d)) { }
    /// Compares codes only: a detail is prose.
    friend bool operator==(const Error &a, const Error &b) { return a.code == b.code; }
};

} // namespace sotto
