#pragma once
#include "tests/kit/world.h"
#include "tests/simulation/luck.h"

#include <array>
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
    Profile,
};
constexpr std::size_t kDoings = 14;
/// For reports.
const char *name(Doing doing);

/// What was done in the month, as far as the transcripts at its end have to show it.
struct Diary {
    std::array<int, kDoings> counts{};
    int written = 0; ///< all of them that a peer or another desktop gets
    int turns = 0;   ///< of those to somebody: the newest message there was from the other side
    int toSomebody = 0;
    int refused = 0; ///< the client said that nothing was stored
    /// By whom and to whom; they are there at the end if nobody has hidden them.
    std::map<MessageId, std::pair<AccountId, AccountId>> texts;
    std::set<std::pair<AccountId, MessageId>> hidden; ///< deleted for themselves, by whom
};

/// Lets people do things, as chance has it.
class Doings {
public:
    Doings(Luck &luck, kit::World &world, Diary &diary) : m_luck(luck), m_world(world), m_diary(diary) { }

    /// One of them, on a desktop of `who`, in the chat with `with`; forwarded is to `third`. `mayVanish`: timers may be
    /// set in this chat.
    void doOne(kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third, bool mayVanish);

private:
    bool doThis(Doing doing, kit::Person &who, std::size_t desktop, kit::Person &with, kit::Person &third);
    std::optional<Message> pick(const std::vector<Message> &messages, const std::function<bool(const Message &)> &is);
    bool note(const kit::Person &who, const kit::Person &with, const Result<MessageId> &written);
    bool note(const Result<Done> &done);
    QString words();

    Luck &m_luck;
    kit::World &m_world;
    Diary &m_diary;
    int m_number = 0;
};

} // namespace sotto::simulation
