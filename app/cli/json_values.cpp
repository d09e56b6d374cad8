#include "app/cli/json_values.h"

#include "app/cli/sentences.h"

#include <QDateTime>
#include <QJsonArray>

namespace sotto {

namespace {

using Key = QLatin1String;

/// Adds a text only when there is one.
void addIfKnown(QJsonObject &object, Key key, const QString &text)
{
    if (!text.isEmpty())
        object.insert(key, text);
}

void addTime(QJsonObject &object, Key key, const std::optional<Timestamp> &time)
{
    if (time)
        object.insert(key, isoTime(*time));
}

QString name(ContactState state)
{
    switch (state) {
    case ContactState::Stranger: return QStringLiteral("stranger");
    case ContactState::Asked: return QStringLiteral("asked");
    case ContactState::Asking: return QStringLiteral("asking");
    case ContactState::Accepted: return QStringLiteral("accepted");
    case ContactState::Blocked: return QStringLiteral("blocked");
    }
    return QStringLiteral("stranger");
}

QString name(MessageKind kind)
{
    switch (kind) {
    case MessageKind::Text: return QStringLiteral("text");
    case MessageKind::UpdateNeeded: return QStringLiteral("update_needed");
    case MessageKind::Undecryptable: return QStringLiteral("undecryptable");
    case MessageKind::ContactRequest: return QStringLiteral("contact_request");
    case MessageKind::ContactAccepted: return QStringLiteral("contact_accepted");
    case MessageKind::Deleted: return QStringLiteral("deleted");
    case MessageKind::Lost: return QStringLiteral("lost");
    case MessageKind::TimerChanged: return QStringLiteral("timer_changed");
    }
    return QStringLiteral("text");
}

} // namespace

QString isoTime(Timestamp time)
{
    if (time.ms == 0)
        return {};
    return QDateTime::fromMSecsSinceEpoch(time.ms).toUTC().toString(Qt::ISODateWithMs);
}

QJsonObject toJson(const AccountSnapshot &account)
{
    QJsonObject object{{Key("account"), account.account.toHex()},
                       {Key("device"), double(account.device.number())},
                       {Key("name"), account.name},
                       {Key("devices"), account.devices},
                       {Key("recovery_kit_confirmed"), account.recoveryKitConfirmed}};
    addIfKnown(object, Key("handle"), account.handle);
    return object;
}

QJsonObject toJson(const ConnectionSnapshot &connection)
{
    QJsonObject object{{Key("status"), sotto::name(connection.status)}, {Key("caught_up"), connection.caughtUp}};
    addIfKnown(object, Key("problem"), connection.problem);
    return object;
}

QJsonObject toJson(const RelaySnapshot &relay)
{
    return {{Key("name"), relay.name},
            {Key("address"), relay.addresses.value(0)},
            {Key("addresses"), QJsonArray::fromStringList(relay.addresses)},
            {Key("key"), relay.key},
            {Key("clock_difference_ms"), double(relay.clockDifferenceMs)}};
}

QJsonObject toJson(const ProfileSnapshot &profile)
{
    QJsonObject object{{Key("name"), profile.name}};
    addIfKnown(object, Key("about"), profile.about);
    addIfKnown(object, Key("picture"), QString::fromLatin1(profile.picture.toBase64()));
    return object;
}

QJsonObject toJson(const PrivacySettings &privacy)
{
    return {{Key("read_receipts"), privacy.readReceipts},
            {Key("typing"), privacy.typing},
            {Key("presence"), privacy.presence}};
}

QJsonObject toJson(const Contact &contact)
{
    QJsonObject object{
        {Key("id"), contact.account.toHex()}, {Key("state"), name(contact.state)}, {Key("verified"), contact.verified}};
    addIfKnown(object, Key("name"), contact.name);
    addIfKnown(object, Key("handle"), contact.handle);
    return object;
}

QJsonObject toJson(const Conversation &conversation, const std::optional<Contact> &peer)
{
    QJsonObject object{{Key("chat"), conversation.id.toHex()},
                       {Key("person"), conversation.peer.toHex()},
                       {Key("unread"), double(conversation.unread)},
                       {Key("last_text"), conversation.lastText}};
    if (conversation.markedUnread)
        object.insert(Key("marked_unread"), true);
    if (conversation.timerSeconds > 0)
        object.insert(Key("timer_s"), double(conversation.timerSeconds));
    addIfKnown(object, Key("draft"), conversation.draft);
    addIfKnown(object, Key("last_activity"), isoTime(conversation.lastActivity));
    if (peer) {
        addIfKnown(object, Key("name"), peer->name);
        addIfKnown(object, Key("handle"), peer->handle);
    }
    return object;
}

QJsonObject toJson(const Message &message)
{
    // The relay's time of acceptance; before that there is only the sender's own.
    const Timestamp sentAt = message.sortTime.ms > 0 ? message.sortTime : message.clientTime;
    QJsonObject object{{Key("id"), message.id.toHex()},
                       {Key("from"), message.sender.toHex()},
                       {Key("text"), message.text},
                       {Key("sent_at"), isoTime(sentAt)},
                       {Key("state"), sotto::name(message.delivery)}};
    if (message.edited)
        object.insert(Key("edited"), true);
    if (message.forwarded)
        object.insert(Key("forwarded"), true);
    if (message.timerSeconds > 0 || message.kind == MessageKind::TimerChanged)
        object.insert(Key("timer_s"), double(message.timerSeconds));
    if (message.expiresAt)
        object.insert(Key("expires_at"), isoTime(*message.expiresAt));
    if (message.starred)
        object.insert(Key("starred"), true);
    if (message.replyTo)
        object.insert(
            Key("reply_to"),
            QJsonObject{{Key("from"), message.replyTo->author.toHex()}, {Key("id"), message.replyTo->message.toHex()}});
    if (message.kind != MessageKind::Text)
        object.insert(Key("kind"), name(message.kind));
    if (message.missing > 0)
        object.insert(Key("missing"), double(message.missing));
    return object;
}

QJsonObject toJson(const MessageDetails &details)
{
    QJsonArray versions;
    for (const MessageVersion &version : details.versions)
        versions.append(QJsonObject{{Key("text"), version.text}, {Key("written_at"), isoTime(version.clientTime)}});
    QJsonArray reactions;
    for (const MessageReaction &reaction : details.reactions)
        reactions.append(QJsonObject{{Key("from"), reaction.account.toHex()}, {Key("emoji"), reaction.emoji}});
    QJsonArray readers;
    for (const ReceiptTimes &reader : details.ladder.readers) {
        QJsonObject times{{Key("person"), reader.reader.toHex()}};
        addTime(times, Key("delivered_at"), reader.deliveredAt);
        addTime(times, Key("read_at"), reader.readAt);
        readers.append(times);
    }
    QJsonObject object{{Key("versions"), versions},
                       {Key("reactions"), reactions},
                       {Key("state"), sotto::name(details.ladder.state)},
                       {Key("written_at"), isoTime(details.ladder.writtenAt)},
                       {Key("held"), details.ladder.isHeld},
                       {Key("readers"), readers}};
    addTime(object, Key("accepted_at"), details.ladder.acceptedAt);
    addTime(object, Key("kept_until"), details.ladder.keptUntil);
    return object;
}

QJsonObject toJson(const SearchHit &hit)
{
    QJsonArray spans;
    for (const auto &[start, length] : hit.spans)
        spans.append(QJsonObject{{Key("start"), start}, {Key("length"), length}});
    return {
        {Key("chat"), hit.message.conversation.toHex()}, {Key("message"), toJson(hit.message)}, {Key("spans"), spans}};
}

QJsonObject toJson(const StatusSnapshot &status)
{
    return {{Key("connection"), toJson(status.connection)},
            {Key("messages"), double(status.messages)},
            {Key("outbox"), double(status.outbox)},
            {Key("undecryptable"), double(status.undecryptable)},
            {Key("unrepaired"), double(status.unrepaired)},
            {Key("frames"), double(status.frames)},
            {Key("frames_undecryptable"), double(status.framesUndecryptable)},
            {Key("undecryptable_rate"), status.undecryptableRate()},
            {Key("repaired"), double(status.repaired)},
            {Key("lost"), double(status.lost)},
            {Key("dropped_frames"), double(status.droppedFrames)},
            {Key("one_time_prekeys"), double(status.oneTimePreKeys)}};
}

QJsonObject toJson(const Alarm &alarm, bool isHeld)
{
    return {{Key("person"), alarm.account.toHex()},    {Key("kind"), QString::fromLatin1(name(alarm.kind))},
            {Key("version"), double(alarm.version)},   {Key("count"), double(alarm.count)},
            {Key("last_ms"), double(alarm.lastAt.ms)}, {Key("held"), isHeld}};
}

QJsonObject toJson(const DoctorFinding &finding)
{
    return {{Key("check"), finding.check}, {Key("well"), finding.well}, {Key("advice"), finding.advice}};
}

QJsonObject errorJson(const Error &error)
{
    const QString code = QString::fromLatin1(sotto::name(error.code));
    return {{Key("error"), QJsonObject{{Key("code"), code}, {Key("message"), sentenceOf(error)}}}};
}

} // namespace sotto
