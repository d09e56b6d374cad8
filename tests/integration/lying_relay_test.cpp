#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>
#include <set>

namespace sotto {

using kit::Person;
using kit::Tampering;
using kit::World;
using namespace std::chrono_literals;
using wire::Envelope;
using wire::Frame;

namespace {

/// The mail in a frame from the relay; null when it carries none.
wire::Deliver *mailIn(Frame &frame)
{
    auto *push = std::get_if<wire::Push>(&frame);
    return push ? std::get_if<wire::Deliver>(push) : nullptr;
}

/// Keeps a copy of all mail that passes.
Tampering::Change keeping(std::vector<Envelope> &kept)
{
    return [&kept](Frame frame) {
        if (const auto *mail = mailIn(frame))
            kept.insert(kept.end(), mail->envelopes.begin(), mail->envelopes.end());
        return std::vector<Frame>{std::move(frame)};
    };
}

/// Puts `forged`, in the place of each honest envelope, in front of it: the first frame with mail brings both. The
/// honest one keeps its number, the forged one gets one that no honest mail has.
Tampering::Change forgingFirst(std::function<Envelope(const Envelope &)> forge)
{
    return [forge = std::move(forge)](Frame frame) {
        if (auto *mail = mailIn(frame)) {
            std::vector<Envelope> both;
            for (const Envelope &honest : mail->envelopes) {
                Envelope forged = forge(honest);
                forged.seq = honest.seq + 1'000'000;
                both.push_back(std::move(forged));
            }
            both.insert(both.end(), mail->envelopes.begin(), mail->envelopes.end());
            mail->envelopes = std::move(both);
        }
        return std::vector<Frame>{std::move(frame)};
    };
}

QStringList lines(const Person &who, const QStringList &texts)
{
    QStringList all;
    for (const QString &text : texts)
        all.append(who.name() + QStringLiteral(": ") + text);
    return all;
}

} // namespace

/// A relay that repeats, moves, swaps and hides what passes through it, between real clients.
class LyingRelayPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T082_everyFrameFiveTimesAndAgainAfter40DaysIsShownOnce()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        std::vector<Envelope> kept;
        for (std::size_t desktop : {0, 1}) {
            bob.line(desktop).toClient = [&kept, desktop](Frame frame) {
                if (const auto *mail = mailIn(frame); mail && desktop == 0)
                    kept.insert(kept.end(), mail->envelopes.begin(), mail->envelopes.end());
                return std::vector<Frame>(mailIn(frame) ? 5 : 1, frame);
            };
        }
        QStringList texts;
        for (int i = 0; i < 6; ++i) {
            texts.append(QStringLiteral("Line %1").arg(i));
            alice.writesTo(bob, texts.last(), std::size_t(0));
        }
        texts.append(QString(5000, u'x')); // travels as payload
        const MessageId last = alice.writesTo(bob, texts.last());
        const QStringList said = lines(alice, texts);
        const auto seen = [&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; };
        world.until(seen, "every line once");
        world.until([&] { return alice.deliveryOf(bob, last) == Delivery::Delivered; }, "one receipt");
        alice.goesOffline();
        bob.goesOffline();
        world.clock().advance(std::chrono::hours(24 * 40));
        QVERIFY(qsizetype(kept.size()) >= texts.size());
        bool replayed = false;
        bob.line(0).toClient = [&](Frame frame) {
            std::vector<Frame> frames{frame};
            const auto *push = std::get_if<wire::Push>(&frame);
            if (push && !std::exchange(replayed, true)) {
                for (const Envelope &envelope : kept)
                    frames.push_back(wire::Push(wire::Deliver{{envelope}}));
            }
            return frames;
        };
        bob.comesBack();
        alice.comesBack();
        QVERIFY(replayed);
        world.passes(3h); // bundles have run out and are made anew
        alice.writesTo(bob, QStringLiteral("after 40 days"));
        const QStringList all = said + lines(alice, {QStringLiteral("after 40 days")});
        world.until([&] { return bob.sees(alice, 0) == all && bob.sees(alice, 1) == all; }, "and nothing twice");
        QCOMPARE(bob.desktop(0).status().undecryptable, 0);
        QCOMPARE(bob.desktop(0).conversationWith(alice.account())->unread, qint64(all.size()));
    }
    void T083_aFrameForBobIsNothingToCarol()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        Person carol = world.joinInvitedBy(alice, QStringLiteral("Carol"));
        std::vector<Envelope> forBob;
        bob.line(0).toClient = keeping(forBob);
        alice.writesTo(bob, QStringLiteral("for Bob alone"));
        world.until([&] { return bob.sees(alice, 0).size() == 1; }, "Bob has it");
        QVERIFY(!forBob.empty());
        carol.line(0).toClient = forgingFirst([&forBob](const Envelope &) { return forBob.back(); });
        const auto dropped = carol.desktop(0).status().droppedFrames;
        alice.writesTo(carol, QStringLiteral("for Carol"));
        const QStringList said{QStringLiteral("Alice: for Carol")};
        world.until([&] { return carol.sees(alice, 0) == said; }, "Carol has hers");
        QCOMPARE(carol.desktop(0).status().droppedFrames, dropped + 1);
        QCOMPARE(carol.desktop(0).status().undecryptable, 0); // it counts against nobody
        QCOMPARE(carol.desktop(0).conversations().size(), std::size_t(1));
        // Bob's other desktop cannot use it either.
        bob.line(1).toClient = forgingFirst([&forBob](const Envelope &) { return forBob.back(); });
        alice.writesTo(bob, QStringLiteral("again"));
        world.until([&] { return bob.sees(alice, 1).size() == 2; }, "Bob's other desktop has both");
        QCOMPARE(bob.desktop(1).status().droppedFrames, 1);
        QCOMPARE(bob.sees(alice, 1), lines(alice, {QStringLiteral("for Bob alone"), QStringLiteral("again")}));
    }
    void T083_bobsFrameUnderAlicesNameIsRefused()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        Person carol = world.joinInvitedBy(alice, QStringLiteral("Carol"));
        QVERIFY(world.wait(bob.desktop().addContact(carol.account().toHex()), "Bob asks Carol"));
        world.until([&] { return carol.desktop().contactRequests().size() == 1; }, "Carol is asked");
        QVERIFY(world.wait(carol.desktop().acceptContact(bob.account()), "Carol accepts"));
        // The relay keeps Alice's message back and uses its sealed sender for Bob's.
        std::vector<Envelope> ofAlice;
        carol.line(0).toClient = [&ofAlice](Frame frame) {
            const auto *mail = mailIn(frame);
            if (mail)
                ofAlice.insert(ofAlice.end(), mail->envelopes.begin(), mail->envelopes.end());
            return mail ? std::vector<Frame>() : std::vector<Frame>{std::move(frame)};
        };
        alice.writesTo(carol, QStringLiteral("I am Alice"));
        world.until([&] { return !ofAlice.empty(); }, "Alice's message");
        carol.line(0).toClient = forgingFirst([&ofAlice](const Envelope &honest) {
            Envelope forged = honest;
            forged.sealedSender = ofAlice.back().sealedSender;
            return forged;
        });
        const auto dropped = carol.desktop(0).status().droppedFrames;
        bob.writesTo(carol, QStringLiteral("I am Bob"));
        world.until([&] { return carol.sees(bob, 0) == QStringList{QStringLiteral("Bob: I am Bob")}; },
                    "Bob's own frame opens after the forged one");
        QVERIFY(carol.desktop(0).status().droppedFrames > dropped);
        QCOMPARE(carol.sees(alice, 0), QStringList()); // not even a placeholder in her name
        carol.line(0).toClient = {};
        carol.goesOffline();
        carol.comesBack();
        world.until([&] { return carol.sees(alice, 0) == QStringList{QStringLiteral("Alice: I am Alice")}; },
                    "Alice's own message opens once the relay gives it out");
        QCOMPARE(carol.desktop(0).status().undecryptable, 0);
    }
    void T084_contentMovedFromOneChatToAnotherIsRefused()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        Person carol = world.joinInvitedBy(bob, QStringLiteral("Carol"));
        std::vector<Envelope> ofAlice;
        bob.line(0).toClient = keeping(ofAlice);
        const QString alices(3000, u'a');
        const QString carols(3000, u'c');
        alice.writesTo(bob, alices);
        world.until([&] { return bob.sees(alice, 0).size() == 1; }, "Alice's message");
        const auto withPayload = std::ranges::find_if(ofAlice, [](const Envelope &e) { return !e.payload.isEmpty(); });
        QVERIFY(withPayload != ofAlice.end());
        // Alice's words in Carol's envelope; then no words at all.
        int turn = 0;
        bob.line(0).toClient = forgingFirst([&](const Envelope &honest) {
            Envelope forged = honest;
            forged.payload = turn++ == 0 ? withPayload->payload : Bytes();
            return forged;
        });
        carol.writesTo(bob, carols);
        world.until([&] { return bob.sees(carol, 0) == lines(carol, {carols}); }, "the words that she wrote");
        carol.writesTo(bob, carols + carols);
        world.until([&] { return bob.sees(carol, 0) == lines(carol, {carols, carols + carols}); }, "and the next");
        QVERIFY(turn >= 2);
        QVERIFY(bob.desktop(0).status().droppedFrames >= 2);
        QCOMPARE(bob.sees(alice, 0), lines(alice, {alices}));
        QCOMPARE(bob.desktop(0).status().undecryptable, 0);
    }
    void aSenderWithAnOldListLearnsOfANewDesktop()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "sessions");
        world.passes(20s); // receipts and all are done
        Submits submits;
        submits.watch(alice.line(0));
        bob.addDesktop();
        alice.writesTo(bob, QStringLiteral("after"));
        const auto seesAfter = [&](const Person &who, const Person &other, std::size_t desktop) {
            return who.sees(other, desktop).contains(QStringLiteral("Alice: after"));
        };
        world.until(
            [&] {
                return seesAfter(bob, alice, 0) && seesAfter(bob, alice, 1) && seesAfter(bob, alice, 2)
                    && seesAfter(alice, bob, 1);
            },
            "all five desktops");
        world.passes(20s);
        QVERIFY(submits.staleAnswers >= 1);
        QCOMPARE(bob.sees(alice, 2), lines(alice, {QStringLiteral("after")}));
        for (std::size_t desktop : {0, 1})
            QCOMPARE(bob.sees(alice, desktop), lines(alice, {QStringLiteral("before"), QStringLiteral("after")}));
        QCOMPARE(alice.sees(bob, 1), lines(alice, {QStringLiteral("before"), QStringLiteral("after")}));
        for (std::size_t desktop : {0, 1, 2})
            QCOMPARE(bob.desktop(desktop).status().undecryptable, 0);
        // The copies made for the old list went out again as they were; only the new desktop's was added.
        QCOMPARE(submits.added.size(), std::size_t(1));
        QVERIFY(!submits.alteredACopy);
    }
    void aSiblingWithAnOldListLearnsOfANewDesktop()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"), 1);
        world.until([&] { return bob.sees(alice, 0).size() == 1 && alice.sees(bob, 0).size() == 1; }, "sessions");
        world.passes(20s);
        Submits submits;
        submits.watch(alice.line(1));
        // The relay hides from Alice's second desktop that there is a third.
        alice.line(1).toClient = [inner = alice.line(1).toClient](Frame frame) {
            const auto *push = std::get_if<wire::Push>(&frame);
            const bool tells = push
                && (std::holds_alternative<wire::LogChanged>(*push) || std::holds_alternative<wire::OwnDevices>(*push));
            return tells ? std::vector<Frame>() : inner(std::move(frame));
        };
        alice.addDesktop();
        alice.writesTo(bob, QStringLiteral("after"), 1);
        const QStringList both = lines(alice, {QStringLiteral("before"), QStringLiteral("after")});
        world.until(
            [&] {
                return alice.sees(bob, 2) == lines(alice, {QStringLiteral("after")}) && alice.sees(bob, 0) == both
                    && bob.sees(alice, 0) == both && bob.sees(alice, 1) == both;
            },
            "the third desktop has a transcript, nobody has anything twice");
        QVERIFY(submits.staleAnswers >= 1);
        QVERIFY(!submits.alteredACopy);
    }
    void aDeviceThatOnlyTheRelayKnowsGetsNothing()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "sessions");
        world.passes(20s);
        // The relay says, three times, that a device is missing which no log names; then it goes on honestly.
        const DeviceId ghost = *DeviceId::from(4711);
        int lies = 0;
        bool toGhost = false;
        alice.line(0).fromClient = [&](Frame frame) {
            if (const auto *request = std::get_if<wire::Request>(&frame)) {
                if (const auto *submit = std::get_if<wire::Submit>(&request->body)) {
                    for (const wire::Target &target : submit->targets)
                        toGhost = toGhost
                            || std::ranges::find(target.copies, ghost, &wire::Copy::device) != target.copies.end();
                }
            }
            return std::vector<Frame>{std::move(frame)};
        };
        alice.line(0).toClient = [&](Frame frame) {
            auto *response = std::get_if<wire::Response>(&frame);
            if (response && std::holds_alternative<wire::Accepted>(response->body) && lies < 3) {
                ++lies;
                response->body = wire::StaleDevices{{{bob.account(), 9, {ghost}, {}}}};
            }
            return std::vector<Frame>{std::move(frame)};
        };
        const MessageId after = alice.writesTo(bob, QStringLiteral("after"));
        // Each time that nothing can be added for it, the message waits longer.
        world.until([&] { return lies == 3 && alice.deliveryOf(bob, after) >= Delivery::Sent; },
                    "it is sent all the same");
        world.passes(20s);
        QVERIFY(!toGhost);
        const QStringList both = lines(alice, {QStringLiteral("before"), QStringLiteral("after")});
        QCOMPARE(bob.sees(alice, 0), both);
        QCOMPARE(bob.sees(alice, 1), both);
    }

