#pragma once
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/primitives/secret_bytes.h"

#include <QString>

namespace sotto {

/// The operating system's keychain, seen from here. It keeps small secrets under a name; it may be slow, locked or
/// gone. Core thread. Errors: NotFound (no such item), Unsupported (no keychain runs here), NotPermitted (the person or
/// the system said no), TimedOut (it did not answer), InputOutput (anything else). An implementation never keeps a
/// secret in plain text.
class SecretStore {
public:
    virtual ~SecretStore() = default;
    /// A stable name of what holds the secrets ("secret-service", "keychain" …). A key file records it: another name
    /// later means that the secret has to be looked for elsewhere, not that it is lost.
    virtual QString backend() const = 0;
    virtual Task<Result<SecretBytes>> read(QString account) = 0;
    /// Writes or replaces.
    virtual Task<Result<Done>> write(QString account, SecretBytes secret) = 0;
    virtual Task<Result<Done>> remove(QString account) = 0;
};

} // namespace sotto
