#include "core/base/ids.h"
#include "core/base/random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {
class BrokenRandom final : public Random {
public:
    bool fill(void *, std::size_t) override { return false; }
};
} // namespace

class IdsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textFormIsLowerCaseHexOnly()
    {
        const auto id = MessageId::fromHex(QStringLiteral("000102030405060708090a0b0c0d0e0f"));
        QVERIFY(id);
        QCOMPARE(id->toHex(), QStringLiteral("000102030405060708090a0b0c0d0e0f"));
        QVERIFY(!MessageId::fromHex(QStringLiteral("000102030405060708090A0B0C0D0E0F")));
        QVERIFY(!MessageId::fromHex(QStringLiteral("0001")));
        QVERIFY(!MessageId::fromBytes(QByteArray(15, 'x')));
    }
    void deviceNumbersAre31BitAndNotZero()
    {
        QVERIFY(!DeviceId::from(0));
        QVERIFY(!DeviceId::from(0x80000000u));
        QCOMPARE(DeviceId::from(DeviceId::kMax)->number(), DeviceId::kMax);
    }
    void T014_aFailingRandomSourceGivesNoIdAndNoBytes()
    {
        BrokenRandom random;
        QCOMPARE(random.id<MessageId>().error().code, ErrorCode::RandomFailed);
        QCOMPARE(random.bytes(8).error().code, ErrorCode::RandomFailed);
        QCOMPARE(random.below(10).error().code, ErrorCode::RandomFailed);
    }
    void belowStaysBelow()
    {
        SystemRandom random;
        for (int i = 0; i < 1000; ++i)
            QVERIFY(random.below(7).value() < 7);
    }
};

SOTTO_TEST(IdsTest)

} // namespace sotto

#include "ids_test.moc"
