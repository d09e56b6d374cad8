#include "core/net/relay_client.h"
#include "core/wire/limits.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_net/fake_transport.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using Kind = RequestError::Kind;

namespace {

/// A client that is online, and the relay's end of its line.
struct Talk {
    Talk()
        : connection(network.factory(), network.clock, network.random, network.pins(), network.identity()),
          client(connection, network.clock)
    {
        connection.start();
        network.welcome();
        relay().sent.clear();
    }
    FakeTransport &relay() { return network.last(); }
    std::uint32_t lastId() { return std::get<wire::Request>(relay().sentFrames().back()).id; }
    void answer(std::uint32_t id, wire::ResponseBody body) { relay().say(wire::Response{id, std::move(body)}); }
    void answer(wire::ResponseBody body) { answer(lastId(), std::move(body)); }

    FakeNetwork network;
    RelayConnection connection;
    RelayClient client;
};

wire::Submit submitOf(std::uint64_t seq, qsizetype payload = 0)
{
    const wire::Copy copy{*DeviceId::from(1), wire::CopyKind::Signal, "sealed", "text"};
    return {seq, filledId<SubmitId>('i'), wire::MailClass::Message,
            0,   Bytes(payload, 'p'),     {wire::Target{filledId<AccountId>('b'), 1, std::nullopt, {copy}}}};
}

wire::Envelope envelopeOf(std::uint64_t seq, qsizetype payload = 0)
{
    return {seq, {1}, wire::MailClass::Message, wire::CopyKind::Signal, "sealed", "text", Bytes(payload, 'p')};
}

/// Asks, and asks again when the first answer is there.
Task<int> askTwice(RelayClient *client)
{
    int answers = 0;
    for (int i = 0; i < 2; ++i) {
        auto task = client->lookupHandle({QStringLiteral("alice")});
        const auto found = co_await std::move(task);
        answers += found ? 1 : 100;
    }
    co_return answers;
}

} // namespace

class RelayClientTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // ---- Requests
    void answersFindTheirRequests()
    {
        Talk talk;
        auto first = talk.client.lookupHandle({QStringLiteral("alice")});
        const std::uint32_t firstId = talk.lastId();
        auto second = talk.client.createInvite({filledId<Hash256>('h')});
        const std::uint32_t secondId = talk.lastId();
        QVERIFY(firstId != secondId && firstId != 0);
        talk.answer(secondId, wire::InviteCreated{{5}});
        QVERIFY(!first.isFinished() && second.isFinished());
        QCOMPARE(second.result()->expires.ms, 5);
        talk.answer(firstId, wire::HandleFound{filledId<AccountId>('b')});
        QVERIFY(first.isFinished());
        QVERIFY(first.result()->account == filledId<AccountId>('b'));
        QCOMPARE(int(talk.client.openRequests()), 0);
    }
    void theRelaysRefusalAndWrongKindsAreErrors()
    {
        Talk talk;
        auto refused = talk.client.fetchLog({filledId<AccountId>('b'), 0});
        talk.answer(wire::RelayError{wire::RelayErrorCode::RateLimited, {}, 700});
        QVERIFY(refused.result().error().isRefusal(wire::RelayErrorCode::RateLimited));
        QCOMPARE(refused.result().error().relay.retryAfterMs, 700u);
        QVERIFY(refused.result().error().toError().code == ErrorCode::RateLimited);
        auto wrong = talk.client.fetchLog({filledId<AccountId>('b'), 0});
        talk.answer(wire::Ok{});
        QVERIFY(wrong.result().error().kind == Kind::Unexpected);
    }
    void everyHelperSendsItsRequestAndTakesItsAnswer()
    {
        Talk talk;
        const wire::SignedEntry entry = signWith(talk.network.deviceKey, "bundle", "body");
        const AccountId bob = filledId<AccountId>('b');
        const auto check = [&](auto task, wire::ResponseBody body) {
            talk.answer(std::move(body));
            QVERIFY(task.isFinished() && task.result().hasValue());
        };
        check(talk.client.fetchLog({bob, 0}), wire::Log{{entry}, 1});
        check(talk.client.appendLog({entry, std::nullopt, {}}), wire::Ok{});
        check(talk.client.fetchBundles({bob, {}, std::nullopt}), wire::Bundles{});
        check(talk.client.publishBundle({entry}), wire::Ok{});
        check(talk.client.publishPreKeys({{entry}}), wire::PreKeyCount{3});
        check(talk.client.setTokens({filledId<Hash256>('t')}), wire::Ok{});
        check(talk.client.putProfile({"sealed"}), wire::Ok{});
        check(talk.client.fetchProfile({bob, std::nullopt}), wire::Profile{"sealed"});
        check(talk.client.createInvite({filledId<Hash256>('h')}), wire::InviteCreated{{1}});
        check(talk.client.publishPresence({Bytes(32, 't')}), wire::Ok{});
        check(talk.client.watchPresence({{Bytes(32, 't')}}), wire::Ok{});
        QCOMPARE(int(talk.relay().sent.size()), 11);
    }
    void aRefusedSubmitIsAnAnswer()
    {
        Talk talk;
        auto accepted = talk.client.submit(submitOf(1));
        talk.answer(wire::Accepted{{9}, {}, {10}});
        QCOMPARE(std::get<wire::Accepted>(*accepted.result()).relayTime.ms, 9);
        auto stale = talk.client.submit(submitOf(2));
        talk.answer(wire::StaleDevices{});
        QVERIFY(std::holds_alternative<wire::StaleDevices>(*stale.result()));
        auto full = talk.client.submit(submitOf(3));
        talk.answer(wire::RelayError{wire::RelayErrorCode::QueueFull, {}, 0});
        QVERIFY(std::get<wire::RelayError>(*full.result()).code == wire::RelayErrorCode::QueueFull);
        auto lost = talk.client.submit(submitOf(4));
        Q_EMIT talk.relay().ended(TransportEnd::Closed);
        QVERIFY(lost.result().error().kind == Kind::Offline);
    }
    void aBatchIsAnsweredOneByOneOrNotAtAll()
    {
        Talk talk;
        auto good = talk.client.submitBatch({submitOf(1), submitOf(2)});
        talk.answer(wire::SubmitBatchReply{{wire::Accepted{{1}, {}, {}}, wire::StaleDevices{}}});
        QCOMPARE(int(good.result()->size()), 2);
        auto tooFew = talk.client.submitBatch({submitOf(3), submitOf(4)});
        talk.answer(wire::SubmitBatchReply{{wire::Accepted{{1}, {}, {}}}});
        QVERIFY(tooFew.result().error().kind == Kind::Unexpected);
    }
    void aRequestWithoutAnswerEndsAtItsDeadline()
    {
        Talk talk;
        auto slow = talk.client.request(wire::LookupHandle{QStringLiteral("alice")}, 5s);
        const std::uint32_t id = talk.lastId();
        talk.network.clock.advance(4'999ms);
        QVERIFY(!slow.isFinished());
        talk.network.clock.advance(1ms);
        QVERIFY(slow.isFinished());
        QVERIFY(slow.result().error().kind == Kind::TimedOut);
        talk.answer(id, wire::HandleFound{}); // too late: nobody waits
        talk.answer(77'777, wire::Ok{});      // never asked
        QVERIFY(talk.connection.isOnline());
    }
    void aLostLineFinishesEveryRequest()
    {
        Talk talk;
        std::vector<RelayClient::Reply<wire::HandleFound>> open;
        for (int i = 0; i < 20; ++i)
            open.push_back(talk.client.lookupHandle({QStringLiteral("alice")}));
        talk.connection.stop();
        for (const auto &task : open) {
            QVERIFY(task.isFinished());
            QVERIFY(task.result().error().kind == Kind::Offline);
        }
        auto offline = talk.client.lookupHandle({QStringLiteral("alice")});
        QVERIFY(offline.result().error().kind == Kind::Offline);
        QCOMPARE(talk.network.clock.pendingCalls(), 0);
    }
    void aLineThatBreaksWhileSendingAnswersThatRequestToo()
    {
        Talk talk;
        talk.relay().breaksOnSend = true;
        auto task = talk.client.lookupHandle({QStringLiteral("alice")});
        QVERIFY(task.isFinished());
        QVERIFY(task.result().error().kind == Kind::Offline);
    }
    void aWaiterMayAskAgainFromItsAnswer()
    {
        Talk talk;
        auto task = askTwice(&talk.client);
        talk.answer(wire::HandleFound{});
        QVERIFY(!task.isFinished());
        talk.answer(wire::HandleFound{});
        QCOMPARE(task.result(), 2);
        auto lost = askTwice(&talk.client);
        talk.connection.stop();
        QCOMPARE(lost.result(), 200);
    }
    void waitersEndWithTheClient()
    {
        FakeNetwork network;
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        auto client = std::make_unique<RelayClient>(connection, network.clock);
        connection.start();
        network.welcome();
        const auto task = askTwice(client.get());
        client.reset();
        QVERIFY(!task.isFinished());
        network.clock.advance(1min);
    }

    // ---- Bounds
    void openRequestsAreBounded()
    {
        Talk talk;
        std::vector<RelayClient::Reply<wire::HandleFound>> open;
        for (std::size_t i = 0; i < RelayClient::kMaxOpenRequests; ++i)
            open.push_back(talk.client.lookupHandle({QStringLiteral("alice")}));
        auto one = talk.client.lookupHandle({QStringLiteral("alice")});
        QVERIFY(one.result().error().kind == Kind::Busy);
        QCOMPARE(talk.relay().sent.size(), RelayClient::kMaxOpenRequests);
        talk.answer(wire::HandleFound{});
        auto another = talk.client.lookupHandle({QStringLiteral("alice")});
        QVERIFY(!another.isFinished());
    }
    void unsentBytesAreBounded()
    {
        Talk talk;
        talk.relay().unsent = RelayClient::kMaxUnsentBytes + 1;
        auto task = talk.client.submit(submitOf(1));
        QVERIFY(task.result().error().kind == Kind::Busy);
        QVERIFY(talk.relay().sent.empty());
    }
    void aRequestOverTheFrameLimitStaysHere()
    {
        Talk talk;
        auto task = talk.client.submitBatch({submitOf(1, 96 * 1024), submitOf(2, 96 * 1024), submitOf(3, 96 * 1024)});
        QVERIFY(task.result().error().kind == Kind::TooLarge);
        QVERIFY(talk.relay().sent.empty());
        QCOMPARE(int(talk.client.openRequests()), 0);
    }
    void ephemeralFramesGoAtOnceOrNotAtAll()
    {
        Talk talk;
        const wire::Ephemeral typing{filledId<AccountId>('b'), std::nullopt, "sealed"};
        talk.client.sendEphemeral(typing);
        QVERIFY(std::get<wire::Ephemeral>(talk.relay().sentFrames().at(0)) == typing);
        talk.relay().unsent = RelayClient::kMaxUnsentBeforeEphemeral + 1;
        talk.client.sendEphemeral(typing);
        QCOMPARE(int(talk.relay().sent.size()), 1);
    }
    void aFloodOfManySmallEnvelopesIsCutOff()
    {
        Talk talk;
        std::uint64_t seq = 0;
        int seen = 0;
        QObject::connect(&talk.client, &RelayClient::delivered, &talk.client,
                         [&](const wire::Deliver &mail) { seen += int(mail.envelopes.size()); });
        for (int frame = 0; frame < 65 && talk.connection.isOnline(); ++frame) {
            wire::Deliver mail;
            for (int i = 0; i < 64; ++i)
                mail.envelopes.push_back(envelopeOf(++seq));
            talk.relay().say(wire::Push(mail));
        }
        QVERIFY(!talk.connection.isOnline());
        QCOMPARE(seen, int(RelayClient::kMaxUnacknowledgedEnvelopes));
    }
    void aFloodOfBytesIsCutOffAndAcknowledgedMailIsNot()
    {
        Talk talk;
        constexpr qsizetype kPayload = 90 * 1024;
        for (std::uint64_t seq = 1; seq <= 100; ++seq) {
            talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(seq, kPayload)}}));
            talk.client.acknowledge({seq});
        }
        QVERIFY(talk.connection.isOnline());
        for (std::uint64_t seq = 101; seq <= 111; ++seq)
            talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(seq, kPayload)}}));
        QVERIFY(talk.connection.isOnline());
        talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(111, kPayload)}})); // again: counted once
        QVERIFY(talk.connection.isOnline());
        talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(112, kPayload)}}));
        QVERIFY(!talk.connection.isOnline());
    }
    void mailThatComesAgainBeforeItIsAcknowledgedIsHandedOnOnce()
    {
        Talk talk;
        int seen = 0;
        QObject::connect(&talk.client, &RelayClient::delivered, &talk.client,
                         [&](const wire::Deliver &mail) { seen += int(mail.envelopes.size()); });
        for (int i = 0; i < 1000; ++i)
            talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(1)}}));
        QCOMPARE(seen, 1);
        talk.client.acknowledge({1});
        talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(1)}}));
        QCOMPARE(seen, 2);
    }
    void aNewLineStartsWithAnEmptyWindow()
    {
        Talk talk;
        for (std::uint64_t seq = 1; seq <= 11; ++seq)
            talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(seq, 90 * 1024)}}));
        Q_EMIT talk.relay().ended(TransportEnd::Closed);
        talk.network.clock.advance(500ms);
        talk.network.welcome();
        for (std::uint64_t seq = 1; seq <= 11; ++seq)
            talk.relay().say(wire::Push(wire::Deliver{{envelopeOf(seq, 90 * 1024)}}));
        QVERIFY(talk.connection.isOnline());
    }

    // ---- Without an answer
    void acknowledgementsAreCutToTheFrameRule()
    {
        Talk talk;
        std::vector<std::uint64_t> seqs(300);
        for (std::size_t i = 0; i < seqs.size(); ++i)
            seqs[i] = i + 1;
        talk.client.acknowledge(seqs);
        const auto frames = talk.relay().sentFrames();
        QCOMPARE(int(frames.size()), 3);
        std::vector<std::uint64_t> told;
        for (const auto &frame : frames) {
            const auto &part = std::get<wire::Acknowledge>(frame).seqs;
            told.insert(told.end(), part.begin(), part.end());
        }
        QVERIFY(told == seqs);
    }
    void pushesReachTheirSignals()
    {
        Talk talk;
        QStringList heard;
        RelayClient &client = talk.client;
        const auto hear = [&](const char *what) { return [&heard, what] { heard.append(QLatin1String(what)); }; };
        QObject::connect(&client, &RelayClient::delivered, &client, hear("deliver"));
        QObject::connect(&client, &RelayClient::queueDrained, &client, hear("drained"));
        QObject::connect(&client, &RelayClient::presenceChanged, &client, hear("presence"));
        QObject::connect(&client, &RelayClient::logChanged, &client, hear("log"));
        QObject::connect(&client, &RelayClient::noticeArrived, &client, hear("notice"));
        QObject::connect(&client, &RelayClient::ephemeralArrived, &client, hear("ephemeral"));
        QObject::connect(&client, &RelayClient::ownDevicesChanged, &client, hear("own"));
        const std::vector<wire::Push> pushes{wire::Deliver{{envelopeOf(1)}},
                                             wire::QueueDrained{1},
                                             wire::Presence{Bytes(32, 't'), true, {1}},
                                             wire::LogChanged{filledId<AccountId>('b'), 2},
                                             wire::Notice{QStringLiteral("hello")},
                                             wire::EphemeralArrived{"sealed"},
                                             wire::OwnDevices{{*DeviceId::from(7)}}};
        for (const wire::Push &push : pushes)
            talk.relay().say(push);
        QCOMPARE(heard.join(u' '), QStringLiteral("deliver drained presence log notice ephemeral own"));
    }
    void whatOnlyClientsSayEndsTheLine()
    {
        Talk talk;
        talk.relay().say(wire::Acknowledge{{1}});
        QVERIFY(!talk.connection.isOnline());
    }
};

SOTTO_TEST(RelayClientTest)

} // namespace sotto

#include "relay_client_test.moc"
