#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Months in which little happens.
class LongTimePlay : public QObject {
    Q_OBJECT

    static void daysGoBy(World &world, Person &person, int days)
    {
        for (int day = 1; day <= days; ++day) {
            person.goesOffline();
            world.clock().advance(24h);
            person.comesBack();
            if (day % 5 == 0)
                world.passes(61min); // prekeys are topped up
        }
    }

private Q_SLOTS:
    void newPeopleReachWhoWasThereDailyForMonths_data()
    {
        QTest::addColumn<int>("days");
        // The private half of a signed prekey lives 60 days after its successor came, that of a one-time prekey 90.
        QTest::newRow("61 days") << 61;
        QTest::newRow("95 days") << 95;
    }
    void newPeopleReachWhoWasThereDailyForMonths()
    {
        QFETCH(int, days);
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.registersWith(world.operatorInvite(), QStringLiteral("alice"));
        daysGoBy(world, alice, days);
        Person bob(world, QStringLiteral("Bob"));
        bob.registersWith(world.operatorInvite());
        QVERIFY(world.wait(bob.desktop().addContact(QStringLiteral("@alice")), "Bob asks"));
        world.until([&] { return alice.desktop().contactRequests().size() == 1; }, "Alice is asked");
        QCOMPARE(alice.desktop().status().droppedFrames, 0);
    }
};

SOTTO_TEST(LongTimePlay)

} // namespace sotto

#include "long_time_test.moc"
