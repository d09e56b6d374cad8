// Every content but receipts takes a number of its stream, whatever becomes of it.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/sending/outgoing.h"
#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using content::Body;
using content::Text;
using kit::MailFixture;

namespace {

const QString kHello = QStringLiteral("Hello");
const Bytes kBrokenBody = Bytes::fromHex("0a05"); ///< a text that is cut off
const MessageId kTarget = *MessageId::fromBytes(Bytes(16, 't'));

/// What a contact may say of a message that is not here.
std::vector<Body> references(const AccountId &author)
{
    return {content::Edit{kTarget, kHello, 1}, content::Delete{{author, kTarget}},
            content::Reaction{{author, kTarget}, QStringLiteral("+"), 1}};
}

/// The same, and a timer.
std::vector<Body> withoutEffect(const AccountId &author)
{
    std::vector<Body> all = references(author);
    all.push_back(content::TimerChange{60, 1});
    return all;
}

std::vector<Body> everyCountedBody(const AccountId &author)
{
    std::vector<Body> all = withoutEffect(author);
    all.push_back(Text{kHello});
    all.push_back(content::ContactRequest{kHello, QString(), Bytes(32, 'k'), std::nullopt});
    all.push_back(content::ContactAccept{kHello, Bytes(32, 'k')});
    all.push_back(content::ProfileKey{Bytes(32, 'k'), {}});
    all.push_back(content::Void{});
    return all;
}

ConversationId chatOf(MailFixture &mail) { return directConversation(mail.alice().account(), mail.bob().account()); }

/// How far Bob knows Alice's stream.
std::optional<StreamState> known(MailFixture &mail)
{
    return *mail.bob().storage->streams.find(chatOf(mail), mail.alice().address());
}

std::size_t gaps(MailFixture &mail)
{
    return mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 100)->size();
}

/// Alice's outbox gets one more.
void queue(MailFixture &mail, Body body, wire::MailClass mailClass)
{
    auto transaction = Transaction::begin(*mail.alice().database);
    const auto queued =
        enqueue(*mail.alice().storage, mail.random(), mail.clock().now(),
                {mail.bob().account(), std::move(body), mailClass, std::nullopt, std::nullopt, std::nullopt});
    QVERIFY(transaction && queued && transaction->commit());
}

/// Alice comes online, and what she submits reaches Bob.
void carry(MailFixture &mail, std::size_t submits)
{
    mail.relay().onRequest = [&mail](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
        if (std::holds_alternative<wire::Submit>(asked))
            return wire::Accepted{mail.clock().now(), {}, mail.clock().now()};
        return std::nullopt;
    };
    mail.goOnline(mail.alice());
    QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), submits);
    std::uint64_t seq = 0;
    for (const wire::Submit &submit : mail.relay().asked<wire::Submit>()) {
        const wire::Copy &copy = submit.targets.front().copies.front();
        mail.deliver({++seq, mail.clock().now(), submit.mailClass, copy.kind, copy.sealedSender, copy.ciphertext,
                      submit.payload});
    }
}

} // namespace

class CountedContentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsSentIsCountedButReceipts()
    {
        MailFixture mail;
        queue(mail, content::ContactAccept{QStringLiteral("Alice"), Bytes(32, 'k')}, wire::MailClass::Message);
        queue(mail, content::Receipt{}, wire::MailClass::Receipt);
        queue(mail, content::ProfileKey{Bytes(32, 'n'), mail.clock().now()}, wire::MailClass::Keys);
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        std::vector<bool> counted;
        const auto due = mail.alice().storage->outbox.dueAfter(0, mail.clock().now(), 10);
        for (const OutboxEntry &entry : *due)
            counted.push_back(isCountedId(entry.innerId));
        QCOMPARE(counted, (std::vector{true, false, true, true}));
        carry(mail, 4);
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QCOMPARE(known(mail)->lastCounter, 3u);
        QCOMPARE(gaps(mail), std::size_t(0));
        QCOMPARE(mail.bob().parts->inbox.dropped() + mail.bob().parts->inbox.ignored(), 0);
    }
    void aMessageBearsTheTimeItWasWritten()
    {
        MailFixture mail;
        const Timestamp written = mail.clock().now();
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.clock().advance(std::chrono::hours(3));
        carry(mail, 1);
        const auto page = mail.bob().storage->messages.page(chatOf(mail), std::nullopt, 10);
        QCOMPARE(page->size(), std::size_t(1));
        QCOMPARE(page->front().clientTime, written);
    }
    void aDevicesStreamBeginsWithTheFirstMessageThatItIsSent()
    {
        MailFixture mail;
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(transaction && mail.alice().storage->conversations.ensure(chatOf(mail), mail.bob().account()));
        QVERIFY(mail.alice().storage->streams.store(chatOf(mail), mail.alice().address(), {1, 5, std::nullopt, {}, 0}));
        QVERIFY(transaction->commit());
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        carry(mail, 1);
        QCOMPARE(known(mail)->firstCounter, 6u);
        QCOMPARE(gaps(mail), std::size_t(0));
    }
    void aCopyThatWasMadeLateIsTakenOnce()
    {
        MailFixture mail;
        const auto post = [&mail](std::uint64_t counter, std::uint64_t start, const QString &text) {
            auto header = mail.header(mail.alice(), mail.bob(), counter);
            header.streamStart = start;
            mail.deliver(mail.post(header, Text{text}));
        };
        post(6, 6, QStringLiteral("six"));
        post(4, 4, QStringLiteral("four"));
        QCOMPARE(mail.bobSees().size(), 2);
        QCOMPARE(known(mail)->firstCounter, 4u);
        QCOMPARE(gaps(mail), std::size_t(1)); // 5
        post(4, 4, QStringLiteral("four again"));
        QCOMPARE(mail.bobSees().size(), 2);
        post(5, 4, QStringLiteral("five"));
        QCOMPARE(mail.bobSees().size(), 3);
        QCOMPARE(gaps(mail), std::size_t(0));
    }
    void whatIsCountedHasACounterAndAReceiptHasNone()
    {
        MailFixture mail;
        for (const Body &body : everyCountedBody(mail.alice().account()))
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), body));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::Receipt{}));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 10);
        QCOMPARE(mail.bobSees(), QStringList());
        QVERIFY(!known(mail));
    }
    void everythingThatIsTakenMovesTheStream()
    {
        MailFixture mail;
        std::uint64_t counter = 0;
        for (const Body &body : everyCountedBody(mail.alice().account())) {
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), body));
            QCOMPARE(known(mail)->lastCounter, counter);
        }
        QCOMPARE(gaps(mail), std::size_t(0));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
        QCOMPARE(mail.bob().parts->inbox.ignored(), 0);
        QCOMPARE(mail.bobSees(), (QStringList{QString(), kHello})); // the timer is a line
    }
    /// The table of protocol.md 4, but for own desktops: one line for each state, one letter for each kind.
    void T094_whoMaySendWhat()
    {
        const std::pair<ContactState, const char *> table[] = {
            // Text, Receipt (that confirms nothing), Edit, Delete, Reaction, TimerChange, Void, Request, Accept,
            // ProfileKey, two syncs
            {ContactState::Accepted, "aa aaaa a a aa rr"}, {ContactState::Asked, "aa aaaa a a aa rr"},
            {ContactState::Asking, "ar rrrr r a aa rr"},   {ContactState::Stranger, "rr rrrr r a rr rr"},
            {ContactState::Blocked, "ii iiii i i ii rr"},
        };
        for (const auto &[state, line] : table) {
            MailFixture mail;
            const AccountId author = mail.alice().account();
            std::vector<Body> kinds{Text{kHello}, content::Receipt{}};
            for (const Body &body : withoutEffect(author))
                kinds.push_back(body);
            kinds.push_back(content::Void{});
            kinds.push_back(content::ContactRequest{kHello, QString(), Bytes(32, 'k'), std::nullopt});
            kinds.push_back(content::ContactAccept{kHello, Bytes(32, 'k')});
            kinds.push_back(content::ProfileKey{Bytes(32, 'k'), {}});
            kinds.push_back(content::ContactSync{author, ContactState::Accepted, {}, {}, std::nullopt, {1}});
            kinds.push_back(content::OwnSync{});
            QString seen;
            std::uint64_t counter = 0;
            for (const Body &body : kinds) {
                mail.setState(mail.bob(), author, state);
                const Inbox &inbox = mail.bob().parts->inbox;
                const std::int64_t dropped = inbox.dropped();
                const std::int64_t ignored = inbox.ignored();
                mail.deliver(
                    mail.post(mail.header(mail.alice(), mail.bob(), content::isCounted(body) ? ++counter : 0), body));
                seen += inbox.dropped() > dropped ? u'r' : inbox.ignored() > ignored ? u'i' : u'a';
            }
            QCOMPARE(seen, QString::fromLatin1(line).remove(u' '));
        }
    }
    void T094_strangersMoveNoStreamWithMoreThanARequest()
    {
        MailFixture mail;
        for (const ContactState state : {ContactState::Stranger, ContactState::Asking}) {
            mail.setState(mail.bob(), mail.alice().account(), state);
            for (const Body &body : withoutEffect(mail.alice().account()))
                mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), body));
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::Void{}));
            mail.deliver(mail.postRaw(mail.header(mail.alice(), mail.bob(), 1), kBrokenBody));
        }
        QCOMPARE(mail.bob().parts->inbox.dropped(), 12);
        QVERIFY(!known(mail));
    }
    void T091_aBlockedPersonLeavesNoGapAndNothingElse()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Blocked);
        std::uint64_t counter = 0;
        for (const Body &body : everyCountedBody(mail.alice().account()))
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), body));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), content::Receipt{}));
        mail.deliver(mail.postRaw(mail.header(mail.alice(), mail.bob(), ++counter), kBrokenBody));
        QCOMPARE(mail.bob().parts->inbox.ignored(), 11);
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
        QCOMPARE(mail.bob().storage->messages.count().value(), 0);
        QCOMPARE(mail.stateOf(mail.bob(), mail.alice().account()), ContactState::Blocked);
        QVERIFY(!*mail.bob().storage->contacts.profileKey(mail.alice().account()));
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Accepted);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QCOMPARE(gaps(mail), std::size_t(0));
    }
    void aBodyThatCannotBeReadTakesItsCounter()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello}));
        QVERIFY(known(mail)->lastHash.has_value());
        const auto broken = mail.postRaw(mail.header(mail.alice(), mail.bob(), 2), kBrokenBody);
        mail.deliver(broken);
        QCOMPARE(mail.bob().parts->inbox.ignored(), 1);
        QCOMPARE(known(mail)->lastCounter, 2u);
        QVERIFY(!known(mail)->lastHash); // nobody can say what the sender meant
        mail.deliver(broken);
        QCOMPARE(mail.bob().parts->inbox.ignored(), 1); // its hash is kept
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3), Text{QStringLiteral("three")}));
        QCOMPARE(gaps(mail), std::size_t(0));
        QCOMPARE(mail.bobSees().size(), 2);
    }
    void contentOfANewerVersionTakesItsCounter()
    {
        MailFixture mail;
        mail.deliver(mail.postRaw(mail.header(mail.alice(), mail.bob(), 1), Bytes::fromHex("7a00")));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::UpdateNeeded).value(), 1);
        QCOMPARE(mail.bob().storage->messages.page(chatOf(mail), std::nullopt, 10)->front().counter, 1u);
        QCOMPARE(known(mail)->lastCounter, 1u);
        QVERIFY(!known(mail)->lastHash);
        QVERIFY(!mail.bob().storage->receipts.nextDue()->has_value());
    }
    void aVoidEndsWhatTheNextMessageCouldName()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), content::Void{}));
        QVERIFY(!known(mail)->lastHash);
        QCOMPARE(known(mail)->lastCounter, 2u);
    }
    void aTextWhoseTimerCannotBeIsIgnored()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello, 4}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{kHello, 31'536'001}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3), Text{QString()}));
        QCOMPARE(mail.bobSees(), QStringList());
        QCOMPARE(mail.bob().parts->inbox.ignored(), 3);
        QCOMPARE(known(mail)->lastCounter, 3u);
    }
    void T092_whatDesktopsTellEachOtherIsNotTakenFromContacts()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::OwnSync{}));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 1);
        QVERIFY(!known(mail));
    }
    void T089_countersWithoutAMessageOweNoReceipt()
    {
        MailFixture mail;
        Storage &storage = *mail.bob().storage;
        std::uint64_t counter = 0;
        for (const Body &body : references(mail.alice().account()))
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), body));
        QVERIFY(!storage.receipts.nextDue()->has_value());
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        QVERIFY(!storage.receipts.nextDue()->has_value());
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), Text{kHello}));
        QVERIFY(storage.receipts.nextDue()->has_value());
        QVERIFY(storage.receipts.clearDue(chatOf(mail), mail.alice().account()));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        QVERIFY(storage.receipts.nextDue()->has_value());
    }
    void T089_ofAReceiptThatDoesNotOpenNothingIsMissing()
    {
        for (const std::uint64_t counter : {std::uint64_t(0), std::uint64_t(1)}) {
            MailFixture mail;
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), content::Receipt{}));
            QVERIFY(mail.bob().database->prepare("UPDATE session SET hash = x'00'").run());
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), counter), content::Receipt{}));
            QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(),
                     std::int64_t(counter));
        }
    }
};

SOTTO_TEST(CountedContentTest)

} // namespace sotto

#include "counted_content_test.moc"
