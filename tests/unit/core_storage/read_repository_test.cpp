#include "core/storage/read_repository.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>
#include <algorithm>
#include <array>

namespace sotto {

class ReadRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    ReadRepository &reads() { return m_kit->storage->reads; }
    /// Bob's message with its stream, as the inbox stores it.
    void receive(const DeviceAddress &from, char id, std::uint64_t counter)
    {
        QVERIFY(
            m_kit->storage->messages.insert(m_kit->text(from, id, counter, 100 * std::int64_t(counter)), Unread::Yes));
        StreamState state;
        state.lastCounter = counter;
        QVERIFY(m_kit->storage->streams.store(m_kit->chat, from, state));
    }
    std::int64_t unread() { return (*m_kit->storage->conversations.find(m_kit->chat))->unread; }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void aMarkCoversAllButWhatIsMissing()
    {
        const ReadMark mark{5, {2, 4}};
        for (const std::uint64_t counter : {1u, 3u, 5u})
            QVERIFY(mark.covers(counter));
        for (const std::uint64_t counter : {0u, 2u, 4u, 6u})
            QVERIFY(!mark.covers(counter));
    }
    void T092_whatWasSeenByAnyOneIsSeenInAnyOrder()
    {
        const std::array<ReadMark, 3> marks{ReadMark{9, {2, 5, 8}}, ReadMark{4, {1, 2}}, ReadMark{6, {1, 2, 3, 5}}};
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            ReadMark all;
            for (const std::size_t next : order)
                all = united(united(all, marks[next]), marks[next]);
            QCOMPARE(all, (ReadMark{9, {2, 5, 8}}));
        } while (std::ranges::next_permutation(order).found);
        QCOMPARE(united({9, {2, 5, 8}}, {8, {2}}), (ReadMark{9, {2}}));
        QCOMPARE(united({}, {3, {1}}), (ReadMark{3, {1}}));
    }
    void aMarkIsKeptThoughNothingOfItsDeviceIsHere()
    {
        const StreamReading ahead{m_kit->bob, {9, {3, 12'345'678'901}}, 4, Timestamp{70}};
        QCOMPARE(*reads().find(m_kit->chat, m_kit->bob), (StreamReading{m_kit->bob, {}, 0, {}}));
        QVERIFY(reads().store(m_kit->chat, ahead));
        QCOMPARE(*reads().find(m_kit->chat, m_kit->bob), ahead);
        QCOMPARE(*reads().all(m_kit->chat), std::vector{ahead});
        // For counting it does not exist: its first message says where its stream begins.
        QVERIFY(!m_kit->storage->streams.find(m_kit->chat, m_kit->bob)->has_value());
        QVERIFY(m_kit->storage->streams.streamsOf(m_kit->chat)->empty());
        const StreamState state{5, 5, std::nullopt, Timestamp{80}, 4};
        QVERIFY(m_kit->storage->streams.store(m_kit->chat, m_kit->bob, state));
        QCOMPARE(m_kit->storage->streams.find(m_kit->chat, m_kit->bob)->value(), state);
        QCOMPARE(*reads().find(m_kit->chat, m_kit->bob), ahead);
        QCOMPARE(*reads().readAt(m_kit->chat, m_kit->bob, 9), std::optional(Timestamp{70}));
        for (const std::uint64_t counter : {3u, 10u})
            QVERIFY(!reads().readAt(m_kit->chat, m_kit->bob, counter)->has_value());
        QCOMPARE(reads().store(idOf<ConversationId>('X'), ahead).error().code, ErrorCode::NotFound);
    }
    void unreadIsWhatNoMarkCovers()
    {
        for (const char id : {'a', 'b', 'c', 'd'})
            receive(m_kit->bob, id, std::uint64_t(id - 'a' + 1));
        receive(m_kit->bobsOther, 'e', 2);
        QCOMPARE(unread(), 5);
        QVERIFY(reads().store(m_kit->chat, {m_kit->bob, {3, {2}}, 0, Timestamp{1}}));
        QCOMPARE(*reads().recount(m_kit->chat), 3);
        QCOMPARE(unread(), 3);
        // What goes is counted by the same rule.
        const auto rowOf = [&](char id) {
            return (*m_kit->storage->messages.find(m_kit->chat, m_kit->bob.account, idOf<MessageId>(id)))->row;
        };
        QVERIFY(m_kit->storage->messages.remove(rowOf('a')));
        QCOMPARE(unread(), 3);
        QVERIFY(m_kit->storage->messages.remove(rowOf('b')));
        QCOMPARE(unread(), 2);
        QVERIFY(m_kit->storage->messages.wipe(rowOf('c')));
        QCOMPARE(unread(), 2);
        QCOMPARE(*reads().clearUnread(m_kit->chat), 2);
        QCOMPARE(unread(), 0);
        QCOMPARE(*reads().recount(m_kit->chat), 0); // none was unread: nothing becomes so
        QVERIFY(reads().ensureUnread(m_kit->chat));
        QVERIFY(reads().ensureUnread(m_kit->chat));
        QCOMPARE(unread(), 1);
    }
    void whatHasNoCounterIsUnreadUntilTheNextLook()
    {
        Message placeholder = m_kit->text(m_kit->bob, 'p', 0, 500);
        placeholder.clientTime = Timestamp{500};
        QVERIFY(m_kit->storage->messages.insert(placeholder, Unread::Yes));
        QVERIFY(reads().setLookedAt(m_kit->chat, Timestamp{499}));
        QCOMPARE(*reads().recount(m_kit->chat), 1);
        QVERIFY(reads().setLookedAt(m_kit->chat, Timestamp{500}));
        QVERIFY(reads().setLookedAt(m_kit->chat, Timestamp{400})); // never back
        QCOMPARE(*reads().lookedAt(m_kit->chat), Timestamp{500});
        QCOMPARE(*reads().recount(m_kit->chat), 0);
    }
    void oneTellingCoversTheLooksBeforeIt()
    {
        QVERIFY(!reads().nextDue()->has_value());
        QVERIFY(reads().setDue({m_kit->chat, Timestamp{10}}, Timestamp{12}));
        QVERIFY(reads().setDue({m_kit->chat, Timestamp{11}}, Timestamp{15}));
        QCOMPARE(*reads().nextDue(), std::optional(Timestamp{12}));
        QVERIFY(reads().dueBefore(Timestamp{11}, 10)->empty());
        QCOMPARE(*reads().dueBefore(Timestamp{12}, 10), (std::vector<DueRead>{{m_kit->chat, Timestamp{11}}}));
        QVERIFY(reads().clearDue(m_kit->chat));
        QVERIFY(!reads().nextDue()->has_value());
    }
    void aDamagedMarkIsSeen()
    {
        QVERIFY(reads().store(m_kit->chat, {m_kit->bob, {3, {2}}, 0, Timestamp{1}}));
        for (const char *damaged : {"2", ",2", ",", ",,", ",3,2,", ",x,"}) {
            QVERIFY(m_kit->database->prepare("UPDATE stream SET read_missing = ?")
                        .with(QString::fromLatin1(damaged))
                        .run());
            QCOMPARE(reads().find(m_kit->chat, m_kit->bob).error().code, ErrorCode::Corrupt);
        }
    }
    void aSettingsChangeIsKept()
    {
        SettingsRepository &settings = m_kit->storage->settings;
        const QString name = QStringLiteral("privacy.typing");
        QCOMPARE(*settings.change(name), SettingChange{});
        QVERIFY(settings.setChange(name, {Timestamp{10}, deviceOf(3)}));
        QVERIFY(settings.setChange(name, {Timestamp{11}, deviceOf(2)}));
        QCOMPARE(*settings.change(name), (SettingChange{Timestamp{11}, deviceOf(2)}));
    }
};

SOTTO_TEST(ReadRepositoryTest)

} // namespace sotto

#include "read_repository_test.moc"
