#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Fault;
using kit::FaultVfs;
using kit::Person;
using kit::World;
using namespace std::chrono_literals;
using wire::Frame;

/// One desktop's disk stops taking anything in the middle of a conversation, and the program dies with it: what had
/// been said to be stored is stored, what the relay had been told to forget is here, nothing is used twice. The inbox
/// alone is played at every one of its write points in tests/unit/core_messaging.
class CrashPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T020_whoDiesWhileReceivingHasEverythingOnceAfterwards()
    {
        FaultVfs disk("/Bob-0/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QStringList said;
        int deaths = 0;
        bool survived = false;
        for (int point = 1; !survived; ++point) {
            disk.failWriteAfter(point, Fault::InputOutput);
            for (int i = 0; i < 3; ++i) {
                const QString text = QStringLiteral("Line %1").arg(said.size());
                alice.writesTo(bob, text);
                said.append(QStringLiteral("Alice: ") + text);
            }
            world.until([&] { return bob.sees(alice, 1) == said; }, "his other desktop has them");
            world.until([&] { return disk.hasFailed() || bob.sees(alice, 0) == said; }, "it dies or has them");
            survived = !disk.hasFailed();
            deaths += survived ? 0 : 1;
            dies(disk, bob, 0);
            world.until([&] { return bob.sees(alice, 0) == said; }, "everything once, in order");
            QCOMPARE(bob.desktop(0).status().undecryptable, 0);
        }
        QVERIFY2(deaths >= 20, qPrintable(QString::number(deaths)));
        isWholeAndTalks(world, bob, 0, alice);
    }
    void T021_whoDiesWhileSendingSendsTheSameBytesAndNothingTwice()
    {
        FaultVfs disk("/Alice-0/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("Line 0"));
        QStringList said{QStringLiteral("Alice: Line 0")};
        const auto allSee = [&] {
            return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said && alice.sees(bob, 1) == said;
        };
        world.until(allSee, "sessions");
        std::map<SubmitId, Bytes> submitted;
        std::map<std::uint64_t, SubmitId> numbers;
        int repeats = 0;
        bool sameBytes = true;
        bool sameNumbers = true;
        alice.line(0).fromClient = [&](Frame frame) {
            const auto *request = std::get_if<wire::Request>(&frame);
            const auto *submit = request ? std::get_if<wire::Submit>(&request->body) : nullptr;
            if (submit) {
                const auto [first, isNew] = submitted.try_emplace(submit->submitId, wire::encode(*submit));
                repeats += isNew ? 0 : 1;
                sameBytes = sameBytes && first->second == wire::encode(*submit);
                sameNumbers = sameNumbers
                    && numbers.try_emplace(submit->submitSeq, submit->submitId).first->second == submit->submitId;
            }
            return std::vector<Frame>{std::move(frame)};
        };
        int deaths = 0;
        bool survived = false;
        for (int point = 1; !survived; ++point) {
            disk.failWriteAfter(point, Fault::InputOutput);
            std::optional<QString> perhaps;
            for (int i = 0; i < 2 && !disk.hasFailed(); ++i) {
                const QString text = QStringLiteral("Line %1").arg(said.size());
                const auto written = alice.desktop(0).sendText(bob.account(), text);
                // A commit that was refused may stand on the disk all the same: the person was told to try again.
                if (written)
                    said.append(QStringLiteral("Alice: ") + text);
                else
                    perhaps = QStringLiteral("Alice: ") + text;
            }
            world.until([&] { return disk.hasFailed() || (alice.desktop(0).status().outbox == 0 && allSee()); },
                        "it dies or has sent them");
            survived = !disk.hasFailed();
            deaths += survived ? 0 : 1;
            dies(disk, alice, 0);
            const QStringList kept = alice.sees(bob, 0);
            if (perhaps && kept.contains(*perhaps))
                said.append(*perhaps);
            QCOMPARE(kept, said);
            world.until([&] { return alice.desktop(0).status().outbox == 0 && allSee(); }, "everything once");
            QCOMPARE(bob.desktop(0).status().undecryptable, 0);
            QCOMPARE(bob.desktop(1).status().undecryptable, 0);
            QVERIFY(sameBytes && sameNumbers);
        }
        qInfo("%d deaths, %d repeated submits", deaths, repeats);
        QVERIFY2(deaths >= 40, qPrintable(QString::number(deaths)));
        QVERIFY(repeats > 0);
        isWholeAndTalks(world, alice, 0, bob);
    }
    void T022_aFullDiskIsToldOnceAndCostsNothing()
    {
        FaultVfs disk("/Bob-0/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QSignalSpy told(&bob.desktop(0), &Client::storageTrouble);
        QStringList said;
        for (int round = 1; round <= 2; ++round) {
            disk.failWriteAfter(1, Fault::DiskFull);
            const QString text = QStringLiteral("Line %1").arg(round);
            alice.writesTo(bob, text);
            said.append(QStringLiteral("Alice: ") + text);
            world.until([&] { return told.size() == round; }, "he is told");
            QCOMPARE(told.last().first().value<ErrorCode>(), ErrorCode::DiskFull);
            world.passes(3min);
            QCOMPARE(told.size(), round); // not at each of the tries since
            disk.repair();
            world.until([&] { return bob.sees(alice, 0) == said; }, "it comes as soon as there is room");
        }
    }
    void T020_whoDiesRightAfterRegisteringIsAContactOfWhoInvited()
    {
        FaultVfs disk("/Newcomer/");
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        const auto invite = world.wait(alice.desktop().createInvite(), "an invite");
        QVERIFY(invite);
        kit::MemorySecretStore keychain;
        const auto opens = [&] {
            ClientEnvironment environment{world.clock(), world.random(), &keychain};
            environment.proxy.kind = ProxySettings::Kind::None;
            auto opened = world.wait(Client::open(world.folder() + QStringLiteral("/Newcomer"), environment, {}),
                                     "a profile opens");
            return opened ? std::move(*opened) : nullptr;
        };
        std::unique_ptr<Client> newcomer = opens();
        QVERIFY(newcomer);
        // The disk refuses one change later each time, until it is the first after the registration.
        for (int change = 1; !newcomer->account(); ++change) {
            disk.failLockAfter(change);
            const auto registered =
                world.wait(newcomer->registerAccount(*invite, QStringLiteral("Newcomer"), QString()), "a registration");
            QVERIFY(!registered);
            newcomer.reset();
            disk.repair();
            newcomer = opens();
            QVERIFY(newcomer);
        }
        QVERIFY(!newcomer->contacts().empty()); // before it is online
        newcomer->start();
        world.until(
            [&] {
                const std::vector<Contact> alices = alice.desktop().contacts();
                const std::vector<Contact> theirs = newcomer->contacts();
                return alices.size() == 1 && alices.front().state == ContactState::Accepted && theirs.size() == 1
                    && theirs.front().state == ContactState::Accepted && !theirs.front().name.isEmpty();
            },
            "they are contacts");
    }

private:
    /// What the program had in memory is gone; the disk works again and the program is started.
    static void dies(FaultVfs &disk, Person &who, std::size_t desktop)
    {
        who.closes(desktop);
        disk.repair();
        who.opens(desktop);
    }
    /// The database passes its checks, and both directions of every session still work.
    static void isWholeAndTalks(World &world, Person &who, std::size_t desktop, Person &other)
    {
        const auto findings = world.wait(who.desktop(desktop).doctor(), "the doctor");
        const auto database = std::ranges::find(findings.value(), QStringLiteral("database"), &DoctorFinding::check);
        QVERIFY(database != findings->end() && database->well);
        who.writesTo(other, QStringLiteral("I am well"), desktop);
        const QString first = who.name() + QStringLiteral(": I am well");
        world.until([&] { return other.sees(who, 0).contains(first) && other.sees(who, 1).contains(first); }, "there");
        other.writesTo(who, QStringLiteral("good"), 1);
        const QString second = other.name() + QStringLiteral(": good");
        world.until([&] { return who.sees(other, desktop).contains(second); }, "and back");
    }
};

SOTTO_TEST(CrashPlay)

} // namespace sotto

#include "crash_test.moc"
