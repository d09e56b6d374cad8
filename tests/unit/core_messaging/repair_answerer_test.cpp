// What others may ask of us, and what they get.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using kit::Desk;
using kit::RepairFixture;
using namespace std::chrono_literals;

class RepairAnswererTest : public QObject {
    Q_OBJECT
    std::unique_ptr<RepairFixture> m_mail;

    Desk &alice() { return m_mail->alice(); }
    Desk &bob() { return m_mail->bob(); }
    /// A message that Bob misses: its id.
    MessageId missed(const QString &text = QStringLiteral("missed")) { return idOf(m_mail->says(text)); }
    MessageId idOf(const wire::Envelope &envelope)
    {
        return bob().parts->senders.open(envelope.sealedSender)->messageId;
    }
    content::Retry wanting(const MessageId &id, const Bytes &key = {}) { return {{{id, key}}, {}}; }
    MessageId nothing() { return *newMessageId(m_mail->random(), true); }
    void asks(const content::Retry &retry) { m_mail->give(alice(), {m_mail->request(retry)}); }
    std::optional<Bytes> alicesKey() { return *alice().parts->sessions.sendingRatchetKey(bob().address()); }
    std::uint64_t lastCounter()
    {
        return (*alice().storage->streams.find(m_mail->chat(), alice().address()))->lastCounter;
    }

private Q_SLOTS:
    void init() { m_mail = std::make_unique<RepairFixture>(); }

