#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/echo_relay.h"
#include "tests/unit/server_relay/raw_client.h"

#include <QSignalSpy>
#include <QTest>
#include <QWebSocket>
#include <QWebSocketHandshakeOptions>

namespace sotto::relay {

using namespace std::chrono_literals;

namespace {
constexpr int kBinary = 2;
constexpr int kPing = 9;

EchoRelay::Options withLoop(int kind)
{
    EchoRelay::Options options;
    options.loop = EventLoopKind(kind);
    return options;
}
} // namespace

class LeanSocketTest : public QObject {
    Q_OBJECT
private:
    static void addLoops()
    {
        QTest::addColumn<int>("loop");
        QTest::newRow("epoll") << int(EventLoopKind::Epoll);
        QTest::newRow("stock") << int(EventLoopKind::Stock);
    }

private Q_SLOTS:
    void echoesFramesOfEverySize_data() { addLoops(); }
    void echoesFramesOfEverySize()
    {
        QFETCH(int, loop);
        EchoRelay relay(withLoop(loop));
        QWebSocket client;
        QWebSocketHandshakeOptions options;
        options.setSubprotocols({QStringLiteral("sotto.v1")});
        QSignalSpy received(&client, &QWebSocket::binaryMessageReceived);
        QSignalSpy connected(&client, &QWebSocket::connected);
        client.open(QUrl(QStringLiteral("ws://127.0.0.1:%1").arg(relay.port())), options);
        QVERIFY(connected.wait());
        const std::vector<qsizetype> sizes{1, 125, 126, 65535, 65536, 200'000, 256 * 1024};
        for (const qsizetype size : sizes)
            client.sendBinaryMessage(Bytes(size, char(size & 0x7f)));
        QTRY_COMPARE(received.size(), qsizetype(sizes.size()));
        for (std::size_t i = 0; i < sizes.size(); ++i)
            QCOMPARE(received[qsizetype(i)][0].toByteArray(), Bytes(sizes[i], char(sizes[i] & 0x7f)));
        QCOMPARE(relay.open(), 1);
        client.close();
        QTRY_COMPARE(relay.open(), 0);
        QTRY_COMPARE(relay.limiter().total(), 0 + relay.opened());
    }
    void framesRightBehindTheUpgradeAreNotLost()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        client.send(RawClient::upgradeRequest() + RawClient::frame(kBinary, "eager"));
        QVERIFY(client.receive(100).startsWith("HTTP/1.1 101"));
        QTRY_COMPARE(relay.open(), 1);
        QTRY_VERIFY((client.socket().peek(1000)).contains("eager"));
    }
    void aClientWithoutTheSubprotocolIsTurnedAway()
    {
        EchoRelay relay;
        QWebSocket client;
        QSignalSpy disconnected(&client, &QWebSocket::disconnected);
        client.open(QUrl(QStringLiteral("ws://127.0.0.1:%1").arg(relay.port())));
        QVERIFY(disconnected.wait());
        QCOMPARE(relay.opened(), 0);
        QTRY_COMPARE(relay.limiter().total(), 0);
    }
    void anOrderlyCloseDeliversWhatWasSentBefore()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        client.send(RawClient::frame(kBinary, Bytes(50'000, 'z')));
        QCOMPARE(client.receiveMessage().size(), 50'000);
        relay.closeAll();
        QVERIFY(!client.receive(2).isEmpty()); // the close frame
        client.socket().disconnectFromHost();
        QTRY_COMPARE(relay.open(), 0);
    }
    void aPeerThatDoesNotAnswerTheCloseIsCutAfterTheLinger()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        QTRY_COMPARE(relay.open(), 1);
        // The client's system answers our end with nothing, because its program never closes.
        relay.closeAll();
        relay.advance(1s);
        QCOMPARE(relay.open(), 1);
        relay.advance(2s);
        QTRY_COMPARE(relay.open(), 0);
    }

    // ---- Limits --------------------------------------------------------------------------------------------------

    void T191_aHandshakeThatDoesNotEndIsCut()
    {
        EchoRelay relay;
        RawClient silent(relay.port());
        RawClient slow(relay.port());
        RawClient honest(relay.port());
        QVERIFY(honest.upgrade());
        QTRY_COMPARE(relay.limiter().total(), 3);
        for (int second = 0; second < 9; ++second) {
            slow.send("G");
            relay.advance(1s);
        }
        QCOMPARE(relay.limiter().total(), 3);
        relay.advance(2s);
        QVERIFY(silent.isClosedByPeer());
        QVERIFY(slow.isClosedByPeer());
        QTRY_COMPARE(relay.limiter().total(), 1);
        honest.send(RawClient::frame(kBinary, "still here"));
        QCOMPARE(honest.receiveMessage(), Bytes("still here"));
    }
    void T191_anUpgradeRequestOver8KiBIsRefused()
    {
        EchoRelay relay;
        RawClient fitting(relay.port());
        const qsizetype base = RawClient::upgradeRequest("X: \r\n").size();
        fitting.send(RawClient::upgradeRequest("X: " + Bytes(8192 - base, 'x') + "\r\n"));
        QVERIFY(fitting.receive(12).startsWith("HTTP/1.1 101"));
        RawClient bomb(relay.port());
        bomb.send("GET / HTTP/1.1\r\n");
        for (int i = 0; i < 8; ++i)
            bomb.send("X: " + Bytes(1024, 'x') + "\r\n");
        QVERIFY(bomb.isClosedByPeer());
        QCOMPARE(relay.open(), 1);
    }
    void T191_anUnmaskedFrameEndsTheConnection()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        client.send(Bytes::fromHex("82016100"));
        QVERIFY(client.isClosedByPeer());
        QTRY_COMPARE(relay.open(), 0);
    }
    void T191_aFrameOverTheLimitEndsTheConnection()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        client.send(RawClient::frame(kBinary, Bytes(256 * 1024 + 1, 'x')).first(20));
        QVERIFY(client.isClosedByPeer());
        QTRY_COMPARE(relay.open(), 0);
    }
    void T191_aPingFloodEndsTheConnection()
    {
        EchoRelay relay;
        RawClient calm(relay.port());
        RawClient flood(relay.port());
        QVERIFY(calm.upgrade());
        QVERIFY(flood.upgrade());
        Bytes pings;
        for (int i = 0; i < 40; ++i)
            pings += RawClient::frame(kPing, "p");
        flood.send(pings);
        QVERIFY(flood.isClosedByPeer());
        for (int i = 0; i < 100; ++i) {
            calm.send(RawClient::frame(kPing, "p"));
            QCOMPARE(calm.receive(3).size(), 3);
            relay.advance(1s);
        }
        QCOMPARE(relay.open(), 1);
    }
    void T191_aMessageTrickledByteByByteEndsTheConnection()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        const Bytes frame = RawClient::frame(kBinary, Bytes(1000, 'x'));
        for (int second = 0; second < 58; ++second) {
            client.send(frame.sliced(second, 1));
            relay.advance(1s);
        }
        QCOMPARE(relay.open(), 1);
        for (int second = 58; second < 62; ++second) {
            client.send(frame.sliced(second, 1));
            relay.advance(1s);
        }
        QVERIFY(client.isClosedByPeer());
        QTRY_COMPARE(relay.open(), 0);
    }
    void aSlowMessageThatEndsInTimeIsFineAndTheNextHasItsOwnTime()
    {
        EchoRelay relay;
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        for (int message = 0; message < 3; ++message) {
            const Bytes frame = RawClient::frame(kBinary, "0123456789");
            client.send(frame.first(5));
            relay.advance(40s);
            client.send(frame.sliced(5));
            QCOMPARE(client.receiveMessage(), Bytes("0123456789"));
        }
        QCOMPARE(relay.open(), 1);
    }
    void T191_aClientThatNeverReadsCostsLittleAndEnds()
    {
        EchoRelay::Options options;
        options.answers = 4;
        options.socket.outboundPauseBytes = 256 * 1024;
        EchoRelay relay(std::move(options));
        RawClient client(relay.port());
        client.setReadBufferSize(4096);
        QVERIFY(client.upgrade());
        const Bytes frame = RawClient::frame(kBinary, Bytes(60'000, 'x'));
        for (int i = 0; i < 400; ++i)
            client.socket().write(frame);
        // 96 MB of answers would be due. The relay stops reading when 256 KiB wait, and it has read at most one round.
        QTRY_VERIFY(relay.mostPending() > 200 * 1024);
        relay.run([] {});
        relay.advance(50s);
        QVERIFY2(relay.mostPending() < 2 * 1024 * 1024, qPrintable(QString::number(relay.mostPending())));
        QCOMPARE(relay.open(), 1);
        // The kernel's buffers may still take some bytes meanwhile, and each of them is progress.
        QVERIFY(QTest::qWaitFor(
            [&relay] {
                relay.advance(40s);
                return relay.open() == 0;
            },
            20'000));
    }
    void answersOverTheHardLimitEndTheConnection()
    {
        EchoRelay::Options options;
        options.answers = 200;
        EchoRelay relay(std::move(options));
        RawClient client(relay.port());
        client.setReadBufferSize(4096);
        QVERIFY(client.upgrade());
        client.send(RawClient::frame(kBinary, Bytes(60'000, 'x'))); // 12 MB of answers in one turn
        QTRY_COMPARE(relay.open(), 0);
        QVERIFY(relay.mostPending() <= 2 * 1024 * 1024);
    }
    void bytesOverTheBudgetWaitButAreNotLost()
    {
        EchoRelay::Options options;
        options.socket.inboundBytes = {1000, 100'000};
        EchoRelay relay(std::move(options));
        RawClient client(relay.port());
        QVERIFY(client.upgrade());
        for (int i = 0; i < 3; ++i)
            client.send(RawClient::frame(kBinary, Bytes(90'000, char('a' + i))));
        QCOMPARE(client.receiveMessage(), Bytes(90'000, 'a'));
        for (int minute = 0; minute < 10; ++minute)
            relay.advance(60s);
        QCOMPARE(client.receiveMessage(), Bytes(90'000, 'b'));
        QCOMPARE(client.receiveMessage(), Bytes(90'000, 'c'));
    }
};

SOTTO_TEST(LeanSocketTest)

} // namespace sotto::relay

#include "lean_socket_test.moc"
