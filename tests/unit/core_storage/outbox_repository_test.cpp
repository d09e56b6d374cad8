#include "core/storage/outbox_repository.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class OutboxRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    OutboxRepository &outbox() { return m_kit->storage->outbox; }
    OutboxEntry entry(char id, std::optional<ConversationId> conversation) const
    {
        OutboxEntry made{.conversation = conversation,
                         .recipient = m_kit->bob.account,
                         .mailClass = 1,
                         .submitId = idOf<SubmitId>(id),
                         .innerId = idOf<MessageId>(id),
                         .content = Bytes("content"),
                         .createdAt = Timestamp{10},
                         .nextAttempt = Timestamp{10}};
        return made;
    }
    std::vector<std::int64_t> dueAt(std::int64_t now, int limit = 100)
    {
        std::vector<std::int64_t> ids;
        const auto due = outbox().dueAfter(0, Timestamp{now}, limit);
        if (due) {
            for (const OutboxEntry &found : *due)
                ids.push_back(found.id);
        }
        return ids;
    }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void readsBackWhatWasAdded()
    {
        OutboxEntry made = entry('a', m_kit->chat);
        made.message = *m_kit->storage->messages.insert(m_kit->text(m_kit->alice, 'a', 0, 50));
        made.id = *outbox().add(made);
        QCOMPARE((*outbox().byId(made.id)).value(), made);
        QCOMPARE((*outbox().bySubmitId(made.submitId)).value(), made);
        QCOMPARE(*outbox().entriesOf(*made.message), std::vector<std::int64_t>{made.id});
        const auto again = outbox().add(made);
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::AlreadyExists);
    }
    void aWaitingEntryHoldsBackItsConversationOnly()
    {
        const ConversationId other = idOf<ConversationId>('D');
        QVERIFY(m_kit->storage->conversations.ensure(other, idOf<AccountId>('Z')));
        const auto first = *outbox().add(entry('a', m_kit->chat));
        const auto second = *outbox().add(entry('b', m_kit->chat));
        const auto elsewhere = *outbox().add(entry('c', other));
        const auto free = *outbox().add(entry('d', std::nullopt));
        QCOMPARE(dueAt(9), (std::vector<std::int64_t>{}));
        QCOMPARE(dueAt(10), (std::vector<std::int64_t>{first, second, elsewhere, free}));
        QVERIFY(outbox().postpone(first, Timestamp{100}));
        QCOMPARE(dueAt(10), (std::vector<std::int64_t>{elsewhere, free}));
        QCOMPARE((*outbox().nextAttempt(Timestamp{9})).value(), Timestamp{10});
        QCOMPARE((*outbox().nextAttempt(Timestamp{10})).value(), Timestamp{100}); // what is due waits for nothing
        QVERIFY(outbox().postpone(second, Timestamp{200})); // a later one does not hold back an earlier one
        QCOMPARE(dueAt(100), (std::vector<std::int64_t>{first, elsewhere, free}));
        QVERIFY(outbox().makeAllDue(Timestamp{20}));
        QCOMPARE(dueAt(20), (std::vector<std::int64_t>{first, second, elsewhere, free}));
        QCOMPARE(dueAt(20, 2), (std::vector<std::int64_t>{first, second}));
        QCOMPARE(outbox().dueAfter(second, Timestamp{20}, 10)->size(), 2u);
    }
    void nothingOvertakesAnIntroduction()
    {
        OutboxEntry toAnother = entry('a', std::nullopt);
        toAnother.recipient = m_kit->alice.account;
        const auto before = *outbox().add(entry('b', m_kit->chat));
        OutboxEntry request = entry('c', m_kit->chat);
        request.purpose = OutboxPurpose::Introduction;
        const auto introduction = *outbox().add(request);
        const auto inTheChat = *outbox().add(entry('d', m_kit->chat));
        const auto outside = *outbox().add(entry('e', std::nullopt));
        const auto elsewhere = *outbox().add(toAnother);
        QCOMPARE(dueAt(10), (std::vector<std::int64_t>{before, introduction, elsewhere}));
        QVERIFY(outbox().postpone(introduction, Timestamp{100}));
        QCOMPARE(dueAt(10), (std::vector<std::int64_t>{before, elsewhere}));
        QVERIFY(outbox().remove(introduction));
        QCOMPARE(dueAt(10), (std::vector<std::int64_t>{before, inTheChat, outside, elsewhere}));
    }
    void T021_theEncryptedBytesStayTheSame()
    {
        const auto id = *outbox().add(entry('a', m_kit->chat));
        {
            auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            QVERIFY(outbox().setEncrypted(id, "as sealed", 7, "the bytes"));
            QVERIFY(transaction->commit());
        }
        QVERIFY(outbox().countAttempt(id));
        QVERIFY(outbox().countAttempt(id));
        const auto stored = outbox().byId(id);
        QVERIFY(stored && *stored);
        QCOMPARE((*stored)->submit, std::optional<Bytes>("the bytes"));
        QCOMPARE((*stored)->submitSeq, std::optional<std::uint64_t>(7));
        QCOMPARE((*stored)->attempts, 2);
        QCOMPARE((*stored)->content, Bytes("as sealed"));
    }
    void removingEndsIt()
    {
        const auto id = *outbox().add(entry('a', m_kit->chat));
        QCOMPARE(outbox().count().valueOr(-1), 1);
        QVERIFY(outbox().remove(id));
        QCOMPARE(outbox().count().valueOr(-1), 0);
        QVERIFY(!(*outbox().nextAttempt(Timestamp{0})).has_value());
        QCOMPARE(outbox().remove(id).error().code, ErrorCode::NotFound);
    }
    void aDeletedMessageLeavesItsEntryWithoutRow()
    {
        OutboxEntry made = entry('a', m_kit->chat);
        made.message = *m_kit->storage->messages.insert(m_kit->text(m_kit->alice, 'a', 0, 50));
        const auto id = *outbox().add(made);
        ResendRecord record = resend('a');
        record.message = made.message;
        QVERIFY(outbox().addResend(record));
        QVERIFY(m_kit->storage->messages.remove(*made.message));
        QVERIFY(!(*outbox().byId(id))->message.has_value());
        QVERIFY(!(*outbox().findResend(made.innerId))->message.has_value());
    }
    void T029_theResendStoreKnowsWhoGotAMessage()
    {
        ResendRecord first = resend('a');
        first.previousHash = idOf<Hash256>('p');
        first.isText = true;
        first.body = Bytes("body");
        QVERIFY(outbox().addResend(first));
        QCOMPARE(outbox().findResend(first.innerId).value(), std::optional(first));
        ResendRecord again = resend('a');
        again.devices = {m_kit->bobsOther, m_kit->bob};
        again.sentAt = Timestamp{60};
        QVERIFY(outbox().addResend(again));
        first.devices = {m_kit->bob, m_kit->bobsOther};
        QCOMPARE(outbox().findResend(first.innerId).value(), std::optional(first));
        QCOMPARE(outbox().pruneResendBefore(Timestamp{50}).valueOr(-1), 0);
        QCOMPARE(outbox().pruneResendBefore(Timestamp{51}).valueOr(-1), 1);
        QVERIFY(!outbox().findResend(first.innerId)->has_value());
    }
    void aCounterStandsForOneMessageThatCanBeAskedFor()
    {
        QVERIFY(outbox().addResend(resend('a')));
        QVERIFY(!outbox().addResend(resend('b')));
    }
    void whatBecameOfACountedMessageIsRemembered()
    {
        const ResendRecord sent = resend('a');
        QVERIFY(outbox().addResend(sent));
        QVERIFY(outbox().setResendAccepted(sent.innerId, Timestamp{60}, Timestamp{900}));
        QVERIFY(outbox().setResendAccepted(sent.innerId, Timestamp{70}, Timestamp{950})); // the first time counts
        QVERIFY(outbox().setResendAccepted(idOf<MessageId>('z'), Timestamp{70}, Timestamp{950})); // not remembered
        auto found = outbox().findResend(sent.innerId);
        QVERIFY(found && *found);
        QCOMPARE((*found)->acceptedAt, std::optional(Timestamp{60}));
        QCOMPARE((*found)->keptUntil, std::optional(Timestamp{900}));
        QVERIFY(!(*found)->failed);
        QVERIFY(outbox().setResendFailed(sent.innerId));
        QVERIFY((*outbox().findResend(sent.innerId))->failed);
    }
    void T030_answersAreCounted()
    {
        const ResendRecord sent = resend('a');
        QVERIFY(outbox().addResend(sent));
        const Timestamp then{1'000'000'000};
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bob, then).valueOr(-1), 0);
        QVERIFY(outbox().countResend(sent.innerId, m_kit->bob, then));
        const Timestamp later = then + OutboxRepository::kResendWindow - Milliseconds(1);
        QVERIFY(outbox().countResend(sent.innerId, m_kit->bob, later));
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bob, later).valueOr(-1), 2);
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bobsOther, later).valueOr(-1), 0);
        // Begins anew six hours after the first, or when the clock went back.
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bob, later + Milliseconds(1)).valueOr(-1), 0);
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bob, then - Milliseconds(1)).valueOr(-1), 0);
        QVERIFY(outbox().countResend(sent.innerId, m_kit->bob, later + Milliseconds(1)));
        QCOMPARE(outbox().resendCount(sent.innerId, m_kit->bob, later + Milliseconds(1)).valueOr(-1), 1);
    }
    void theEndOfAStreamIsWhatADeviceWasSentAndTheRelayHas()
    {
        QCOMPARE(outbox().lastAcceptedFor(m_kit->chat, m_kit->bob).value(), 0u);
        for (const auto &[id, counter] : {std::pair('a', 7u), std::pair('b', 8u), std::pair('c', 9u)}) {
            ResendRecord sent = resend(id);
            sent.counter = counter;
            sent.sentAt = Timestamp{counter};
            if (id != 'a')
                sent.devices.push_back(m_kit->bobsOther);
            QVERIFY(outbox().addResend(sent));
        }
        QVERIFY(outbox().setResendAccepted(idOf<MessageId>('a'), Timestamp{60}, Timestamp{900}));
        QCOMPARE(outbox().lastAcceptedFor(m_kit->chat, m_kit->bob).value(), 7u);
        QCOMPARE(outbox().lastAcceptedFor(m_kit->chat, m_kit->bobsOther).value(), 0u);
        QVERIFY(outbox().setResendAccepted(idOf<MessageId>('b'), Timestamp{60}, Timestamp{900}));
        QCOMPARE(outbox().lastAcceptedFor(m_kit->chat, m_kit->bobsOther).value(), 8u);
        QCOMPARE(*outbox().resendsIn(m_kit->chat, 8, 20), (std::vector{idOf<MessageId>('b'), idOf<MessageId>('c')}));
        const auto last = outbox().lastSentAfter(Timestamp{8});
        QVERIFY(last);
        QCOMPARE(last->size(), std::size_t(1));
        QCOMPARE(last->front().innerId, idOf<MessageId>('c'));
        QCOMPARE(last->front().peer, m_kit->bob.account);
        QVERIFY(outbox().lastSentAfter(Timestamp{9})->empty());
    }
    void T172_whatIsForgottenIsNotSentAgain()
    {
        for (const auto &[id, counter] : {std::pair('a', 7u), std::pair('b', 8u), std::pair('c', 9u)}) {
            ResendRecord sent = resend(id);
            sent.counter = counter;
            sent.body = Bytes(id == 'a' ? "about Carol" : "about Dave");
            sent.isText = id == 'c';
            QVERIFY(outbox().addResend(sent));
        }
        const auto isAboutDave = [](ByteView body) { return body == ByteView("about Dave"); };
        QVERIFY(outbox().forgetResendBodies(m_kit->chat, isAboutDave));
        QVERIFY((*outbox().findResend(idOf<MessageId>('a')))->body);
        QVERIFY(!(*outbox().findResend(idOf<MessageId>('b')))->body);
        QVERIFY((*outbox().findResend(idOf<MessageId>('c')))->body);
    }
    void whatOneDeviceIsToGetIsFoundAndEnds()
    {
        OutboxEntry request = entry('r', std::nullopt);
        request.purpose = OutboxPurpose::Retry;
        request.onlyDevice = m_kit->bob.device;
        OutboxEntry answer = entry('s', std::nullopt);
        answer.purpose = OutboxPurpose::Resend;
        answer.onlyDevice = m_kit->bob.device;
        QVERIFY(outbox().add(request) && outbox().add(answer) && outbox().add(entry('t', std::nullopt)));
        const auto found = outbox().forDevice(OutboxPurpose::Retry, m_kit->bob);
        QVERIFY(found);
        QCOMPARE(found->size(), std::size_t(1));
        QCOMPARE(found->front().innerId, request.innerId);
        QCOMPARE(found->front().purpose, OutboxPurpose::Retry);
        QCOMPARE(found->front().onlyDevice, request.onlyDevice);
        QVERIFY(outbox().forDevice(OutboxPurpose::Retry, m_kit->bobsOther)->empty());
        QVERIFY(outbox().removeMadeBefore(OutboxPurpose::Retry, Timestamp{10}));
        QCOMPARE(outbox().count().valueOr(-1), 3);
        QVERIFY(outbox().removeMadeBefore(OutboxPurpose::Retry, Timestamp{11}));
        QCOMPARE(outbox().count().valueOr(-1), 2);
    }

    void repairIsNoMailOfThePersons()
    {
        OutboxEntry answer = entry('s', std::nullopt);
        answer.purpose = OutboxPurpose::Resend;
        answer.onlyDevice = m_kit->bob.device;
        const auto id = outbox().add(answer);
        QVERIFY(id && outbox().postpone(*id, Timestamp{100}));
        QCOMPARE(outbox().count().valueOr(-1), 1);
        QCOMPARE(outbox().countContent().valueOr(-1), 0);
        QVERIFY(!outbox().isAnyUnderWay(Timestamp{99}).valueOr(true));
        QVERIFY(outbox().isAnyUnderWay(Timestamp{100}).valueOr(false)); // it goes at this moment
        QVERIFY(outbox().makeAllDue(Timestamp{20}));
        QVERIFY(dueAt(99).empty());
        QVERIFY(outbox().isRepairUnderWay(OutboxPurpose::Resend, m_kit->bob, answer.innerId).valueOr(false));
        QVERIFY(!outbox().isRepairUnderWay(OutboxPurpose::Retry, m_kit->bob, answer.innerId).valueOr(true));
        QVERIFY(!outbox().isRepairUnderWay(OutboxPurpose::Resend, m_kit->bobsOther, answer.innerId).valueOr(true));
        QVERIFY(outbox().add(entry('t', std::nullopt)));
        QCOMPARE(outbox().countContent().valueOr(-1), 1);
        QVERIFY(outbox().removeRepairsFor(m_kit->bob.account));
        QCOMPARE(outbox().count().valueOr(-1), 1);
    }
    void whatNobodyHasIsNotSentToWhoWasRemoved()
    {
        const auto sealed = outbox().add(entry('a', m_kit->chat));
        QVERIFY(sealed && outbox().add(entry('b', m_kit->chat)));
        QVERIFY(outbox().setEncrypted(*sealed, "as sealed", 7, "the bytes"));
        QVERIFY(outbox().removeNotEncryptedFor(m_kit->alice.account));
        QCOMPARE(outbox().count().valueOr(-1), 2);
        QVERIFY(outbox().removeNotEncryptedFor(m_kit->bob.account));
        QCOMPARE(outbox().count().valueOr(-1), 1);
        QVERIFY(outbox().isThere(*sealed).valueOr(false)); // its counter is given out
    }

private:
    ResendRecord resend(char id) const
    {
        return {.innerId = idOf<MessageId>(id),
                .conversation = m_kit->chat,
                .counter = 7,
                .hash = idOf<Hash256>('h'),
                .clientTime = Timestamp{40},
                .devices = {m_kit->bob},
                .sentAt = Timestamp{50}};
    }
};

SOTTO_TEST(OutboxRepositoryTest)

} // namespace sotto

#include "outbox_repository_test.moc"
