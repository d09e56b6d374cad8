#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QProcess>
#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {
/// So many messages at least have to be accepted, or the test would say nothing. A helper that is slowed down by a
/// sanitizer makes larger batches, of which fewer are over when it is killed.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr qsizetype kLeastAccepted = 20;
#else
constexpr qsizetype kLeastAccepted = 100;
#endif
} // namespace

/// T193 for store and queues: a process that queues and acknowledges is killed at one write point after another, on the
/// same files; the integration plays do it with a whole relay.
class KilledRelayTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void T193_noAcceptedMessageIsLost()
    {
        QueueFixture relay;
        const QString path = relay.disk.path();
        relay.disk.store.reset();
        QSet<Bytes> accepted;
        QSet<Bytes> acknowledged;
        int kills = 0;
        // The last rounds end by themselves: every write point of a round has been hit by then.
        for (int round = 1; round <= 40; ++round) {
            QProcess helper;
            helper.start(QCoreApplication::applicationDirPath() + QStringLiteral("/queue_helper"),
                         {path, QString::number(round), QString::number(3 * round - 2)});
            QVERIFY(helper.waitForFinished(60'000));
            kills += helper.exitStatus() == QProcess::CrashExit ? 1 : 0;
            QVERIFY(helper.exitStatus() == QProcess::CrashExit || helper.exitCode() == 0);
            for (const Bytes &line : helper.readAllStandardOutput().split('\n')) {
                if (line.startsWith("A "))
                    accepted.insert(line.mid(2));
                else if (line.startsWith("K "))
                    acknowledged.insert(line.mid(2));
            }
        }
        QVERIFY2(kills >= 20, qPrintable(QString::number(kills)));
        relay.disk.restart();
        relay.open();
        for (const int device : {21, 22}) {
            const auto waiting = relay.waiting(address(2, device));
            const QSet<Bytes> unique(waiting.begin(), waiting.end());
            QCOMPARE(unique.size(), qsizetype(waiting.size())); // nothing twice
            for (const Bytes &text : std::as_const(accepted)) {
                const bool mayBeGone = device == 21 && acknowledged.contains(text);
                QVERIFY2(mayBeGone || unique.contains(text), text.constData());
            }
        }
        QCOMPARE(relay.waiting(address(2, 22)).size(), std::size_t(relay.queues->numbers(address(2, 22)).queued));
        QVERIFY2(accepted.size() > kLeastAccepted, qPrintable(QString::number(accepted.size())));
    }
};

SOTTO_TEST(KilledRelayTest)
#include "killed_relay_test.moc"
