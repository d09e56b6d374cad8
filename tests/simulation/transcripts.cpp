#include "tests/simulation/transcripts.h"

#include <algorithm>

namespace sotto::simulation {

namespace {

constexpr int kAll = 1'000'000;
constexpr int kMostSaid = 12;

QString lineOf(const Client &client, const Message &message)
{
    QString line = QStringLiteral("kind %1 of %2: %3").arg(int(message.kind)).arg(message.counter).arg(message.text);
    line += QStringLiteral(" [edited %1 forwarded %2 timer %3]")
                .arg(message.edited)
                .arg(message.forwarded)
                .arg(message.timerSeconds);
    if (message.replyTo)
        line += QStringLiteral(" answers ") + message.replyTo->message.toHex();
    const auto details = client.details(message.conversation, message.id);
    if (!details)
        return line + QStringLiteral(" without details");
    for (const MessageVersion &version : details->versions)
        line += QStringLiteral(" version %1: %2").arg(version.revision).arg(version.text);
    QStringList reactions;
    for (const MessageReaction &reaction : details->reactions)
        reactions.append(reaction.account.toHex() + reaction.emoji);
    reactions.sort();
    return line + u' ' + reactions.join(u' ');
}

/// Adds to `found` what is in one map and not, or differently, in the other.
void compare(const QString &where, const std::map<MessageId, QString> &one, const std::map<MessageId, QString> &other,
             const std::function<bool(const MessageId &)> &mayBeMissing, QStringList &found)
{
    for (const auto &[id, line] : one) {
        const auto there = other.find(id);
        if (there == other.end() && !mayBeMissing(id))
            found.append(QStringLiteral("%1: not in the second: %2").arg(where, line.left(300)));
        else if (there != other.end() && there->second != line)
            found.append(
                QStringLiteral("%1: differs:\n    %2\n    %3").arg(where, line.left(300), there->second.left(300)));
    }
    for (const auto &[id, line] : other) {
        if (!one.contains(id) && !mayBeMissing(id))
            found.append(QStringLiteral("%1: not in the first: %2").arg(where, line.left(300)));
    }
}

void complain(const QString &where, const Transcript &transcript, QStringList &found)
{
    if (transcript.lost + transcript.unreadable + transcript.twice + transcript.undelivered + transcript.failed > 0)
        found.append(QStringLiteral("%1: %2 lost, %3 unreadable, %4 twice, %5 without a receipt, %6 failed")
                         .arg(where)
                         .arg(transcript.lost)
                         .arg(transcript.unreadable)
                         .arg(transcript.twice)
                         .arg(transcript.undelivered)
                         .arg(transcript.failed));
}

} // namespace

Transcript transcriptOf(const kit::Person &who, std::size_t desktop, const AccountId &with)
{
    Transcript transcript;
    const Client &client = who.desktop(desktop);
    const auto chat = client.conversationWith(with);
    if (!chat)
        return transcript;
    for (const Message &message : client.messages(chat->id, kAll, std::nullopt).valueOr({})) {
        if (message.kind == MessageKind::ContactRequest || message.kind == MessageKind::ContactAccepted)
            continue;
        transcript.lost += message.kind == MessageKind::Lost ? 1 : 0;
        transcript.unreadable += message.kind == MessageKind::Undecryptable ? 1 : 0;
        if (message.kind == MessageKind::Lost || message.kind == MessageKind::Undecryptable)
            continue;
        if (!transcript.shared.emplace(message.id, lineOf(client, message)).second)
            ++transcript.twice;
        transcript.own.emplace(message.id, message.starred ? QStringLiteral("starred") : QString());
        const bool isOwn = message.sender == who.account() && message.kind == MessageKind::Text;
        transcript.failed += isOwn && message.delivery == Delivery::Failed ? 1 : 0;
        transcript.undelivered += isOwn && with != who.account() && message.delivery < Delivery::Delivered ? 1 : 0;
    }
    return transcript;
}

QStringList differences(const kit::Person &one, const kit::Person &other, const Diary &diary)
{
    QStringList found;
    const auto everything = [](const MessageId &) { return false; };
    std::vector<Transcript> all;
    for (const kit::Person *person : {&one, &other}) {
        const kit::Person &peer = person == &one ? other : one;
        const QString where = person->name() + QStringLiteral(" with ") + peer.name();
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            all.push_back(transcriptOf(*person, desktop, peer.account()));
            complain(QStringLiteral("%1 on %2").arg(where).arg(desktop), all.back(), found);
        }
        const Transcript &first = all.at(all.size() - 2);
        compare(where + QStringLiteral(", own desktops"), first.shared, all.back().shared, everything, found);
        compare(where + QStringLiteral(", stars"), first.own, all.back().own, everything, found);
        const auto chats = {person->desktop(0).conversationWith(peer.account()),
                            person->desktop(1).conversationWith(peer.account())};
        const auto &[here, there] = std::pair(*chats.begin(), *std::next(chats.begin()));
        if (here && there && (here->markedUnread != there->markedUnread || here->timerSeconds != there->timerSeconds))
            found.append(where + QStringLiteral(": another mark or timer on the other desktop"));
    }
    const auto isHidden = [&](const MessageId &id) {
        return diary.hidden.contains({one.account(), id}) || diary.hidden.contains({other.account(), id});
    };
    compare(one.name() + QStringLiteral(" and ") + other.name(), all.at(0).shared, all.at(2).shared, isHidden, found);
    return found.mid(0, kMostSaid);
}

QStringList differencesOfNotes(const kit::Person &who, const Diary &)
{
    QStringList found;
    const Transcript first = transcriptOf(who, 0, who.account());
    const Transcript second = transcriptOf(who, 1, who.account());
    const QString where = who.name() + QStringLiteral("'s notes");
    complain(where, first, found);
    complain(where, second, found);
    compare(where, first.shared, second.shared, [](const MessageId &) { return false; }, found);
    return found.mid(0, kMostSaid);
}

} // namespace sotto::simulation
