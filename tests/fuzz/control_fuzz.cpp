// The relay's control socket with a hostile client, and the operator's program with a hostile relay: a connection gets
// one command and always ends.
#include "server/ops/control_server.h"

#include <QCoreApplication>
#include <QLocalSocket>
#include <QTemporaryDir>
#include <cstdlib>

using namespace sotto;
using namespace sotto::relay;

namespace {
struct Operator {
    int argumentCount = 1;
    char name[5] = "fuzz";
    char *arguments[2] = {name, nullptr};
    QCoreApplication application{argumentCount, arguments};
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("control"));
    int commands = 0;
    std::unique_ptr<ControlServer> server =
        std::move(ControlServer::listen(path,
                                        {{QStringLiteral("echo"),
                                          [this](QStringList words) {
                                              ++commands;
                                              return Task<Result<QStringList>>::finished(words);
                                          }}}))
            .value();
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static Operator relay;
    relay.commands = 0;
    QLocalSocket client;
    client.connectToServer(relay.path);
    client.write(reinterpret_cast<const char *>(data), qint64(size));
    client.write("\n", 1);
    while (client.state() != QLocalSocket::UnconnectedState)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    if (relay.commands > 1)
        std::abort();
    return 0;
}
