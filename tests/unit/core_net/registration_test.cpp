#include "core/net/registration.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_net/fake_transport.h"

#include <QTest>

namespace sotto {

using Kind = RegistrationError::Kind;

namespace {

wire::Register requestOf(const FakeNetwork &network)
{
    const wire::SignedEntry entry = signWith(network.deviceKey, "device-log", "body");
    return {filledId<InviteSecret>('i'), entry, entry, {}, {}, filledId<Hash256>('t')};
}

} // namespace

class RegistrationTest : public QObject {
    Q_OBJECT

    static Registration::MakeRequest asking(const FakeNetwork &network)
    {
        return [request = requestOf(network)](const wire::Hello &) { return Result<wire::Register>(request); };
    }

private Q_SLOTS:
    void nothingIsSentWhenThereIsNothingToAskFor()
    {
        FakeNetwork network;
        Registration registration(network.factory(), network.clock);
        Timestamp told;
        const auto task = registration.registerAccount(network.pins(), {},
                                                       [&told](const wire::Hello &hello) -> Result<wire::Register> {
                                                           told = hello.time;
                                                           return ErrorCode::DiskFull;
                                                       });
        QVERIFY(told.ms == 0); // not before the relay is proved
        network.prove();
        QVERIFY(told == network.hello().time);
        QVERIFY(network.last().sentFrames().empty());
        QVERIFY(network.last().closed);
        QVERIFY(task.result().error().kind == Kind::NotMade);
        QVERIFY(task.result().error().toError().code == ErrorCode::DiskFull);
    }
    void sendsOneRequestToTheProvedRelay()
    {
        FakeNetwork network;
        Registration registration(network.factory(), network.clock);
        const auto task = registration.registerAccount(network.pins(), {}, asking(network));
        Q_EMIT network.last().opened(network.spki());
        QVERIFY(network.last().sent.empty());
        network.last().say(network.signedHello(network.hello()));
        const auto frames = network.last().sentFrames();
        QCOMPARE(int(frames.size()), 1);
        const auto &request = std::get<wire::Request>(frames[0]);
        QVERIFY(std::get<wire::Register>(request.body) == requestOf(network));
        network.last().say(wire::Response{request.id, wire::Registered{filledId<AccountId>('a')}});
        QVERIFY(task.isFinished() && task.result().hasValue());
        QVERIFY(task.result()->registered.account == filledId<AccountId>('a'));
        QVERIFY(task.result()->pins == network.pins());
        QVERIFY(network.last().closed);
        QCOMPARE(network.clock.pendingCalls(), 0);
    }
    void T061_theInviteIsNotShownToAnotherRelay()
    {
        FakeNetwork network;
        Registration registration(network.factory(), network.clock);
        const auto task = registration.registerAccount(network.pins(2), {}, asking(network));
        Q_EMIT network.last().opened(filledId<Hash256>('x'));
        network.last().say(network.signedHello(network.hello()));
        QVERIFY(network.last().sent.empty());
        QCOMPARE(network.count(), 2); // the invite's other address
        Q_EMIT network.last().ended(TransportEnd::CouldNotConnect);
        QVERIFY(task.result().error().kind == Kind::RelayNotGenuine);
        QVERIFY(task.result().error().toError().code == ErrorCode::Refused);
    }
    void theOtherAddressIsUsedWhenOneIsDead()
    {
        FakeNetwork network;
        Registration registration(network.factory(), network.clock);
        const auto task = registration.registerAccount(network.pins(2), {}, asking(network));
        Q_EMIT network.last().ended(TransportEnd::CouldNotConnect);
        network.prove();
        network.last().say(wire::Response{1, wire::Registered{filledId<AccountId>('a')}});
        QVERIFY(task.result().hasValue());
    }
    void refusalsSilenceAndBreaksAreTold()
    {
        const auto play = [](auto what) {
            FakeNetwork network;
            Registration registration(network.factory(), network.clock);
            const auto task = registration.registerAccount(network.pins(), {}, asking(network));
            what(network);
            return task.isFinished() ? std::optional(task.result().error()) : std::nullopt;
        };
        const wire::RelayError used{wire::RelayErrorCode::InviteInvalid, {}, 0};
        QVERIFY(play([&](FakeNetwork &n) {
                    n.prove();
                    n.last().say(wire::Response{1, used});
                })
                == (RegistrationError{Kind::Refused, used}));
        QVERIFY(play([&](FakeNetwork &n) {
                    n.prove();
                    n.last().say(wire::Goodbye{used});
                })
                == (RegistrationError{Kind::Refused, used}));
        QVERIFY(play([](FakeNetwork &n) {
                    n.prove();
                    n.clock.advance(Registration::kAnswerDeadline);
                })
                == (RegistrationError{Kind::Lost, {}}));
        QVERIFY(play([](FakeNetwork &n) {
                    n.prove();
                    Q_EMIT n.last().ended(TransportEnd::Closed);
                })
                == (RegistrationError{Kind::Lost, {}}));
        QVERIFY(play([](FakeNetwork &n) {
                    n.prove();
                    n.last().say(wire::Response{1, wire::Ok{}});
                })
                == (RegistrationError{Kind::Lost, {}}));
        QVERIFY(play([](FakeNetwork &n) { n.clock.advance(RelayChannel::kConnectDeadline); })
                == (RegistrationError{Kind::Unreachable, {}}));
    }
};

SOTTO_TEST(RegistrationTest)

} // namespace sotto

#include "registration_test.moc"
