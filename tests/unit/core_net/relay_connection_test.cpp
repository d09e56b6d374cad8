#include "core/net/relay_connection.h"
#include "core/wire/limits.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_net/fake_transport.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using S = ConnectionState;
using P = ConnectionProblem;

namespace {

/// A network, a connection on it, and what it announced.
struct Line {
    explicit Line(int addresses = 1)
        : connection(network.factory(), network.clock, network.random, network.pins(addresses), network.identity())
    {
        QObject::connect(&connection, &RelayConnection::welcomed, &connection, [this] { ++welcomes; });
        QObject::connect(&connection, &RelayConnection::wentOffline, &connection, [this] { ++losses; });
    }
    /// Online with its first attempt.
    void comeOnline(const wire::Welcome &welcome = {})
    {
        connection.start();
        network.welcome(welcome);
        QVERIFY(connection.isOnline());
    }
    void goodbye(wire::RelayErrorCode code, std::uint64_t retryAfterMs = 0)
    {
        network.last().say(wire::Goodbye{{code, {}, retryAfterMs}});
    }
    /// Waits for the next attempt, to the millisecond.
    void retry()
    {
        QVERIFY(connection.state() == S::Backoff);
        network.clock.advance(*network.clock.untilNext());
        QVERIFY(connection.state() == S::Connecting);
    }
    FakeNetwork network;
    RelayConnection connection;
    int welcomes = 0;
    int losses = 0;
};

} // namespace

class RelayConnectionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesOnline()
    {
        Line line;
        QVERIFY(line.connection.state() == S::Stopped);
        line.connection.start();
        QVERIFY(line.connection.state() == S::Connecting);
        Q_EMIT line.network.last().opened(line.network.spki());
        QVERIFY(line.connection.state() == S::AwaitingHello);
        line.network.last().say(line.network.signedHello(line.network.hello()));
        QVERIFY(line.connection.state() == S::Authenticating);
        QVERIFY(!line.connection.send("early"));
        line.network.last().say(wire::Welcome{});
        QVERIFY(line.connection.isOnline());
        QVERIFY(line.connection.problem() == P::None);
        QCOMPARE(line.welcomes, 1);
        QVERIFY(line.connection.send(wire::encode(wire::Frame(wire::Acknowledge{{1}}))));
        QVERIFY(!line.connection.send(Bytes(wire::kMaxFrameBytes + 1, 'x')));
        QCOMPARE(int(line.network.last().sent.size()), 2);
    }
    void stopClosesAndStaysClosed()
    {
        Line line;
        line.comeOnline();
        line.connection.stop();
        QVERIFY(line.connection.state() == S::Stopped);
        QVERIFY(line.network.last().closed);
        QCOMPARE(line.losses, 1);
        line.connection.networkUp();
        line.network.clock.advance(1h);
        QCOMPARE(line.network.count(), 1);
        QCOMPARE(line.network.clock.pendingCalls(), 0);
    }

    // ---- Trying again
    void triesEveryAddressBeforeItWaits()
    {
        Line line(3);
        line.connection.start();
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(line.network.count(), i + 1);
            QCOMPARE(line.network.last().address->host, QStringLiteral("relay%1.example").arg(i));
            Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
        }
        QVERIFY(line.connection.state() == S::Backoff);
        QVERIFY(line.connection.problem() == P::Unreachable);
        line.network.clock.advance(500ms);
        QCOMPARE(line.network.count(), 4);
        QCOMPARE(line.network.last().address->host, QStringLiteral("relay0.example"));
    }
    void theAddressThatWorkedComesFirst()
    {
        Line line(3);
        line.connection.start();
        Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
        line.network.welcome();
        QCOMPARE(line.connection.pins().addresses.at(0).host, QStringLiteral("relay1.example"));
        QCOMPARE(line.connection.pins().addresses.at(1).host, QStringLiteral("relay0.example"));
        Q_EMIT line.network.last().ended(TransportEnd::Closed);
        line.network.clock.advance(500ms);
        QCOMPARE(line.network.last().address->host, QStringLiteral("relay1.example"));
    }
    void aFalseRelayAmongTheAddressesIsNamedEvenIfAnotherIsDead()
    {
        Line line(2);
        line.connection.start();
        Q_EMIT line.network.last().opened(filledId<Hash256>('x'));
        line.network.last().say(line.network.signedHello(line.network.hello()));
        QVERIFY(line.connection.state() == S::Connecting);
        Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
        QVERIFY(line.connection.problem() == P::RelayNotGenuine);
    }
    void waitsGrowWhileItFailsAndShrinkAfterAGoodLine()
    {
        Line line;
        line.connection.start();
        Milliseconds longest{500};
        for (int failure = 0; failure < 9; ++failure) {
            Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
            QVERIFY(line.connection.state() == S::Backoff);
            QVERIFY(*line.network.clock.untilNext() <= longest);
            line.retry();
            QCOMPARE(line.network.count(), failure + 2);
            longest = std::min(longest * 2, Milliseconds(60s));
        }
        line.network.welcome();
        line.network.clock.advance(29s);
        Q_EMIT line.network.last().ended(TransportEnd::Closed); // too short to count as good
        line.retry();
        line.network.welcome();
        line.network.clock.advance(30s);
        Q_EMIT line.network.last().ended(TransportEnd::Closed);
        QVERIFY(*line.network.clock.untilNext() <= 500ms);
    }
    void aShortLineDoesNotShortenTheWait()
    {
        Line line;
        int over = 0;
        line.connection.start();
        for (int i = 0; i < 30; ++i) {
            line.network.welcome();
            Q_EMIT line.network.last().ended(TransportEnd::Closed);
            over += *line.network.clock.untilNext() > 1s ? 1 : 0;
            line.retry();
        }
        QVERIFY(over > 15);
    }
    void networkUpTriesAtOnce()
    {
        Line line;
        line.connection.start();
        Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
        line.connection.networkUp();
        QCOMPARE(line.network.count(), 2);
        line.connection.resumed(); // the running try may hang on the old network
        QCOMPARE(line.network.count(), 3);
        QVERIFY(line.network.at(1).closed);
    }
    void theNetworkMayComeUpInsideTheSignalThatTheLineIsGone()
    {
        Line line;
        QObject::connect(&line.connection, &RelayConnection::wentOffline, &line.connection,
                         [&] { line.connection.networkUp(); });
        line.comeOnline();
        Q_EMIT line.network.last().ended(TransportEnd::Closed);
        QVERIFY(line.connection.state() == S::Connecting);
        QCOMPARE(line.network.count(), 2);
        line.network.welcome();
        QVERIFY(line.connection.isOnline());
        line.network.clock.advance(30s);
        QCOMPARE(line.network.count(), 2);
    }
    void setByHandAddressesAreUsedNext()
    {
        Line line;
        line.connection.start();
        line.connection.setAddresses({{QStringLiteral("hand.example"), 1}});
        line.connection.setAddresses({});
        Q_EMIT line.network.last().ended(TransportEnd::CouldNotConnect);
        line.network.clock.advance(500ms);
        QCOMPARE(line.network.last().address->host, QStringLiteral("hand.example"));
    }

    // ---- Deadlines and signs of life
    void nobodyIsWaitedForWithoutEnd()
    {
        Line line;
        line.connection.start();
        line.network.clock.advance(RelayChannel::kConnectDeadline);
        QVERIFY(line.connection.problem() == P::Unreachable);
        line.network.clock.advance(500ms);
        Q_EMIT line.network.last().opened(line.network.spki());
        line.network.clock.advance(RelayChannel::kHelloDeadline);
        QVERIFY(line.connection.state() == S::Backoff);
        line.network.clock.advance(1s);
        line.network.prove();
        QVERIFY(line.connection.state() == S::Authenticating);
        line.network.clock.advance(RelayConnection::kWelcomeDeadline);
        QVERIFY(line.connection.state() == S::Backoff);
        QVERIFY(line.network.last().closed);
    }
    void aLineThatAnswersPingsStays()
    {
        Line line;
        line.comeOnline();
        for (int beat = 1; beat <= 20; ++beat) {
            line.network.clock.advance(30s);
            QCOMPARE(line.network.last().pings, beat);
            Q_EMIT line.network.last().alive();
        }
        QVERIFY(line.connection.isOnline());
    }
    void aSilentLineIsDeadAfterAMinute()
    {
        Line line;
        line.comeOnline();
        line.network.clock.advance(59'999ms);
        QVERIFY(line.connection.isOnline());
        line.network.clock.advance(1ms);
        QVERIFY(line.connection.state() == S::Backoff);
        QCOMPARE(line.losses, 1);
        QVERIFY(line.network.last().closed);
    }
    void afterSleepALineMustAnswerSoon()
    {
        Line line;
        line.comeOnline();
        line.connection.resumed();
        QCOMPARE(line.network.last().pings, 1);
        Q_EMIT line.network.last().alive();
        line.network.clock.advance(10s);
        QVERIFY(line.connection.isOnline());
        line.connection.resumed();
        line.network.clock.advance(RelayConnection::kProbeDeadline);
        QVERIFY(line.connection.state() == S::Backoff);
    }

    // ---- What the relay says
    void theDeviceThatWasReplacedDoesNotFightBack()
    {
        Line line;
        line.comeOnline();
        line.goodbye(wire::RelayErrorCode::Replaced);
        QVERIFY(line.connection.state() == S::Halted);
        QVERIFY(line.connection.problem() == P::Replaced);
        line.connection.networkUp();
        line.network.clock.advance(24h);
        QCOMPARE(line.network.count(), 1);
        line.connection.start();
        QCOMPARE(line.network.count(), 2);
    }
    void aRevokedDeviceStaysAway()
    {
        Line line;
        line.connection.start();
        line.network.prove();
        line.goodbye(wire::RelayErrorCode::Revoked);
        QVERIFY(line.connection.state() == S::Halted);
        QVERIFY(line.connection.problem() == P::Revoked);
    }
    void aRelayThatGoesDownSaysWhenToComeBack()
    {
        Line line;
        line.comeOnline();
        line.goodbye(wire::RelayErrorCode::GoingDown, 20'000);
        QVERIFY(line.connection.problem() == P::RelayGoingDown);
        line.network.clock.advance(19'999ms);
        QCOMPARE(line.network.count(), 1);
        line.network.clock.advance(501ms);
        QCOMPARE(line.network.count(), 2);
        // Its word counts once, and not beyond ten minutes.
        line.network.welcome();
        line.goodbye(wire::RelayErrorCode::GoingDown, ~std::uint64_t(0));
        QVERIFY(*line.network.clock.untilNext() <= 10min + 60s);
        line.retry();
        QCOMPARE(line.network.count(), 3);
    }
    void refusedAuthenticationIsSaidAndTriedAgainLater()
    {
        for (const auto code : {wire::RelayErrorCode::BadSignature, wire::RelayErrorCode::NotAuthenticated,
                                wire::RelayErrorCode::NotFound}) {
            Line line;
            line.connection.start();
            line.network.prove();
            line.goodbye(code);
            QVERIFY(line.connection.state() == S::Backoff);
            QVERIFY(line.connection.problem() == P::AuthenticationRefused);
        }
    }
    void anExpiredHelloIsJustTriedAgain()
    {
        Line line;
        line.connection.start();
        line.network.prove();
        line.goodbye(wire::RelayErrorCode::HelloExpired);
        QVERIFY(line.connection.state() == S::Backoff);
        QVERIFY(line.connection.problem() == P::Lost);
    }
    void withoutASignatureNothingIsSent()
    {
        Line line;
        FakeNetwork &network = line.network;
        ConnectionIdentity identity = network.identity();
        identity.sign = [](const Bytes &) -> Result<Bytes> { return ErrorCode::Locked; };
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(), identity);
        connection.start();
        network.prove();
        QVERIFY(network.last().sent.empty());
        QVERIFY(connection.state() == S::Backoff);
        QVERIFY(connection.problem() == P::SigningFailed);
    }
    void aRelayThatSpeaksOutOfTurnIsDropped()
    {
        Line line;
        line.connection.start();
        line.network.prove();
        line.network.last().say(wire::Push(wire::Notice{QStringLiteral("early")}));
        QVERIFY(line.connection.state() == S::Backoff);
        line.network.clock.advance(1s);
        line.network.welcome();
        Q_EMIT line.network.last().frameArrived("no frame");
        QVERIFY(line.connection.state() == S::Backoff);
    }

    // ---- The database was copied back
    void aWelcomeWithOurNumbersIsFine()
    {
        Line line;
        line.network.numbers = {10, 20};
        line.comeOnline(wire::Welcome{10, 20, {}, 0, 0, 0, 0});
    }
    void T025_aRelayThatKnowsMoreThanTheDatabaseStopsUs()
    {
        for (const auto &[acked, submitted] : {std::pair<std::uint64_t, std::uint64_t>{11, 20}, {10, 21}}) {
            Line line;
            line.network.numbers = {10, 20};
            line.connection.start();
            line.network.welcome(wire::Welcome{acked, submitted, {}, 0, 0, 0, 0});
            QVERIFY(line.connection.state() == S::Halted);
            QVERIFY(line.connection.problem() == P::DatabaseRolledBack);
            QCOMPARE(line.welcomes, 0);
            line.network.clock.advance(1h);
            QCOMPARE(line.network.count(), 1);
        }
    }
    void aDatabaseThatCannotBeReadIsNoneThatWasRolledBack()
    {
        FakeNetwork network;
        bool broken = true;
        ConnectionIdentity identity = network.identity();
        identity.ownNumbers = [&broken]() -> Result<OwnNumbers> {
            return broken ? Result<OwnNumbers>(ErrorCode::InputOutput) : OwnNumbers{10, 20};
        };
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(), identity);
        connection.start();
        network.welcome(wire::Welcome{10, 20, {}, 0, 0, 0, 0});
        QVERIFY(connection.state() == S::Backoff);
        QVERIFY(connection.problem() == P::DatabaseUnreadable);
        broken = false;
        network.clock.advance(61s);
        network.welcome(wire::Welcome{10, 20, {}, 0, 0, 0, 0});
        QVERIFY(connection.isOnline());
    }

    // ---- Clocks
    void aWrongClockIsReportedAndDoesNotMatter()
    {
        Line line;
        line.network.clock.setWallClock({line.network.clock.now().ms + 1});
        line.connection.start();
        wire::Hello hello = line.network.hello();
        hello.time = hello.time + 121s;
        Q_EMIT line.network.last().opened(line.network.spki());
        line.network.last().say(line.network.signedHello(hello));
        line.network.last().say(wire::Welcome{});
        QVERIFY(line.connection.isOnline());
        QCOMPARE(line.connection.clockDifference().count(), 121'000);
    }
    void aSmallClockDifferenceIsNotWorthAWord()
    {
        Line line;
        line.connection.start();
        wire::Hello hello = line.network.hello();
        hello.time = hello.time - 120s;
        Q_EMIT line.network.last().opened(line.network.spki());
        line.network.last().say(line.network.signedHello(hello));
        QCOMPARE(line.connection.clockDifference().count(), 0);
    }
};

SOTTO_TEST(RelayConnectionTest)

} // namespace sotto

#include "relay_connection_test.moc"
