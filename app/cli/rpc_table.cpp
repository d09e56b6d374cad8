#include "app/cli/rpc_table.h"

namespace sotto {

namespace {
using Type = RpcParameter::Type;
} // namespace

const std::vector<RpcMethod> &rpcMethods()
{
    static const std::vector<RpcMethod> methods{
        {"account.register", {{"invite", Type::Text, true}, {"name", Type::Text, true}, {"handle", Type::Text, false}}},
        {"account.invite", {}},
        {"account.whoami", {}},
        {"contacts.add", {{"person", Type::Text, true}}},
        {"contacts.requests", {}},
        {"contacts.accept", {{"person", Type::Text, true}}},
        {"contacts.block", {{"person", Type::Text, true}}},
        {"messages.send", {{"to", Type::Text, true}, {"text", Type::Text, true}}},
        {"messages.list", {{"chat", Type::Text, true}, {"limit", Type::Count, true}, {"before", Type::Text, false}}},
        {"messages.mark_read", {{"chat", Type::Text, true}}},
        {"chats.list", {}},
        {"search.messages", {{"query", Type::Text, true}, {"limit", Type::Count, true}}},
        {"status", {}},
    };
    return methods;
}

QStringList rpcNotifications()
{
    return {QStringLiteral("event.message"),  QStringLiteral("event.receipt"),    QStringLiteral("event.typing"),
            QStringLiteral("event.presence"), QStringLiteral("event.connection"), QStringLiteral("event.request")};
}

} // namespace sotto
