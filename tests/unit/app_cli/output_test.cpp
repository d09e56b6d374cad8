#include "app/cli/exit_code.h"
#include "app/cli/output.h"
#include "tests/kit/test_main.h"

#include <QJsonDocument>
#include <QTest>
#include <set>

namespace sotto {

class OutputTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyErrorHasAnExitCodeAndNoneSaysDone()
    {
        for (int code = 0; code <= int(ErrorCode::Internal); ++code) {
            const ExitCode exit = exitCodeOf(ErrorCode(code));
            QVERIFY(exit != ExitCode::Done && exit != ExitCode::Unwell && exit != ExitCode::NoAccount);
        }
    }
    void theExitCodesThatScriptsKnowStay()
    {
        const std::pair<ErrorCode, int> known[] = {
            {ErrorCode::InvalidArgument, 2}, {ErrorCode::WrongKey, 3}, {ErrorCode::Locked, 3},
            {ErrorCode::NotFound, 5},        {ErrorCode::Refused, 6},  {ErrorCode::AlreadyExists, 6},
            {ErrorCode::Offline, 7},         {ErrorCode::TimedOut, 7}, {ErrorCode::Busy, 8},
            {ErrorCode::RateLimited, 8},     {ErrorCode::DiskFull, 9}, {ErrorCode::NewerSchema, 9},
            {ErrorCode::Internal, 1},        {ErrorCode::TooLarge, 2}};
        for (const auto &[error, exit] : known)
            QCOMPARE(int(exitCodeOf(error)), exit);
    }
    void peopleGetLinesAndScriptsGetObjects()
    {
        Bytes out;
        Bytes err;
        const auto toOut = [&](const Bytes &line) { out += line; };
        const auto toErr = [&](const Bytes &line) { err += line; };
        Output people(Output::Form::Text, toOut, toErr);
        people.answer({{QStringLiteral("a"), 1}}, QStringLiteral("one"));
        people.remark(QStringLiteral("by the way"));
        QCOMPARE(int(people.fail({ErrorCode::Offline, QStringLiteral("no line")})), 7);
        QCOMPARE(out, Bytes("one\n"));
        QCOMPARE(err, Bytes("by the way\nsotto-cli: no line\n"));

        out.clear();
        err.clear();
        Output scripts(Output::Form::Json, toOut, toErr);
        scripts.answer({{QStringLiteral("a"), 1}}, QStringLiteral("one"));
        scripts.remark(QStringLiteral("by the way"));
        QCOMPARE(out, Bytes("{\"a\":1}\n"));
        QVERIFY(err.isEmpty());
        people.answer({}, {});
        QCOMPARE(out, Bytes("{\"a\":1}\n"));
    }
};

SOTTO_TEST(OutputTest)

} // namespace sotto

#include "output_test.moc"
