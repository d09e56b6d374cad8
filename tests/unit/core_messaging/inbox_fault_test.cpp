#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/sqlite/transaction.h"

#include <QDir>
#include <QSignalSpy>
#include <QTest>

namespace sotto {

using content::Text;
using kit::Desk;
using kit::Fault;
using kit::FaultVfs;
using kit::MailFixture;

/// Batches of mail, the first of them starting the session, against a disk that fails or dies at each of its write
/// points: nothing of a batch counts or all of it, and what the ratchet knows is what the messages say.
class InboxFaultTest : public QObject {
    Q_OBJECT

    static constexpr int kBatches = 8;
    static constexpr int kTextsInBatch = 4;
    FaultVfs m_disk{"/Bob"}; // before the databases
    std::unique_ptr<MailFixture> m_mail;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::vector<wire::Deliver> m_batches;
    wire::Envelope m_afterwards;
    QStringList m_said;

    Desk &bob() { return m_mail->bob(); }
    QString copy() const { return m_folder->filePath(QStringLiteral("Bob-copy")); }

    /// Bob's profile as it was before the batch, opened in a fresh copy.
    void startOver()
    {
        bob().close();
        QDir(copy()).removeRecursively();
        QVERIFY(QDir().mkpath(copy()));
        QVERIFY(QFile::copy(m_mail->bobsFolder() + QStringLiteral("/sotto.db"), copy() + QStringLiteral("/sotto.db")));
        m_mail->openBob(copy());
    }
    std::int64_t rows(const char *table)
    {
        return bob().database->prepare(std::string("SELECT count(*) FROM ") + table).number().valueOr(-1);
    }
    void deliverAll()
    {
        for (const wire::Deliver &batch : m_batches)
            bob().parts->inbox.take(batch);
    }
    /// The first `batches` are there, whole, in every table that they touch, and nothing of the others.
    void thereAre(qsizetype batches)
    {
        std::int64_t envelopes = 0;
        for (qsizetype i = 0; i < batches; ++i)
            envelopes += std::int64_t(m_batches[std::size_t(i)].envelopes.size());
        QCOMPARE(m_mail->bobSees(), m_said.mid(0, batches * kTextsInBatch));
        QCOMPARE(bob().parts->keyStore.countPreKeys().valueOr(-1), batches > 0 ? 0 : 1); // T005
        QCOMPARE(rows("session"), batches > 0 ? 1 : 0);
        QCOMPARE(rows("prekey_tombstone"), batches > 0 ? 1 : 0);
        QCOMPARE(rows("seen_ciphertext"), envelopes);
        const std::uint64_t committed = batches > 0 ? m_batches[std::size_t(batches) - 1].envelopes.back().seq : 0;
        QCOMPARE(bob().storage->relay.lastAckedSeq().valueOr(0), committed);
    }
    /// The same mail again, as the relay sends what was not acknowledged: all of it is there once, and the ratchet goes
    /// on in both directions.
    void redeliveredOnceItGoesOn()
    {
        deliverAll();
        thereAre(kBatches);
        m_mail->deliver(m_afterwards);
        QCOMPARE(m_mail->bobSees(), m_said + QStringList{QStringLiteral("afterwards")});
        const auto found = SearchIndex(*bob().database).find(SearchQuery::parse(u"afterwards"), {}, *texts());
        QVERIFY(found && found->rows.size() == 1);
        QCOMPARE(rows("message"), std::int64_t(m_said.size() + 1));
        Desk &alice = m_mail->alice();
        auto answering = Transaction::begin(*bob().database);
        const auto answer = bob().parts->sessions.encrypt(alice.address(), ByteView("answer", 6));
        QVERIFY(answering && answer && answering->commit());
        // Alice's session stays where it is for the next point.
        auto opening = Transaction::begin(*alice.database);
        const auto opened = alice.parts->sessions.decrypt(bob().address(), answer->type, answer->bytes);
        QVERIFY(opening && opened);
        QCOMPARE(opened->view().toByteArray(), QByteArray("answer"));
    }
    std::unique_ptr<MessageTexts> texts() { return std::make_unique<MessageTexts>(bob().storage->messages); }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_mail = std::make_unique<MailFixture>();
        m_batches.clear();
        m_said.clear();
        std::uint64_t counter = 0;
        for (int batch = 0; batch < kBatches; ++batch) {
            wire::Deliver mail;
            for (int i = 0; i < kTextsInBatch; ++i) {
                m_said.append(QStringLiteral("line %1 of many").arg(++counter));
                mail.envelopes.push_back(
                    m_mail->post(m_mail->header(m_mail->alice(), bob(), counter), Text{m_said.last()}));
            }
            mail.envelopes.push_back(m_mail->post(m_mail->header(m_mail->alice(), bob(), ++counter),
                                                  content::ProfileKey{Bytes(32, char('a' + batch)), {}}));
            m_batches.push_back(std::move(mail));
        }
        m_afterwards =
            m_mail->post(m_mail->header(m_mail->alice(), bob(), counter + 1), Text{QStringLiteral("afterwards")});
        QVERIFY(bob().database->checkpoint());
    }
    void cleanup()
    {
        m_disk.repair();
        m_mail.reset();
    }
    /// From the n-th write point on nothing reaches the disk, and all that was in memory is gone: kill -9 there.
    void T020_aKillAtAnyWritePointOfTheInboxLosesAndDoublesNothing()
    {
        int kills = 0;
        for (int point = 1;; ++point) {
            startOver();
            m_disk.failWriteAfter(point, Fault::InputOutput);
            deliverAll();
            const bool died = m_disk.hasFailed();
            bob().close();
            m_disk.repair();
            if (!died)
                break;
            ++kills;
            m_mail->openBob(copy());
            QCOMPARE(m_mail->bobSees().size() % kTextsInBatch, 0);
            thereAre(m_mail->bobSees().size() / kTextsInBatch);
            if (point % 16 == 0)
                QVERIFY(bob().database->verifyIntegrity());
            redeliveredOnceItGoesOn();
            if (QTest::currentTestFailed())
                QFAIL(qPrintable(QStringLiteral("at write point %1").arg(point)));
        }
        qInfo("%d write points", kills);
        QVERIFY2(kills >= 200, qPrintable(QString::number(kills)));
    }
    /// The program lives on: the person is told, nothing is kept or acknowledged, and the same frames open later.
    void T023_whatCannotBeStoredIsUndoneWithItsRatchetStepAndOpensLater()
    {
        int failures = 0;
        for (int point = 1;; point += 11) {
            startOver();
            QSignalSpy told(&bob().parts->inbox, &Inbox::storeFailed);
            m_disk.failWriteAfter(point, point % 2 ? Fault::DiskFull : Fault::InputOutput);
            deliverAll();
            const bool failed = m_disk.hasFailed();
            m_disk.repair();
            if (!failed)
                break;
            ++failures;
            const auto stored = m_mail->bobSees().size() / kTextsInBatch;
            QCOMPARE(told.size(), 1);
            thereAre(stored);
            bob().parts->inbox.forgetWaiting(); // a new connection
            redeliveredOnceItGoesOn();
            if (QTest::currentTestFailed())
                QFAIL(qPrintable(QStringLiteral("at write point %1").arg(point)));
        }
        QVERIFY2(failures >= 15, qPrintable(QString::number(failures)));
    }
    /// Not the disk but a row refuses: the insertion of the message, after the decryption has succeeded. That will not
    /// change when it is tried again, so it is dropped like other content that cannot be.
    void T023_aMessageRowThatIsRefusedTakesTheRatchetStepBack()
    {
        startOver(); // the first six texts: number 5 is the first batch's profile key
        QVERIFY(bob().database->execute("CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.message WHEN NEW.counter > 7"
                                        " BEGIN SELECT RAISE(ABORT, 'refused'); END"));
        QSignalSpy told(&bob().parts->inbox, &Inbox::storeFailed);
        deliverAll();
        QCOMPARE(told.size(), 0);
        QCOMPARE(m_mail->bobSees(), m_said.mid(0, 6));
        QCOMPARE(bob().parts->inbox.dropped(), kBatches * kTextsInBatch - 6);
        QVERIFY(bob().database->execute("DROP TRIGGER refuse"));
        redeliveredOnceItGoesOn();
    }
};

SOTTO_TEST(InboxFaultTest)

} // namespace sotto

#include "inbox_fault_test.moc"
