#include "app/cli/rpc_methods.h"

#include "app/cli/arguments.h"
#include "app/cli/durations.h"
#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "app/cli/sentences.h"
#include "app/cli/waiting.h"

#include <QJsonArray>

namespace sotto {

namespace {

using Key = QLatin1String;
using Type = RpcParameter::Type;

QString text(const QJsonObject &params, const char *name) { return params.value(Key(name)).toString(); }

RpcError refusal(const Error &error) { return RpcError::from(error); }

Task<RpcResult> finished(RpcResult result) { return Task<RpcResult>::finished(std::move(result)); }

template <class Items> QJsonArray listOf(const Items &items)
{
    QJsonArray array;
    for (const auto &item : items)
        array.append(toJson(item));
    return array;
}

/// What `show` makes of a value, or why there is none.
template <class T, class Show> RpcResult answerTo(const Result<T> &result, Show show)
{
    if (!result)
        return refusal(result.error());
    return RpcResult(show(*result));
}

QJsonObject messageIdOf(const MessageId &id) { return {{Key("message_id"), id.toHex()}}; }

QJsonObject nothing(Done) { return {}; }

RpcError notOnOff() { return refusal({ErrorCode::InvalidArgument, QStringLiteral("say on or off")}); }

} // namespace

/// One method and who carries it out.
struct RpcMethods::Entry {
    RpcMethod method;
    Task<RpcResult> (RpcMethods::*carryOut)(QJsonObject params);
};

std::span<const RpcMethods::Entry> RpcMethods::table()
{
    static const RpcParameter person{"person", Type::Text, true};
    static const RpcParameter chat{"chat", Type::Text, true};
    static const RpcParameter message{"message", Type::Text, true};
    static const RpcParameter words{"text", Type::Text, true};
    static const RpcParameter limit{"limit", Type::Count, true};
    static const std::vector<Entry> entries{
        {{"account.register",
          {{"invite", Type::Text, true}, {"name", Type::Text, true}, {"handle", Type::Text, false}}},
         &RpcMethods::registerAccount},
        {{"account.invite", {}}, &RpcMethods::createInvite},
        {{"account.whoami", {}}, &RpcMethods::whoAmI},
        {{"account.privacy", {}}, &RpcMethods::showPrivacy},
        {{"account.set_privacy",
          {{"read_receipts", Type::Text, false}, {"typing", Type::Text, false}, {"presence", Type::Text, false}}},
         &RpcMethods::setPrivacy},
        {{"contacts.add", {person}}, &RpcMethods::addContact},
        {{"contacts.requests", {}}, &RpcMethods::listRequests},
        {{"contacts.accept", {person}}, &RpcMethods::acceptContact},
        {{"contacts.block", {person}}, &RpcMethods::blockContact},
        {{"messages.send", {{"to", Type::Text, true}, {"text", Type::Text, true}}}, &RpcMethods::sendMessage},
        {{"messages.reply", {chat, message, words}}, &RpcMethods::replyTo},
        {{"messages.forward", {chat, message, {"to", Type::Text, true}}}, &RpcMethods::forwardMessage},
        {{"messages.edit", {chat, message, words}}, &RpcMethods::editMessage},
        {{"messages.delete", {chat, message}}, &RpcMethods::deleteMessage},
        {{"messages.react", {chat, message, {"emoji", Type::Text, true}}}, &RpcMethods::react},
        {{"messages.delete_for_me", {chat, message}}, &RpcMethods::deleteForMe},
        {{"messages.star", {chat, message, {"star", Type::Text, true}}}, &RpcMethods::star},
        {{"messages.starred", {limit}}, &RpcMethods::listStarred},
        {{"messages.details", {chat, message}}, &RpcMethods::showDetails},
        {{"messages.list", {chat, limit, {"before", Type::Text, false}}}, &RpcMethods::listMessages},
        {{"messages.mark_read", {chat}}, &RpcMethods::markRead},
        {{"chats.list", {}}, &RpcMethods::listChats},
        {{"chats.mark_unread", {chat, {"unread", Type::Text, true}}}, &RpcMethods::markUnread},
        {{"chats.set_timer", {chat, {"timer", Type::Text, true}}}, &RpcMethods::setTimer},
        {{"chats.set_draft", {chat, words}}, &RpcMethods::setDraft},
        {{"search.messages", {{"query", Type::Text, true}, limit}}, &RpcMethods::searchMessages},
        {{"status", {}}, &RpcMethods::status},
    };
    return entries;
}

const std::vector<RpcMethod> &rpcMethods()
{
    static const std::vector<RpcMethod> methods = [] {
        std::vector<RpcMethod> all;
        for (const RpcMethods::Entry &entry : RpcMethods::table())
            all.push_back(entry.method);
        return all;
    }();
    return methods;
}

QStringList rpcNotifications()
{
    return {QStringLiteral("event.message"),  QStringLiteral("event.changed"),  QStringLiteral("event.receipt"),
            QStringLiteral("event.typing"),   QStringLiteral("event.presence"), QStringLiteral("event.connection"),
            QStringLiteral("event.request"),  QStringLiteral("event.trouble"),  QStringLiteral("event.removed"),
            QStringLiteral("event.not_sent"), QStringLiteral("event.privacy")};
}

RpcMethods::RpcMethods(Client &client, Clock &clock, QObject *parent)
    : QObject(parent), m_client(client), m_clock(clock)
{
    connect(&m_client, &Client::messageStored, this, &RpcMethods::announceMessage);
    connect(&m_client, &Client::deliveryChanged, this, &RpcMethods::announceDelivery);
    connect(&m_client, &Client::messageChanged, this, [this](const ConversationId &where, const MessageId &id) {
        const auto changed = m_client.message(where, id);
        if (changed && *changed)
            Q_EMIT happened(QStringLiteral("event.changed"),
                            {{Key("chat"), where.toHex()}, {Key("message"), toJson(**changed)}});
    });
    connect(&m_client, &Client::messageRemoved, this, [this](const ConversationId &where, const MessageId &id) {
        Q_EMIT happened(QStringLiteral("event.removed"),
                        {{Key("chat"), where.toHex()}, {Key("message_id"), id.toHex()}});
    });
    connect(&m_client, &Client::changeNotSent, this, &RpcMethods::announceNotSent);
    connect(&m_client, &Client::privacyChanged, this,
            [this] { Q_EMIT happened(QStringLiteral("event.privacy"), toJson(m_client.privacy())); });
    connect(&m_client, &Client::typingChanged, this, [this](const AccountId &person, bool typing) {
        Q_EMIT happened(QStringLiteral("event.typing"), {{Key("person"), person.toHex()}, {Key("typing"), typing}});
    });
    connect(&m_client, &Client::presenceChanged, this, [this](const AccountId &person, bool online, Timestamp seen) {
        QJsonObject params{{Key("person"), person.toHex()}, {Key("online"), online}};
        if (seen.ms > 0)
            params.insert(Key("last_seen"), isoTime(seen));
        Q_EMIT happened(QStringLiteral("event.presence"), params);
    });
    connect(&m_client, &Client::connectionChanged, this, [this] {
        // The steps of connecting look the same from here.
        const QJsonObject now = toJson(m_client.connection());
        if (now != std::exchange(m_lastConnection, now))
            Q_EMIT happened(QStringLiteral("event.connection"), now);
    });
    connect(&m_client, &Client::storageTrouble, this, [this](ErrorCode why) {
        Q_EMIT happened(QStringLiteral("event.trouble"),
                        {{Key("code"), QString::fromLatin1(sotto::name(why))}, {Key("message"), sentenceOf(why)}});
    });
    connect(&m_client, &Client::contactRequested, this, [this](const AccountId &person) {
        if (const auto contact = contactOf(m_client, person))
            Q_EMIT happened(QStringLiteral("event.request"), toJson(*contact));
    });
}

Task<RpcResult> RpcMethods::call(QString method, QJsonObject params)
{
    for (const Entry &entry : table()) {
        if (method == Key(entry.method.name))
            return (this->*entry.carryOut)(std::move(params));
    }
    return finished(RpcError{RpcError::kMethodNotFound, {}, {}});
}

// ---- Account and contacts ----------------------------------------------------------------------------------------

Task<RpcResult> RpcMethods::registerAccount(QJsonObject params)
{
    auto task = m_client.registerAccount(text(params, "invite"), text(params, "name"), text(params, "handle"));
    const auto account = co_await std::move(task);
    if (!account)
        co_return refusal(account.error());
    const QJsonObject answer{{Key("account"), account->toHex()}};
    co_return answer;
}

Task<bool> RpcMethods::connected()
{
    const auto isDecided = [this] { return m_client.connection().status != ConnectionStatus::Connecting; };
    return waitUntil(&m_client, &m_clock, isDecided, kPatience);
}

Task<Result<AccountId>> RpcMethods::find(QString person)
{
    if (!AccountId::fromHex(person)) {
        auto connecting = connected(); // the relay may have to say whose handle it is
        co_await std::move(connecting);
    }
    auto lookup = m_client.findPerson(person);
    const auto found = co_await std::move(lookup);
    co_return found;
}

Task<RpcResult> RpcMethods::createInvite(QJsonObject)
{
    auto connecting = connected();
    co_await std::move(connecting);
    auto task = m_client.createInvite();
    const auto invite = co_await std::move(task);
    if (!invite)
        co_return refusal(invite.error());
    const QJsonObject answer{{Key("invite"), *invite}};
    co_return answer;
}

Task<RpcResult> RpcMethods::whoAmI(QJsonObject)
{
    const auto account = m_client.account();
    if (!account)
        return finished(refusal({ErrorCode::NotFound, QStringLiteral("this profile has no account yet")}));
    return finished(toJson(*account));
}

Task<RpcResult> RpcMethods::showPrivacy(QJsonObject) { return finished(toJson(m_client.privacy())); }

Task<RpcResult> RpcMethods::setPrivacy(QJsonObject params)
{
    PrivacySettings privacy = m_client.privacy();
    const std::pair<const char *, bool *> all[] = {
        {"read_receipts", &privacy.readReceipts}, {"typing", &privacy.typing}, {"presence", &privacy.presence}};
    for (const auto &[name, value] : all) {
        if (!params.contains(Key(name)))
            continue;
        const auto on = isOn(text(params, name));
        if (!on)
            return finished(notOnOff());
        *value = *on;
    }
    return finished(answerTo(m_client.setPrivacy(privacy), [this](Done) { return toJson(m_client.privacy()); }));
}

Task<RpcResult> RpcMethods::addContact(QJsonObject params)
{
    auto connecting = connected();
    co_await std::move(connecting);
    auto task = m_client.addContact(text(params, "person"));
    const auto person = co_await std::move(task);
    if (!person)
        co_return refusal(person.error());
    const QJsonObject answer{{Key("person"), person->toHex()}};
    co_return answer;
}

Task<RpcResult> RpcMethods::listRequests(QJsonObject)
{
    return finished(QJsonObject{{Key("requests"), listOf(m_client.contactRequests())}});
}

Task<RpcResult> RpcMethods::acceptContact(QJsonObject params)
{
    auto lookup = find(text(params, "person"));
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return refusal(person.error());
    auto task = m_client.acceptContact(*person);
    const auto done = co_await std::move(task);
    if (!done)
        co_return refusal(done.error());
    co_return QJsonObject();
}

Task<RpcResult> RpcMethods::blockContact(QJsonObject params)
{
    auto lookup = find(text(params, "person"));
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return refusal(person.error());
    auto task = m_client.blockContact(*person);
    const auto done = co_await std::move(task);
    if (!done)
        co_return refusal(done.error());
    co_return QJsonObject();
}

// ---- Messages ----------------------------------------------------------------------------------------------------

Task<RpcResult> RpcMethods::sendMessage(QJsonObject params)
{
    auto lookup = find(text(params, "to"));
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return refusal(person.error());
    co_return answerTo(m_client.sendText(*person, text(params, "text")), messageIdOf);
}

Task<Result<RpcMethods::Place>> RpcMethods::findPlace(QJsonObject params)
{
    auto lookup = findChat(&m_client, text(params, "chat"));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return chat.error();
    const auto id = MessageId::fromHex(text(params, "message"));
    if (!id)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("message is not the id of one"));
    co_return Place{*chat, *id};
}

