#pragma once
#include "core/base/result.h"
#include "core/base/task.h"

#include <QLocalServer>
#include <QStringList>

#include <functional>
#include <map>
#include <memory>

class QLocalSocket;

namespace sotto::relay {

/// The operator's door into a running relay: a Unix socket in its folder that only the owner can open, and lines of
/// text (README.md has the protocol). It can make invites and count; it cannot read mail. Lives on one thread with an
/// event loop.
class ControlServer final : public QObject {
    Q_OBJECT
public:
    /// Answers one command: its lines, or an error whose detail the operator reads.
    using Command = std::function<Task<Result<QStringList>>(QStringList arguments)>;

    /// InvalidArgument for a path that no Unix socket can have: too long.
    static Result<Done> checkPath(const QString &path);
    /// Listens at `path`; a socket that a dead relay left there is replaced. `commands` by their first word. Errors:
    /// InputOutput.
    static Result<std::unique_ptr<ControlServer>> listen(const QString &path, std::map<QString, Command> commands);
    ~ControlServer() override;

private:
    explicit ControlServer(std::map<QString, Command> commands);
    void admit();
    void read(QLocalSocket *socket);
    void answer(QLocalSocket *socket, const QString &line);

    const std::map<QString, Command> m_commands;
    QLocalServer m_server;
};

/// Asks a running relay, waiting up to ten seconds. Offline when none runs at `path` (absolute), NotPermitted when it
/// is somebody else's, TimedOut without an answer, Refused with its words when it says no.
Result<QStringList> askRelay(const QString &path, const QString &command);

} // namespace sotto::relay
