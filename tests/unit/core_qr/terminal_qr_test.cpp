#include "core/qr/terminal_qr.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class TerminalQrTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aQrCodeHasItsFindersAndTheTwoColourings()
    {
        const QString text = QStringLiteral("sotto:invite/AAAA");
        const QString plain = terminalQr(text, false);
        const QString coloured = terminalQr(text, true);
        QVERIFY(!plain.isEmpty());
        const QStringList lines = plain.split(u'\n', Qt::SkipEmptyParts);
        for (const QString &line : lines)
            QCOMPARE(line.size(), lines.first().size());
        // Two modules of quiet zone, then the finder's seven: a dark bar on the second row of characters.
        QVERIFY(lines.first().count(QChar(0x2588)) == lines.first().size());
        QVERIFY(coloured.contains(QLatin1String("\x1b[30;47m")));
        QVERIFY(!plain.contains(u'\x1b'));
        QCOMPARE(terminalQr(QString(10'000, u'x'), false), QString());
    }
};

SOTTO_TEST(TerminalQrTest)

} // namespace sotto

#include "terminal_qr_test.moc"
