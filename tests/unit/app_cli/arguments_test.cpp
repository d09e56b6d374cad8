#include "app/cli/arguments.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class ArgumentsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsCommandsAndOptionsInAnyOrder()
    {
        const auto first = read("register sotto:invite/abc --name Alice --handle=alice --profile /p --json");
        QVERIFY(first);
        QVERIFY(first->command == CliCommand::Register);
        QCOMPARE(first->words, QStringList{QStringLiteral("sotto:invite/abc")});
        QCOMPARE(first->name, QStringLiteral("Alice"));
        QCOMPARE(first->handle, QStringLiteral("alice"));
        QCOMPARE(first->profile, QStringLiteral("/p"));
        QVERIFY(first->json);
        QVERIFY(read("--json --profile /p --name Alice --handle alice register sotto:invite/abc").value() == *first);
    }
    void everyCommandOfTheListIsRead_data()
    {
        QTest::addColumn<QString>("line");
        QTest::addColumn<int>("command");
        const std::pair<const char *, CliCommand> all[] = {
            {"recovery-kit", CliCommand::RecoveryKit},
            {"recovery-kit --save kit.txt", CliCommand::RecoveryKit},
            {"recovery-kit --confirm", CliCommand::RecoveryKit},
            {"recovery-kit --unlock kit.txt", CliCommand::RecoveryKit},
            {"invite", CliCommand::Invite},
            {"relay", CliCommand::Relay},
            {"whoami", CliCommand::WhoAmI},
            {"link", CliCommand::Link},
            {"add @bob", CliCommand::Add},
            {"relay --address a:1 --address [::1]:2", CliCommand::Relay},
            {"proxy", CliCommand::Proxy},
            {"proxy socks5://h:1", CliCommand::Proxy},
            {"profile", CliCommand::Profile},
            {"profile @bob", CliCommand::Profile},
            {"profile --name A --about= --picture none", CliCommand::Profile},
            {"privacy", CliCommand::Privacy},
            {"privacy typing off", CliCommand::Privacy},
            {"remove @bob", CliCommand::Remove},
            {"verify @bob", CliCommand::Verify},
            {"verify @bob --number 12345", CliCommand::Verify},
            {"verify @bob --confirm", CliCommand::Verify},
            {"verify @bob --qr", CliCommand::Verify},
            {"info @bob 0011", CliCommand::Info},
            {"alarms", CliCommand::Alarms},
            {"alarms @bob seen", CliCommand::Alarms},
            {"requests", CliCommand::Requests},
            {"accept @bob", CliCommand::Accept},
            {"block @bob", CliCommand::Block},
            {"send @bob hello", CliCommand::Send},
            {"send @bob -", CliCommand::Send},
            {"reply @bob 00 hello", CliCommand::Reply},
            {"edit @bob 00 hello", CliCommand::Edit},
            {"delete @bob 00", CliCommand::Delete},
            {"react @bob 00 +", CliCommand::React},
            {"forward @bob 00 @carol", CliCommand::Forward},
            {"read @bob --follow --limit 5", CliCommand::Read},
            {"chats", CliCommand::Chats},
            {"search one two three", CliCommand::Search},
            {"status", CliCommand::Status},
            {"doctor", CliCommand::Doctor},
            {"rpc --passphrase-file f", CliCommand::Rpc},
            {"--help", CliCommand::Help},
            {"send -h", CliCommand::Help},
            {"--version", CliCommand::Version},
        };
        for (const auto &[line, command] : all)
            QTest::newRow(line) << QString::fromLatin1(line) << int(command);
    }
    void everyCommandOfTheListIsRead()
    {
        QFETCH(QString, line);
        QFETCH(int, command);
        const auto arguments = parseArguments(line.split(u' '));
        QVERIFY2(arguments, arguments ? "" : qPrintable(arguments.error()));
        QCOMPARE(int(arguments->command), command);
    }
    void wrongLinesAreExplained_data()
    {
        QTest::addColumn<QString>("line");
        for (const char *line : {"",
                                 "fly",
                                 "--profile",
                                 "--profile=",
                                 "register x",
                                 "register --name A",
                                 "register x --name A --save f",
                                 "send @bob",
                                 "send @bob one two",
                                 "whoami me",
                                 "--unknown whoami",
                                 "read @bob --limit 0",
                                 "read @bob --limit 1001",
                                 "read @bob --limit x",
                                 "search",
                                 "recovery-kit --save f --confirm",
                                 "recovery-kit --save f --unlock f",
                                 "whoami --unlock f",
                                 "chats --follow",
                                 "--json=yes chats",
                                 "relay --address=",
                                 "proxy none system",
                                 "profile @bob --name B",
                                 "profile --picture=",
                                 "privacy typing",
                                 "alarms @bob",
                                 "verify @bob --number 1 --confirm",
                                 "remove",
                                 "-x chats"})
            QTest::newRow(*line ? line : "nothing") << QString::fromLatin1(line);
    }
    void wrongLinesAreExplained()
    {
        QFETCH(QString, line);
        const auto arguments = parseArguments(line.split(u' ', Qt::SkipEmptyParts));
        QVERIFY(!arguments);
        QVERIFY(!arguments.error().isEmpty());
    }
    void whatIsGivenSeveralTimesOrEmptyIsKept()
    {
        const auto relay = read("relay --address a:1 --address b:2");
        QVERIFY(relay);
        QCOMPARE(relay->addresses, (QStringList{QStringLiteral("a:1"), QStringLiteral("b:2")}));
        const auto profile = read("profile --about=");
        QVERIFY(profile && changesProfile(*profile));
        QCOMPARE(profile->about, std::optional<QString>(QString()));
        QVERIFY(!changesProfile(*read("profile")));
    }
    void textThatLooksLikeAnOptionComesAfterTwoDashes()
    {
        const auto arguments = parseArguments(
            {QStringLiteral("send"), QStringLiteral("--"), QStringLiteral("@bob"), QStringLiteral("--x")});
        QVERIFY(arguments);
        QCOMPARE(arguments->words.last(), QStringLiteral("--x"));
    }
    void theUsageNamesEveryCommand()
    {
        const QString usage = usageText();
        for (const char *name :
             {"register", "recovery-kit", "invite",  "relay",    "proxy",  "profile", "privacy", "remove",
              "whoami",   "link",         "add",     "requests", "accept", "block",   "reply",   "edit",
              "delete",   "react",        "forward", "send",     "read",   "chats",   "search",  "status",
              "doctor",   "rpc",          "verify",  "alarms",   "info"})
            QVERIFY2(usage.contains(QStringLiteral("\n  ") + QLatin1String(name)), name);
    }

private:
    static Result<Arguments, QString> read(const char *line)
    {
        return parseArguments(QString::fromLatin1(line).split(u' '));
    }
};

SOTTO_TEST(ArgumentsTest)

} // namespace sotto

#include "arguments_test.moc"
