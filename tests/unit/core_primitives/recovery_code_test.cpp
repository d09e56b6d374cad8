#include "core/primitives/recovery_code.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
Bytes counting()
{
    Bytes bytes;
    for (int i = 0; i < 32; ++i)
        bytes.append(char(i));
    return bytes;
}
constexpr char kCode[] = "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFN-BB5N";
} // namespace

class RecoveryCodeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T011_isWrittenTheSameForEver()
    {
        QCOMPARE(recoveryCodeText(counting()).view().toByteArray(), QByteArray(kCode));
    }
    void readsWhatPeopleType()
    {
        QString typed = QString::fromLatin1(kCode);
        for (const QString &variant :
             {typed, typed.toLower(), QString(typed).replace(u'-', u' '), QString(typed).remove(u'-'),
              QString(typed).replace(u'0', u'o').replace(u'1', u'l')}) {
            const auto secret = recoverySecret(variant);
            QVERIFY(secret);
            QCOMPARE(secret->view().toByteArray(), counting());
        }
    }
    void everyMistypedLetterIsNoticed()
    {
        const QString code = QString::fromLatin1(kCode);
        for (qsizetype i = 0; i < code.size(); ++i) {
            if (code[i] == u'-')
                continue;
            QString wrong = code;
            wrong[i] = wrong[i] == u'Z' ? u'Y' : u'Z';
            QCOMPARE(recoverySecret(wrong).error().code, ErrorCode::WrongKey);
        }
    }
    void otherTextIsMalformed()
    {
        const QString code = QString::fromLatin1(kCode);
        for (const QString &text : {QString(), code.chopped(1), code + u'0', QString(code).replace(0, 1, u'U'),
                                    QString(code).replace(0, 1, QChar(0x0416)), QString(10000, u'0')}) {
            QCOMPARE(recoverySecret(text).error().code, ErrorCode::Malformed);
        }
    }
};

SOTTO_TEST(RecoveryCodeTest)

} // namespace sotto

#include "recovery_code_test.moc"
