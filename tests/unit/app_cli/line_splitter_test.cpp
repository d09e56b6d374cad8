#include "app/cli/line_splitter.h"
#include "tests/kit/test_main.h"

#include <QStringList>
#include <QTest>

namespace sotto {

class LineSplitterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theLinesDoNotDependOnHowTheyCome()
    {
        const Bytes stream("one\r\n\ntwo\nthree");
        for (qsizetype step = 1; step <= stream.size(); ++step) {
            QStringList seen;
            LineSplitter splitter(100, sinkInto(&seen));
            for (qsizetype at = 0; at < stream.size(); at += step)
                splitter.feed(ByteView(stream).sliced(at, std::min(step, stream.size() - at)));
            splitter.end();
            QCOMPARE(seen.join(u'|'), QStringLiteral("one||two|three"));
        }
    }
    void linesOverTheLimitAreToldOnceAndSkipped()
    {
        const Bytes stream = "short\n" + Bytes(11, 'x') + "\n" + Bytes(10, 'y') + "\r\n" + Bytes(1000, 'z');
        for (const qsizetype step : {1, 7, 2000}) {
            QStringList seen;
            LineSplitter splitter(10, sinkInto(&seen));
            for (qsizetype at = 0; at < stream.size(); at += step)
                splitter.feed(ByteView(stream).sliced(at, std::min<qsizetype>(step, stream.size() - at)));
            splitter.end();
            QCOMPARE(seen.join(u'|'), QStringLiteral("short|TOO LONG|yyyyyyyyyy|TOO LONG"));
        }
    }
    void nothingComesOfNothing()
    {
        QStringList seen;
        LineSplitter splitter(10, sinkInto(&seen));
        splitter.end();
        QVERIFY(seen.isEmpty());
    }

private:
    static LineSplitter::Sink sinkInto(QStringList *seen)
    {
        return {[seen](const Bytes &line) { seen->append(QString::fromLatin1(line)); },
                [seen] { seen->append(QStringLiteral("TOO LONG")); }};
    }
};

SOTTO_TEST(LineSplitterTest)

} // namespace sotto

#include "line_splitter_test.moc"
