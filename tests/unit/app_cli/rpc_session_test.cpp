#include "app/cli/rpc_session.h"
#include "tests/kit/test_main.h"

#include <QJsonDocument>
#include <QTest>

namespace sotto {

namespace {

/// Two methods: `echo{text, times?}` answers at once, `wait{}` when the test says.
class EchoHandler final : public RpcHandler {
public:
    const std::vector<RpcMethod> &methods() const override
    {
        static const std::vector<RpcMethod> all{
            {"echo", {{"text", RpcParameter::Type::Text, true}, {"times", RpcParameter::Type::Count, false}}},
            {"wait", {}},
        };
        return all;
    }
    Task<RpcResult> call(QString method, QJsonObject params) override
    {
        ++calls;
        if (method == QStringLiteral("echo"))
            return Task<RpcResult>::finished(params);
        waiting.emplace_back();
        return waiting.back().task();
    }
    void answerFirst()
    {
        Completer<RpcResult> first = std::move(waiting.front());
        waiting.erase(waiting.begin());
        first.finish(QJsonObject());
    }
    int calls = 0;
    std::vector<Completer<RpcResult>> waiting;
};

struct Talk {
    Talk() : session(handler, [this](const Bytes &line) { said.push_back(QJsonDocument::fromJson(line).object()); }) { }
    void ask(const QByteArray &line) { session.feed(line + '\n'); }
    int lastCode() const
    {
        return said.back().value(QStringLiteral("error")).toObject().value(QStringLiteral("code")).toInt();
    }
    EchoHandler handler;
    std::vector<QJsonObject> said;
    RpcSession session;
};

} // namespace

class RpcSessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void answersCallsAndNotNotifications()
    {
        Talk talk;
        talk.ask(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"text":"hi"}})");
        QCOMPARE(int(talk.said.size()), 1);
        QCOMPARE(talk.said[0].value(QStringLiteral("result")).toObject().value(QStringLiteral("text")).toString(),
                 QStringLiteral("hi"));
        talk.ask(R"({"jsonrpc":"2.0","method":"echo","params":{"text":"hi"}})");
        talk.ask("   ");
        QCOMPARE(int(talk.said.size()), 1);
        QCOMPARE(talk.handler.calls, 2);
    }
    void wrongCallsDoNotReachTheHandler()
    {
        Talk talk;
        talk.ask(R"({"jsonrpc":"2.0","id":1,"method":"fly"})");
        QCOMPARE(talk.lastCode(), RpcError::kMethodNotFound);
        for (const char *params :
             {"{}", R"({"text":1})", R"({"text":"a","times":0})", R"({"text":"a","times":1001})",
              R"({"text":"a","times":1.5})", R"({"text":"a","times":"1"})", R"({"text":"a","more":1})"}) {
            talk.ask(QByteArray(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":)") + params + "}");
            QCOMPARE(talk.lastCode(), RpcError::kInvalidParams);
        }
        talk.ask("nonsense");
        QCOMPARE(talk.lastCode(), RpcError::kParseError);
        QCOMPARE(talk.handler.calls, 0);
    }
    void anOversizeLineIsAnsweredAndTheNextOneHeard()
    {
        Talk talk;
        talk.ask(QByteArray(RpcSession::kMaxLineBytes + 1, ' '));
        QCOMPARE(talk.lastCode(), RpcError::kInvalidRequest);
        QVERIFY(talk.said.back().value(QStringLiteral("id")).isNull());
        talk.ask(R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"text":"hi"}})");
        QVERIFY(talk.said.back().contains(QStringLiteral("result")));
    }
    void slowCallsDoNotStopOthersAndAreBounded()
    {
        Talk talk;
        int room = 0;
        connect(&talk.session, &RpcSession::hasRoom, this, [&] { ++room; });
        for (int i = 0; i < RpcSession::kMaxPending - 1; ++i)
            talk.ask(R"({"jsonrpc":"2.0","id":1,"method":"wait"})");
        talk.ask(R"({"jsonrpc":"2.0","id":2,"method":"echo","params":{"text":"hi"}})");
        QCOMPARE(int(talk.said.size()), 1);
        for (int i = 0; i < 10; ++i)
            talk.ask(R"({"jsonrpc":"2.0","id":1,"method":"wait"})");
        QCOMPARE(int(talk.handler.waiting.size()), RpcSession::kMaxPending);
        QVERIFY(talk.session.isFull());
        room = 0;
        for (int i = 0; i < 10; ++i)
            talk.handler.answerFirst();
        QVERIFY(!talk.session.isFull());
        QCOMPARE(room, 1);
        QCOMPARE(int(talk.handler.waiting.size()), RpcSession::kMaxPending - 1);
    }
    void thousandsOfCallsInOneReadAreAllAnswered()
    {
        Talk talk;
        QByteArray chunk;
        for (int i = 0; i < 20'000; ++i)
            chunk += R"({"jsonrpc":"2.0","id":1,"method":"echo","params":{"text":"hi"}})"
                     "\n";
        talk.session.feed(chunk);
        QCOMPARE(int(talk.said.size()), 20'000);
    }
    void atTheEndOfInputWhatWasAskedIsStillAnswered()
    {
        Talk talk;
        int finished = 0;
        connect(&talk.session, &RpcSession::finished, this, [&] { ++finished; });
        talk.session.feed(R"({"jsonrpc":"2.0","id":1,"method":"wait"})"); // without a line's end
        talk.session.end();
        QCOMPARE(finished, 0);
        talk.handler.answerFirst();
        QCOMPARE(int(talk.said.size()), 1);
        QCOMPARE(finished, 1);
    }
};

SOTTO_TEST(RpcSessionTest)

} // namespace sotto

#include "rpc_session_test.moc"
