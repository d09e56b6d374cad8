#include "core/base/result.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
enum class ParseError { Empty, NotANumber };

Result<int, ParseError> parse(const QString &text)
{
    if (text.isEmpty())
        return ParseError::Empty;
    bool ok = false;
    const int number = text.toInt(&ok);
    if (!ok)
        return ParseError::NotANumber;
    return number;
}

Result<Done> refuse() { return ErrorCode::Busy; }
} // namespace

class ResultTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void holdsTheValueOrTheReason()
    {
        QCOMPARE(parse(QStringLiteral("12")).value(), 12);
        QCOMPARE(parse(QString()).error(), ParseError::Empty);
        QCOMPARE(parse(QStringLiteral("x")).valueOr(7), 7);
    }
    void aBareCodeBecomesAnError()
    {
        const auto result = refuse();
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::Busy);
    }
};

SOTTO_TEST(ResultTest)

} // namespace sotto

#include "result_test.moc"
