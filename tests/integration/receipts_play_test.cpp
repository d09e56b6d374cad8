#include "core/messaging/receipts/receipt_timing.h"
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>
#include <algorithm>
#include <set>
#include <utility>

namespace sotto {

using kit::Person;
using kit::Tampering;
using kit::World;
using namespace std::chrono_literals;
using wire::Frame;

namespace {

/// What the first desktop owes is sent by then.
constexpr Milliseconds kFirstHasSent = kLongestReceiptWait + 1s;

/// The receipts that desktops submit to one account; a submit that is repeated counts once.
class Receipts {
public:
    explicit Receipts(const AccountId &to) : m_to(to) { }
    void watch(Tampering &line)
    {
        line.fromClient = [this, inner = line.fromClient](Frame frame) {
            if (const auto *request = std::get_if<wire::Request>(&frame))
                note(request->body);
            return inner ? inner(std::move(frame)) : std::vector<Frame>{std::move(frame)};
        };
    }
    int count() const { return int(m_submits.size()); }
    void forget() { m_submits.clear(); }

private:
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
        if (submit.mailClass == wire::MailClass::Receipt
            && std::ranges::find(submit.targets, m_to, &wire::Target::account) != submit.targets.end())
            m_submits.insert(submit.submitId);
    }

    AccountId m_to;
    std::set<SubmitId> m_submits;
};

/// Two people who have talked before: all receipts of the beginning are sent.
struct Talk {
    World world;
    Person alice = world.join(QStringLiteral("Alice"));
    Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
    Receipts first{alice.account()}; ///< of Bob's first desktop
    Receipts second{alice.account()};

    Talk()
    {
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "sessions");
        bob.reads(alice);
        allReceiptsAreSent();
        first.watch(bob.line(0));
        second.watch(bob.line(1));
    }
    void untilAliceHas(const MessageId &message, Delivery delivery, const char *what)
    {
        const auto has = [&](std::size_t desktop) { return alice.deliveryOf(bob, message, desktop) == delivery; };
        world.until([&] { return has(0) && has(1); }, what);
        allReceiptsAreSent();
    }
    /// Time goes by until nobody owes a receipt: at first so slowly that what one desktop sends reaches the other, then
    /// as long as that one would wait.
    void allReceiptsAreSent()
    {
        const Timestamp sent = world.clock().now() + kFirstHasSent;
        world.until([&] { return world.clock().now() >= sent; }, "the first desktop's receipts");
        world.passes(2 * kSiblingWait);
    }
    int receipts() const { return first.count() + second.count(); }
    void forget()
    {
        first.forget();
        second.forget();
    }
};

} // namespace

