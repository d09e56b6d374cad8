#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::kit {

class SeededRandomTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sameSeedSameBytes()
    {
        SeededRandom one(7), two(7), other(8);
        const Bytes first = *one.bytes(33);
        QCOMPARE(*two.bytes(33), first);
        QVERIFY(*other.bytes(33) != first);
        QVERIFY(*one.bytes(33) != first);
    }
    void failsWhenTold()
    {
        SeededRandom random;
        random.failAfter(1);
        QVERIFY(random.bytes(8).hasValue());
        QCOMPARE(int(random.bytes(8).error().code), int(ErrorCode::RandomFailed));
        char buffer[4] = {1, 2, 3, 4};
        QVERIFY(!random.fill(buffer, sizeof buffer));
        QCOMPARE(QByteArray(buffer, 4), QByteArray(4, '\0'));
        random.failNever();
        QVERIFY(random.bytes(8).hasValue());
        QCOMPARE(random.draws(), 4);
    }
};

SOTTO_TEST(SeededRandomTest)

} // namespace sotto::kit

#include "seeded_random_test.moc"