Task<RpcResult> RpcMethods::forwardMessage(QJsonObject params)
{
    auto finding = findPlace(params);
    const auto place = co_await std::move(finding);
    if (!place)
        co_return refusal(place.error());
    auto lookup = find(text(params, "to"));
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return refusal(person.error());
    co_return answerTo(m_client.forward(place->chat, place->message, *person), messageIdOf);
}

Task<RpcResult> RpcMethods::withPlace(QJsonObject params, std::function<RpcResult(const Place &)> act)
{
    auto finding = findPlace(params);
    const auto place = co_await std::move(finding);
    if (!place)
        co_return refusal(place.error());
    co_return act(*place);
}

Task<RpcResult> RpcMethods::replyTo(QJsonObject params)
{
    return withPlace(params, [this, words = text(params, "text")](const Place &place) {
        return answerTo(m_client.reply(place.chat, place.message, words), messageIdOf);
    });
}

Task<RpcResult> RpcMethods::editMessage(QJsonObject params)
{
    return withPlace(params, [this, words = text(params, "text")](const Place &place) {
        return answerTo(m_client.editText(place.chat, place.message, words), nothing);
    });
}

Task<RpcResult> RpcMethods::deleteMessage(QJsonObject params)
{
    return withPlace(params, [this](const Place &place) {
        return answerTo(m_client.deleteForEveryone(place.chat, place.message), nothing);
    });
}

