#include "server/config/relay_config.h"
#include "tests/kit/test_main.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

namespace sotto::relay {

namespace {
Result<RelayConfig> read(const char *text, ConfigScope scope = ConfigScope::Everything)
{
    return applyConfigText({}, text, QStringLiteral("relay.toml"), scope);
}
} // namespace

class RelayConfigTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anEmptyFileChangesNothing() { QCOMPARE(*read(""), RelayConfig{}); }
    void theFixedNumbersAreTheDefaults()
    {
        const RelayConfig config;
        QCOMPARE(config.unauthenticatedPerAddress, 20);
        QCOMPARE(config.handshakesPerSecond, 10.0);
        QCOMPARE(config.authenticatedPerAddress, 4096);
        QCOMPARE(config.upgradeBytes, 8192);
        QCOMPARE(config.stallSeconds, 60);
        QCOMPARE(config.submitsPerSecond, 20.0);
        QCOMPARE(config.submitsAtOnce, 400.0);
        QCOMPARE(config.smallCopiesPerSecond, 300.0);
        QCOMPARE(config.smallCopiesAtOnce, 4096.0);
        QCOMPARE(config.bundlesPerHour, 120.0);
        QCOMPARE(config.lookupsPerHour, 20.0);
        QCOMPARE(config.oneTimeKeysPerHour, 60.0);
        QCOMPARE(config.windowFrames, 64);
        QCOMPARE(config.windowBytes, 262'144);
        QCOMPARE(config.queueDays, 30);
        QCOMPARE(config.queueRows, 20'000);
        QCOMPARE(config.queueBytes, 268'435'456);
    }
    void readsEveryKindOfValue()
    {
        const auto config =
            read("[relay]\nname = \"Ours\"\nlisten = \"127.0.0.1:9\"\npublic = [\"a.example\", \"b:1\"]\n"
                 "workers = 3\nmembers_invite = false\n[limits.requests]\nsubmits_per_second = 1.5\n"
                 "submits_at_once = 7\n");
        QVERIFY(config);
        QCOMPARE(config->name, QStringLiteral("Ours"));
        QCOMPARE(config->listen, QStringLiteral("127.0.0.1:9"));
        QCOMPARE(config->publicAddresses, (QStringList{QStringLiteral("a.example"), QStringLiteral("b:1")}));
        QCOMPARE(config->workers, 3);
        QCOMPARE(config->membersInvite, false);
        QCOMPARE(config->submitsPerSecond, 1.5);
        QCOMPARE(config->submitsAtOnce, 7.0);
        QCOMPARE(config->lookupsAtOnce, RelayConfig{}.lookupsAtOnce);
    }
    void mistakesNameTheirLine_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("start");
        QTest::newRow("syntax") << QByteArray("[relay]\nname = \n") << QStringLiteral("relay.toml:2: ");
        QTest::newRow("unknown key") << QByteArray("[relay]\n\ncolour = 1\n")
                                     << QStringLiteral("relay.toml:3: there is no setting colour in [relay]");
        QTest::newRow("unknown table") << QByteArray("[nonsense]\na = 1\n") << QStringLiteral("relay.toml:1: ");
        QTest::newRow("wrong type") << QByteArray("[relay]\nname = 5\n")
                                    << QStringLiteral("relay.toml:2: name has to be a text");
        QTest::newRow("number as text") << QByteArray("[relay]\nworkers = \"2\"\n")
                                        << QStringLiteral("relay.toml:2: workers has to be a number");
        QTest::newRow("out of range") << QByteArray("[limits.sockets]\n# a comment\nupgrade_bytes = 7\n")
                                      << QStringLiteral("relay.toml:3: upgrade_bytes has to be from 1024 to 65536");
        QTest::newRow("dormant later than bundles last")
            << QByteArray("[limits.queues]\ndormant_days = 31\n")
            << QStringLiteral("relay.toml:2: dormant_days has to be from 1 to 30");
        QTest::newRow("not whole") << QByteArray("[relay]\nworkers = 1.5\n")
                                   << QStringLiteral("relay.toml:2: workers has to be a whole number");
        QTest::newRow("negative") << QByteArray("[limits.requests]\nsubmits_per_second = -1\n")
                                  << QStringLiteral("relay.toml:2: submits_per_second has to be from");
        QTest::newRow("address") << QByteArray("[relay]\nlisten = \"example.org:1\"\n")
                                 << QStringLiteral("relay.toml:2: listen has to be ADDRESS:PORT");
        QTest::newRow("loop") << QByteArray("[relay]\nevent_loop = \"fast\"\n")
                              << QStringLiteral("relay.toml:2: event_loop has to be");
        QTest::newRow("list of numbers") << QByteArray("[relay]\npublic = [1]\n")
                                         << QStringLiteral("relay.toml:2: public has to be a list of texts");
        QTest::newRow("too long a list") << QByteArray("[relay]\npublic = [\"a\",\"b\",\"c\",\"d\",\"e\"]\n")
                                         << QStringLiteral("relay.toml:2: public has at most 4 items");
        QTest::newRow("letters in a key")
            << QByteArray("[relay]\nn\xc3\xa4me = 1\n") << QStringLiteral("relay.toml:2: ");
        QTest::newRow("letters behind a quote inside of a number")
            << QByteArray("[relay]\nname = 00-4:[=5[2R'_L5\xd1\xb7&o'\n") << QStringLiteral("relay.toml:2: ");
    }
    void mistakesNameTheirLine()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, start);
        const auto config = applyConfigText({}, text, QStringLiteral("relay.toml"), ConfigScope::Everything);
        QVERIFY(!config);
        QCOMPARE(config.error().code, ErrorCode::Malformed);
        QVERIFY2(config.error().detail.startsWith(start), qPrintable(config.error().detail));
    }
    void lettersOfAllLanguagesMayStandInTextsAndComments()
    {
        const auto config = read("# gr\xc3\xbc\xc3\x9f\x65\n[relay]\nname = \"\xd1\xb7 # 'x\" # \xc3\xa4\n");
        QVERIFY2(config, qPrintable(config ? QString() : config.error().detail));
        QCOMPARE(config->name, QString::fromUtf8("\xd1\xb7 # 'x"));
    }
    void aLimitsFileSetsLimitsOnly()
    {
        QVERIFY(read("[limits.requests]\nsubmits_per_second = 1000\n", ConfigScope::LimitsOnly));
        const auto refused = read("[relay]\nname = \"x\"\n", ConfigScope::LimitsOnly);
        QVERIFY(!refused);
        QVERIFY(refused.error().detail.startsWith(QLatin1String("relay.toml:2: a limits file")));
    }
    void theDefaultFileIsTheDefaults()
    {
        // As it is, and with every setting taken out of its comment.
        const QString text = defaultConfigText();
        QCOMPARE(*applyConfigText({}, text.toUtf8(), QStringLiteral("default"), ConfigScope::Everything),
                 RelayConfig{});
        QString active;
        int values = 0;
        for (const QString &line : text.split(u'\n')) {
            const bool isSetting = line.contains(QLatin1String(" = ")) && line.startsWith(QLatin1String("# "));
            active += (isSetting ? line.mid(2) : line) + u'\n';
            values += isSetting ? 1 : 0;
        }
        QCOMPARE(values, int(settings().size()));
        const auto config = applyConfigText({}, active.toUtf8(), QStringLiteral("default"), ConfigScope::Everything);
        QVERIFY2(config, qPrintable(config ? QString() : config.error().detail));
        QCOMPARE(*config, RelayConfig{});
    }
    void everySettingIsListedOnceWithAnExplanation()
    {
        std::set<QByteArray> seen;
        for (const Setting &setting : settings()) {
            QVERIFY(seen.insert(QByteArray(setting.table) + '.' + setting.key).second);
            QVERIFY(qstrlen(setting.explanation) > 10);
        }
    }
    void theEnvironmentOverrides()
    {
        QProcessEnvironment environment;
        environment.insert(QStringLiteral("SOTTO_RELAY_RELAY_NAME"), QStringLiteral("From outside"));
        environment.insert(QStringLiteral("SOTTO_RELAY_RELAY_PUBLIC"), QStringLiteral("a:1,b:2"));
        environment.insert(QStringLiteral("SOTTO_RELAY_TLS_HERE"), QStringLiteral("false"));
        environment.insert(QStringLiteral("SOTTO_RELAY_LIMITS_REQUESTS_SUBMITS_PER_SECOND"), QStringLiteral("99"));
        const auto config = applyEnvironment({}, environment);
        QVERIFY(config);
        QCOMPARE(config->name, QStringLiteral("From outside"));
        QCOMPARE(config->publicAddresses, (QStringList{QStringLiteral("a:1"), QStringLiteral("b:2")}));
        QCOMPARE(config->tlsHere, false);
        QCOMPARE(config->submitsPerSecond, 99.0);
        environment.insert(QStringLiteral("SOTTO_RELAY_RELAY_WORKERS"), QStringLiteral("many"));
        const auto refused = applyEnvironment({}, environment);
        QVERIFY(!refused);
        QCOMPARE(refused.error().detail, QStringLiteral("SOTTO_RELAY_RELAY_WORKERS has to be a number"));
    }
    void aFileThatCannotBeReadIsSaid()
    {
        const auto refused = applyConfigFile({}, QStringLiteral("/nowhere/relay.toml"), ConfigScope::Everything);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotFound);
    }
    void listenAddresses()
    {
        QCOMPARE(parseListenAddress(QStringLiteral("127.0.0.1:0"))->address, QStringLiteral("127.0.0.1"));
        QCOMPARE(parseListenAddress(QStringLiteral("[::1]:7744"))->address, QStringLiteral("::1"));
        QCOMPARE(parseListenAddress(QStringLiteral("[::]:65535"))->port, std::uint16_t(65535));
        for (const char *wrong : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:7744",
                                  "localhost:1", "[::1]", "127.0.0.1:-1"})
            QVERIFY2(!parseListenAddress(QString::fromLatin1(wrong)), wrong);
    }
};

SOTTO_TEST(RelayConfigTest)

} // namespace sotto::relay

#include "relay_config_test.moc"
