#include "server/root/command_line.h"
#include "tests/kit/test_main.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace sotto::relay {

namespace {
Result<CommandLine> parse(const char *words, const QProcessEnvironment &environment = {})
{
    return parseCommandLine(QString::fromLatin1(words).split(u' ', Qt::SkipEmptyParts), environment,
                            QStringLiteral("/default"));
}
void write(const QString &path, const QByteArray &text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}
} // namespace

class CommandLineTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void flagsStandBeforeAndAfterTheCommand()
    {
        for (const char *words : {"run --data /d --listen 127.0.0.1:0 --public a --public b:2 --limits /l",
                                  "--data /d --public a run --listen=127.0.0.1:0 --public b:2 --limits /l"}) {
            const auto line = parse(words);
            QVERIFY(line);
            QCOMPARE(line->command, CommandLine::Command::Run);
            QCOMPARE(line->dataDirectory, QStringLiteral("/d"));
            QCOMPARE(line->listen, QStringLiteral("127.0.0.1:0"));
            QCOMPARE(line->publicAddresses, (QStringList{QStringLiteral("a"), QStringLiteral("b:2")}));
            QCOMPARE(line->limitsFile, QStringLiteral("/l"));
        }
        const auto invite = parse("--data /d invite --count 3");
        QCOMPARE(invite->command, CommandLine::Command::Invite);
        QCOMPARE(invite->count, 3);
        QCOMPARE(parse("--help")->command, CommandLine::Command::Help);
        QCOMPARE(parse("-h")->command, CommandLine::Command::Help);
        QCOMPARE(parse("--version")->command, CommandLine::Command::Version);
    }
    void theFolderComesFromFlagEnvironmentOrDefault()
    {
        QProcessEnvironment environment;
        QCOMPARE(parse("run", environment)->dataDirectory, QStringLiteral("/default"));
        environment.insert(QStringLiteral("SOTTO_RELAY_DATA"), QStringLiteral("/env"));
        QCOMPARE(parse("run", environment)->dataDirectory, QStringLiteral("/env"));
        QCOMPARE(parse("run --data /flag", environment)->dataDirectory, QStringLiteral("/flag"));
    }
    void mistakesAreSaid()
    {
        for (const char *words : {"", "fly", "run invite", "run --speed 3", "invite --count 0", "invite --count 1001",
                                  "invite --count many", "run --data"})
            QVERIFY2(!parse(words), words);
        for (const char *words : {"run --count 3", "status --count 3", "users --public x", "invite --listen [::]:1",
                                  "invite --config /c", "config --data /d"}) {
            const auto line = parse(words);
            QVERIFY2(!line && line.error().detail.contains(QStringLiteral("does not take")), words);
        }
    }
    void theLaterTheStronger()
    {
        QTemporaryDir folder;
        CommandLine line;
        line.dataDirectory = folder.path();
        QCOMPARE(*effectiveConfig(line, {}), RelayConfig{});
        write(folder.filePath(QStringLiteral("relay.toml")),
              "[relay]\nname = \"file\"\nlisten = \"127.0.0.1:1\"\n[limits.requests]\nlookups_at_once = 1\n");
        QCOMPARE(effectiveConfig(line, {})->name, QStringLiteral("file"));
        line.limitsFile = folder.filePath(QStringLiteral("limits.toml"));
        write(line.limitsFile, "[limits.requests]\nlookups_at_once = 2\n");
        QCOMPARE(effectiveConfig(line, {})->lookupsAtOnce, 2.0);
        QProcessEnvironment environment;
        environment.insert(QStringLiteral("SOTTO_RELAY_LIMITS_REQUESTS_LOOKUPS_AT_ONCE"), QStringLiteral("3"));
        environment.insert(QStringLiteral("SOTTO_RELAY_RELAY_LISTEN"), QStringLiteral("127.0.0.1:2"));
        QCOMPARE(effectiveConfig(line, environment)->lookupsAtOnce, 3.0);
        QCOMPARE(effectiveConfig(line, environment)->listen, QStringLiteral("127.0.0.1:2"));
        line.listen = QStringLiteral("127.0.0.1:3");
        line.publicAddresses = QStringList{QStringLiteral("relay.example")};
        QCOMPARE(effectiveConfig(line, environment)->listen, QStringLiteral("127.0.0.1:3"));
        QCOMPARE(effectiveConfig(line, environment)->publicAddresses, line.publicAddresses);
        line.listen = QStringLiteral("nowhere");
        QVERIFY(!effectiveConfig(line, environment));
        line.configFile = folder.filePath(QStringLiteral("missing.toml"));
        QVERIFY(!effectiveConfig(line, environment));
    }
};

SOTTO_TEST(CommandLineTest)

} // namespace sotto::relay

#include "command_line_test.moc"
