#include "app/cli/cli_runner.h"
#include "app/cli/rpc_methods.h"
#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"
#include "tests/unit/app_cli/json_schema.h"

#include <QTest>

namespace sotto {

using kit::Fault;
using kit::FaultVfs;
using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// A disk that fills up while mail comes in: whoever uses the program hears of it, in both of its forms.
class TroubleTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aCommandRemarksOnAFullDisk()
    {
        FaultVfs disk("/Bob-0/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        bob.closes(0);
        QString printed;
        QStringList remarks;
        Output output(
            Output::Form::Text, [&printed](const Bytes &line) { printed += QString::fromUtf8(line); },
            [&remarks](const Bytes &line) { remarks.append(QString::fromUtf8(line)); });
        CliRunner runner(environment(world, bob), output);
        auto arguments = parseArguments({QStringLiteral("--profile"), bob.directory(0), QStringLiteral("read"),
                                         alice.account().toHex(), QStringLiteral("--follow")});
        QVERIFY(arguments);
        auto reading = runner.run(std::move(*arguments));
        const MessageId first = alice.writesTo(bob, QStringLiteral("Hello"));
        world.until([&] { return printed.contains(QStringLiteral("Hello")); }, "it follows");
        world.until([&] { return alice.deliveryOf(bob, first) == Delivery::Read; }, "it has nothing left to write");
        disk.failWriteAfter(1, Fault::DiskFull);
        alice.writesTo(bob, QStringLiteral("Are you there?"));
        world.until([&] { return !remarks.filter(QStringLiteral("disk is full")).isEmpty(); }, "a remark");
        disk.repair();
        runner.stop();
        QCOMPARE(world.wait(std::move(reading), "the command ends"), ExitCode::Done);
    }
    void rpcNotifiesOfAFullDisk()
    {
        FaultVfs disk("/Bob-0/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        RpcMethods methods(bob.desktop(0), world.clock());
        QJsonObject told;
        connect(&methods, &RpcMethods::happened, this, [&told](const QString &notification, const QJsonObject &params) {
            if (notification == QStringLiteral("event.trouble"))
                told = params;
        });
        disk.failWriteAfter(1, Fault::DiskFull);
        alice.writesTo(bob, QStringLiteral("Are you there?"));
        world.until([&] { return !told.isEmpty(); }, "a notification");
        QCOMPARE(told.value(QStringLiteral("code")).toString(), QStringLiteral("disk_full"));
        const QJsonObject notifications = rpcSchema().value(QStringLiteral("notifications")).toObject();
        QCOMPARE(schemaProblem(rpcSchema(), notifications.value(QStringLiteral("event.trouble")).toObject(), told),
                 QString());
        disk.repair();
    }

private:
    static ClientEnvironment environment(World &world, const Person &person)
    {
        ClientEnvironment environment{world.clock(), world.random(), &person.keychain(0)};
        environment.proxy.kind = ProxySettings::Kind::None;
        return environment;
    }
};

SOTTO_TEST(TroubleTest)

} // namespace sotto

#include "trouble_test.moc"
