#include "core/storage/conversation_repository.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class ConversationRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    ConversationRepository &conversations() { return m_kit->storage->conversations; }

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
