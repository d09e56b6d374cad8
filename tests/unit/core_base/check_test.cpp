#include "core/base/check.h"
#include "tests/kit/test_main.h"

#include <QSet>
#include <QTest>

namespace sotto {

class CheckTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCheckHasItsOwnNameAndAReason()
    {
        QSet<QByteArray> names;
        for (int i = 0; i < checkCount(); ++i) {
            names.insert(name(Check(i)));
            QVERIFY(qstrlen(reason(Check(i))) > 10);
        }
        QCOMPARE(names.size(), checkCount());
    }
    void refusesWhenTheConditionDoesNotHold()
    {
        QVERIFY(refuseUnless(Check::UnknownCriticalField, false));
        QVERIFY(!refuseUnless(Check::UnknownCriticalField, true));
    }
};

SOTTO_TEST(CheckTest)

} // namespace sotto

#include "check_test.moc"