Task<RpcResult> RpcMethods::react(QJsonObject params)
{
    return withPlace(params, [this, emoji = text(params, "emoji")](const Place &place) {
        return answerTo(m_client.react(place.chat, place.message, emoji), nothing);
    });
}

Task<RpcResult> RpcMethods::deleteForMe(QJsonObject params)
{
    return withPlace(params, [this](const Place &place) {
        return answerTo(m_client.deleteForMe(place.chat, place.message), nothing);
    });
}

Task<RpcResult> RpcMethods::star(QJsonObject params)
{
    const auto isStarred = isOn(text(params, "star"));
    if (!isStarred)
        return finished(notOnOff());
    return withPlace(params, [this, isStarred](const Place &place) {
        return answerTo(m_client.setStarred(place.chat, place.message, *isStarred), nothing);
    });
}

Task<RpcResult> RpcMethods::listStarred(QJsonObject params)
{
    return finished(answerTo(m_client.starred(params.value(Key("limit")).toInt()), [](const auto &messages) {
        QJsonArray starred;
        for (const Message &message : messages)
            starred.append(QJsonObject{{Key("chat"), message.conversation.toHex()}, {Key("message"), toJson(message)}});
        return QJsonObject{{Key("starred"), starred}};
    }));
}

Task<RpcResult> RpcMethods::showDetails(QJsonObject params)
{
    return withPlace(params, [this](const Place &place) {
        return answerTo(m_client.details(place.chat, place.message),
                        [](const MessageDetails &details) { return toJson(details); });
    });
}

