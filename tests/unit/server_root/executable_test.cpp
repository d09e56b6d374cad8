#include "core/wire/links.h"
#include "tests/kit/test_main.h"

#include <QDir>
#include <QProcess>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

namespace sotto::relay {

namespace {
const QString kExecutable = QStringLiteral(SOTTO_RELAY_EXECUTABLE);
constexpr int kPatienceMs = 20'000;

struct Outcome {
    int code;
    QStringList lines;
    QByteArray errors;
};

Outcome runToEnd(const QStringList &words)
{
    QProcess process;
    process.start(kExecutable, words);
    process.waitForFinished(kPatienceMs);
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts),
            process.readAllStandardError()};
}

QString written(const QTemporaryDir &folder, const QByteArray &text)
{
    const QString path = folder.filePath(QStringLiteral("relay.toml"));
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(text) == text.size() ? path : QString();
}
} // namespace

class ExecutableTest : public QObject {
    Q_OBJECT
private:
    /// Reads lines until "ready", which it gives; empty when it does not come.
    static QString waitUntilReady(QProcess &relay, QStringList *before = nullptr)
    {
        while (relay.canReadLine() || relay.waitForReadyRead(kPatienceMs)) {
            while (relay.canReadLine()) {
                const QString line = QString::fromUtf8(relay.readLine()).trimmed();
                if (line.startsWith(QLatin1String("ready ")))
                    return line.mid(6);
                if (before)
                    before->append(line);
            }
        }
        return {};
    }

private Q_SLOTS:
    void keepsTheContractForScripts()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath(QStringLiteral("relay"));
        QProcess relay;
        relay.start(kExecutable,
                    {QStringLiteral("run"), QStringLiteral("--data"), data, QStringLiteral("--listen"),
                     QStringLiteral("127.0.0.1:0")});
        QStringList introduction;
        const QString address = waitUntilReady(relay, &introduction);
        QVERIFY(address.startsWith(QLatin1String("127.0.0.1:")));
        QVERIFY(introduction.contains(QStringLiteral("addresses %1").arg(address)));
        const QStringList invites = introduction.filter(QStringLiteral("invite sotto:invite/"));
        QCOMPARE(invites.size(), 1);
        QCOMPARE(wire::parseInviteLink(invites.first().mid(7))->addresses, QStringList{address});

        QTcpSocket socket;
        socket.connectToHost(QStringLiteral("127.0.0.1"), address.mid(10).toUShort());
        QVERIFY(socket.waitForConnected(kPatienceMs));

        const Outcome more = runToEnd(
            {QStringLiteral("--data"), data, QStringLiteral("invite"), QStringLiteral("--count"), QStringLiteral("4")});
        QCOMPARE(more.code, 0);
        QCOMPARE(more.lines.size(), 4);
        for (const QString &link : more.lines)
            QVERIFY(wire::parseInviteLink(link));
        const Outcome status = runToEnd({QStringLiteral("status"), QStringLiteral("--data"), data});
        QCOMPARE(status.code, 0);
        QVERIFY(status.lines.contains(QStringLiteral("open_invites 5")));
        QCOMPARE(runToEnd({QStringLiteral("users"), QStringLiteral("--data"), data}).code, 0);

        // A relative folder is as good as an absolute one.
        const QString before = QDir::currentPath();
        QVERIFY(QDir::setCurrent(folder.path()));
        QCOMPARE(runToEnd({QStringLiteral("status"), QStringLiteral("--data"), QStringLiteral("relay")}).code, 0);
        QVERIFY(QDir::setCurrent(before));

        const Outcome taken = runToEnd({QStringLiteral("run"), QStringLiteral("--data"),
                                        folder.filePath(QStringLiteral("other")), QStringLiteral("--listen"), address});
        QCOMPARE(taken.code, 1);
        QVERIFY(taken.errors.contains("choose another with --listen"));

        const Outcome second = runToEnd({QStringLiteral("run"), QStringLiteral("--data"), data});
        QVERIFY(second.code != 0);
        QVERIFY(second.errors.contains("another relay"));
        QVERIFY(second.errors.contains("process " + QByteArray::number(relay.processId())));

