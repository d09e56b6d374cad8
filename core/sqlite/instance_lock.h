#pragma once
#include "core/base/result.h"

#include <QString>
#include <memory>

namespace sotto {

/// Keeps a second process out of a profile or data directory for as long as it lives. The system frees the lock when
/// the process dies in any way; the lock file's content then still says that the last owner did not end cleanly.
class InstanceLock {
public:
    /// Makes `directory` private, then locks it. Busy when another process has it. InputOutput, NotPermitted.
    static Result<std::unique_ptr<InstanceLock>> acquire(const QString &directory);
    /// Marks a clean exit and unlocks.
    ~InstanceLock();
    InstanceLock(const InstanceLock &) = delete;
    InstanceLock &operator=(const InstanceLock &) = delete;

    /// Whether the previous owner was killed or lost power: time for Database::verifyIntegrity.
    bool previousExitWasUnclean() const { return m_unclean; }

private:
    class File;
    InstanceLock(std::unique_ptr<File> file, bool unclean);
    std::unique_ptr<File> m_file;
    bool m_unclean;
};

} // namespace sotto
