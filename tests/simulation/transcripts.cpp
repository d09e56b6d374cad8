#include "tests/simulation/transcripts.h"

#include <QDateTime>
#include <algorithm>

namespace sotto::simulation {

namespace {

constexpr int kAll = 1'000'000;
constexpr int kMostSaid = 12;

QString lineOf(const Client &client, const Message &message)
{
    QString line = QStringLiteral("kind %1, number %2 of %3: %4")
                       .arg(int(message.kind))
                       .arg(message.counter)
                       .arg(QDateTime::fromMSecsSinceEpoch(message.clientTime.ms, Qt::UTC).toString(Qt::ISODate))
                       .arg(message.text);
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

/// Adds to `found` what is in one and not, or differently, in the other.
void compare(const QString &where, const Transcript &one, const Transcript &other,
             const std::function<bool(const MessageId &)> &isHidden, QStringList &found)
{
    const auto oneWay = [&](const Transcript &here, const Transcript &there, const QString &name) {
        for (const auto &[id, line] : here.shared) {
            if (!there.shared.contains(id) && !isHidden(id) && !here.takenBack.contains(id))
                found.append(QStringLiteral("%1: only in the %2: %3 %4").arg(where, name, id.toHex(), line.left(300)));
        }
    };
    oneWay(one, other, QStringLiteral("first"));
    oneWay(other, one, QStringLiteral("second"));
    for (const auto &[id, line] : one.shared) {
        const auto there = other.shared.find(id);
        if (there != other.shared.end() && there->second != line && !isHidden(id))
            found.append(
                QStringLiteral("%1: differs:\n    %2\n    %3").arg(where, line.left(300), there->second.left(300)));
    }
}

void complain(const QString &where, const Transcript &transcript, QStringList &found)
{
    if (transcript.lost + transcript.unreadable + transcript.twice + transcript.failed > 0)
        found.append(QStringLiteral("%1: %2 lost, %3 unreadable, %4 twice, %5 failed")
                         .arg(where)
                         .arg(transcript.lost)
                         .arg(transcript.unreadable)
                         .arg(transcript.twice)
                         .arg(transcript.failed));
}

/// What the two desktops of one person have to agree about.
void compareOwn(const QString &where, const kit::Person &who, const AccountId &with, const Diary &diary,
                const Transcript &first, const Transcript &second, QStringList &found)
{
    // What its author no longer has cannot be had from them again.
    const auto isGone = [&](const MessageId &id) { return with != who.account() && diary.hidden.contains({with, id}); };
    compare(where + QStringLiteral(", own desktops"), first, second, isGone, found);
    for (const auto &[id, line] : first.own) {
        const auto there = second.own.find(id);
        if (there != second.own.end() && there->second != line)
            found.append(where + QStringLiteral(": another star on the other desktop: ")
                         + first.shared.at(id).left(200));
    }
    const auto here = who.desktop(0).conversationWith(with);
    const auto there = who.desktop(1).conversationWith(with);
    if (here && there && (here->markedUnread != there->markedUnread || here->timerSeconds != there->timerSeconds))
        found.append(where + QStringLiteral(": another mark or timer on the other desktop"));
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
        // Who never had a message that was taken back has nothing that could stand there.
        if (message.kind == MessageKind::Deleted)
            transcript.takenBack.insert(message.id);
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
    std::vector<Transcript> all;
    for (const kit::Person *person : {&one, &other}) {
        const kit::Person &peer = person == &one ? other : one;
        const QString where = person->name() + QStringLiteral(" with ") + peer.name();
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            all.push_back(transcriptOf(*person, desktop, peer.account()));
            complain(QStringLiteral("%1 on %2").arg(where).arg(desktop), all.back(), found);
        }
        compareOwn(where, *person, peer.account(), diary, all.at(all.size() - 2), all.back(), found);
    }
    const auto isHidden = [&](const MessageId &id) {
        return diary.hidden.contains({one.account(), id}) || diary.hidden.contains({other.account(), id});
    };
    compare(one.name() + QStringLiteral(" and ") + other.name(), all.at(0), all.at(2), isHidden, found);
    return found.mid(0, kMostSaid);
}

QStringList differencesOfNotes(const kit::Person &who, const Diary &diary)
{
    QStringList found;
    const Transcript first = transcriptOf(who, 0, who.account());
    const Transcript second = transcriptOf(who, 1, who.account());
    const QString where = who.name() + QStringLiteral("'s notes");
    complain(where, first, found);
    complain(where, second, found);
    compareOwn(where, who, who.account(), diary, first, second, found);
    return found.mid(0, kMostSaid);
}

} // namespace sotto::simulation