        ::kill(pid_t(relay.processId()), SIGTERM);
        QVERIFY(relay.waitForFinished(kPatienceMs));
        QCOMPARE(relay.exitStatus(), QProcess::NormalExit);
        QCOMPARE(relay.exitCode(), 0);
        const Outcome gone = runToEnd({QStringLiteral("--data"), data, QStringLiteral("invite")});
        QVERIFY(gone.code != 0);
        QVERIFY(gone.lines.isEmpty());
        QVERIFY(gone.errors.contains("no relay runs here"));
        QVERIFY(gone.errors.contains("sotto-relay run --data"));
    }
    void aKilledRelayStartsAgain()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath(QStringLiteral("relay"));
        QString firstInvite;
        for (int start = 0; start < 2; ++start) {
            QProcess relay;
            relay.start(kExecutable,
                        {QStringLiteral("run"), QStringLiteral("--data"), data, QStringLiteral("--listen"),
                         QStringLiteral("127.0.0.1:0")});
            QVERIFY(!waitUntilReady(relay).isEmpty());
            const Outcome status = runToEnd({QStringLiteral("status"), QStringLiteral("--data"), data});
            QVERIFY(status.lines.contains(QStringLiteral("open_invites 1")));
            relay.kill();
            QVERIFY(relay.waitForFinished(kPatienceMs));
        }
    }
    void statesTheAddressItIsGiven()
    {
        QTemporaryDir folder;
        QProcess relay;
        relay.start(kExecutable,
                    {QStringLiteral("run"), QStringLiteral("--data"), folder.filePath(QStringLiteral("relay")),
                     QStringLiteral("--listen"), QStringLiteral("127.0.0.1:0"), QStringLiteral("--public"),
                     QStringLiteral("relay.example:7443"), QStringLiteral("--public"), QStringLiteral("10.1.2.3")});
        QStringList introduction;
        const QString address = waitUntilReady(relay, &introduction);
        const QString port = address.mid(address.lastIndexOf(u':') + 1);
        QVERIFY(introduction.contains(QStringLiteral("addresses relay.example:7443 10.1.2.3:%1").arg(port)));
        relay.kill();
        QVERIFY(relay.waitForFinished(kPatienceMs));
    }
    void mistakesEndWithCode2AndASentence()
    {
        const Outcome nothing = runToEnd({});
        QCOMPARE(nothing.code, 2);
        QVERIFY(nothing.errors.contains("say what to do"));
        QTemporaryDir folder;
        const Outcome listen = runToEnd({QStringLiteral("run"), QStringLiteral("--data"), folder.path(),
                                         QStringLiteral("--listen"), QStringLiteral("somewhere")});
        QCOMPARE(listen.code, 2);
        QVERIFY(listen.errors.contains("somewhere is not ADDRESS:PORT"));
        const Outcome config = runToEnd({QStringLiteral("run"), QStringLiteral("--data"), folder.path(),
                                         QStringLiteral("--config"), written(folder, "[relay]\nname = 5\n")});
        QCOMPARE(config.code, 2);
        QVERIFY2(config.errors.contains("relay.toml:2: name"), config.errors.constData());
        const Outcome reachable =
            runToEnd({QStringLiteral("run"), QStringLiteral("--data"), folder.filePath(QStringLiteral("none")),
                      QStringLiteral("--public"), QStringLiteral("https://relay.example")});
        QCOMPARE(reachable.code, 2);
        QVERIFY(reachable.errors.contains("HOST:PORT"));
        QVERIFY(!QDir(folder.filePath(QStringLiteral("none"))).exists());
        for (const QStringList &words : {QStringList{QStringLiteral("fly")}, QStringList{QStringLiteral("--bogus")}}) {
            const Outcome mistake = runToEnd(words);
            QCOMPARE(mistake.code, 2);
            QVERIFY(mistake.errors.contains("sotto-relay run")); // how it is called
        }
        QCOMPARE(runToEnd({QStringLiteral("--help")}).code, 0);
        QVERIFY(runToEnd({QStringLiteral("config")}).lines.contains(QStringLiteral("[limits.requests]")));
    }
};

SOTTO_TEST(ExecutableTest)

} // namespace sotto::relay

#include "executable_test.moc"
