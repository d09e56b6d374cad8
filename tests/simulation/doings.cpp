#include "tests/simulation/doings.h"

#include <algorithm>

namespace sotto::simulation {

namespace {

/// Of 1000, in the order of Doing.
constexpr int kWeights[kDoings] = {538, 90, 70, 30, 110, 15, 5, 35, 30, 20, 15, 20, 20, 2};
constexpr int kNewest = 16;
/// Times that the rules still allow when the entry is encrypted.
constexpr Milliseconds kEditable = std::chrono::hours(18);
constexpr Milliseconds kDeletable = std::chrono::hours(36);
constexpr std::uint32_t kDay = 86'400;

} // namespace

const char *name(Doing doing)
{
    constexpr const char *kNames[kDoings] = {
        "text",  "reply",   "edit", "delete",        "reaction",    "take back a reaction",
        "timer", "forward", "star", "delete for me", "mark unread", "draft",
        "note",  "profile"};
    return kNames[std::size_t(doing)];
}

void Doings::doOne(kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third, bool mayVanish)
{
    int left = int(m_luck.below(1000));
    std::size_t which = 0;
    while (left >= kWeights[which])
        left -= kWeights[which++];
    Doing doing = Doing(which);
    if (doing == Doing::Timer && !mayVanish)
        doing = Doing::Text;
    const auto chat = who.desktop(desktop).conversationWith(with.account());
    bool isTurn = false;
    if (chat) {
        const auto newest = who.desktop(desktop).messages(chat->id, 1, std::nullopt);
        isTurn = newest && !newest->empty() && newest->back().sender == with.account();
    }
    if (!doThis(doing, who, desktop, with, third)) {
        doing = Doing::Text;
        doThis(doing, who, desktop, with, third);
    }
    ++m_diary.counts[std::size_t(doing)];
    const bool isOwn = doing == Doing::Note || doing == Doing::Star || doing == Doing::DeleteForMe
        || doing == Doing::MarkUnread || doing == Doing::Draft || doing == Doing::Profile;
    m_diary.written += doing == Doing::Draft ? 0 : 1;
    m_diary.toSomebody += isOwn ? 0 : 1;
    m_diary.turns += isOwn || !isTurn ? 0 : 1;
}

bool Doings::doThis(Doing doing, kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third)
{
    Client &client = who.desktop(desktop);
    if (doing == Doing::Text) {
        if (m_luck.happens(0.2))
            client.sendTyping(with.account());
        return note(who, with, client.sendText(with.account(), words()));
    }
    if (doing == Doing::Note)
        return note(who, who, client.sendText(who.account(), words()));
    if (doing == Doing::Profile)
        return note(m_world.wait(client.setProfile({who.name(), words(), {}}), "a profile is set"));
    const auto chat = client.conversationWith(with.account());
    if (!chat)
        return false;
    if (doing == Doing::MarkUnread)
        return note(client.markUnread(chat->id, true));
    if (doing == Doing::Draft)
        return note(client.setDraft(chat->id, words()));
    if (doing == Doing::Timer)
        return note(client.setTimer(chat->id, m_luck.happens(0.5) ? kDay : 0));
    const auto newest = client.messages(chat->id, kNewest, std::nullopt).valueOr({});
    const Timestamp now = m_world.clock().now();
    const auto isText = [](const Message &message) { return message.kind == MessageKind::Text; };
    const auto isYoung = [&](const Message &message, Milliseconds age) {
        return isText(message) && message.sender == who.account() && now - message.clientTime < age;
    };
    switch (doing) {
    case Doing::Reply: {
        const auto target = pick(newest, isText);
        return target && note(who, with, client.reply(chat->id, target->id, words()));
    }
    case Doing::Forward: {
        const auto target = pick(newest, isText);
        return target && note(who, third, client.forward(chat->id, target->id, third.account()));
    }
    case Doing::Edit: {
        const auto target = pick(newest, [&](const Message &message) { return isYoung(message, kEditable); });
        return target && note(client.editText(chat->id, target->id, words()));
    }
    case Doing::Delete: {
        const auto target = pick(newest, [&](const Message &message) { return isYoung(message, kDeletable); });
        if (!target || !note(client.deleteForEveryone(chat->id, target->id)))
            return false;
        m_diary.texts.erase(target->id); // one that never left is gone, not taken back
        return true;
    }
    case Doing::React:
    case Doing::TakeBack: {
        const auto target = pick(newest, isText);
        const QString emoji = doing == Doing::TakeBack ? QString()
            : m_luck.happens(0.5)                      ? QStringLiteral("\U0001F44D")
                                                       : QStringLiteral("\u2764");
        return target && note(client.react(chat->id, target->id, emoji));
    }
    case Doing::Star: {
        const auto target = pick(newest, isText);
        return target && note(client.setStarred(chat->id, target->id, !target->starred));
    }
    case Doing::DeleteForMe: {
        const auto target = pick(newest, isText);
        if (!target || !note(client.deleteForMe(chat->id, target->id)))
            return false;
        m_diary.hidden.insert({who.account(), target->id});
        return true;
    }
    default: return false;
    }
}

std::optional<Message> Doings::pick(const std::vector<Message> &messages,
                                    const std::function<bool(const Message &)> &is)
{
    std::vector<Message> fitting;
    std::ranges::copy_if(messages, std::back_inserter(fitting), is);
    if (fitting.empty())
        return std::nullopt;
    return m_luck.oneOf(fitting);
}

bool Doings::note(const kit::Person &who, const kit::Person &with, const Result<MessageId> &written)
{
    if (!written) {
        ++m_diary.refused;
        return false;
    }
    m_diary.texts.insert({*written, {who.account(), with.account()}});
    return true;
}

bool Doings::note(const Result<Done> &done)
{
    m_diary.refused += done ? 0 : 1;
    return bool(done);
}

QString Doings::words()
{
    ++m_number;
    QString text = QStringLiteral("line %1").arg(m_number);
    const std::size_t more = m_luck.happens(0.02) ? 300 : m_luck.below(12);
    for (std::size_t i = 0; i < more; ++i)
        text += QStringLiteral(" word%1").arg(m_luck.below(400));
    return text;
}

} // namespace sotto::simulation
