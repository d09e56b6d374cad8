#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;
using Code = wire::RelayErrorCode;

namespace {
const DeviceAddress alice = address(1, 11);
const DeviceAddress alicesLaptop = address(1, 12);
const DeviceAddress bob = address(2, 21);
const DeviceAddress bobsLaptop = address(2, 22);
const DeviceAddress mallory = address(3, 31);
using Texts = std::vector<Bytes>;
} // namespace

class MailQueuesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAcceptedMessageSurvivesARestart()
    {
        QueueFixture relay;
        const auto reply = relay.sendAndWait(alice, relay.compose(alice, {2, 1}, "hello"));
        QVERIFY(isAccepted(reply));
        QVERIFY(std::get<wire::Accepted>(reply).relayTime == relay.clock.now());
        QVERIFY(std::get<wire::Accepted>(reply).keptUntil == relay.clock.now() + std::chrono::hours(24 * 30));
        relay.restart();
        QCOMPARE(relay.waiting(bob), Texts{"hello"});
        QCOMPARE(relay.waiting(bobsLaptop), Texts{"hello"});
        QCOMPARE(relay.waiting(alicesLaptop), Texts{"hello"});
        QCOMPARE(relay.waiting(alice), Texts());
    }

    void aNumberThatNoDiskHoldsStopsNobodysMail()
    {
        QueueFixture relay;
        auto poison = relay.compose(alice, {2}, "poison");
        poison.submitSeq = std::uint64_t(1) << 63;
        (void)relay.sendAndWait(alice, poison);
        relay.queues->flushCounters();
        relay.settle();
        QVERIFY(isAccepted(relay.write(bob, 3, "hello")));
        relay.queues->flushCounters();
        relay.settle();
        QVERIFY(isAccepted(relay.write(bob, 3, "again")));
        relay.restart();
        QCOMPARE(relay.waiting(mallory), (Texts{"hello", "again"}));
    }

    void aNoteToOneselfIsNotKeptInMemory()
    {
        QueueFixture relay;
        wire::Submit note{1, submitId(1), wire::MailClass::Sync, 0, Bytes(96 * 1024, 'x'), {}};
        note.targets.push_back({accountId(3), 1, std::nullopt, {}});
        QVERIFY(isAccepted(relay.sendAndWait(mallory, note)));
        QVERIFY(isAccepted(relay.sendAndWait(mallory, note))); // the repeat is known
        QCOMPARE(relay.queues->rememberedBytes(), 0);
        QVERIFY(isAccepted(relay.write(alice, 2, "hello")));
        QCOMPARE(relay.queues->rememberedBytes(), 0);
    }

    void mailGoesToAConnectedDeviceBeforeItIsDurable()
    {
        QueueFixture relay;
        relay.sink.connected = {bob};
        auto pending = relay.send(alice, relay.compose(alice, {2}, "hello"));
        QCOMPARE(relay.sink.delivered[bob].size(), std::size_t(1)); // at once: nothing has run on this thread since
        QCOMPARE(relay.sink.delivered[bob][0].ciphertext, Bytes("hello"));
        QVERIFY(relay.sink.delivered[bobsLaptop].empty());
        QVERIFY(isAccepted(waitFor(std::move(pending))));
    }

    void staleDevicesAreNamedAndNothingIsQueued()
    {
        QueueFixture relay;
        auto submit = relay.compose(alice, {2, 1}, "hello");
        submit.targets[0].copies[1].device = deviceId(99);
        submit.targets[1].copies.clear();
        const auto reply = relay.sendAndWait(alice, submit);
        QVERIFY(std::holds_alternative<wire::StaleDevices>(reply));
        const auto &stale = std::get<wire::StaleDevices>(reply);
        QCOMPARE(stale.accounts.size(), std::size_t(2));
        QVERIFY(stale.accounts[0].missing == std::vector{deviceId(22)});
        QVERIFY(stale.accounts[0].extra == std::vector{deviceId(99)});
        QCOMPARE(stale.accounts[0].logVersion, 2u);
        QVERIFY(stale.accounts[1].missing == std::vector{deviceId(12)});
        QCOMPARE(relay.waiting(bob), Texts());
    }

    void aCopyForTheSenderItselfIsStale()
    {
        QueueFixture relay;
        auto submit = relay.compose(alice, {1}, "note");
        submit.targets[0].copies.push_back({deviceId(11), wire::CopyKind::Signal, "sealed", "note"});
        const auto reply = relay.sendAndWait(alice, submit);
        QVERIFY(std::holds_alternative<wire::StaleDevices>(reply));
    }

    void malformedTargetsAreRefused()
    {
        QueueFixture relay;
        auto submit = relay.compose(alice, {2, 2}, "hello");
        QVERIFY(codeOf(relay.sendAndWait(alice, submit)) == Code::Malformed);
        submit = relay.compose(alice, {2, 3}, "hello");
        QVERIFY(codeOf(relay.sendAndWait(alice, submit)) == Code::Malformed);
        submit = relay.compose(alice, {2}, "hello");
        submit.targets[0].copies.push_back(submit.targets[0].copies[0]);
        QVERIFY(codeOf(relay.sendAndWait(alice, submit)) == Code::Malformed);
        submit = relay.compose(alice, {2}, "hello");
        submit.targets[0].account = accountId(9);
        QVERIFY(codeOf(relay.sendAndWait(alice, submit)) == Code::UnknownRecipient);
    }

    void aNoteToOneselfOnOneDeviceIsAccepted()
    {
        QueueFixture relay;
        QVERIFY(isAccepted(relay.sendAndWait(mallory, relay.compose(mallory, {3}, "note"))));
    }

    void aRepeatedSubmitIsAnsweredWithTheSameAcceptance()
    {
        QueueFixture relay;
        const auto submit = relay.compose(alice, {2}, "once");
        const auto first = relay.sendAndWait(alice, submit);
        relay.clock.advance(std::chrono::minutes(5));
        const auto second = relay.sendAndWait(alice, submit);
        QVERIFY(isAccepted(first));
        QVERIFY(std::get<wire::Accepted>(first) == std::get<wire::Accepted>(second));
        QCOMPARE(relay.waiting(bob), Texts{"once"});
    }

    void twoSubmitsOfOneIdInFlightShareTheAnswer()
    {
        QueueFixture relay;
        const auto submit = relay.compose(alice, {2}, "once");
        auto first = relay.send(alice, submit);
        auto second = relay.send(alice, submit);
        QVERIFY(isAccepted(waitFor(std::move(first))));
        QVERIFY(isAccepted(waitFor(std::move(second))));
        QCOMPARE(relay.waiting(bob), Texts{"once"});
    }

    void lastSubmitSeqIsKept()
    {
        QueueFixture relay;
        relay.write(alice, 2, "one");
        relay.write(alice, 2, "two");
        QCOMPARE(relay.queues->numbers(alice).lastSubmitSeq, 2u);
        relay.queues->flushCounters();
        relay.restart();
        QCOMPARE(relay.queues->numbers(alice).lastSubmitSeq, 2u);
    }

    void sequenceNumbersGoOnAfterARestart()
    {
        QueueFixture relay;
        relay.sink.connected = {bob};
        relay.write(alice, 2, "one");
        const std::uint64_t before = relay.sink.delivered[bob].back().seq;
        QCOMPARE(before, 1u);
        relay.restart();
        relay.write(alice, 2, "two");
        QVERIFY(relay.sink.delivered[bob].back().seq > before);
        const auto both = Texts{"one", "two"};
        QCOMPARE(relay.waiting(bob), both);
    }

    void acknowledgedMailOfAnEarlierRunIsDeleted()
    {
        QueueFixture relay;
        relay.write(alice, 2, "one");
        relay.restart();
        QCOMPARE(relay.queues->numbers(bob).queued, 1u);
        relay.acknowledge(bob, {1, 1, 5'000'000});
        QCOMPARE(relay.waiting(bob), Texts());
        QTRY_COMPARE(relay.queues->numbers(bob).queued, 0u);
        QCOMPARE(relay.queues->numbers(bob).lastAckedSeq, 1u);
    }

    void callsOvertakeAndStatusGoesLast()
    {
        QueueFixture relay;
        for (const auto &[mailClass, text] :
             {std::pair(wire::MailClass::Status, Bytes("status")),
              std::pair(wire::MailClass::Message, Bytes("message")), std::pair(wire::MailClass::Call, Bytes("call"))}) {
            auto submit = relay.compose(alice, {2}, text);
            submit.mailClass = mailClass;
            QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        }
        const Texts expected{"call", "message", "status"};
        QCOMPARE(relay.waiting(bob), expected);
    }

    void eachClassHasItsLifeAndATtlShortensIt()
    {
        QueueFixture relay;
        auto submit = relay.compose(alice, {2}, "call");
        submit.mailClass = wire::MailClass::Call;
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        submit = relay.compose(alice, {2}, "short");
        submit.ttlSeconds = 3600;
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        relay.write(alice, 2, "long");
        relay.clock.advance(std::chrono::minutes(1));
        const Texts withoutCall{"short", "long"};
        QCOMPARE(relay.waiting(bob), withoutCall);
        relay.clock.advance(std::chrono::hours(1));
        QVERIFY(waitFor(relay.queues->expire()));
        QCOMPARE(relay.waiting(bob), Texts{"long"});
        QCOMPARE(relay.queues->numbers(bob).queued, 1u);
        QVERIFY(relay.queues->numbers(bob).gapBeforeSeq != 0); // "short" is missing
    }

    void aRevokedDevicesMailIsGoneAndItsSubmitsGoOn()
    {
        QueueFixture relay;
        auto pending = relay.send(alice, relay.compose(alice, {2}, "hello"));
        const auto record = relay.account(2);
        const auto revoked = waitFor(relay.disk.store->appendLog(
            {record->key, record->logVersion, entry("revoke"), std::nullopt, {deviceId(21)}, false, {}}, kNow));
        QVERIFY(revoked);
        relay.directory->update(std::get<AccountRecord>(*revoked));
        QVERIFY(isAccepted(waitFor(std::move(pending))));
        QCOMPARE(relay.waiting(bob), Texts());
        QCOMPARE(relay.waiting(bobsLaptop), Texts{"hello"});
        QVERIFY(isAccepted(relay.write(alice, 2, "later"))); // composed for the devices there are now
        QCOMPARE(relay.waiting(bobsLaptop).size(), std::size_t(2));
    }

    void aFullQueueRefusesAndKeepsWhatItAccepted()
    {
        QueueLimits limits;
        limits.rows = 3;
        limits.pairRows = 100;
        QueueFixture relay(limits);
        for (int i = 0; i < 3; ++i)
            QVERIFY(isAccepted(relay.write(alice, 3, "kept")));
        QVERIFY(codeOf(relay.write(alice, 3, "refused")) == Code::QueueFull);
        QCOMPARE(relay.waiting(mallory).size(), std::size_t(3));
        relay.acknowledge(mallory, {1});
        QVERIFY(isAccepted(relay.write(alice, 3, "room again")));
    }

    void receiptsHaveACapOfTheirOwn()
    {
        QueueLimits limits;
        limits.smallRows = 2;
        QueueFixture relay(limits);
        int accepted = 0;
        for (int i = 0; i < 3; ++i) {
            auto receipt = relay.compose(alice, {3}, "receipt");
            receipt.mailClass = wire::MailClass::Receipt;
            accepted += isAccepted(relay.sendAndWait(alice, receipt)) ? 1 : 0;
        }
        QCOMPARE(accepted, 2);
        QVERIFY(isAccepted(relay.write(alice, 3, "a message still fits")));
    }

    void bytesAreCountedWithThePayload()
    {
        QueueLimits limits;
        limits.bytes = 10'000;
        limits.pairBytes = 1'000'000;
        QueueFixture relay(limits);
        auto submit = relay.compose(alice, {3}, "one");
        submit.payload = Bytes(9'000, 'p');
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        submit = relay.compose(alice, {3}, "two");
        submit.payload = Bytes(9'000, 'p');
        QVERIFY(codeOf(relay.sendAndWait(alice, submit)) == Code::QueueFull);
        const auto mail = waitFor(relay.queues->read(mallory, {}, 10, 1 << 20));
        QCOMPARE(mail->front().payload.size(), 9'000);
    }

    void T192_oneSenderCannotFillAQueueAlone()
    {
        QueueLimits limits;
        limits.rows = 20;
        limits.pairRows = 5;
        QueueFixture relay(limits);
        int accepted = 0;
        Code last = Code::Unspecified;
        for (int i = 0; i < 50; ++i) {
            const auto reply = relay.write(mallory, 2, "spam");
            accepted += isAccepted(reply) ? 1 : 0;
            last = codeOf(reply);
        }
        QCOMPARE(accepted, 5);            // two rows each
        QVERIFY(last == Code::QueueFull); // and he is told
        QVERIFY(isAccepted(relay.write(alice, 2, "hello")));
        const auto waiting = relay.waiting(bob);
        QCOMPARE(waiting.back(), Bytes("hello"));
        QCOMPARE(waiting.size(), std::size_t(std::count(waiting.begin(), waiting.end(), Bytes("spam")) + 1));
    }

    void strangersHaveThreeSmallMessagesADay()
    {
        QueueFixture relay;
        const auto stranger = [&relay](const Bytes &text) {
            auto submit = relay.compose(mallory, {2}, text);
            submit.targets[0].token.reset();
            return relay.sendAndWait(mallory, submit);
        };
        for (int i = 0; i < 3; ++i)
            QVERIFY(isAccepted(stranger("hi")));
        const auto fourth = stranger("hi");
        QVERIFY(codeOf(fourth) == Code::RateLimited);
        QVERIFY(std::get<wire::RelayError>(fourth).retryAfterMs > 0);
        relay.clock.advance(std::chrono::hours(24));
        QVERIFY(isAccepted(stranger("next day")));
        QVERIFY(isAccepted(relay.write(mallory, 2, "with a token there is no such limit")));
    }

    void aWrongTokenIsNoToken()
    {
        QueueFixture relay;
        int accepted = 0;
        for (int i = 0; i < 5; ++i) {
            auto submit = relay.compose(mallory, {2}, "hi");
            submit.targets[0].token = Bytes(16, 'X');
            accepted += isAccepted(relay.sendAndWait(mallory, submit)) ? 1 : 0;
        }
        QCOMPARE(accepted, 3);
    }

    void strangersSendNothingLong()
    {
        QueueFixture relay;
        auto submit = relay.compose(mallory, {2}, Bytes(2000, 'x'));
        submit.targets[0].token.reset();
        submit.payload = Bytes(2096, 'p');
        QVERIFY(isAccepted(relay.sendAndWait(mallory, submit)));
        submit = relay.compose(mallory, {2}, Bytes(2000, 'x'));
        submit.targets[0].token.reset();
        submit.payload = Bytes(2097, 'p');
        QVERIFY(codeOf(relay.sendAndWait(mallory, submit)) == Code::TooLarge);
    }

    void strangersShareAFewRows()
    {
        QueueLimits limits;
        limits.strangerRows = 2;
        QueueFixture relay(limits);
        int accepted = 0;
        for (const DeviceAddress &sender : {mallory, alice, alicesLaptop}) {
            auto submit = relay.compose(sender, {2}, "hi");
            submit.targets[0].token.reset();
            accepted += isAccepted(relay.sendAndWait(sender, submit)) ? 1 : 0;
        }
        QCOMPARE(accepted, 2);
        QVERIFY(isAccepted(relay.write(alice, 2, "a contact gets through")));
    }

    void thePreviousTokenIsGoodForAWhile()
    {
        QueueFixture relay;
        const auto changed = waitFor(
            relay.disk.store->setTokenHash(accountId(2), hash(77), relay.clock.now() + std::chrono::hours(168)));
        QVERIFY(changed);
        relay.directory->update(*changed);
        const auto before = relay.clock.now();
        QVERIFY(opensNormalLane(*relay.account(2), relay.token(2), before));
        QVERIFY(!opensNormalLane(*relay.account(2), relay.token(2), before + std::chrono::hours(168)));
        QVERIFY(!opensNormalLane(*relay.account(2), relay.token(3), before));
    }

    void withoutRandomnessNothingIsQueued()
    {
        QueueFixture relay;
        relay.random.failNow();
        QVERIFY(codeOf(relay.write(alice, 2, "hello")) == Code::Unavailable);
        QCOMPARE(relay.waiting(bob), Texts());
        relay.random.failNever();
        QVERIFY(isAccepted(relay.write(alice, 2, "hello")));
    }
};

SOTTO_TEST(MailQueuesTest)
#include "mail_queues_test.moc"
