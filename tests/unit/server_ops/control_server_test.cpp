#include "server/ops/control_server.h"
#include "tests/kit/test_main.h"

#include <QFileInfo>
#include <QLocalSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

namespace sotto::relay {

namespace {

using Lines = Result<QStringList>;

/// A control server on a thread of its own, as in a relay.
class Door {
public:
    Door()
    {
        m_path = m_folder.filePath(QStringLiteral("control.socket"));
        m_context.moveToThread(&m_thread);
        m_thread.start();
        const std::map<QString, ControlServer::Command> commands{
            {QStringLiteral("echo"), [](const QStringList &words) { return Task<Lines>::finished(Lines(words)); }},
            {QStringLiteral("refuse"),
             [](const QStringList &) {
                 return Task<Lines>::finished(Error(ErrorCode::NotPermitted, QStringLiteral("not\ntoday")));
             }},
            {QStringLiteral("later"),
             [this](const QStringList &) {
                 QMetaObject::invokeMethod(
                     &m_context, [this] { m_later.finish(QStringList{QStringLiteral("done")}); }, Qt::QueuedConnection);
                 return m_later.task();
             }},
        };
        run([&] { m_server = std::move(*ControlServer::listen(m_path, commands)); });
    }
    ~Door()
    {
        run([this] { m_server.reset(); });
        m_thread.quit();
        m_thread.wait();
    }
    template <class Fn> void run(Fn fn) { QMetaObject::invokeMethod(&m_context, fn, Qt::BlockingQueuedConnection); }
    QString path() const { return m_path; }

private:
    QTemporaryDir m_folder;
    QString m_path;
    QThread m_thread;
    QObject m_context;
    Completer<Lines> m_later;
    std::unique_ptr<ControlServer> m_server;
};

} // namespace

class ControlServerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void answersInLines()
    {
        Door door;
        QCOMPARE(*askRelay(door.path(), QStringLiteral("echo one two")),
                 (QStringList{QStringLiteral("one"), QStringLiteral("two")}));
        QCOMPARE(*askRelay(door.path(), QStringLiteral("echo")), QStringList());
    }
    void refusesInOneLine()
    {
        Door door;
        const auto refused = askRelay(door.path(), QStringLiteral("refuse"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Refused);
        QCOMPARE(refused.error().detail, QStringLiteral("not today"));
        QCOMPARE(askRelay(door.path(), QStringLiteral("nonsense")).error().detail, QStringLiteral("unknown command"));
        QCOMPARE(askRelay(door.path(), QString()).error().detail, QStringLiteral("unknown command"));
    }
    void waitsForAnAnswer()
    {
        Door door;
        QCOMPARE(*askRelay(door.path(), QStringLiteral("later")), QStringList{QStringLiteral("done")});
    }
    void onlyTheOwnerMayEnter()
    {
        Door door;
        const auto others =
            QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ReadOther | QFileDevice::WriteOther;
        QVERIFY(!(QFileInfo(door.path()).permissions() & others));
    }
    void endlessLinesAreCutOff()
    {
        Door door;
        QLocalSocket socket;
        socket.connectToServer(door.path());
        QVERIFY(socket.waitForConnected(10'000));
        socket.write(QByteArray(100'000, 'x'));
        QVERIFY(QTest::qWaitFor([&] { return socket.state() == QLocalSocket::UnconnectedState; }, 10'000));
    }
    void whatADeadRelayLeftIsReplaced()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("control.socket"));
        QFile left(path);
        QVERIFY(left.open(QIODevice::WriteOnly));
        left.close();
        QVERIFY(ControlServer::listen(path, {}));
    }
    void withoutARelayItSaysSo()
    {
        QTemporaryDir folder;
        const auto refused = askRelay(folder.filePath(QStringLiteral("control.socket")), QStringLiteral("status"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Offline);
    }
};

SOTTO_TEST(ControlServerTest)

} // namespace sotto::relay

#include "control_server_test.moc"
