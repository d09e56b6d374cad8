#include "core/storage/conversation_repository.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class ConversationRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    ConversationRepository &conversations() { return m_kit->storage->conversations; }
    /// Bob's message with its stream, as the inbox stores it.
    void receive(const DeviceAddress &from, char id, std::uint64_t counter)
    {
        QVERIFY(
            m_kit->storage->messages.insert(m_kit->text(from, id, counter, 100 * std::int64_t(counter)), Unread::Yes));
        StreamState state;
        state.lastCounter = counter;
        QVERIFY(m_kit->storage->streams.store(m_kit->chat, from, state));
    }
    std::int64_t unread() { return (*conversations().find(m_kit->chat))->unread; }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void ensuringTwiceMakesOne()
    {
        QVERIFY(conversations().ensure(m_kit->chat, m_kit->bob.account));
        QCOMPARE(m_kit->database->prepare("SELECT count(*) FROM conversation").number().valueOr(0), 1);
        const auto found = conversations().withPeer(m_kit->bob.account);
        QVERIFY(found && *found);
        QCOMPARE((*found)->id, m_kit->chat);
        QVERIFY(!conversations().find(idOf<ConversationId>('X'))->has_value());
    }
    void theListIsSortedByActivity()
    {
        const ConversationId other = idOf<ConversationId>('D');
        QVERIFY(conversations().ensure(other, idOf<AccountId>('Z')));
        QVERIFY(conversations().all()->empty()); // nothing written yet
        QVERIFY(m_kit->storage->messages.insert(m_kit->text(m_kit->bob, 'a', 1, 200)));
        Message elsewhere = m_kit->text(m_kit->alice, 'b', 1, 300);
        elsewhere.conversation = other;
        QVERIFY(m_kit->storage->messages.insert(elsewhere));
        const auto all = conversations().all();
        QVERIFY(all);
        QCOMPARE(all->size(), 2u);
        QCOMPARE(all->front().id, other);
        QCOMPARE(all->back().lastText, QStringLiteral("text a"));
    }
    void readingGivesTheMarksForTheReceipt()
    {
        receive(m_kit->bob, 'a', 1);
        receive(m_kit->bob, 'b', 2);
        receive(m_kit->bobsOther, 'c', 1);
        StreamState own;
        own.lastCounter = 5;
        QVERIFY(m_kit->storage->streams.store(m_kit->chat, m_kit->alice, own));
        QCOMPARE(unread(), 3);
        const auto marks = conversations().markRead(m_kit->chat);
        QVERIFY(marks);
        QCOMPARE(*marks, (std::vector<ReadMark>{{m_kit->bob, 2}, {m_kit->bobsOther, 1}}));
        QCOMPARE(unread(), 0);
        QVERIFY(conversations().markRead(m_kit->chat)->empty()); // nothing new to say
    }
    void anotherDesktopsReadingCountsHere()
    {
        receive(m_kit->bob, 'a', 1);
        receive(m_kit->bob, 'b', 2);
        receive(m_kit->bob, 'c', 3);
        QVERIFY(conversations().markReadUpTo(m_kit->chat, {m_kit->bob, 2}));
        QCOMPARE(unread(), 1);
        QVERIFY(conversations().markReadUpTo(m_kit->chat, {m_kit->bob, 1})); // never back
        QCOMPARE(unread(), 1);
        QVERIFY(conversations().markReadUpTo(m_kit->chat, {m_kit->bob, 1000})); // no further than what is here
        QCOMPARE(unread(), 0);
        receive(m_kit->bob, 'd', 4);
        QCOMPARE(conversations().markRead(m_kit->chat)->size(), 1u);
    }
    void keepsWhatThePersonSet()
    {
        const ConversationSettings settings{Timestamp{5000}, true, false, QStringLiteral("unfinished")};
        QVERIFY(conversations().setSettings(m_kit->chat, settings));
        QCOMPARE(*conversations().settings(m_kit->chat), settings);
        QCOMPARE(conversations().settings(idOf<ConversationId>('X')).error().code, ErrorCode::NotFound);
    }
};

SOTTO_TEST(ConversationRepositoryTest)

} // namespace sotto

#include "conversation_repository_test.moc"
