#include "app/cli/json_rpc.h"
#include "tests/kit/test_main.h"

#include <QJsonDocument>
#include <QTest>

namespace sotto {

class JsonRpcTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsCallsAndNotifications()
    {
        const auto call = parseRpcLine(R"({"jsonrpc":"2.0","id":7,"method":"status","params":{"a":1}})");
        QVERIFY(call);
        QVERIFY(call->wantsAnswer());
        QCOMPARE(call->id.toInt(), 7);
        QCOMPARE(call->method, QStringLiteral("status"));
        QCOMPARE(call->params.value(QStringLiteral("a")).toInt(), 1);
        const auto notification = parseRpcLine(R"({"jsonrpc":"2.0","method":"status"})");
        QVERIFY(notification && !notification->wantsAnswer() && notification->params.isEmpty());
        QVERIFY(parseRpcLine(R"({"jsonrpc":"2.0","id":null,"method":"status"})")->wantsAnswer());
        QVERIFY(parseRpcLine(R"({"jsonrpc":"2.0","id":"x","method":"status","params":{}})")->wantsAnswer());
    }
    void wrongLinesGetTheErrorsOfTheStandard_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("id");
        const auto row = [](const char *what, const char *line, int code, const char *id) {
            QTest::newRow(what) << QByteArray(line) << code << QString::fromLatin1(id);
        };
        row("no JSON", "{", RpcError::kParseError, "null");
        row("not UTF-8", "{\"a\":\"\xff\"}", RpcError::kParseError, "null");
        row("batch", R"([{"jsonrpc":"2.0","id":1,"method":"status"}])", RpcError::kInvalidRequest, "null");
        row("empty batch", "[]", RpcError::kInvalidRequest, "null");
        row("no version", R"({"id":1,"method":"status"})", RpcError::kInvalidRequest, "1");
        row("other version", R"({"jsonrpc":"1.0","id":1,"method":"status"})", RpcError::kInvalidRequest, "1");
        row("version as number", R"({"jsonrpc":2.0,"id":1,"method":"status"})", RpcError::kInvalidRequest, "1");
        row("no method", R"({"jsonrpc":"2.0","id":"a"})", RpcError::kInvalidRequest, "\"a\"");
        row("method no string", R"({"jsonrpc":"2.0","id":1,"method":1})", RpcError::kInvalidRequest, "1");
        row("id an object", R"({"jsonrpc":"2.0","id":{},"method":"status"})", RpcError::kInvalidRequest, "null");
        row("params a list", R"({"jsonrpc":"2.0","id":1,"method":"status","params":[]})", RpcError::kInvalidParams,
            "1");
        row("params a text", R"({"jsonrpc":"2.0","id":1,"method":"status","params":""})", RpcError::kInvalidRequest,
            "1");
    }
    void wrongLinesGetTheErrorsOfTheStandard()
    {
        QFETCH(QByteArray, line);
        QFETCH(int, code);
        QFETCH(QString, id);
        const auto call = parseRpcLine(line);
        QVERIFY(!call);
        QCOMPARE(call.error().error.code, code);
        const Bytes answer = rpcAnswer(call.error().id, call.error().error);
        QVERIFY2(answer.contains("\"id\":" + id.toLatin1() + ","), answer.constData());
        QVERIFY(answer.endsWith('\n') && answer.count('\n') == 1);
    }
    void answersAreOneLineOfTheStandardsShape()
    {
        QCOMPARE(rpcAnswer(7, QJsonObject{{QStringLiteral("a"), QStringLiteral("x\ny")}}),
                 Bytes("{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":{\"a\":\"x\\ny\"}}\n"));
        const Bytes refused =
            rpcAnswer(QStringLiteral("q"), RpcError::from({ErrorCode::Offline, QStringLiteral("no line")}));
        const QJsonObject error = QJsonDocument::fromJson(refused).object().value(QStringLiteral("error")).toObject();
        QCOMPARE(error.value(QStringLiteral("code")).toInt(), RpcError::kRefused);
        QCOMPARE(error.value(QStringLiteral("message")).toString(), QStringLiteral("no line"));
        QCOMPARE(error.value(QStringLiteral("data")).toObject().value(QStringLiteral("error")).toString(),
                 QStringLiteral("offline"));
        QCOMPARE(rpcNotification(QStringLiteral("event.typing"), {}),
                 Bytes("{\"jsonrpc\":\"2.0\",\"method\":\"event.typing\",\"params\":{}}\n"));
    }
};

SOTTO_TEST(JsonRpcTest)

} // namespace sotto

#include "json_rpc_test.moc"
