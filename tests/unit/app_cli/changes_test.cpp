// edit, delete and react say what became of it.
#include "app/cli/durations.h"
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/unit/app_cli/json_schema.h"
#include "tests/unit/app_cli/terminal.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

namespace sotto {

using kit::MaliciousRelay;
using kit::Said;
using kit::TwoTerminals;

class ChangesTest : public QObject {
    Q_OBJECT

    static QString stateOf(const Said &said)
    {
        const QString problem = problemIn("change", said.json());
        return problem.isEmpty() ? said.json().value(QStringLiteral("state")).toString() : problem;
    }
    static QStringList words(const char *command, const QString &message, const QStringList &more = {})
    {
        return QStringList{QString::fromLatin1(command), QStringLiteral("@bob"), message, QStringLiteral("--json")}
        + more;
    }
    static QString writes(TwoTerminals &story, const char *text)
    {
        const Said sent = story.alice(
            {QStringLiteral("send"), QStringLiteral("@bob"), QString::fromLatin1(text), QStringLiteral("--json")});
        return sent.json().value(QStringLiteral("message_id")).toString();
    }

private Q_SLOTS:
    void whatTheRelayHasIsDone()
    {
        TwoTerminals story;
        const QString id = writes(story, "noon");
        const Said edited = story.alice(words("edit", id, {QStringLiteral("one")}));
        QCOMPARE(edited.code, ExitCode::Done);
        QCOMPARE(stateOf(edited), QStringLiteral("done"));
        QCOMPARE(stateOf(story.alice(words("react", id, {QStringLiteral("+")}))), QStringLiteral("done"));
        QVERIFY(story.bob("read @alice").lines.last().endsWith(QStringLiteral("one (edited) [+]")));
        QCOMPARE(stateOf(story.alice(words("delete", id))), QStringLiteral("done"));
        QVERIFY(story.bob("read @alice").lines.last().endsWith(QStringLiteral("(taken back)")));
        QCOMPARE(story.alice(words("edit", id, {QStringLiteral("two")})).code, ExitCode::NotFound);
    }
    void whatWaitsForTheRelayIsQueued()
    {
        TwoTerminals story;
        const QString id = writes(story, "noon");
        story.world.stopRelay();
        const QString longText(5000, u'x');
        for (const QStringList &command :
             {words("edit", id, {longText}), words("react", id, {QStringLiteral("+")}), words("delete", id)}) {
            const Said said = story.alice(command);
            QCOMPARE(said.code, ExitCode::Done);
            QCOMPARE(stateOf(said), QStringLiteral("queued"));
        }
        // What never left just goes, and nothing of it waits.
        const QString unsent = writes(story, "never");
        QCOMPARE(stateOf(story.alice(words("delete", unsent))), QStringLiteral("done"));
        story.world.startRelay();
        story.alice("chats");
        QVERIFY(story.bob("read @alice").lines.last().endsWith(QStringLiteral("(taken back)")));
    }
    void whatOneDoesForOneself()
    {
        TwoTerminals story;
        const QString id = writes(story, "noon");
        QCOMPARE(stateOf(story.alice(words("star", id, {QStringLiteral("on")}))), QStringLiteral("done"));
        QVERIFY(story.alice("read @bob").lines.last().endsWith(QStringLiteral("noon ✓ ★")));
        const Said starred = story.alice("starred --json");
        QCOMPARE(problemIn("starred", starred.json()), QString());
        QCOMPARE(starred.json().value(QStringLiteral("starred")).toArray().size(), 1);
        QVERIFY(!story.bob("read @alice").lines.last().contains(u'★'));
        story.alice(words("star", id, {QStringLiteral("off")}));
        QVERIFY(story.alice("starred").remarks.last().contains(QStringLiteral("no message has a star")));

        QCOMPARE(story.alice("unread @bob on").code, ExitCode::Done);
        const auto chats = [&story] { return story.alice("chats --json").json().value(QStringLiteral("chats")); };
        QCOMPARE(problemIn("chat", chats().toArray().first()), QString());
        QVERIFY(chats().toArray().first().toObject().value(QStringLiteral("marked_unread")).toBool());
        QVERIFY(story.alice("chats").lines.first().contains(QStringLiteral("(marked)")));
        story.alice("read @bob");
        QVERIFY(!story.alice("chats").lines.first().contains(QStringLiteral("(marked)")));

        QCOMPARE(stateOf(story.alice(words("delete", id, {QStringLiteral("--for-me")}))), QStringLiteral("done"));
        QVERIFY(story.alice("read @bob").lines.isEmpty());
        QCOMPARE(story.bob("read @alice").lines.size(), 1);
        QCOMPARE(story.alice(words("delete", id, {QStringLiteral("--for-me")})).code, ExitCode::NotFound);
        for (const char *wrong : {"unread @bob", "unread @bob maybe", "star @bob x maybe", "edit @bob x y --for-me"})
            QCOMPARE(story.alice(wrong).code, ExitCode::Usage);
    }
    void aTimerAndADraft()
    {
        TwoTerminals story;
        writes(story, "noon");
        QCOMPARE(story.alice("timer @bob").lines.first(), QStringLiteral("off"));
        const Said set = story.alice("timer @bob 1d --json");
        QCOMPARE(set.code, ExitCode::Done);
        QCOMPARE(problemIn("timer", set.json()), QString());
        QCOMPARE(story.bob("timer @alice").lines.first(), QStringLiteral("1 day"));
        QVERIFY(story.bob("read @alice").lines.last().contains(QStringLiteral("disappear after 1 day")));
        writes(story, "brief");
        const QJsonObject brief =
            QJsonDocument::fromJson(story.bob("read @alice --json").lines.last().toUtf8()).object();
        QCOMPARE(problemIn("message", brief), QString());
        QCOMPARE(brief.value(QStringLiteral("timer_s")).toInt(), 24 * 3600);
        for (const char *wrong : {"timer @bob 4s", "timer @bob soon", "timer @bob 2000000w", "timer @bob 9999d"})
            QCOMPARE(story.alice(wrong).code, ExitCode::Usage);
        QVERIFY(story.alice("timer @bob off").lines.last().contains(QStringLiteral("off")));

        const Said draft = story.alice("draft @bob half --json");
        QCOMPARE(problemIn("draft", draft.json()), QString());
        QCOMPARE(story.alice("draft @bob").lines.first(), QStringLiteral("half"));
        const QJsonValue chat = story.alice("chats --json").json().value(QStringLiteral("chats")).toArray().first();
        QCOMPARE(problemIn("chat", chat), QString());
        QCOMPARE(chat.toObject().value(QStringLiteral("draft")).toString(), QStringLiteral("half"));
        story.alice({QStringLiteral("draft"), QStringLiteral("@bob"), QString()});
        QCOMPARE(story.alice("draft @bob --json").json().value(QStringLiteral("draft")).toString(), QString());
    }
    void durations()
    {
        const std::pair<const char *, std::uint32_t> words[] = {
            {"off", 0}, {"5s", 5}, {"90s", 90}, {"5m", 300}, {"1h", 3600}, {"1d", 86'400}, {"2w", 1'209'600}};
        for (const auto &[word, seconds] : words)
            QCOMPARE(timerFrom(QString::fromLatin1(word)), std::optional(seconds));
        for (const char *wrong : {"", "s", "0s", "5", "-5s", "5x", "1.5h", "99999999999s", "9999999w"})
            QVERIFY2(!timerFrom(QString::fromLatin1(wrong)), wrong);
        QCOMPARE(timerText(0), QStringLiteral("off"));
        QCOMPARE(timerText(90), QStringLiteral("90 seconds"));
        QCOMPARE(timerText(3600), QStringLiteral("1 hour"));
        QCOMPARE(timerText(1'209'600), QStringLiteral("2 weeks"));
    }
    void T172_whatTheRelayRefusesIsNotSent()
    {
        for (const char *command : {"edit", "delete", "react"}) {
            TwoTerminals story;
            const QString id = writes(story, "noon");
            MaliciousRelay malicious(story.world.clock(), story.world.random());
            malicious.takes(story.alice.line());
            malicious.onAnswer([](const wire::RequestBody &asked, wire::ResponseBody &answer) {
                if (std::holds_alternative<wire::Submit>(asked))
                    answer = wire::RelayError{wire::RelayErrorCode::NotPermitted, {}, 0};
                return true;
            });
            const bool isDelete = qstrcmp(command, "delete") == 0;
            const Said said =
                story.alice(words(command, id, isDelete ? QStringList() : QStringList{QStringLiteral("+")}));
            QCOMPARE(said.code, ExitCode::Refused);
            QCOMPARE(stateOf(said), QStringLiteral("not_sent"));
        }
    }
};

SOTTO_TEST(ChangesTest)

} // namespace sotto

#include "changes_test.moc"
