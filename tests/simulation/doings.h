#pragma once
#include "tests/kit/world.h"
#include "tests/simulation/luck.h"

#include <map>
#include <set>

namespace sotto::simulation {

/// What a person can do in a chat, other than reading and typing.
enum class Doing : std::uint8_t {
    Text,
    Reply,
    Edit,
    Delete,
    React,
    TakeBack,
    Timer,
    Forward,
    Star,
    DeleteForMe,
    MarkUnread,
    Draft,
    Note,
};
constexpr std::size_t kDoings = 13;
/// For reports.
const char *name(Doing doing);

/// What was done in the month, as far as the transcripts at its end have to show it.
struct Diary {
    std::array<int, kDoings> counts{};
    int written = 0; ///< all of them that a peer or another desktop gets
    int turns = 0;   ///< of those to somebody: the newest message there was from the other side
    int toSomebody = 0;
    int refused = 0; ///< the client said that nothing was stored
    std::set<MessageId> texts; ///< must be there at the end, if nobody has hidden them
    std::set<std::pair<AccountId, MessageId>> hidden; ///< deleted for themselves, by whom
};

/// Lets people do things, as chance has it.
class Doings {
public:
    Doings(Luck &luck, const Clock &clock, Diary &diary) : m_luck(luck), m_clock(clock), m_diary(diary) { }

    /// One of them, on a desktop of `who`, in the chat with `with`; forwarded is to `third`. `mayVanish`: timers are set
    /// in this chat, so that its messages may be gone at the end.
    void doOne(kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third, bool mayVanish);

private:
    bool doThis(Doing doing, kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third);
    std::optional<Message> pick(const std::vector<Message> &messages, const std::function<bool(const Message &)> &is);
    bool note(const Result<MessageId> &written);
    bool note(const Result<Done> &done);
    QString words();

    Luck &m_luck;
    const Clock &m_clock;
    Diary &m_diary;
    int m_number = 0;
    bool m_mayVanish = false;
};

} // namespace sotto::simulation
