#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "tests/kit/test_main.h"
#include "tests/unit/app_cli/json_schema.h"

#include <QTest>

namespace sotto {

namespace {

template <class Id> Id filled(char fill) { return *Id::fromBytes(Bytes(qsizetype(Id::kSize), fill)); }

Message someMessage()
{
    Message message{1,
                    filled<MessageId>('m'),
                    filled<ConversationId>('c'),
                    filled<AccountId>('a'),
                    *DeviceId::from(7),
                    3,
                    {1'772'366'400'123},
                    {1'772'366'400'456},
                    MessageKind::Text,
                    QStringLiteral("hi \"there\"\n😀"),
                    Delivery::Read};
    return message;
}

} // namespace

/// What rpc and --json print fits rpc_schema.json.
class ValuesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyValueFitsTheSchema()
    {
        const Contact bob{filled<AccountId>('b'), QStringLiteral("Bob"), QStringLiteral("bob"), ContactState::Asking,
                          true};
        const Contact stranger{filled<AccountId>('s'), {}, {}, ContactState::Stranger, false};
        const Conversation chat{filled<ConversationId>('c'), bob.account, 2, {1'772'366'400'000}, QStringLiteral("hi")};
        const Conversation empty{filled<ConversationId>('d'), stranger.account, 0, {}, {}};
        const ConnectionSnapshot online{ConnectionStatus::Online, true, {}};
        const ConnectionSnapshot offline{ConnectionStatus::Offline, false, QStringLiteral("no network")};
        fits("account", toJson(AccountSnapshot{bob.account, *DeviceId::from(7), QStringLiteral("Bob"), {}, false, 1}));
        fits("account", toJson(AccountSnapshot{bob.account, *DeviceId::from(7), {}, QStringLiteral("bob"), true, 2}));
        fits("connection", toJson(online));
        fits("connection", toJson(offline));
        fits("relay", toJson(RelaySnapshot{QStringLiteral("r"), {QStringLiteral("h:1")}, QStringLiteral("ab"), -5}));
        fits("profile", toJson(ProfileSnapshot{QStringLiteral("Bob"), {}, {}}));
        fits("profile", toJson(ProfileSnapshot{QStringLiteral("Bob"), QStringLiteral("hi"), Bytes("\xff\xd8\xff")}));
        fits("privacy", toJson(PrivacySettings{true, false, true}));
        fits("contact", toJson(bob));
        fits("contact", toJson(stranger));
        fits("chat", toJson(chat, bob));
        fits("chat", toJson(empty, std::nullopt));
        Message answer = someMessage();
        answer.edited = answer.forwarded = true;
        answer.replyTo = MessageReference{bob.account, answer.id};
        fits("message", toJson(answer));
        const DeviceId device = *DeviceId::from(7);
        fits("details",
             toJson(MessageDetails{{{0, device, answer.id, {1}, QStringLiteral("hi")}},
                                   {{bob.account, QStringLiteral("+"), 1, device, answer.id}},
                                   {Delivery::Read,
                                    {1},
                                    Timestamp{2},
                                    Timestamp{3},
                                    {{bob.account, Timestamp{4}, Timestamp{5}}},
                                    false}}));
        fits("details", toJson(MessageDetails{{}, {}, {Delivery::Queued, {1}, {}, {}, {{bob.account, {}, {}}}, true}}));
        fits("hit", toJson(SearchHit{someMessage(), {{0, 2}}}));
        fits("status", toJson(StatusSnapshot{online, 1, 2, 3, 4, 5}));
        fits("finding", toJson(DoctorFinding{QStringLiteral("clock"), true, {}}));
        fits("failure", errorJson(ErrorCode::Offline));
    }
    void messagesOfEveryKindAndStateFit()
    {
        for (const auto delivery :
             {Delivery::Queued, Delivery::Sent, Delivery::Delivered, Delivery::Read, Delivery::Failed}) {
            for (const auto kind : {MessageKind::Text, MessageKind::UpdateNeeded, MessageKind::Undecryptable,
                                    MessageKind::ContactRequest, MessageKind::ContactAccepted, MessageKind::Deleted}) {
                Message message = someMessage();
                message.delivery = delivery;
                message.kind = kind;
                fits("message", toJson(message));
                QCOMPARE(toJson(message).contains(QStringLiteral("kind")), kind != MessageKind::Text);
            }
        }
    }
    void aMessageShowsTheRelaysTimeAndBeforeThatTheSenders()
    {
        Message message = someMessage();
        QCOMPARE(toJson(message).value(QStringLiteral("sent_at")).toString(),
                 QStringLiteral("2026-03-01T12:00:00.456Z"));
        message.sortTime = {};
        QCOMPARE(toJson(message).value(QStringLiteral("sent_at")).toString(),
                 QStringLiteral("2026-03-01T12:00:00.123Z"));
    }
    void terminalsGetNothingThatTheyObey()
    {
        QCOMPARE(printable(QStringLiteral("a\x1b[31mb\u202ec\nd\te")), QStringLiteral("a\ufffd[31mb\ufffdc\nd\te"));
        QCOMPARE(printable(QStringLiteral("häß😀 שלום")), QStringLiteral("häß😀 שלום"));
    }

private:
    static void fits(const char *what, const QJsonObject &value)
    {
        const QJsonObject schema{{QStringLiteral("$ref"), QStringLiteral("#/$defs/") + QLatin1String(what)}};
        const QString problem = schemaProblem(rpcSchema(), schema, value, QString::fromLatin1(what));
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
};

SOTTO_TEST(ValuesTest)

} // namespace sotto

#include "values_test.moc"
