// alarms, and what is answered to them.
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/unit/app_cli/json_schema.h"
#include "tests/unit/app_cli/terminal.h"

#include <QJsonArray>
#include <QTest>
#include <algorithm>

namespace sotto {

using kit::MaliciousRelay;
using kit::Person;
using kit::Said;
using kit::Terminal;
using kit::World;

class AlarmsTest : public QObject {
    Q_OBJECT

    static QStringList words(std::initializer_list<QString> all) { return all; }
    /// The kinds of alarms about somebody.
    static QStringList kinds(const Said &said, const Person &about)
    {
        QStringList kinds;
        for (const QJsonValue &alarm : said.json().value(QStringLiteral("alarms")).toArray()) {
            if (alarm.toObject().value(QStringLiteral("person")).toString() == about.account().toHex())
                kinds.append(alarm.toObject().value(QStringLiteral("kind")).toString());
        }
        kinds.sort();
        return kinds;
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    /// Whoever decides about Bob decides neither about the own list nor about other alarms.
    void T043_sendingToKnownDevicesIsForOneList()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return bob.sees(alice, 1).size() == 1 && alice.sees(bob, 1).size() == 1; }, "sessions");
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(alice.line(1));
        malicious.hidesLogs({alice.account(), bob.account()});
        alice.addDesktop();
        bob.addDesktop();
        bob.writesTo(alice, QStringLiteral("from Bob"));
        alice.writesTo(bob, QStringLiteral("from the first"));
        const auto tells = [&](const Person &about) {
            const auto alarms = alice.desktop(1).alarms();
            return std::ranges::any_of(alarms, [&](const Alarm &alarm) {
                return alarm.account == about.account() && alarm.kind == AlarmKind::Frozen;
            });
        };
        world.until([&] { return tells(alice) && tells(bob); }, "alarms");
        alice.closes(1);

        Terminal terminal(world, alice, 1);
        const Said told = terminal("alarms --json");
        QCOMPARE(told.code, ExitCode::Done);
        QCOMPARE(problemIn("alarms", told.json()), QString());
        QCOMPARE(told.json().value(QStringLiteral("held")).toArray().size(), 2);
        const QStringList others = [&] {
            QStringList all = kinds(told, bob);
            all.removeOne(QStringLiteral("frozen"));
            return all;
        }();
        QVERIFY(!others.isEmpty()); // that Bob knows a newer list of hers
        QVERIFY(kinds(told, bob).contains(QStringLiteral("frozen")));

        const Said sent = terminal(
            words({QStringLiteral("alarms"), bob.account().toHex(), QStringLiteral("send"), QStringLiteral("--json")}));
        QCOMPARE(sent.code, ExitCode::Done);
        QCOMPARE(problemIn("decision", sent.json()), QString());
        QVERIFY(sent.json().value(QStringLiteral("held")).toBool()); // by her own list
        const Said after = terminal("alarms --json");
        QCOMPARE(kinds(after, bob), others);
        QCOMPARE(after.json().value(QStringLiteral("held")).toArray(), QJsonArray{alice.account().toHex()});

        const QString own = alice.account().toHex();
        const Said all = terminal(words({QStringLiteral("alarms"), own, QStringLiteral("send")}));
        QVERIFY2(all.lines.last().contains(QStringLiteral("goes to the devices")), qPrintable(all.lines.last()));
        const Said seen = terminal(
            words({QStringLiteral("alarms"), bob.account().toHex(), QStringLiteral("seen"), QStringLiteral("--json")}));
        QCOMPARE(problemIn("decision", seen.json()), QString());
        const Said none = terminal("alarms --json");
        QVERIFY(kinds(none, bob).isEmpty());
        QVERIFY(none.json().value(QStringLiteral("held")).toArray().isEmpty());
    }
};

SOTTO_TEST(AlarmsTest)

} // namespace sotto

#include "alarms_test.moc"
