#include "server/queues/repeat_memory.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

class RepeatMemoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aNameIsFoundForTwoDays()
    {
        kit::SeededRandom random;
        RepeatMemory memory(random);
        const auto made = memory.nameNow(address(1, 11), submitId(1), kNow);
        QVERIFY(made);
        const auto isPossible = [&](Timestamp now) {
            // Names of later days push the old key out.
            const auto later = memory.nameNow(address(1, 11), submitId(2), now);
            for (const RepeatKey &name : memory.possibleNames(address(1, 11), submitId(1), now)) {
                if (name.hash == made->hash && name.day == made->day)
                    return bool(later);
            }
            return false;
        };
        QVERIFY(isPossible(kNow));
        QVERIFY(isPossible(kNow + std::chrono::hours(48)));
        QVERIFY(!isPossible(kNow + std::chrono::hours(72)));
    }

    void T194_anotherRunCannotRecogniseIt()
    {
        kit::SeededRandom random;
        RepeatMemory one(random);
        RepeatMemory other(random);
        const auto first = one.nameNow(address(1, 11), submitId(1), kNow);
        const auto second = other.nameNow(address(1, 11), submitId(1), kNow);
        QVERIFY(first && second);
        QVERIFY(first->hash != second->hash);
        QVERIFY(one.nameNow(address(1, 12), submitId(1), kNow)->hash != first->hash);
        QVERIFY(one.nameNow(address(1, 11), submitId(2), kNow)->hash != first->hash);
        QVERIFY(one.nameNow(address(1, 11), submitId(1), kNow)->hash == first->hash);
    }

    void withoutRandomnessThereIsNoName()
    {
        kit::SeededRandom random;
        random.failNow();
        RepeatMemory memory(random);
        QVERIFY(memory.nameNow(address(1, 11), submitId(1), kNow).error().code == ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(RepeatMemoryTest)
#include "repeat_memory_test.moc"
