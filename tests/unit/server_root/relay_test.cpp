#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "core/primitives/secret_bytes.h"
#include "core/wire/frame.h"
#include "core/wire/links.h"
#include "server/root/relay.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QWebSocket>
#include <QWebSocketHandshakeOptions>

namespace sotto::relay {

namespace {
Relay::Options optionsFor(const QTemporaryDir &folder)
{
    Relay::Options options;
    options.dataDirectory = folder.filePath(QStringLiteral("relay"));
    options.config.listen = QStringLiteral("127.0.0.1:0");
    return options;
}

QStringList waitForLines(Task<Result<QStringList>> task)
{
    return QTest::qWaitFor([&task] { return task.isFinished(); }, 10'000) && task.result() ? *task.result()
                                                                                           : QStringList();
}

std::optional<bool> waitForAnswer(Task<Result<bool>> task)
{
    const bool isThere = QTest::qWaitFor([&task] { return task.isFinished(); }, 10'000);
    return isThere && task.result() ? std::optional<bool>(*task.result()) : std::nullopt;
}
} // namespace

class RelayTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void invitesLeadToTheRelayThatMadeThem()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        auto relay = Relay::start(optionsFor(folder), clock, random);
        QVERIFY2(relay, qPrintable(relay ? QString() : relay.error().detail));
        QCOMPARE(waitForAnswer((*relay)->isEmpty()), true);
        const QStringList links = waitForLines((*relay)->makeInvites(3));
        QCOMPARE(links.size(), 3);
        const auto invite = wire::parseInviteLink(links.first());
        QVERIFY(invite);
        QCOMPARE(invite->relayKey, (*relay)->key());
        QCOMPARE(invite->addresses, QStringList{(*relay)->listenAddress()});
        QCOMPARE(invite->expires, clock.now() + std::chrono::hours(24 * 14));

        // What a client finds there: a Hello of that key, over a certificate that the Hello lists.
        QWebSocket client;
        QSignalSpy frames(&client, &QWebSocket::binaryMessageReceived);
        connect(&client, &QWebSocket::sslErrors, &client, [&client] { client.ignoreSslErrors(); });
        QWebSocketHandshakeOptions handshake;
        handshake.setSubprotocols({QStringLiteral("sotto.v1")});
        client.open(QUrl(QStringLiteral("wss://%1").arg(invite->addresses.first())), handshake);
        QTRY_COMPARE(frames.size(), 1);
        const auto frame = wire::decodeFrame(frames[0][0].toByteArray());
        QVERIFY(frame && std::holds_alternative<wire::HelloFrame>(*frame));
        const wire::SignedEntry entry = std::get<wire::HelloFrame>(*frame).hello;
        QVERIFY(verifyEntry(Purpose::RelayHello, entry, invite->relayKey.view()));
        const auto hello = wire::decodeHello(entry.body);
        QVERIFY(hello);
        QCOMPARE(hello->relayKey, invite->relayKey);
        QCOMPARE(hello->tlsSpki.size(), 1U);
        QCOMPARE((*relay)->sessions(), 1);
        QVERIFY(hello->relayInfo && verifyEntry(Purpose::RelayInfo, *hello->relayInfo, invite->relayKey.view()));
        QCOMPARE(wire::decodeRelayInfo(hello->relayInfo->body)->addresses,
                 std::vector<QString>{(*relay)->listenAddress()});
        QVERIFY(waitForLines((*relay)->status()).contains(QStringLiteral("open_invites 3")));
        QCOMPARE(waitForLines((*relay)->users()), QStringList());
    }
    void aRelayStaysItselfAcrossStarts()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        std::optional<RelayKey> key;
        QByteArray certificate;
        for (int start = 0; start < 3; ++start) {
            auto relay = Relay::start(optionsFor(folder), clock, random);
            QVERIFY(relay);
            QCOMPARE(waitForAnswer((*relay)->isEmpty()), start == 0);
            if (start == 0)
                key = (*relay)->key();
            QCOMPARE((*relay)->key(), *key);
            QFile file(folder.filePath(QStringLiteral("relay/certificate.pem")));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray content = file.readAll();
            QVERIFY(start == 0 || content == certificate);
            certificate = content;
            waitForLines((*relay)->makeInvites(1));
            QVERIFY(waitForLines((*relay)->status()).contains(QStringLiteral("open_invites %1").arg(start + 1)));
        }
    }
    void aFolderHasOneRelay()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        const auto first = Relay::start(optionsFor(folder), clock, random);
        QVERIFY(first);
        const auto second = Relay::start(optionsFor(folder), clock, random);
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Busy);
    }
    void publicAddressesStandInInvites()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        Relay::Options options = optionsFor(folder);
        options.config.publicAddresses = QStringList{QStringLiteral("relay.example"), QStringLiteral("other:9")};
        const auto relay = Relay::start(options, clock, random);
        QVERIFY(relay);
        const QStringList expected{QStringLiteral("relay.example:%1").arg((*relay)->port()), QStringLiteral("other:9")};
        QCOMPARE((*relay)->addresses(), expected);
        QCOMPARE(wire::parseInviteLink(waitForLines((*relay)->makeInvites(1)).first())->addresses, expected);
    }
    void withoutTlsItNeedsAProxyOnThisMachine()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        Relay::Options options = optionsFor(folder);
        { // makes a certificate that can stand for the proxy's
            QVERIFY(Relay::start(options, clock, random));
        }
        options.config.tlsHere = false;
        QCOMPARE(Relay::start(options, clock, random).error().code, ErrorCode::InvalidArgument);
        options.config.proxyCertificateFiles = QStringList{folder.filePath(QStringLiteral("relay/certificate.pem"))};
        QVERIFY(Relay::start(options, clock, random));
        options.config.listen = QStringLiteral("0.0.0.0:0");
        QCOMPARE(Relay::start(options, clock, random).error().code, ErrorCode::NotPermitted);
    }
    void aStartThatFailsLeavesARelayThatStillIntroducesItself()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        Relay::Options options = optionsFor(folder);
        {
            QTemporaryDir other;
            const auto taker = Relay::start(optionsFor(other), clock, random);
            QVERIFY(taker);
            options.config.listen = (*taker)->listenAddress();
            const auto refused = Relay::start(options, clock, random);
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, ErrorCode::Busy);
            QVERIFY(refused.error().detail.contains(QStringLiteral("--listen")));
        }
        const auto relay = Relay::start(optionsFor(folder), clock, random);
        QVERIFY(relay);
        QCOMPARE(waitForAnswer((*relay)->isEmpty()), true);
    }
    void aLostKeyIsNotReplaced()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        {
            QVERIFY(Relay::start(optionsFor(folder), clock, random));
        }
        QVERIFY(QFile::remove(folder.filePath(QStringLiteral("relay/relay.key"))));
        const auto refused = Relay::start(optionsFor(folder), clock, random);
        QVERIFY(!refused);
        QVERIFY(refused.error().detail.contains(QStringLiteral("backup")));
    }
    void aDatabaseThatIsNoneIsNotReplaced()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        {
            QVERIFY(Relay::start(optionsFor(folder), clock, random));
        }
        QFile database(folder.filePath(QStringLiteral("relay/relay.db")));
        QVERIFY(database.open(QIODevice::WriteOnly | QIODevice::Truncate) && database.write("something else") > 0);
        database.close();
        const auto refused = Relay::start(optionsFor(folder), clock, random);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Corrupt);
        QVERIFY(refused.error().detail.contains(QStringLiteral("relay.db")));
        QCOMPARE(database.size(), qint64(14));
    }
    void aFolderTooDeepForItsSocketIsRefusedBeforeItIsMade()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        Relay::Options options = optionsFor(folder);
        options.dataDirectory = folder.filePath(QString(100, u'd'));
        const auto refused = Relay::start(options, clock, random);
        QVERIFY(!refused);
        QVERIFY(refused.error().detail.contains(QStringLiteral("shorter")));
        QVERIFY(!QDir(options.dataDirectory).exists());
    }
    void whatCannotStartSaysWhy()
    {
        QTemporaryDir folder;
        kit::FakeClock clock;
        kit::SeededRandom random;
        Relay::Options options = optionsFor(folder);
        options.config.certificateFile = QStringLiteral("/nowhere.pem");
        auto refused = Relay::start(options, clock, random);
        QVERIFY(!refused);
        QVERIFY(refused.error().detail.contains(QLatin1String("/nowhere.pem")));
        options = optionsFor(folder);
        options.config.publicAddresses = QStringList{QStringLiteral("two words")};
        refused = Relay::start(options, clock, random);
        QVERIFY(!refused);
        QVERIFY(refused.error().detail.contains(QLatin1String("two words")));
        random.failNow();
        QTemporaryDir fresh;
        QCOMPARE(Relay::start(optionsFor(fresh), clock, random).error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(RelayTest)

} // namespace sotto::relay

#include "relay_test.moc"
