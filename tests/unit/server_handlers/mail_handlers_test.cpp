#include "tests/kit/test_main.h"
#include "tests/unit/server_handlers/handler_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;
using Code = wire::RelayErrorCode;

class MailHandlersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aSubmitIsAcceptedDeliveredAndAcknowledged()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        relay.router.connected = {bob.address()};
        const auto answer = relay.ask(alice.address(), relay.compose(alice, bob, "hello"));
        QVERIFY(std::holds_alternative<wire::Accepted>(answer));
        QCOMPARE(relay.router.delivered.size(), std::size_t(1));
        QCOMPARE(relay.router.delivered[0].second.ciphertext, Bytes("hello"));
        const auto waiting = waitFor(relay.backend.readMail(bob.address(), {}, 64, 1 << 20));
        QCOMPARE(waiting->size(), std::size_t(1));
        relay.backend.acknowledge(bob.address(), {waiting->front().seq});
        QVERIFY(waitFor(relay.backend.readMail(bob.address(), {}, 64, 1 << 20))->empty());
        const auto welcome = waitFor(relay.backend.welcome(bob.address()));
        QVERIFY(welcome);
        QCOMPARE(welcome->lastAckedSeq, waiting->front().seq);
        QCOMPARE(welcome->queued, 0u);
        QCOMPARE(welcome->oneTimePreKeys, 2u);
        QCOMPARE(welcome->logVersion, 1u);
        QCOMPARE(waitFor(relay.backend.welcome(alice.address()))->lastSubmitSeq, 1u);
    }

    void aBatchIsAnsweredOneByOne()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        wire::SubmitBatch batch;
        batch.submits.push_back(relay.compose(alice, bob, "one"));
        batch.submits.push_back(relay.compose(alice, bob, "two"));
        batch.submits[1].targets[0].account = accountId(9);
        batch.submits.push_back(relay.compose(alice, bob, "three"));
        batch.submits[2].targets[0].copies.clear();
        batch.submits.push_back(relay.compose(alice, bob, "four"));
        const auto answer = relay.ask(alice.address(), batch);
        const auto &replies = std::get<wire::SubmitBatchReply>(answer).replies;
        QCOMPARE(replies.size(), std::size_t(4));
        QVERIFY(std::holds_alternative<wire::Accepted>(replies[0]));
        QVERIFY(std::get<wire::RelayError>(replies[1]).code == Code::UnknownRecipient);
        QVERIFY(std::holds_alternative<wire::StaleDevices>(replies[2]));
        QVERIFY(std::holds_alternative<wire::Accepted>(replies[3]));
        const auto waiting = waitFor(relay.backend.readMail(bob.address(), {}, 64, 1 << 20));
        QCOMPARE(waiting->size(), std::size_t(2));
        QCOMPARE((*waiting)[0].ciphertext, Bytes("one"));
        QCOMPARE((*waiting)[1].ciphertext, Bytes("four"));
    }

    void tooManySubmitsWait()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        int accepted = 0;
        wire::ResponseBody last{wire::Ok{}};
        for (int i = 0; i < 401; ++i) {
            last = relay.ask(alice.address(), relay.compose(alice, bob, "again"));
            accepted += std::holds_alternative<wire::Accepted>(last) ? 1 : 0;
        }
        QCOMPARE(accepted, 400);
        QVERIFY(codeOf(last) == Code::RateLimited);
        QVERIFY(std::get<wire::RelayError>(last).retryAfterMs > 0);
    }
};

SOTTO_TEST(MailHandlersTest)
#include "mail_handlers_test.moc"
