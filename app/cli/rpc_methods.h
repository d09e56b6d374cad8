#pragma once
#include "app/cli/rpc_session.h"
#include "core/client/client.h"

#include <QStringList>
#include <functional>
#include <span>

namespace sotto {

/// The methods of `sotto-cli rpc`, as rpc_schema.json describes them.
const std::vector<RpcMethod> &rpcMethods();
/// Its notifications.
QStringList rpcNotifications();

/// The methods and notifications of `sotto-cli rpc`, carried out on a client.
class RpcMethods : public QObject, public RpcHandler {
    Q_OBJECT
public:
    /// Longest wait of a call that needs the relay while the client connects.
    static constexpr Milliseconds kPatience{10'000};

    /// `client` and `clock` outlive it.
    RpcMethods(Client &client, Clock &clock, QObject *parent = nullptr);

    const std::vector<RpcMethod> &methods() const override { return rpcMethods(); }
    Task<RpcResult> call(QString method, QJsonObject params) override;

Q_SIGNALS:
    /// One of rpcNotifications() happened.
    void happened(const QString &notification, const QJsonObject &params);

private:
    struct Entry;
    friend const std::vector<RpcMethod> &rpcMethods();
    static std::span<const Entry> table();

    Task<RpcResult> registerAccount(QJsonObject params);
    Task<RpcResult> createInvite(QJsonObject params);
    Task<RpcResult> whoAmI(QJsonObject params);
    Task<RpcResult> showPrivacy(QJsonObject params);
    Task<RpcResult> setPrivacy(QJsonObject params);
    Task<RpcResult> addContact(QJsonObject params);
    Task<RpcResult> listRequests(QJsonObject params);
    Task<RpcResult> acceptContact(QJsonObject params);
    Task<RpcResult> blockContact(QJsonObject params);
    Task<RpcResult> sendMessage(QJsonObject params);
    Task<RpcResult> replyTo(QJsonObject params);
    Task<RpcResult> forwardMessage(QJsonObject params);
    Task<RpcResult> editMessage(QJsonObject params);
    Task<RpcResult> deleteMessage(QJsonObject params);
    Task<RpcResult> react(QJsonObject params);
    Task<RpcResult> deleteForMe(QJsonObject params);
    Task<RpcResult> star(QJsonObject params);
    Task<RpcResult> listStarred(QJsonObject params);
    Task<RpcResult> showDetails(QJsonObject params);
    Task<RpcResult> listMessages(QJsonObject params);
    Task<RpcResult> markRead(QJsonObject params);
    Task<RpcResult> markUnread(QJsonObject params);
    Task<RpcResult> setTimer(QJsonObject params);
    Task<RpcResult> setDraft(QJsonObject params);
    Task<RpcResult> listChats(QJsonObject params);
    Task<RpcResult> searchMessages(QJsonObject params);
    Task<RpcResult> status(QJsonObject params);

    void announceMessage(const ConversationId &chat, const MessageId &id);
    void announceNotSent(const ConversationId &chat, const MessageId &id, ReferenceKind what);
    void announceDelivery(const ConversationId &chat, const MessageId &id);

    /// Ends when the client is not connecting any more: then it is online, or says why not.
    Task<bool> connected();
    /// A message of a chat, as "chat" and "message" name it.
    struct Place {
        ConversationId chat;
        MessageId message;
    };
    Task<Result<Place>> findPlace(QJsonObject params);
    /// What `act` makes of the chat, of the message.
    Task<RpcResult> withChat(QJsonObject params, std::function<RpcResult(const ConversationId &)> act);
    Task<RpcResult> withPlace(QJsonObject params, std::function<RpcResult(const Place &)> act);
    /// A person by id or @handle.
    Task<Result<AccountId>> find(QString person);

    Client &m_client;
    Clock &m_clock;
    QJsonObject m_lastConnection; ///< as it was announced
};

} // namespace sotto
