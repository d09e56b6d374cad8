// T211 for one-to-one chat: a virtual month, and at its end everybody sees the same.
#include "tests/kit/test_main.h"
#include "tests/simulation/month.h"

#include <QRandomGenerator>
#include <QTest>

#include <algorithm>

namespace sotto {

using simulation::Month;
using simulation::MonthSize;

/// Qt Test ends a function after five minutes unless it is told before it begins.
const bool isPatient = qputenv("QTEST_FUNCTION_TIMEOUT", "7200000");

class MonthPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T211_aMonthOfOneToOneChat_data()
    {
        QTest::addColumn<quint32>("seed");
        bool isGiven = false;
        const uint given = qEnvironmentVariable("SOTTO_MONTH_SEED").toUInt(&isGiven);
        if (!isGiven)
            QTest::newRow("fixed seed") << quint32(211);
        QTest::newRow("random seed") << quint32(isGiven ? given : QRandomGenerator::system()->generate());
    }
    void T211_aMonthOfOneToOneChat()
    {
        QFETCH(quint32, seed);
        MonthSize size = MonthSize::of(8, 36, 800);
        size.seed = seed;
        size = size.orAsTheEnvironmentSays();
        qInfo("%s", qPrintable(size.toText()));
        Month month(size);
        month.begin();
        month.goesBy();
        month.comesToRest();
        qInfo("%s", qPrintable(month.report()));
        const QStringList findings = month.findings();
        for (const QString &finding : findings)
            qWarning("%s", qPrintable(finding));
        const QString folder = qEnvironmentVariable("SOTTO_MONTH_DUMP");
        if (!folder.isEmpty())
            month.writeDown(folder);
        QCOMPARE(findings.size(), 0);
        QVERIFY(month.diary().written >= size.messages * 95 / 100);
        QVERIFY(month.diary().turns * 100 >= month.diary().toSomebody * 30);
    }
};

SOTTO_TEST(MonthPlay)

} // namespace sotto

#include "month_test.moc"
