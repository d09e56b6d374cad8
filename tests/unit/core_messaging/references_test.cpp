// What happens to messages after they were written, in whatever order it arrives.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/ledger/signature.h"
#include "core/messaging/references/references.h"
#include "core/sqlite/transaction.h"

#include <QTest>
#include <algorithm>
#include <array>

namespace sotto {

using content::Body;
using kit::chatOf;
using kit::device;
using kit::filled;
using kit::MailFixture;
using kit::pendings;
using kit::sentText;
using kit::shown;
using namespace std::chrono_literals;

namespace {

const DeviceAddress kAlice{filled<AccountId>('A'), device(1)};
const Timestamp kNoon{1'772'366'400'000};

} // namespace

class ReferencesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T087_everyOrderEndsEqual_data()
    {
        QTest::addColumn<bool>("isTakenBack");
        QTest::addColumn<QString>("end");
        QTest::newRow("kept") << false << QStringLiteral("third edited v0=first v1=second v2=third [b]");
        QTest::newRow("taken back") << true << QStringLiteral("deleted:");
    }
    void T087_everyOrderEndsEqual()
    {
        QFETCH(const bool, isTakenBack);
        QFETCH(const QString, end);
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        do {
            MailFixture mail;
            const AccountId author = mail.alice().account();
            const auto text = mail.header(mail.alice(), mail.bob(), 1);
            const MessageId id = text.messageId;
            std::vector<std::vector<wire::Envelope>> sent;
            const auto post = [&mail](std::uint64_t counter, const Body &body) {
                return mail.post(mail.header(mail.alice(), mail.bob(), counter), body);
            };
            sent.push_back({mail.post(text, content::Text{QStringLiteral("first")})});
            sent.push_back({post(2, content::Edit{id, QStringLiteral("second"), 1})});
            if (isTakenBack)
                sent.push_back({post(3, content::Delete{{author, id}})});
            else
                sent.push_back({post(3, content::Edit{id, QStringLiteral("third"), 2})});
            sent.push_back({post(4, content::Reaction{{author, id}, QStringLiteral("a"), 1}),
                            post(5, content::Reaction{{author, id}, QStringLiteral("b"), 2})});
            for (const std::size_t next : order) {
                for (const wire::Envelope &envelope : sent[next]) {
                    mail.deliver(envelope);
                    wire::Envelope again = envelope;
                    again.seq += 100;
                    mail.deliver(again);
                }
            }
            QCOMPARE(shown(mail, mail.bob(), id), end);
            QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM pending_reference").number().value(), 0);
            QCOMPARE(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->size(),
                     std::size_t(0));
            QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
        } while (std::next_permutation(order.begin(), order.end()));
    }
    void ofTwoAtOnceTheSameOneStaysEverywhere()
    {
        const std::array origins{ReferenceOrigin{kAlice, filled<MessageId>('x'), kNoon},
                                 ReferenceOrigin{kAlice, filled<MessageId>('y'), kNoon},
                                 ReferenceOrigin{{kAlice.account, device(9)}, filled<MessageId>('a'), kNoon}};
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            MailFixture mail;
            const auto text = mail.header(mail.alice(), mail.bob(), 1);
            mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
            for (const std::size_t i : order) {
                ReferenceOrigin origin = origins[i];
                origin.sender.account = mail.alice().account();
                origin.clientTime = mail.clock().now();
                InboxNews news;
                auto transaction = Transaction::begin(*mail.bob().database);
                const QString word = QString::number(i);
                References &references = mail.bob().parts->references;
                const Body edit = content::Edit{text.messageId, word, 1};
                const Body reaction = content::Reaction{{mail.alice().account(), text.messageId}, word, 1};
                QVERIFY(references.take(chatOf(mail), origin, edit, content::encode(edit), news));
                QVERIFY(references.take(chatOf(mail), origin, reaction, content::encode(reaction), news));
                QVERIFY(transaction->commit());
            }
            QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("2 edited v0=first v1=2 [2]"));
        } while (std::next_permutation(order.begin(), order.end()));
    }
    void T087_whatComesTooLateOrFromOthersTakesItsCounterAndNothingElse()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        mail.clock().advance(49h);
        const AccountId author = mail.alice().account();
        const std::vector<Body> bodies{content::Edit{text.messageId, QStringLiteral("late"), 1},
                                       content::Delete{{author, text.messageId}},
                                       content::Delete{{mail.bob().account(), text.messageId}},
                                       content::Edit{text.messageId, QStringLiteral("eleven"), 11},
                                       content::Reaction{{author, text.messageId}, QStringLiteral("a\nb"), 1},
                                       content::Reaction{{author, filled<MessageId>('n')}, QStringLiteral("\n"), 1}};
        std::uint64_t counter = 1;
        for (const Body &body : bodies)
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), body));
        QCOMPARE(mail.bob().parts->inbox.ignored(), std::int64_t(bodies.size()));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
        QCOMPARE(mail.bob().storage->streams.find(chatOf(mail), mail.alice().address())->value().lastCounter, counter);
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM pending_reference").number().value(), 0);
    }
    void T087_theEleventhEditIsIgnored()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("eleven"), 11}));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3),
                               content::Edit{text.messageId, QStringLiteral("ten"), 10}));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("ten edited v0=first v10=ten"));
    }
    /// Which of two edits is in time shows only beside their message, so no order may choose before.
    void T087_whatIsTooLateDoesNotPushAsideWhatIsInTime()
    {
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            MailFixture mail;
            const auto text = mail.header(mail.alice(), mail.bob(), 1);
            auto inTime = mail.header(mail.alice(), mail.bob(), 2);
            auto late = mail.header(mail.alice(), mail.bob(), 3);
            inTime.messageId = *MessageId::fromBytes(Bytes(16, '\x01'));
            late.messageId = *MessageId::fromBytes(Bytes(16, '\x02'));
            late.clientTime = late.clientTime + 25h;
            const std::array<wire::Envelope, 3> sent{
                mail.post(text, content::Text{QStringLiteral("first")}),
                mail.post(inTime, content::Edit{text.messageId, QStringLiteral("second"), 1}),
                mail.post(late, content::Edit{text.messageId, QStringLiteral("late"), 1})};
            for (const std::size_t next : order)
                mail.deliver(sent[next]);
            QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("second edited v0=first v1=second"));
            QCOMPARE(pendings(mail.bob()), 0);
        } while (std::next_permutation(order.begin(), order.end()));
    }
    void T087_whatWaitsIsReadAsItCame()
    {
        // Decoding drops one mark of the byte order: what waits must not lose two.
        const QString marks = QString(QChar(0xfeff)) + QChar(0xfeff);
        for (const bool isTextFirst : {true, false}) {
            MailFixture mail;
            const auto text = mail.header(mail.alice(), mail.bob(), 1);
            const auto first = mail.post(text, content::Text{QStringLiteral("first")});
            const auto edit =
                mail.post(mail.header(mail.alice(), mail.bob(), 2), content::Edit{text.messageId, marks, 1});
            mail.deliver(isTextFirst ? first : edit);
            mail.deliver(isTextFirst ? edit : first);
            const auto found = mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), text.messageId);
            QVERIFY((*found)->edited);
        }
    }
    void T087_aReactionThatDoesNotFitLeavesTheOneBefore()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::Text{QStringLiteral("first")}));
        const AccountId author = mail.alice().account();
        std::uint32_t revision = 0;
        const auto react = [&](const MessageId &target, const QString &emoji) {
            InboxNews news;
            const Body body = content::Reaction{{author, target}, emoji, ++revision};
            const ReferenceOrigin origin{mail.alice().address(), filled<MessageId>('e'), mail.clock().now()};
            const auto taken =
                mail.bob().parts->references.take(chatOf(mail), origin, body, content::encode(body), news);
            return taken && *taken == References::Effect::Applied;
        };
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(react(filled<MessageId>('n'), QStringLiteral("a")));
        QVERIFY(react(filled<MessageId>('n'), QStringLiteral("b")));
        QCOMPARE(pendings(mail.bob()), 1);
        // Only some bytes are left: a longer one has no room, and the one that waits stays.
        QVERIFY(mail.bob()
                    .database
                    ->prepare("INSERT INTO pending_reference (conversation, author, target, account,"
                              " device, inner_id, kind, client_ms, body, arrived_ms)"
                              " SELECT conversation, author, x'00', account, device, inner_id, 0, 0,"
                              " zeroblob(1048576 - length(body)), 0 FROM pending_reference")
                    .run());
        QVERIFY(!react(filled<MessageId>('n'), QStringLiteral("longer")));
        QCOMPARE(pendings(mail.bob()), 2);
        QVERIFY(react(filled<MessageId>('n'), QStringLiteral("c")));
        QVERIFY(transaction->commit());
    }
    void whatAnEarlierVersionKeptAndCannotBeReadDoesNotHoldTheMessage()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("second"), 1}));
        QVERIFY(mail.bob().database->prepare("UPDATE pending_reference SET body = x'0a05'").run());
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
        QCOMPARE(pendings(mail.bob()), 0);
    }
    /// A sibling's edit that loses against ours counts once ours will never be sent.
    void T087_anEditThatLostAgainstAnUnsentOneComesBack()
    {
        for (const bool isTakenOutFirst : {true, false}) {
            MailFixture mail;
            const Message text = sentText(mail, QStringLiteral("first"));
            QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QStringLiteral("ours")));
            const auto sibling = [&] {
                const ReferenceOrigin origin{
                    {mail.alice().account(), device(1)}, filled<MessageId>('\0'), mail.clock().now()};
                const Body body = content::Edit{text.id, QStringLiteral("theirs"), 1};
                InboxNews news;
                auto transaction = Transaction::begin(*mail.alice().database);
                QVERIFY(mail.alice().parts->references.take(chatOf(mail), origin, body, content::encode(body), news));
                QVERIFY(transaction->commit());
            };
            const auto takeOut = [&] {
                auto transaction = Transaction::begin(*mail.alice().database);
                const auto waiting = mail.alice().storage->outbox.withoutMessage(chatOf(mail));
                QCOMPARE(waiting->size(), std::size_t(1));
                QVERIFY(mail.alice().storage->outbox.remove(waiting->front().id));
                QVERIFY(*mail.alice().parts->references.takeOut(waiting->front()));
                QVERIFY(transaction->commit());
            };
            if (isTakenOutFirst) {
                takeOut();
                sibling();
            } else {
                sibling();
                QVERIFY(shown(mail, mail.alice(), text.id).startsWith(QStringLiteral("ours")));
                takeOut();
            }
            QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("theirs edited v0=first v1=theirs"));
            QCOMPARE(pendings(mail.alice()), 0);
        }
    }
    void T087_aReactionThatIsNeverSentGivesItsPlaceBack()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        Composer &composer = mail.alice().parts->composer;
        const MessageReference place{text.sender, text.id};
        const auto takeOut = [&](std::size_t number) {
            auto transaction = Transaction::begin(*mail.alice().database);
            const auto waiting = mail.alice().storage->outbox.withoutMessage(chatOf(mail));
            QVERIFY(mail.alice().storage->outbox.remove(waiting->at(number).id));
            const auto notSent = mail.alice().parts->references.takeOut(waiting->at(number));
            QVERIFY(*notSent && (*notSent)->kind == ReferenceKind::Reaction);
            QVERIFY(transaction->commit());
        };
        for (const char *emoji : {"a", "b", "c"})
            QVERIFY(composer.react(chatOf(mail), place, QString::fromLatin1(emoji)));
        takeOut(2);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first [b]"));
        takeOut(0);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first [b]"));
        takeOut(0);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first"));
        QCOMPARE(pendings(mail.alice()), 0);
    }
    void T087_aReferenceNamesAPersonOfTheChat()
    {
        MailFixture mail;
        const AccountId nobody = filled<AccountId>('Z');
        const std::int64_t before = mail.bob().database->prepare("SELECT count(*) FROM account").number().value();
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1),
                               content::Reaction{{nobody, filled<MessageId>('n')}, QStringLiteral("+"), 1}));
        QCOMPARE(mail.bob().parts->inbox.ignored(), 1);
        content::Text text{QStringLiteral("first")};
        text.replyTo = content::Reference{nobody, filled<MessageId>('n')};
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), text));
        QCOMPARE(mail.bobSees(), QStringList{QStringLiteral("first")});
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM account").number().value(), before);
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM reply").number().value(), 0);
    }
    void aMessageTakenBackBeforeItCameIsNotUnread()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const auto first = mail.post(text, content::Text{QStringLiteral("first")});
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Delete{{mail.alice().account(), text.messageId}}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3), content::Text{QStringLiteral("other")}));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        const auto unread = [&] { return mail.bob().storage->conversations.find(chatOf(mail))->value().unread; };
        QCOMPARE(unread(), 0);
        mail.deliver(first);
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("deleted:"));
        QCOMPARE(unread(), 0);
        // Nor does it count a second time when its row goes.
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 4), content::Text{QStringLiteral("more")}));
        const auto row = mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), text.messageId);
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().database->prepare("UPDATE stream SET read_counter = 0").run());
        QVERIFY(mail.bob().storage->messages.remove((*row)->row));
        QVERIFY(transaction->commit());
        QCOMPARE(unread(), 1);
    }
    void T172_whatWaitsForAVoidOrInADeletedChatGoes()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const auto edit = [&](std::uint64_t counter) {
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), counter),
                                   content::Edit{text.messageId, QStringLiteral("rhubarb"), 1}));
            QCOMPARE(pendings(mail.bob()), 1);
        };
        edit(2);
        mail.deliver(mail.post(text, content::Void{}));
        QCOMPARE(pendings(mail.bob()), 0);
        edit(3);
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().storage->messages.removeAll(chatOf(mail), mail.clock().now()));
        QVERIFY(transaction->commit());
        QCOMPARE(pendings(mail.bob()), 0);
    }
    void T087_whatWaitsHasAnEnd()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::Text{QStringLiteral("first")}));
        References &references = mail.bob().parts->references;
        DeviceAddress sender = mail.alice().address();
        const auto waits = [&](int number, const QString &text) {
            Bytes id(16, 'n');
            id.replace(0, 4, QByteArray::number(10'000 + number).right(4));
            InboxNews news;
            const ReferenceOrigin origin{sender, filled<MessageId>('e'), mail.clock().now()};
            const Body body = content::Edit{*MessageId::fromBytes(id), text, 1};
            const auto taken = references.take(chatOf(mail), origin, body, content::encode(body), news);
            return taken && *taken == References::Effect::Applied;
        };
        auto transaction = Transaction::begin(*mail.bob().database);
        for (int i = 0; i < 1000; ++i)
            QVERIFY(waits(i, QStringLiteral("x")));
        QVERIFY(!waits(1000, QStringLiteral("x")));
        sender = {mail.bob().account(), device(9)};
        QVERIFY(waits(1001, QStringLiteral("x"))); // each person has room of their own
        sender = mail.alice().address();
        QVERIFY(transaction->commit());
        auto next = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().storage->references.prunePendingBefore(mail.clock().now() + 1ms));
        for (int i = 0; i < 15; ++i)
            QVERIFY(waits(i, QString(65'536, u'x')));
        QVERIFY(!waits(15, QString(65'536, u'x')));
        QVERIFY(next->commit());
    }
    void T172_takenBackWordsAreGoneFromEveryTable()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("rhubarb one")}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("rhubarb two"), 1}));
        QCOMPARE(mail.bob().storage->conversations.find(chatOf(mail))->value().unread, 1);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3),
                               content::Delete{{mail.alice().account(), text.messageId}}));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("deleted:"));
        const auto chat = mail.bob().storage->conversations.find(chatOf(mail));
        QCOMPARE((*chat)->unread, 0);
        QCOMPARE((*chat)->lastText, QString());
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM message_version").number().value(), 0);
    }
};

SOTTO_TEST(ReferencesTest)

} // namespace sotto

#include "references_test.moc"
