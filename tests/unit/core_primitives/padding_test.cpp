#include "core/primitives/padding.h"
#include "tests/kit/test_main.h"

#include <QSet>
#include <QTest>

namespace sotto {

class PaddingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesBackUnchanged()
    {
        for (const qsizetype size : {0, 1, 255, 256, 1023, 1024, 1025, 8191, 8192, 8193, 70000}) {
            const Bytes content(size, char(0x80));
            const auto back = unpadded(padded(content));
            QVERIFY(back);
            QCOMPARE(back->view().toByteArray(), content);
        }
    }
    void stepsAreTheProtocols()
    {
        QCOMPARE(paddedSize(0), 256);
        QCOMPARE(paddedSize(255), 256);
        QCOMPARE(paddedSize(256), 512);
        QCOMPARE(paddedSize(1023), 1024);
        QCOMPARE(paddedSize(1024), 1536);
        QCOMPARE(paddedSize(8191), 8192);
        QCOMPARE(paddedSize(8192), 8704);
        for (qsizetype size = 8192; size < 100'000; size += 7) {
            const qsizetype whole = paddedSize(size);
            QVERIFY(whole > size);
            QVERIFY(double(whole - size - 1) <= 0.12 * double(size));
            QCOMPARE(paddedSize(whole - 1), whole);
        }
    }
    /// Whatever a header in front of the text takes, up to 1 KiB, texts of 0 to 4096 bytes have at most 12 sizes.
    void T086_textsOfUpTo4096BytesHaveAtMostTwelveSizes()
    {
        for (int overhead = 0; overhead <= 1024; ++overhead) {
            QSet<qsizetype> sizes;
            for (int text = 0; text <= 4096; ++text)
                sizes.insert(paddedSize(text + overhead));
            QVERIFY2(sizes.size() <= 12, qPrintable(QString::number(overhead)));
        }
    }
    void T086_badPaddingIsRefused()
    {
        const Bytes good = padded("hello");
        Bytes trailing = good;
        trailing[good.size() - 1] = 1;
        Bytes noMarker = good;
        noMarker[5] = 0;
        Bytes otherMarker = good;
        otherMarker[5] = 0x40;
        for (const Bytes &bad : {Bytes(), Bytes(256, '\0'), trailing, noMarker, otherMarker, good.first(255),
                                 good + Bytes(256, '\0'), Bytes(Bytes("hello") + char(0x80))}) {
            QVERIFY(!unpadded(bad));
            QCOMPARE(unpadded(bad).error().code, ErrorCode::Malformed);
        }
    }
};

SOTTO_TEST(PaddingTest)

} // namespace sotto

#include "padding_test.moc"