Task<RpcResult> RpcMethods::listMessages(QJsonObject params)
{
    auto lookup = findChat(&m_client, text(params, "chat"));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return refusal(chat.error());
    std::optional<MessageCursor> before;
    if (params.contains(Key("before"))) {
        const auto id = MessageId::fromHex(text(params, "before"));
        const auto message = id ? m_client.message(*chat, *id) : Result<std::optional<Message>>(std::nullopt);
        if (!message)
            co_return refusal(message.error());
        if (!*message)
            co_return refusal({ErrorCode::NotFound, QStringLiteral("before is not a message of this chat")});
        before = MessageCursor{(*message)->sortTime, (*message)->row};
    }
    const auto messages = m_client.messages(*chat, params.value(Key("limit")).toInt(), before);
    if (!messages)
        co_return refusal(messages.error());
    const QJsonObject answer{{Key("messages"), listOf(*messages)}};
    co_return answer;
}

Task<RpcResult> RpcMethods::withChat(QJsonObject params, std::function<RpcResult(const ConversationId &)> act)
{
    auto lookup = findChat(&m_client, text(params, "chat"));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return refusal(chat.error());
    co_return act(*chat);
}

Task<RpcResult> RpcMethods::markRead(QJsonObject params)
{
    return withChat(params, [this](const ConversationId &chat) { return answerTo(m_client.markRead(chat), nothing); });
}