private:
    /// What one desktop submits, and whether a repeat changes what was encrypted before.
    struct Submits {
        int staleAnswers = 0;
        bool alteredACopy = false;
        std::set<DeviceId> added; ///< devices that a repeat had and the first try had not
        std::map<SubmitId, std::map<DeviceId, wire::Copy>> seen;

        void watch(Tampering &line)
        {
            line.fromClient = [this](Frame frame) {
                if (const auto *request = std::get_if<wire::Request>(&frame))
                    note(request->body);
                return std::vector<Frame>{std::move(frame)};
            };
            line.toClient = [this](Frame frame) {
                if (const auto *response = std::get_if<wire::Response>(&frame))
                    count(response->body);
                return std::vector<Frame>{std::move(frame)};
            };
        }
        void note(const wire::RequestBody &body)
        {
            if (const auto *submit = std::get_if<wire::Submit>(&body))
                note(*submit);
            else if (const auto *batch = std::get_if<wire::SubmitBatch>(&body))
                for (const wire::Submit &one : batch->submits)
                    note(one);
        }
        void note(const wire::Submit &submit)
        {
            const bool isRepeat = seen.contains(submit.submitId);
            auto &copies = seen[submit.submitId];
            for (const wire::Target &target : submit.targets) {
                for (const wire::Copy &copy : target.copies) {
                    const auto known = copies.find(copy.device);
                    if (known == copies.end() && isRepeat)
                        added.insert(copy.device);
                    alteredACopy = alteredACopy || (known != copies.end() && known->second != copy);
                    copies.emplace(copy.device, copy);
                }
            }
        }
        void count(const wire::ResponseBody &body)
        {
            if (std::holds_alternative<wire::StaleDevices>(body))
                ++staleAnswers;
            if (const auto *batch = std::get_if<wire::SubmitBatchReply>(&body))
                staleAnswers += int(std::ranges::count_if(batch->replies, [](const wire::SubmitReply &reply) {
                    return std::holds_alternative<wire::StaleDevices>(reply);
                }));
        }
    };
};

SOTTO_TEST(LyingRelayPlay)

} // namespace sotto

#include "lying_relay_test.moc"
