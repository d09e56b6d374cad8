#pragma once
#include <QByteArray>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace sotto::kit {

/// What goes wrong at a point.
enum class Fault {
    DiskFull,    ///< the call answers "no space left"
    InputOutput, ///< the call answers "I/O error"
    Kill,        ///< this process is killed (SIGKILL) before the call does anything
};

/// A disk under SQLite that fails on command: the default VFS for every database opened while it lives, so it is made
/// before the first and outlives the last of them. It counts write points (each write, sync, truncation and deletion of
/// a database or log file) and lock points (each attempt to get the write lock). One at a time; the thread of the
/// databases it watches.
class FaultVfs {
public:
    /// Watches every database, or only those with `part` in their path: all others, on any thread, see a good disk.
    /// Spared syncs cost nothing and do nothing, for all databases of the process: for stories in which programs die
    /// and the power stays, since what was written survives a program. No cutPower() then.
    enum class Syncs { Real, Spared };
    explicit FaultVfs(const QByteArray &part = {}, Syncs syncs = Syncs::Real);
    ~FaultVfs();
    FaultVfs(const FaultVfs &) = delete;
    FaultVfs &operator=(const FaultVfs &) = delete;

    /// From now on only what has `part` in its path goes wrong; of databases that were watched from the beginning.
    void aim(const QByteArray &part);
    /// Called at the very write point that goes wrong, before the database hears of it.
    void whenItFails(std::function<void()> call);

    enum class Lasting { Once, UntilRepaired };

    /// Write points since it was made.
    int writePoints() const;
    /// The `n`-th write point from now on (1: the next) goes wrong.
    void failWriteAfter(int n, Fault fault, Lasting lasting = Lasting::UntilRepaired);
    /// The same for syncs alone.
    void failSyncAfter(int n, Fault fault, Lasting lasting = Lasting::UntilRepaired);
    /// The `n`-th attempt to get the write lock from now on answers "busy", and all after it until `repair`.
    void failLockAfter(int n);
    /// Whether something has gone wrong since it was asked for.
    bool hasFailed() const;
    /// Everything works again.
    void repair();

    /// The power goes: what was not synced is gone, and nothing works any more. Close the databases (which fails
    /// silently), then call `restorePower` and open them again.
    void cutPower();
    /// Takes the unsynced writes back out of the files, all of them or, with a seed, all from a random one on and a
    /// random part of those before it.
    void restorePower(std::optional<std::uint64_t> seed = std::nullopt);

    class State;

private:
    std::unique_ptr<State> m_state;
};

} // namespace sotto::kit
