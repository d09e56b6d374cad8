#include "server/ops/control_server.h"

#include <QElapsedTimer>
#include <QFile>
#include <QLocalSocket>

namespace sotto::relay {

namespace {
constexpr qint64 kMaxLineBytes = 4096;
constexpr int kPatienceMs = 10'000;
constexpr const char *kOk = "ok";
constexpr const char *kErrorPrefix = "error ";

/// sockaddr_un's room for a path, without its end. QLocalServer binds "FOLDER/XXXXXX/s" first and renames that.
constexpr qsizetype kMaxPathBytes = 107;

QString oneLine(QString text) { return text.replace(u'\n', u' ').replace(u'\r', u' '); }
} // namespace

Result<Done> ControlServer::checkPath(const QString &path)
{
    if (QFile::encodeName(path).size() <= kMaxPathBytes)
        return Done{};
    return Error(ErrorCode::InvalidArgument,
                 QStringLiteral("%1: a Unix socket's path has at most %2 bytes; choose a shorter folder with --data")
                     .arg(path)
                     .arg(kMaxPathBytes));
}

Result<std::unique_ptr<ControlServer>> ControlServer::listen(const QString &path, std::map<QString, Command> commands)
{
    std::unique_ptr<ControlServer> server(new ControlServer(std::move(commands)));
    // The folder's lock says that no other relay lives here, so what is left is of a dead one.
    QFile::remove(path);
    if (!server->m_server.listen(path))
        return Error(ErrorCode::InputOutput, QStringLiteral("%1: %2").arg(path, server->m_server.errorString()));
    return server;
}

ControlServer::ControlServer(std::map<QString, Command> commands) : m_commands(std::move(commands))
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &ControlServer::admit);
}

ControlServer::~ControlServer() = default;

void ControlServer::admit()
{
    while (QLocalSocket *socket = m_server.nextPendingConnection()) {
        socket->setParent(this);
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(socket); });
        read(socket);
    }
}

void ControlServer::read(QLocalSocket *socket)
{
    if (!socket->canReadLine()) {
        if (socket->bytesAvailable() > kMaxLineBytes)
            socket->abort();
        return;
    }
    // One command a connection.
    disconnect(socket, &QLocalSocket::readyRead, this, nullptr);
    answer(socket, QString::fromUtf8(socket->readLine(kMaxLineBytes)).trimmed());
}

void ControlServer::answer(QLocalSocket *socket, const QString &line)
{
    QStringList words = line.split(u' ', Qt::SkipEmptyParts);
    const auto command = words.isEmpty() ? m_commands.end() : m_commands.find(words.first());
    if (command == m_commands.end()) {
        socket->write(QByteArray(kErrorPrefix) + "unknown command\n");
        socket->disconnectFromServer();
        return;
    }
    words.removeFirst();
    command->second(words).then(socket, [socket](Result<QStringList> result) {
        if (result) {
            for (const QString &text : *result)
                socket->write(oneLine(text).toUtf8() + '\n');
            socket->write(QByteArray(kOk) + '\n');
        } else {
            socket->write(QByteArray(kErrorPrefix) + oneLine(result.error().detail).toUtf8() + '\n');
        }
        socket->disconnectFromServer();
    });
}

Result<QStringList> askRelay(const QString &path, const QString &command)
{
    QLocalSocket socket;
    socket.connectToServer(path);
    if (!socket.waitForConnected(kPatienceMs)) {
        if (socket.error() == QLocalSocket::SocketAccessError)
            return Error(ErrorCode::NotPermitted, QStringLiteral("only the user who runs this relay may ask it"));
        return Error(ErrorCode::Offline, QStringLiteral("no relay runs here"));
    }
    socket.write(oneLine(command).toUtf8() + '\n');
    QElapsedTimer patience;
    patience.start();
    QStringList lines;
    for (;;) {
        while (socket.canReadLine()) {
            const QString line = QString::fromUtf8(socket.readLine()).chopped(1);
            if (line == QLatin1String(kOk))
                return lines;
            if (line.startsWith(QLatin1String(kErrorPrefix)))
                return Error(ErrorCode::Refused, line.mid(qsizetype(qstrlen(kErrorPrefix))));
            lines.append(line);
        }
        const int left = kPatienceMs - int(patience.elapsed());
        if (left <= 0 || !socket.waitForReadyRead(left))
            return Error(ErrorCode::TimedOut, QStringLiteral("the relay does not answer"));
    }
}

} // namespace sotto::relay