Task<RpcResult> RpcMethods::markUnread(QJsonObject params)
{
    const auto isUnread = isOn(text(params, "unread"));
    if (!isUnread)
        return finished(notOnOff());
    return withChat(params, [this, isUnread](const ConversationId &chat) {
        return answerTo(m_client.markUnread(chat, *isUnread), nothing);
    });
}

Task<RpcResult> RpcMethods::setTimer(QJsonObject params)
{
    const auto seconds = timerFrom(text(params, "timer"));
    if (!seconds)
        return finished(
            refusal({ErrorCode::InvalidArgument, QStringLiteral("a timer is off, or a number with s, m, h, d or w")}));
    return withChat(params, [this, seconds](const ConversationId &chat) {
        return answerTo(m_client.setTimer(chat, *seconds), nothing);
    });
}

Task<RpcResult> RpcMethods::setDraft(QJsonObject params)
{
    return withChat(params, [this, words = text(params, "text")](const ConversationId &chat) {
        return answerTo(m_client.setDraft(chat, words), nothing);
    });
}

Task<RpcResult> RpcMethods::listChats(QJsonObject)
{
    QJsonArray chats;
    for (const Conversation &conversation : m_client.conversations())
        chats.append(toJson(conversation, contactOf(m_client, conversation.peer)));
    return finished(QJsonObject{{Key("chats"), chats}});
}

Task<RpcResult> RpcMethods::searchMessages(QJsonObject params)
{
    auto task = m_client.search(text(params, "query"), params.value(Key("limit")).toInt());
    const auto hits = co_await std::move(task);
    if (!hits)
        co_return refusal(hits.error());
    const QJsonObject answer{{Key("hits"), listOf(*hits)}};
    co_return answer;
}

Task<RpcResult> RpcMethods::status(QJsonObject) { return finished(toJson(m_client.status())); }

// ---- Notifications -----------------------------------------------------------------------------------------------

void RpcMethods::announceMessage(const ConversationId &chat, const MessageId &id)
{
    const auto message = m_client.message(chat, id);
    const auto own = m_client.account();
    if (!message || !*message || !own)
        return; // deleted meanwhile; messages.list tells what there is
    // What was sent from here was answered to its sender already.
    if ((*message)->sender == own->account && (*message)->senderDevice == own->device)
        return;
    Q_EMIT happened(QStringLiteral("event.message"),
                    {{Key("chat"), chat.toHex()}, {Key("message"), toJson(**message)}});
}

void RpcMethods::announceNotSent(const ConversationId &chat, const MessageId &id, ReferenceKind what)
{
    QString change;
    switch (what) {
    case ReferenceKind::Edit: change = QStringLiteral("edit"); break;
    case ReferenceKind::Delete: change = QStringLiteral("delete"); break;
    case ReferenceKind::Reaction: change = QStringLiteral("reaction"); break;
    }
    Q_EMIT happened(QStringLiteral("event.not_sent"),
                    {{Key("chat"), chat.toHex()}, {Key("message_id"), id.toHex()}, {Key("change"), change}});
}

void RpcMethods::announceDelivery(const ConversationId &chat, const MessageId &id)
{
    const auto message = m_client.message(chat, id);
    if (!message || !*message)
        return;
    Q_EMIT happened(
        QStringLiteral("event.receipt"),
        {{Key("chat"), chat.toHex()}, {Key("message_id"), id.toHex()}, {Key("state"), name((*message)->delivery)}});
}

} // namespace sotto
