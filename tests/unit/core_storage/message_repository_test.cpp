#include "core/storage/message_repository.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class MessageRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    MessageRepository &messages() { return m_kit->storage->messages; }
    ReceiptRepository &receipts() { return m_kit->storage->receipts; }
    std::int64_t insert(const Message &message, Unread unread = Unread::No)
    {
        const auto row = messages().insert(message, unread);
        return row ? *row : -1;
    }
    /// The ids of a page, as one letter each.
    static QString letters(const std::vector<Message> &page)
    {
        QString all;
        for (const Message &message : page)
            all += QLatin1Char(char(message.id.bytes()[0]));
        return all;
    }
    Conversation chat()
    {
        const auto found = m_kit->storage->conversations.find(m_kit->chat);
        return found && *found ? **found : Conversation{m_kit->chat, m_kit->bob.account, -1, {}, {}};
    }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void readsBackWhatWasStored()
    {
        Message message = m_kit->text(m_kit->bob, 'a', 7, 5000);
        message.text = QStringLiteral("Grüße, 世界 🎉");
        message.row = insert(message, Unread::Yes);
        const auto byRow = messages().byRow(message.row);
        QVERIFY(byRow && *byRow);
        QCOMPARE(**byRow, message);
        const auto found = messages().find(m_kit->chat, m_kit->bob.account, message.id);
        QVERIFY(found && *found);
        QCOMPARE(**found, message);
        QCOMPARE(messages().count().valueOr(0), 1);
        QCOMPARE(m_kit->index.texts, (std::map<std::int64_t, QString>{{message.row, message.text}}));
        QCOMPARE(chat().unread, 1);
        QCOMPARE(chat().lastText, message.text);
        QCOMPARE(chat().lastActivity, Timestamp{5000});
    }
    void anUnknownConversationIsRefused()
    {
        Message message = m_kit->text(m_kit->bob, 'a', 1, 5000);
        message.conversation = idOf<ConversationId>('X');
        const auto refused = messages().insert(message);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotFound);
    }
    void T082_theSameInnerIdOfTheSameSenderIsStoredOnce()
    {
        insert(m_kit->text(m_kit->bob, 'a', 1, 5000), Unread::Yes);
        for (const DeviceAddress &again : {m_kit->bob, m_kit->bobsOther}) {
            const auto duplicate = messages().insert(m_kit->text(again, 'a', 2, 6000), Unread::Yes);
            QVERIFY(!duplicate);
            QCOMPARE(duplicate.error().code, ErrorCode::AlreadyExists);
        }
        QVERIFY(insert(m_kit->text(m_kit->alice, 'a', 1, 6000)) > 0); // another sender may use the same id
        QCOMPARE(messages().count().valueOr(0), 2);
        QCOMPARE(chat().unread, 1);
    }
    void T023_aFailedInsertLeavesNothingBehind()
    {
        {
            const auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            QVERIFY(m_kit->storage->dedupe.add(idOf<Hash256>('h'), Timestamp{1}));
            m_kit->index.fails = true;
            const auto failed = messages().insert(m_kit->text(m_kit->bob, 'a', 1, 5000), Unread::Yes);
            QVERIFY(!failed);
            QCOMPARE(failed.error().code, ErrorCode::DiskFull);
        }
        m_kit->index.fails = false;
        QCOMPARE(messages().count().valueOr(-1), 0);
        QCOMPARE(chat().unread, 0);
        QVERIFY(!m_kit->storage->dedupe.contains(idOf<Hash256>('h')).valueOr(true));
        QVERIFY(insert(m_kit->text(m_kit->bob, 'a', 1, 5000), Unread::Yes) > 0);
    }
    void pagesFollowTheOrderOfTheProtocol()
    {
        // Stored in another order than shown: relay time, then account, device, counter.
        insert(m_kit->text(m_kit->bobsOther, 'e', 1, 200));
        insert(m_kit->text(m_kit->bob, 'd', 2, 200));
        insert(m_kit->text(m_kit->alice, 'b', 1, 200));
        insert(m_kit->text(m_kit->bob, 'c', 1, 200));
        insert(m_kit->text(m_kit->bob, 'f', 3, 300));
        insert(m_kit->text(m_kit->alice, 'a', 2, 100));
        Message queued = m_kit->text(m_kit->alice, 'g', 0, 50);
        queued.sortTime = kQueuedSortTime;
        queued.delivery = Delivery::Queued;
        insert(queued);

        const auto all = messages().page(m_kit->chat, std::nullopt, 100);
        QVERIFY(all);
        QCOMPARE(letters(*all), QStringLiteral("abcdefg"));
        for (int size = 1; size <= 4; ++size) {
            QString collected;
            std::optional<MessageCursor> cursor;
            for (;;) {
                const auto page = messages().page(m_kit->chat, cursor, size);
                QVERIFY(page);
                if (page->empty())
                    break;
                collected.prepend(letters(*page));
                cursor = MessageCursor{page->front().sortTime, page->front().row};
            }
            QCOMPARE(collected, QStringLiteral("abcdefg"));
        }
    }
    void acceptanceGivesAQueuedMessageItsPlace()
    {
        Message queued = m_kit->text(m_kit->alice, 'a', 0, 50);
        queued.sortTime = kQueuedSortTime;
        queued.delivery = Delivery::Queued;
        const std::int64_t row = insert(queued);
        QCOMPARE(chat().lastActivity, queued.clientTime);
        QVERIFY(messages().setCounter(row, 9));
        QVERIFY(messages().setAccepted(row, Timestamp{70}));
        const auto accepted = messages().byRow(row);
        QVERIFY(accepted && *accepted);
        QCOMPARE((*accepted)->counter, 9u);
        QCOMPARE((*accepted)->sortTime, Timestamp{70});
        QCOMPARE((*accepted)->delivery, Delivery::Sent);
        QCOMPARE(chat().lastActivity, Timestamp{70});
        QCOMPARE(messages().setCounter(row + 1, 1).error().code, ErrorCode::NotFound);
    }
    void theIndexTakesAnOwnMessageWhenItIsEncryptedFirst()
    {
        const auto queue = [this](char letter) {
            Message queued = m_kit->text(m_kit->alice, letter, 0, 50);
            queued.delivery = Delivery::Queued;
            const std::int64_t row = insert(queued);
            const OutboxEntry entry{.recipient = m_kit->bob.account,
                                    .message = row,
                                    .submitId = idOf<SubmitId>(letter),
                                    .innerId = queued.id,
                                    .content = Bytes("content"),
                                    .createdAt = {50},
                                    .nextAttempt = {50}};
            const auto added = m_kit->storage->outbox.add(entry);
            Q_ASSERT(added);
            return row;
        };
        const std::int64_t removed = queue('a');
        const std::int64_t sent = queue('b');
        const std::int64_t alone = queue('c');
        QVERIFY(m_kit->index.texts.empty());
        const auto waiting = messages().textsNotIndexed();
        QVERIFY(waiting);
        QCOMPARE(waiting->size(), 3u);
        QCOMPARE(waiting->front().row, alone);
        // The fake index refuses to forget what it never had.
        QVERIFY(messages().remove(removed));
        QVERIFY(messages().setCounter(sent, 1));
        QVERIFY(messages().setAccepted(sent, Timestamp{70}));
        QVERIFY(messages().setAccepted(alone, Timestamp{70}));
        QCOMPARE(m_kit->index.texts.size(), 2u);
        QCOMPARE(m_kit->index.texts.count(sent), 1u);
        QCOMPARE(m_kit->index.texts.count(alone), 1u);
        QVERIFY(messages().textsNotIndexed()->empty());
    }
    void receiptsDecideHowFarAMessageHasTravelled()
    {
        std::vector<std::int64_t> rows;
        for (int i = 0; i < 4; ++i)
            rows.push_back(insert(m_kit->text(m_kit->alice, char('a' + i), std::uint64_t(i + 1), 100 + i)));
        QVERIFY(receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, {3, 2, {1}}, {}).valueOr(false));
        const auto deliveryOf = [&](int i) { return (*messages().byRow(rows[std::size_t(i)]))->delivery; };
        QCOMPARE(deliveryOf(0), Delivery::Sent); // the exception
        QCOMPARE(deliveryOf(1), Delivery::Read);
        QCOMPARE(deliveryOf(2), Delivery::Delivered);
        QCOMPARE(deliveryOf(3), Delivery::Sent);
        QVERIFY(messages().setDelivery(rows[3], Delivery::Failed));
        QVERIFY(receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, {4, 4, {}}, {}).valueOr(false));
        QCOMPARE(deliveryOf(0), Delivery::Read);
        QCOMPARE(deliveryOf(3), Delivery::Failed);
    }
    void anotherDevicesReceiptSaysNothingAboutThisOne()
    {
        const std::int64_t row = insert(m_kit->text(m_kit->alice, 'a', 1, 100));
        QVERIFY(receipts().apply(m_kit->chat, m_kit->bob.account, deviceOf(12), {5, 5, {}}, {}).valueOr(false));
        QCOMPARE((*messages().byRow(row))->delivery, Delivery::Sent);
    }
    void aPlaceholderBecomesTheMessageInPlace()
    {
        Message placeholder = m_kit->text(m_kit->bob, 'a', 1, 100);
        placeholder.kind = MessageKind::Undecryptable;
        placeholder.text.clear();
        const std::int64_t row = insert(placeholder);
        QVERIFY(m_kit->index.texts.empty());
        QVERIFY(messages().fill(row, MessageKind::Text, QStringLiteral("repaired")));
        const auto filled = messages().byRow(row);
        QVERIFY(filled && *filled);
        QCOMPARE((*filled)->kind, MessageKind::Text);
        QCOMPARE((*filled)->text, QStringLiteral("repaired"));
        QCOMPARE((*filled)->sortTime, Timestamp{100});
        QCOMPARE(m_kit->index.texts.at(row), QStringLiteral("repaired"));
    }
    void T028_aPlaceholderBecomesTheMessageWithItsOwnPlaceAndTimes()
    {
        Message placeholder = m_kit->text(m_kit->bob, 'p', 0, 70);
        placeholder.kind = MessageKind::Undecryptable;
        placeholder.text.clear();
        const std::int64_t row = *messages().insert(placeholder, Unread::Yes);
        Message message = m_kit->text(m_kit->bob, 'p', 9, 80);
        message.row = row;
        QVERIFY(messages().repair(row, message));
        QCOMPARE(messages().byRow(row)->value(), message);
        QCOMPARE(m_kit->index.texts.at(row), message.text);
        QCOMPARE(messages().originalText(row)->value(), message.text);
        QCOMPARE(messages().setMissing(row, 3).error().code, ErrorCode::NotFound);
        QCOMPARE((*m_kit->storage->conversations.find(m_kit->chat))->unread, 1);
    }
    void aPlaceholderThatGoesIsNotUnreadAnyMore()
    {
        Message placeholder = m_kit->text(m_kit->bob, 'p', 0, 70);
        placeholder.kind = MessageKind::Undecryptable;
        placeholder.text.clear();
        const std::int64_t row = *messages().insert(placeholder, Unread::Yes);
        QVERIFY(messages().insert(m_kit->text(m_kit->bob, 'q', 1, 80), Unread::Yes));
        QVERIFY(messages().removePlaceholder(row));
        QVERIFY(!messages().byRow(row)->has_value());
        QCOMPARE((*m_kit->storage->conversations.find(m_kit->chat))->unread, 1);
    }
    void greatestSortTimeLooksAtEarlierCountersOfThatDevice()
    {
        insert(m_kit->text(m_kit->bob, 'a', 1, 100));
        insert(m_kit->text(m_kit->bob, 'b', 2, 300));
        insert(m_kit->text(m_kit->bob, 'c', 4, 500));
        insert(m_kit->text(m_kit->bobsOther, 'd', 1, 400));
        QCOMPARE(*messages().greatestSortTimeBefore(m_kit->chat, m_kit->bob, 3), Timestamp{300});
        QCOMPARE(*messages().greatestSortTimeBefore(m_kit->chat, m_kit->bob, 1), Timestamp{0});
    }
    void removingTakesTheTextOutOfIndexAndChatList()
    {
        insert(m_kit->text(m_kit->bob, 'a', 1, 100), Unread::Yes);
        const std::int64_t newest = insert(m_kit->text(m_kit->bob, 'b', 2, 200), Unread::Yes);
        QVERIFY(messages().remove(newest));
        QCOMPARE(chat().lastText, QStringLiteral("text a"));
        QCOMPARE(chat().unread, 1);
        QCOMPARE(m_kit->index.texts.size(), 1u);
        QCOMPARE(messages().remove(newest).error().code, ErrorCode::NotFound);
    }
    void T172_aDeletedChatLeavesNoTextInTables()
    {
        for (int i = 0; i < 3; ++i)
            insert(m_kit->text(m_kit->bob, char('a' + i), std::uint64_t(i + 1), 100 + i), Unread::Yes);
        const std::int64_t sealed = insert(m_kit->text(m_kit->bob, 'z', 9, 900));
        QVERIFY(messages().keepSealed(sealed, "sealed bytes"));
        QCOMPARE(messages().removeAll(m_kit->chat, Timestamp{0}).valueOr(0), 4);
        QVERIFY(m_kit->index.texts.empty());
        QCOMPARE(chat().unread, 0);
        QCOMPARE(chat().lastText, QString());
        QVERIFY(m_kit->storage->conversations.all()->empty());
        QCOMPARE(m_kit->database->prepare("SELECT count(*) FROM sealed_content").number().valueOr(-1), 0);
        const std::int64_t next = insert(m_kit->text(m_kit->bob, 'n', 10, 1000));
        QVERIFY(next > sealed); // a row number is never used again
    }
    void givesTheIndexItsTexts()
    {
        const std::int64_t first = insert(m_kit->text(m_kit->bob, 'a', 1, 100));
        const std::int64_t second = insert(m_kit->text(m_kit->bob, 'b', 2, 50));
        QCOMPARE(messages().text(first)->value(), QStringLiteral("text a"));
        QVERIFY(!messages().text(999)->has_value());
        const auto texts = messages().textsBefore(second + 1, 10);
        QVERIFY(texts);
        QCOMPARE(texts->size(), 2u);
        QCOMPARE(texts->front().row, second);
    }
};

SOTTO_TEST(MessageRepositoryTest)

} // namespace sotto

#include "message_repository_test.moc"
