#include "tests/kit/test_main.h"

#include "tests/kit/tsan_qt.h"

#include <QFileInfo>
#include <QTest>
#include <cstdio>
#include <vector>

namespace sotto::kit {

namespace {
std::vector<std::function<std::unique_ptr<QObject>()>> &registeredTests()
{
    static std::vector<std::function<std::unique_ptr<QObject>()>> tests;
    return tests;
}
} // namespace

/// With SOTTO_TEST_LOGS, what a test logs also goes into a file there, all of it, for the scan for secrets (T183).
static QStringList logArguments(const QString &test)
{
    const QString folder = qEnvironmentVariable("SOTTO_TEST_LOGS");
    if (folder.isEmpty())
        return {};
    const QString program = QFileInfo(QCoreApplication::applicationFilePath()).fileName();
    const QString file = QStringLiteral("%1/%2.%3.log").arg(folder, program, QString(test).replace(u':', u'_'));
    return {QStringLiteral("-maxwarnings"), QStringLiteral("0"),  QStringLiteral("-o"),
            file + QStringLiteral(",txt"),  QStringLiteral("-o"), QStringLiteral("-,txt")};
}

bool registerTest(std::function<std::unique_ptr<QObject>()> make)
{
    registeredTests().push_back(std::move(make));
    return true;
}

} // namespace sotto::kit

int main(int argc, char **argv)
{
    sotto::kit::TestApplication application(argc, argv);
    const QStringList arguments = application.arguments();
    const QString only = arguments.size() > 1 && !arguments[1].startsWith(u'-') ? arguments[1] : QString();

    QStringList forwarded = arguments;
    if (!only.isEmpty())
        forwarded.removeAt(1);
    int failures = 0;
    int run = 0;
    for (const auto &make : sotto::kit::registeredTests()) {
        const std::unique_ptr<QObject> test = make();
        const QString name = QString::fromLatin1(test->metaObject()->className());
        if (!only.isEmpty() && name != only && !name.endsWith(QStringLiteral("::") + only))
            continue;
        ++run;
        failures += QTest::qExec(test.get(), forwarded + sotto::kit::logArguments(name));
    }
    if (run == 0) {
        std::fprintf(stderr, "no test class is named %s\n", qPrintable(only));
        return 1;
    }
    return failures == 0 ? 0 : 1;
}
