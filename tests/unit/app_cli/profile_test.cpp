#include "app/cli/profile.h"
#include "tests/kit/test_main.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

class ProfileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        const auto started = initialisePrimitives();
        QVERIFY(started);
        qunsetenv("SOTTO_PASSPHRASE");
    }
    void thePassphraseIsTheFilesFirstLine_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("no line's end") << QByteArray("open sesame");
        QTest::newRow("line") << QByteArray("open sesame\n");
        QTest::newRow("windows") << QByteArray("open sesame\r\n");
        QTest::newRow("more lines") << QByteArray("open sesame\nsecond\n");
    }
    void thePassphraseIsTheFilesFirstLine()
    {
        QFETCH(QByteArray, content);
        const auto passphrase = readPassphrase(fileWith(content));
        QVERIFY(passphrase && *passphrase);
        QCOMPARE((*passphrase)->view().toByteArray(), QByteArray("open sesame"));
    }
    void theEnvironmentIsReadOnceAndTheFileComesFirst()
    {
        qputenv("SOTTO_PASSPHRASE", "from the environment");
        const auto ofFile = readPassphrase(fileWith("from the file"));
        QCOMPARE((*ofFile)->view().toByteArray(), QByteArray("from the file"));
        const auto ofEnvironment = readPassphrase(std::nullopt);
        QCOMPARE((*ofEnvironment)->view().toByteArray(), QByteArray("from the environment"));
        QVERIFY(!qEnvironmentVariableIsSet("SOTTO_PASSPHRASE"));
        const auto none = readPassphrase(std::nullopt);
        QVERIFY(none && !*none);
    }
    void emptyTooLongAndMissingFilesAreErrors()
    {
        QVERIFY(readPassphrase(fileWith("")).error().code == ErrorCode::InvalidArgument);
        QVERIFY(readPassphrase(fileWith("\nsecond")).error().code == ErrorCode::InvalidArgument);
        QVERIFY(readPassphrase(fileWith(QByteArray(1025, 'x'))).error().code == ErrorCode::InvalidArgument);
        QVERIFY(readPassphrase(fileWith(QByteArray(1024, 'x') + "\n")).hasValue());
        QVERIFY(readPassphrase(m_folder.filePath(QStringLiteral("none"))).error().code == ErrorCode::NotFound);
    }
    void theRecoveryKitIsTheFilesFirstLine()
    {
        QCOMPARE(readRecoveryKit(fileWith("ABCD-EFGH\nmore\n"))->view().toByteArray(), QByteArray("ABCD-EFGH"));
        QVERIFY(readRecoveryKit(fileWith("")).error().code == ErrorCode::InvalidArgument);
        QVERIFY(readRecoveryKit(fileWith(QByteArray(257, 'A'))).error().code == ErrorCode::InvalidArgument);
        QVERIFY(readRecoveryKit(m_folder.filePath(QStringLiteral("none"))).error().code == ErrorCode::NotFound);
    }

private:
    QString fileWith(const QByteArray &content)
    {
        QFile file(m_folder.filePath(QStringLiteral("passphrase")));
        const bool opened = file.open(QIODevice::WriteOnly);
        Q_ASSERT(opened);
        Q_UNUSED(opened)
        file.write(content);
        return file.fileName();
    }
    QTemporaryDir m_folder;
};

SOTTO_TEST(ProfileTest)

} // namespace sotto

#include "profile_test.moc"