    void whatWasSentIsSentAgain()
    {
        const MessageId id = missed();
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(1));
        const auto again = m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend);
        QCOMPARE(again.front().mailClass, wire::MailClass::Keys);
        QCOMPARE(idOf(again.front()), id);
        m_mail->give(bob(), again);
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("missed"));
        QCOMPARE(m_mail->bobHas().back().counter, 2u);
    }
    void theSameRequestAgainIsNotAnswered()
    {
        const auto request = m_mail->request(wanting(missed()));
        m_mail->give(alice(), {request});
        QCOMPARE(m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend).size(), std::size_t(1));
        for (int day = 0; day < 36; ++day) {
            m_mail->clock().advance(24h);
            m_mail->give(alice(), {request});
        }
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void T029_aRequestNeedsItsDevicesSignature()
    {
        const content::SealedContent content{bob().address(), alice().address(), wanting(missed())};
        const auto forger = makeEd25519KeyPair(m_mail->random());
        QVERIFY(bool(forger));
        m_mail->give(alice(), {m_mail->sealedCopy(signEntry(Purpose::Retry, content::encode(content), *forger))});
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void T093_aSealedCopyHoldsNothingButARequest()
    {
        auto entry = m_mail->signedRequest(bob().address(), alice().address(), wanting(missed()));
        entry.proofs.push_back(Bytes(64, 'p'));
        m_mail->give(alice(), {m_mail->sealedCopy(entry)});
        const Bytes text = content::encode(content::Body(content::Text{QStringLiteral("without a ratchet")}));
        const auto &keys = bob().parts->device.keys;
        m_mail->give(alice(), {m_mail->sealedCopy(signEntry(Purpose::Retry, text, keys.signing))});
        QCOMPARE(m_mail->answers(), std::size_t(0));
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM message"), 3); // as before
        QCOMPARE(alice().parts->inbox.dropped(), 2);
    }
    void T029_aRequestIsGoodBetweenTheTwoDevicesItNames()
    {
        const DeviceAddress other{bob().account(), *DeviceId::from(77)};
        const DeviceAddress elsewhere{alice().account(), *DeviceId::from(78)};
        const content::Retry retry = wanting(missed());
        m_mail->give(alice(),
                     {m_mail->sealedCopy(m_mail->signedRequest(other, alice().address(), retry)),
                      m_mail->sealedCopy(m_mail->signedRequest(bob().address(), elsewhere, retry))});
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void T029_onlyContactsAreAnswered_data()
    {
        QTest::addColumn<int>("state");
        QTest::newRow("stranger") << int(ContactState::Stranger);
        QTest::newRow("asked") << int(ContactState::Asked);
        QTest::newRow("asking") << int(ContactState::Asking);
        QTest::newRow("blocked") << int(ContactState::Blocked);
    }
    void T029_onlyContactsAreAnswered()
    {
        QFETCH(int, state);
        const MessageId id = missed();
        m_mail->setState(alice(), bob().account(), ContactState(state));
        asks(wanting(id));
        m_mail->setState(alice(), bob().account(), ContactState::Accepted);
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void T029_nothingIsSentThatWasNeverForTheDevice()
    {
        Desk carol = m_mail->makeDesk(QStringLiteral("Carol"));
        m_mail->introduce(carol, alice());
        m_mail->buildSession(alice(), carol);
        m_mail->setState(alice(), carol.account(), ContactState::Accepted);
        QVERIFY(alice().parts->composer.writeText(carol.account(), QStringLiteral("for Carol")));
        const auto toCarol = m_mail->sendsAll(alice(), carol, OutboxPurpose::Content);
        asks(wanting(carol.parts->senders.open(toCarol.front().sealedSender)->messageId));
        asks({{}, {{directConversation(alice().account(), carol.account()), 1, 5}}});
        asks(wanting(nothing()));
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void B3_whoGotNoCopyForWantOfASessionMayAskForIt()
    {
        const DeviceAddress other = m_mail->addDevice(bob(), alice());
        const MessageId id = missed();
        const auto devices = (*alice().storage->outbox.findResend(id))->devices;
        QVERIFY(std::ranges::find(devices, other) != devices.end());
        QVERIFY(std::ranges::find(devices, alice().address()) == devices.end());
        const std::uint64_t first = lastCounter(); // for it the stream begins here
        missed();
        QCOMPARE(*alice().storage->streams.startFor(m_mail->chat(), other, lastCounter() + 1), first);
    }
    void T029_whoeverHasLeftGetsNothing()
    {
        const DeviceAddress other = m_mail->addDevice(bob(), alice());
        const MessageId id = missed();
        const auto queued = [&](OutboxPurpose purpose) {
            OutboxEntry entry{.recipient = bob().account(),
                              .mailClass = std::uint32_t(wire::MailClass::Keys),
                              .submitId = *m_mail->random().id<SubmitId>(),
                              .innerId = id,
                              .content = Bytes(""),
                              .createdAt = m_mail->clock().now(),
                              .nextAttempt = m_mail->clock().now(),
                              .purpose = purpose,
                              .onlyDevice = other.device};
            if (purpose == OutboxPurpose::Retry)
                entry.content = content::encode(content::SealedContent{alice().address(), other, wanting(id)});
            entry.id = *alice().storage->outbox.add(entry);
            return entry;
        };
        const OutboxEntry answer = queued(OutboxPurpose::Resend);
        const OutboxEntry request = queued(OutboxPurpose::Retry);
        const OutboxEntry sealed = queued(OutboxPurpose::Retry);
        QVERIFY(alice().parts->sealer.seal(sealed).value().has_value());
        m_mail->revoke(other, bob(), alice());
        QVERIFY(!alice().parts->sealer.seal(answer).value().has_value());
        QVERIFY(!alice().parts->sealer.seal(request).value().has_value());
        QVERIFY(!alice().parts->sealer.seal(**alice().storage->outbox.byId(sealed.id)).value().has_value());
    }
    void T029_whatWasTakenBackIsGone()
    {
        const MessageId before = missed(), sealed = missed();
        asks(wanting(sealed));
        QVERIFY(bool(alice().parts->composer.takeBack(m_mail->chat(), sealed)));
        QVERIFY(bool(alice().parts->composer.takeBack(m_mail->chat(), before)));
        asks(wanting(before));
        QCOMPARE(m_mail->answers(), std::size_t(2));
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QVERIFY(!m_mail->bobSees().contains(QStringLiteral("missed")));
    }
    void T029_anExpiredMessageIsNotSentAgain()
    {
        const MessageId id = missed();
        QVERIFY(alice().storage->outbox.pruneResendBefore(m_mail->clock().now() + 1ms));
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
    void T029_whatWasDeletedIsGone()
    {
        const MessageId id = missed();
        const auto row = alice().storage->messages.find(m_mail->chat(), alice().account(), id);
        QVERIFY(alice().storage->messages.remove((*row)->row));
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(1));
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QVERIFY(!m_mail->bobSees().contains(QStringLiteral("missed")));
        QCOMPARE((*bob().storage->streams.find(m_mail->chat(), alice().address()))->lastCounter, 2u);
    }
    void T030_aDeviceIsHeardTwentyTimesAnHour()
    {
        const MessageId id = missed();
        for (int i = 0; i < RepairAnswerer::kMaxRequests; ++i)
            asks(wanting(nothing()));
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(0));
        m_mail->clock().advance(1h);
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(1));
    }
    void T030_whatIsNoValidRequestCountsToo()
    {
        const auto forger = makeEd25519KeyPair(m_mail->random());
        const content::SealedContent content{bob().address(), alice().address(), wanting(nothing())};
        for (int i = 0; i < RepairAnswerer::kMaxRequests; ++i)
            m_mail->give(alice(), {m_mail->sealedCopy(signEntry(Purpose::Retry, content::encode(content), *forger))});
        const MessageId id = missed();
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(0));
        m_mail->clock().advance(1h);
        asks(wanting(id));
        QCOMPARE(m_mail->answers(), std::size_t(1));
    }
    void T030_aRequestNamesFewCounters()
    {
        missed();
        constexpr std::uint64_t most = RepairAnswerer::kMaxRequestCounters;
        asks({{}, {{m_mail->chat(), 2, most + 2}}});
        asks({{}, {{m_mail->chat(), 2, most}, {m_mail->chat(), 900, 901}}});
        asks({{}, {{m_mail->chat(), 1, ~std::uint64_t(0)}}});
        QCOMPARE(m_mail->answers(), std::size_t(0));
        asks({{}, {{m_mail->chat(), 2, most + 1}}});
        QCOMPARE(m_mail->answers(), std::size_t(1));
    }
    void T030_aMessageIsSentAgainThreeTimes()
    {
        const MessageId id = missed();
        for (int round = 0; round < 2; ++round) {
            for (int i = 0; i < 6; ++i) {
                asks(wanting(id));
                asks(wanting(id)); // one answer is under way
                QCOMPARE(m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend).size(), std::size_t(i < 3 ? 1 : 0));
                m_mail->clock().advance(10min);
            }
            m_mail->clock().advance(6h); // and again later: a relay may have lost them all
        }
    }
    void T030_answersHaveABudget()
    {
        const auto most = std::size_t(RepairAnswerer::kMaxAnswers);
        for (std::size_t i = 0; i <= most; ++i)
            m_mail->says(QStringLiteral("one of many"));
        asks({{}, {{m_mail->chat(), 2, lastCounter() - 1}}});
        asks({{}, {{m_mail->chat(), lastCounter(), lastCounter()}}});
        QCOMPARE(m_mail->answers(), most);
        m_mail->clock().advance(1h);
        asks({{}, {{m_mail->chat(), lastCounter(), lastCounter()}}});
        QCOMPARE(m_mail->answers(), most + 1);
    }
    void T030_answersHaveABudgetOfBytes()
    {
        const QString large(60'000, QLatin1Char('x'));
        constexpr int tooMany = int(RepairAnswerer::kMaxAnswerBytes / 60'000) + 1;
        for (int i = 0; i < tooMany; ++i)
            m_mail->says(large);
        asks({{}, {{m_mail->chat(), 2, lastCounter()}}});
        QVERIFY(m_mail->answers() > std::size_t(tooMany / 2));
        QVERIFY(m_mail->answers() < std::size_t(tooMany));
    }
    void T031_theSessionThatIsNotReadIsLeft()
    {
        const MessageId id = missed();
        const auto key = alicesKey();
        QVERIFY(key.has_value());
        asks(wanting(id, *key));
        QCOMPARE(m_mail->answers(), std::size_t(1));
        QVERIFY(!alicesKey());
        QCOMPARE(*alice().parts->sessions.archivedStates(bob().address()), 1);
    }
    void T031_answersIntoTheSessionThatIsLeftAreMadeAnew()
    {
        const MessageId id = missed();
        asks(wanting(id));
        auto transaction = Transaction::begin(*alice().database);
        QVERIFY(alice().parts->sealer.seal(m_mail->waiting(alice(), bob(), OutboxPurpose::Resend).front()));
        QVERIFY(transaction->commit());
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Resend).front().submit); // and could not leave yet
        asks(wanting(id, *alicesKey()));
        const auto waiting = m_mail->waiting(alice(), bob(), OutboxPurpose::Resend);
        QCOMPARE(waiting.size(), std::size_t(1));
        QVERIFY(!waiting.front().submit);
        QCOMPARE(*alice().storage->outbox.resendCount(id, bob().address(), m_mail->clock().now()), 1);
    }
    void T006_aRequestAboutAnotherKeyLeavesTheSession()
    {
        const MessageId id = missed();
        asks(wanting(id, Bytes(33, '\x05')));
        asks(wanting(missed()));
        QCOMPARE(m_mail->answers(), std::size_t(2));
        QVERIFY(alicesKey().has_value());
    }
    void T031_aSessionIsRebuiltOnceAnHour()
    {
        const MessageId first = missed(), second = missed();
        asks(wanting(first, *alicesKey()));
        m_mail->buildSession(alice(), bob());
        m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend);
        // Counts nothing, so that it may be answered later; nor is anything else sent into a session that is not read.
        missed(), missed();
        content::Retry retry = wanting(second, *alicesKey());
        retry.wanted.push_back({missed(), Bytes()});
        retry.gaps.push_back({m_mail->chat(), lastCounter() - 2, lastCounter() - 1});
        for (int i = 0; i < 4; ++i)
            asks(retry);
        QCOMPARE(m_mail->answers(), std::size_t(0));
        QVERIFY(alicesKey().has_value());
        m_mail->clock().advance(1h);
        asks(retry);
        QCOMPARE(m_mail->answers(), std::size_t(4));
        QVERIFY(!alicesKey());
    }
    void T031_aClockThatWasWrongEndsNoRebuilds()
    {
        QVERIFY(alice().storage->repairs.setRebuilt(bob().address(), m_mail->clock().now() + 24h * 365));
        asks(wanting(missed(), *alicesKey()));
        QCOMPARE(m_mail->answers(), std::size_t(1));
        QVERIFY(!alicesKey());
    }
    void T030_aThousandRequestsAreAStorm()
    {
        std::vector<MessageId> ids;
        for (int i = 0; i < 5; ++i)
            ids.push_back(missed());
        std::size_t answered = 0;
        int rebuilt = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto key = alicesKey();
            content::Retry retry;
            for (const MessageId &id : ids)
                retry.wanted.push_back({id, key.value_or(Bytes())});
            asks(retry);
            if (key && !alicesKey()) {
                ++rebuilt;
                m_mail->buildSession(alice(), bob());
            }
            answered += m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend).size();
            m_mail->clock().advance(10s);
        }
        QCOMPARE(answered, ids.size() * std::size_t(RepairAnswerer::kMaxResends));
        QVERIFY(rebuilt >= 1 && rebuilt <= 3); // in less than three hours
    }
    void anAccountOnHoldIsNotAnswered()
    {
        const MessageId id = missed();
        QVERIFY(alice()
                    .database
                    ->prepare("UPDATE log_pin SET hold = 1 WHERE account = (SELECT id FROM account"
                              " WHERE account_id = ?)")
                    .with(bob().account())
                    .run());
        asks(wanting(id));
        QVERIFY(alice().database->prepare("UPDATE log_pin SET hold = 0").run());
        QCOMPARE(m_mail->answers(), std::size_t(0));
    }
};

SOTTO_TEST(RepairAnswererTest)

} // namespace sotto

#include "repair_answerer_test.moc"
