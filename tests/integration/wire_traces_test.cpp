#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

#include <algorithm>
#include <ctime>
#include <set>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;
using wire::Frame;

/// What the relay, or whoever watches the line, can tell from the frames; and what frames that do not count leave.
class WireTracesPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T086_textsOfUpTo4096BytesHaveAtMostTwelveSizesOnTheWire()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        // Each side has answered the other: no prekey messages any more.
        alice.writesTo(bob, QStringLiteral("hello"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "hello");
        bob.writesTo(alice, QStringLiteral("hello"), 0);
        bob.writesTo(alice, QStringLiteral("hello"), 1);
        world.until([&] { return alice.sees(bob, 0).size() == 3 && alice.sees(bob, 1).size() == 3; }, "answers");
        alice.writesTo(bob, QStringLiteral("hello"), 1);
        world.until([&] { return alice.sees(bob, 0).size() == 4; }, "the sibling has spoken too");
        world.passes(20s);

        using Size = std::pair<qsizetype, qsizetype>; // of the payload, of a copy
        std::set<Size> sizes;
        int texts = 0;
        alice.line(0).fromClient = [&](Frame frame) {
            const auto *request = std::get_if<wire::Request>(&frame);
            const auto *submit = request ? std::get_if<wire::Submit>(&request->body) : nullptr;
            if (submit && submit->mailClass == wire::MailClass::Message) {
                ++texts;
                for (const wire::Target &target : submit->targets) {
                    for (const wire::Copy &copy : target.copies)
                        sizes.emplace(submit->payload.size(), copy.ciphertext.size());
                }
            }
            return std::vector<Frame>{std::move(frame)};
        };
        // Every 41st length and the ends: below 128 messages, so that the ratchet's counter keeps its one byte.
        QStringList said = bob.sees(alice, 0);
        for (int length = 1; length <= 4096; length += length + 41 <= 4096 ? 41 : std::max(1, 4096 - length)) {
            alice.writesTo(bob, QString(length, u'x'), std::size_t(0));
            said.append(QStringLiteral("Alice: ") + QString(length, u'x'));
        }
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; }, "every text");
        QVERIFY2(texts >= 100, qPrintable(QString::number(texts)));
        QVERIFY2(sizes.size() <= 12, qPrintable(QString::number(sizes.size())));
        QVERIFY(sizes.size() >= 3); // long ones do differ from short ones
    }
    void fiveThousandTypingFramesToAnOfflinePeerCostNothing()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "the first");
        bob.writesTo(alice, QStringLiteral("two"));
        world.until([&] { return alice.sees(bob, 0).size() == 2 && alice.sees(bob, 1).size() == 2; }, "an answer");
        world.passes(20s);
        const qint64 normal = costOfOneMessage(world, alice, bob, QStringLiteral("three"));
        bob.goesOffline();
        int typed = 0;
        int receipts = 0; // in a quiet time each desktop says once or twice where its stream ends
        const auto watch = [&](Frame frame) {
            typed += std::holds_alternative<wire::Ephemeral>(frame) ? 1 : 0;
            const auto *request = std::get_if<wire::Request>(&frame);
            const auto *submit = request ? std::get_if<wire::Submit>(&request->body) : nullptr;
            const bool isToBob = submit && submit->targets.front().account == bob.account();
            receipts += isToBob && submit->mailClass == wire::MailClass::Receipt ? 1 : 0;
            return std::vector<Frame>{std::move(frame)};
        };
        alice.line(0).fromClient = watch;
        alice.line(1).fromClient = watch;
        // Hours of virtual time in seconds: every desktop's pings have to be answered before it goes on.
        int awaited = 0;
        for (std::size_t desktop : {0, 1}) {
            alice.line(desktop).pinged = [&awaited] { ++awaited; };
            alice.line(desktop).answered = [&awaited] { awaited = std::max(awaited - 1, 0); };
        }
        while (typed < 5000) {
            alice.desktop().sendTyping(bob.account());
            world.clock().advance(4s);
            world.until([&awaited] { return awaited == 0; }, "the relay's sign of life");
        }
        QCOMPARE(alice.desktop().connection().status, ConnectionStatus::Online);
        QVERIFY(receipts <= 4);
        QCOMPARE(queuedMail(world), qint64(receipts) * 2);
        int mail = 0;
        int ephemeral = 0;
        bob.line(0).toClient = [&](Frame frame) {
            if (const auto *push = std::get_if<wire::Push>(&frame)) {
                const auto *deliver = std::get_if<wire::Deliver>(push);
                mail += deliver
                    ? int(std::ranges::count(deliver->envelopes, wire::MailClass::Message, &wire::Envelope::mailClass))
                    : 0;
                ephemeral += std::holds_alternative<wire::EphemeralArrived>(*push) ? 1 : 0;
            }
            return std::vector<Frame>{std::move(frame)};
        };
        const qint64 afterwards = costOfOneMessage(world, alice, bob, QStringLiteral("four"));
        QCOMPARE(mail, 1);
        QCOMPARE(ephemeral, 0);
        QCOMPARE(bob.desktop(0).status().undecryptable, 0);
        QCOMPARE(bob.desktop(1).status().undecryptable, 0);
        qInfo("one message after an absence: %lld us of CPU, after 5,000 typing frames %lld us", (long long)normal,
              (long long)afterwards);
        // A chain that had moved on by 5,000 would cost some 80 ms, or the message.
        QVERIFY2(afterwards < 3 * normal + 20'000, qPrintable(QStringLiteral("%1 us").arg(afterwards)));
    }

private:
    static qint64 cpuMicroseconds()
    {
        timespec spent{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
        return qint64(spent.tv_sec) * 1'000'000 + spent.tv_nsec / 1000;
    }
    static qint64 queuedMail(World &world)
    {
        const auto status = world.wait(world.relay().status(), "the relay's status");
        for (const QString &line : status.valueOr({})) {
            if (line.startsWith(QStringLiteral("queued_mail ")))
                return line.section(u' ', 1).toLongLong();
        }
        return -1;
    }
    /// What this thread spends from the moment both desktops of `to` come online until both show the one message that
    /// waits for them.
    static qint64 costOfOneMessage(World &world, Person &from, Person &to, const QString &text)
    {
        to.goesOffline();
        const MessageId message = from.writesTo(to, text);
        world.until([&] { return from.deliveryOf(to, message) == Delivery::Sent; }, "it is at the relay");
        const qint64 before = cpuMicroseconds();
        to.comesBack();
        const QString line = from.name() + QStringLiteral(": ") + text;
        world.until([&] { return to.sees(from, 0).contains(line) && to.sees(from, 1).contains(line); }, "it arrives");
        return cpuMicroseconds() - before;
    }
};

SOTTO_TEST(WireTracesPlay)

} // namespace sotto

#include "wire_traces_test.moc"