/// An account with two desktops answers with one receipt, not with one a desktop.
class ReceiptsPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void oneReceiptAnAccount()
    {
        Talk talk;
        const MessageId hello = talk.alice.writesTo(talk.bob, QStringLiteral("hello"));
        talk.untilAliceHas(hello, Delivery::Delivered, "the delivered mark on both desktops");
        QCOMPARE(talk.bob.sees(talk.alice, 1).size(), 2); // it came to the desktop that stayed silent
        QCOMPARE(talk.first.count(), 1);
        QCOMPARE(talk.second.count(), 0);

        talk.forget();
        talk.bob.reads(talk.alice, 0);
        talk.untilAliceHas(hello, Delivery::Read, "the read mark on both desktops");
        QCOMPARE(talk.receipts(), 1);
    }
    void oneReceiptWhenTheSecondDesktopReads()
    {
        Talk talk;
        const MessageId hello = talk.alice.writesTo(talk.bob, QStringLiteral("hello"));
        talk.untilAliceHas(hello, Delivery::Delivered, "the delivered mark on both desktops");
        talk.forget();
        talk.bob.reads(talk.alice, 1);
        talk.untilAliceHas(hello, Delivery::Read, "the read mark on both desktops");
        QCOMPARE(talk.receipts(), 1);
    }
    void theLadderOfAMessageHasItsTimes()
    {
        Talk talk;
        const MessageId id = talk.alice.writesTo(talk.bob, QStringLiteral("How far are you?"));
        const auto ladderOn = [&](std::size_t desktop) {
            const Client &client = talk.alice.desktop(desktop);
            const auto details = client.details(client.conversationWith(talk.bob.account())->id, id);
            return details ? details->ladder : DeliveryLadder{};
        };
        talk.untilAliceHas(id, Delivery::Delivered, "Bob's desktops have it");
        const DeliveryLadder delivered = ladderOn(0);
        QVERIFY(delivered.acceptedAt && *delivered.acceptedAt >= delivered.writtenAt);
        // As the relay said when it took it; only who sent it was told.
        QVERIFY(delivered.acceptedAt && *delivered.acceptedAt <= talk.world.clock().now());
        QCOMPARE(delivered.keptUntil, std::optional(*delivered.acceptedAt + 30 * 24h));
        QVERIFY(!ladderOn(1).keptUntil);
        QCOMPARE(delivered.readers.size(), std::size_t(1));
        QCOMPARE(delivered.readers.front().reader, talk.bob.account());
        QVERIFY(delivered.readers.front().deliveredAt >= delivered.acceptedAt);
        QVERIFY(!delivered.readers.front().readAt);
        const Timestamp before = talk.world.clock().now();
        talk.bob.reads(talk.alice);
        talk.untilAliceHas(id, Delivery::Read, "Bob reads it");
        const ReceiptTimes read = ladderOn(0).readers.front();
        QCOMPARE(read.deliveredAt, delivered.readers.front().deliveredAt);
        QVERIFY(read.readAt >= before && read.readAt <= talk.world.clock().now());
        talk.world.until([&] { return ladderOn(1).readers.size() == 1 && ladderOn(1).readers.front().readAt; },
                         "the other desktop knows it, too");
        QCOMPARE(ladderOn(1).acceptedAt, ladderOn(0).acceptedAt);
    }
    void whatTheRelayRefusedWasReadByNobody()
    {
        Talk talk;
        kit::MaliciousRelay malicious(talk.world.clock(), talk.world.random());
        malicious.takes(talk.alice.line(0));
        bool isSpoilt = false;
        malicious.onRequest([&isSpoilt](wire::RequestBody &asked) {
            auto *const submit = std::get_if<wire::Submit>(&asked);
            if (submit && submit->mailClass == wire::MailClass::Message && !std::exchange(isSpoilt, true)) {
                auto &copies = submit->targets.front().copies;
                copies.push_back(copies.front()); // twice: the honest relay behind refuses that for good
            }
            return true;
        });
        const MessageId refused = talk.alice.writesTo(talk.bob, QStringLiteral("never sent"));
        talk.world.until([&] { return talk.alice.deliveryOf(talk.bob, refused) == Delivery::Failed; }, "the refusal");
        // Its counter goes to a Void, and what Bob confirms and reads later covers that.
        const MessageId next = talk.alice.writesTo(talk.bob, QStringLiteral("sent"));
        talk.untilAliceHas(next, Delivery::Delivered, "the next one");
        talk.bob.reads(talk.alice);
        talk.untilAliceHas(next, Delivery::Read, "Bob reads it");
        const Client &client = talk.alice.desktop(0);
        const auto details = client.details(client.conversationWith(talk.bob.account())->id, refused);
        QVERIFY(details);
        QCOMPARE(details->ladder.state, Delivery::Failed);
        QVERIFY(!details->ladder.acceptedAt);
        QVERIFY(details->ladder.readers.empty());
    }
    void theSiblingSendsWhileTheFirstDesktopIsAway()
    {
        Talk talk;
        talk.bob.closes(0);
        const MessageId hello = talk.alice.writesTo(talk.bob, QStringLiteral("hello"));
        talk.untilAliceHas(hello, Delivery::Delivered, "the delivered mark, by the sibling");
        QCOMPARE(talk.second.count(), 1);
        talk.forget();
        talk.bob.reads(talk.alice, 1);
        talk.untilAliceHas(hello, Delivery::Read, "the read mark, by the sibling");
        QCOMPARE(talk.second.count(), 1);

        // The first desktop learns what its sibling did before it would send the same again.
        talk.forget();
        talk.bob.opens(0);
        talk.world.until([&] { return talk.bob.sees(talk.alice, 0).size() == 2; }, "the first desktop has it too");
        talk.allReceiptsAreSent();
        QCOMPARE(talk.receipts(), 0);
    }
    void theSiblingSendsWhatAConnectedFirstDesktopLeavesUndone()
    {
        Talk talk;
        // Connected, but no mail comes through to it.
        talk.bob.line(0).toClient = [](Frame frame) {
            const auto *push = std::get_if<wire::Push>(&frame);
            const bool isMail = push && std::holds_alternative<wire::Deliver>(*push);
            return isMail ? std::vector<Frame>() : std::vector<Frame>{std::move(frame)};
        };
        const MessageId hello = talk.alice.writesTo(talk.bob, QStringLiteral("hello"));
        talk.world.until([&] { return talk.bob.sees(talk.alice, 1).size() == 2; }, "the second desktop has it");
        const Timestamp came = talk.world.clock().now();
        talk.world.until([&] { return talk.second.count() > 0; }, "the sibling's receipt");
        QVERIFY(talk.world.clock().now() - came >= kSiblingWait);
        talk.untilAliceHas(hello, Delivery::Delivered, "the delivered mark on both desktops");
        QCOMPARE(talk.first.count(), 0);
        QCOMPARE(talk.second.count(), 1);
    }
};

SOTTO_TEST(ReceiptsPlay)

} // namespace sotto

#include "receipts_play_test.moc"
