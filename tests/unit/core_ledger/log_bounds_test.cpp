#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QElapsedTimer>
#include <QTest>

namespace sotto {

using kit::TestAccount;
using kit::TestDevice;

/// T053: whatever a log looks like, reading it takes bounded time and memory.
class LogBoundsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T053_tenThousandEntriesAreRefusedAtOnce()
    {
        TestAccount alice;
        const std::vector<wire::SignedEntry> entries(10'000, alice.log.entries().front().entry);
        QElapsedTimer timer;
        timer.start();
        const auto log = DeviceLog::fromEntries(alice.log.account(), entries, alice.now);
        QCOMPARE(log.error(), LedgerError::TooLarge);
        QVERIFY(timer.elapsed() < 50);
    }
    void T053_aLogThatIsFullTakesNoMore()
    {
        TestAccount alice;
        TestDevice spare(1000, alice.random);
        while (alice.log.version() < std::uint64_t(kMaxLogEntries)) {
            const auto set =
                makeSetRecovery(alice.log, alice.first.actor(), alice.root, alice.wrapKey(), alice.now, alice.random);
            QVERIFY(set);
            QVERIFY(alice.log.append(*set, alice.now));
        }
        const auto more = alice.log.append(alice.adding(spare, alice.first), alice.now);
        QVERIFY(!more);
        QCOMPARE(more.error(), LedgerError::TooLarge);
        std::vector<wire::SignedEntry> entries;
        for (const StoredLogEntry &stored : alice.log.entries())
            entries.push_back(stored.entry);
        QElapsedTimer timer;
        timer.start();
        QVERIFY(DeviceLog::fromEntries(alice.log.account(), entries, alice.now));
        QVERIFY2(timer.elapsed() < 5000, qPrintable(QString::number(timer.elapsed())));
    }
    void T053_anEntryOfOneMegabyteIsRefusedBeforeItIsParsed()
    {
        TestAccount alice;
        wire::SignedEntry entry{Bytes(1024 * 1024, '\x0a'), Bytes(64, 0), {}};
        QCOMPARE(alice.log.append(entry, alice.now).error(), LedgerError::TooLarge);
        entry.body.truncate(wire::kMaxLogEntryBytes + 1);
        QCOMPARE(alice.log.append(entry, alice.now).error(), LedgerError::TooLarge);
        QCOMPARE(DeviceLog::fromGenesis(alice.log.account(), entry, alice.now).error(), LedgerError::TooLarge);
    }
    void T053_anEntryThatNamesItselfIsRefused()
    {
        TestAccount alice;
        // Nobody can name the own hash; an entry that follows a later one is the nearest thing to a cycle.
        alice.add(12);
        const std::vector<wire::SignedEntry> entries{alice.log.entries()[0].entry, alice.log.entries()[1].entry,
                                                     alice.log.entries()[1].entry, alice.log.entries()[0].entry};
        QCOMPARE(DeviceLog::fromEntries(alice.log.account(), entries, alice.now).error(), LedgerError::NotDescendant);
        QCOMPARE(DeviceLog::fromEntries(alice.log.account(), {}, alice.now).error(), LedgerError::Malformed);
    }
    void T053_bytesWithUnknownCriticalFieldsOrDuplicatesAreRefused()
    {
        TestAccount alice;
        const wire::LogEntry body =
            kit::bodyOf(makeRevokeDevice(alice.log, alice.first.actor(), alice.first.id, alice.now));
        const Bytes good = wire::encode(body);
        const auto appended = [&](const char *hex) {
            return signEntry(Purpose::DeviceEntry, good + Bytes::fromHex(hex), alice.first.signing);
        };
        QCOMPARE(alice.log.append(appended("6801"), alice.now).error(), LedgerError::Malformed); // field 13
        QCOMPARE(alice.log.append(appended("1001"), alice.now).error(), LedgerError::Malformed); // epoch twice
        QCOMPARE(alice.log.append(appended("6200"), alice.now).error(), LedgerError::Malformed); // close as well
        QCOMPARE(alice.log.append(appended("62"), alice.now).error(), LedgerError::Malformed);   // cut short
        QVERIFY(alice.log.append(appended("800101"), alice.now));                                // field 16 may pass
    }
    void everyTruncationOfAnEntryIsRefused()
    {
        TestAccount alice;
        const TestDevice second(12, alice.random);
        const wire::SignedEntry good = alice.adding(second, alice.first);
        for (qsizetype size = 0; size < good.body.size(); ++size) {
            const wire::SignedEntry cut{good.body.first(size), good.signature, good.proofs};
            QVERIFY(!alice.log.append(cut, alice.now));
        }
        QVERIFY(alice.log.append(good, alice.now));
    }
};

SOTTO_TEST(LogBoundsTest)

} // namespace sotto

#include "log_bounds_test.moc"
