// What repair remembers: frames that did not open, rebuilt sessions, tallies.
#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class RepairRepositoryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    RepairRepository &repairs() { return m_kit->storage->repairs; }
    Repair repair(const DeviceAddress &sender, char id) const
    {
        return {.sender = sender,
                .message = idOf<MessageId>(id),
                .ratchetKey = Bytes(33, 'r'),
                .noticedAt = Timestamp{100}};
    }
    QByteArray toAskFor(int ofDevice)
    {
        QByteArray ids;
        for (const Repair &one : repairs().toAskFor(ofDevice).valueOr({}))
            ids.append(char(one.message.bytes()[0]));
        return ids;
    }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void readsBackWhatWasNoted()
    {
        Repair noted = repair(m_kit->bob, 'a');
        QVERIFY(repairs().add(noted));
        auto found = repairs().find(m_kit->bob, noted.message);
        QVERIFY(found && *found);
        noted.id = (*found)->id;
        QCOMPARE(**found, noted);
        QVERIFY(repairs().setAsked(noted.id, Timestamp{200}));
        noted.askedAt = Timestamp{200};
        noted.tries = 1;
        QCOMPARE(repairs().find(m_kit->bob, noted.message)->value(), noted);
        QVERIFY(!repairs().find(m_kit->bobsOther, noted.message)->has_value());
        QVERIFY(repairs().remove(noted.id));
        QCOMPARE(repairs().count().valueOr(-1), 0);
    }
    void aFrameThatFailsAgainKeepsItsTimesAndNamesItsNewKey()
    {
        const Repair first = repair(m_kit->bob, 'a');
        QVERIFY(repairs().add(first));
        Repair again = first;
        again.ratchetKey = Bytes(33, 's');
        again.noticedAt = Timestamp{500};
        again.placeholder = *m_kit->storage->messages.insert(m_kit->text(m_kit->bob, 'a', 0, 50));
        QVERIFY(repairs().add(again));
        const auto found = repairs().find(m_kit->bob, first.message);
        QVERIFY(found && *found);
        QCOMPARE((*found)->ratchetKey, again.ratchetKey);
        QCOMPARE((*found)->noticedAt, first.noticedAt);
        QCOMPARE((*found)->placeholder, again.placeholder);
        QCOMPARE(repairs().countOf(m_kit->bob).valueOr(-1), 1);
        QVERIFY(m_kit->storage->messages.remove(*again.placeholder));
        QVERIFY(!(*repairs().find(m_kit->bob, first.message))->placeholder);
    }
    void nobodysFramesHideThoseOfOthers()
    {
        for (const char id : {'a', 'b', 'c'})
            QVERIFY(repairs().add(repair(m_kit->bob, id)));
        QVERIFY(repairs().add(repair(m_kit->bobsOther, 'd')));
        QVERIFY(repairs().setAsked((*repairs().find(m_kit->bob, idOf<MessageId>('a')))->id, Timestamp{9}));
        QCOMPARE(toAskFor(2), QByteArray("bcd"));
        QCOMPARE(toAskFor(9), QByteArray("bcda"));
        QCOMPARE(repairs().all(2)->size(), std::size_t(2));
        QVERIFY(repairs().forget(m_kit->alice.account));
        QCOMPARE(repairs().count().valueOr(-1), 4);
        QVERIFY(repairs().forget(m_kit->bob.account));
        QCOMPARE(repairs().count().valueOr(-1), 0);
    }
    void remembersWhenASessionWasRebuilt()
    {
        QCOMPARE(repairs().rebuiltAt(m_kit->bob).value(), Timestamp{0});
        QVERIFY(repairs().setRebuilt(m_kit->bob, Timestamp{70}));
        QVERIFY(repairs().setRebuilt(m_kit->bob, Timestamp{90}));
        QCOMPARE(repairs().rebuiltAt(m_kit->bob).value(), Timestamp{90});
        QCOMPARE(repairs().rebuiltAt(m_kit->bobsOther).value(), Timestamp{0});
    }
    void counts()
    {
        QCOMPARE(repairs().counted(Tally::Frames).valueOr(-1), 0);
        QVERIFY(repairs().count(Tally::Frames, 100));
        QVERIFY(repairs().count(Tally::Frames, 3));
        QVERIFY(repairs().count(Tally::Lost, 1));
        QCOMPARE(repairs().counted(Tally::Frames).valueOr(-1), 103);
        QCOMPARE(repairs().counted(Tally::Undecryptable).valueOr(-1), 0);
        QCOMPARE(repairs().counted(Tally::Lost).valueOr(-1), 1);
    }
    void whatWasWipedIsKnown()
    {
        const MessageId id = idOf<MessageId>('a');
        QVERIFY(!repairs().isWiped(m_kit->chat, m_kit->bob.account, id).valueOr(true));
        QVERIFY(m_kit->database->prepare("INSERT INTO account (account_id) VALUES (?) ON CONFLICT DO NOTHING")
                    .with(m_kit->bob.account)
                    .run());
        QVERIFY(m_kit->database
                    ->prepare("INSERT INTO wiped (conversation, author, inner_id, wiped_ms) SELECT c.id, a.id, ?, 1"
                              " FROM conversation AS c, account AS a WHERE a.account_id = ?")
                    .with(id, m_kit->bob.account)
                    .run());
        QVERIFY(repairs().isWiped(m_kit->chat, m_kit->bob.account, id).valueOr(false));
        QVERIFY(!repairs().isWiped(m_kit->chat, m_kit->alice.account, id).valueOr(true));
    }
};

SOTTO_TEST(RepairRepositoryTest)

} // namespace sotto

#include "repair_repository_test.moc"
