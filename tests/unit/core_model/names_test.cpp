#include "core/model/names.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class NamesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void handlesAreLowerCaseAsciiOfThreeToThirty()
    {
        QVERIFY(isHandle(QStringLiteral("a.b_9")));
        QVERIFY(!isHandle(QStringLiteral("ab")));
        QVERIFY(!isHandle(QStringLiteral("Alice")));
        QVERIFY(!isHandle(QString(31, u'a')));
        QVERIFY(!isHandle(QStringLiteral("al\u0456ce"))); // a Cyrillic letter that looks Latin
    }
    void namesLoseControlsAndOverridesAndExcess()
    {
        QCOMPARE(cleanName(QStringLiteral("  Al\u202eice\u0007 \n B  ")), QStringLiteral("Alice B"));
        QCOMPARE(cleanName(QStringLiteral("\u2067\u0001")), QString());
        QVERIFY(cleanName(QString(500, QChar(0x4e2d))).toUtf8().size() <= kMaxNameBytes);
    }
};

SOTTO_TEST(NamesTest)

} // namespace sotto

#include "names_test.moc"
