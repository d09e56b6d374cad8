#include "core/messaging/references/reference_rules.h"

#include "core/base/check.h"

#include <QList>
#include <algorithm>
#include <tuple>

namespace sotto {

namespace {

/// Whether two times, of which anybody may have chosen one, lie at most so far apart.
bool areWithin(Timestamp one, Timestamp other, Milliseconds window)
{
    const std::uint64_t apart = one.ms > other.ms ? std::uint64_t(one.ms) - std::uint64_t(other.ms)
                                                  : std::uint64_t(other.ms) - std::uint64_t(one.ms);
    return apart <= std::uint64_t(window.count());
}

bool isInTime(const Message &target, const ReferenceOrigin &origin, Milliseconds window, Timestamp now)
{
    return areWithin(origin.clientTime, target.clientTime, window)
        && (now <= target.sortTime || areWithin(now, target.sortTime, kLastChange));
}

/// What ends or turns a line, or shows nothing.
bool isHarmful(char32_t point)
{
    switch (QChar::category(point)) {
    case QChar::Other_Control:
    case QChar::Other_Surrogate:
    case QChar::Separator_Space:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph: return true;
    default: break;
    }
    const auto isIn = [point](char32_t first, char32_t last) { return point >= first && point <= last; };
    return point == 0x61c || isIn(0x200e, 0x200f) || isIn(0x202a, 0x202e) || isIn(0x2066, 0x2069);
}

bool isInvisibleAlone(char32_t point) { return point == 0x200d || point == 0xfe0f; }

} // namespace

bool isEdit(const content::Edit &edit)
{
    if (refuseUnless(Check::EditRevision, edit.revision >= 1 && edit.revision <= kMaxRevision))
        return false;
    return !edit.text.isEmpty();
}

bool isOwnDelete(const content::Delete &taken, const DeviceAddress &sender)
{
    return !refuseUnless(Check::DeleteAuthor, taken.target.author == sender.account);
}

bool isReaction(const content::Reaction &reaction) { return reaction.revision >= 1 && isReactionText(reaction.emoji); }

bool mayEdit(const Message &target, const ReferenceOrigin &origin, const content::Edit &edit, Timestamp now)
{
    if (refuseUnless(Check::EditAuthor, target.sender == origin.sender.account))
        return false;
    if (refuseUnless(Check::EditWindow, isInTime(target, origin, kEditWindow, now)))
        return false;
    return isEdit(edit);
}

bool mayDelete(const Message &target, const ReferenceOrigin &origin, const content::Delete &taken, Timestamp now)
{
    if (refuseUnless(Check::DeleteAuthor, target.sender == origin.sender.account))
        return false;
    if (!isOwnDelete(taken, origin.sender))
        return false;
    return !refuseUnless(Check::DeleteWindow, isInTime(target, origin, kDeleteWindow, now));
}

bool isReactionText(const QString &emoji)
{
    constexpr qsizetype kMaxBytes = 64;
    constexpr qsizetype kMaxPoints = 16;
    if (emoji.isEmpty())
        return true;
    const QList<uint> points = emoji.toUcs4();
    const bool isShort = emoji.isValidUtf16() && emoji.toUtf8().size() <= kMaxBytes && points.size() <= kMaxPoints;
    const bool isHarmless = std::ranges::none_of(points, [](uint point) { return isHarmful(point); });
    const bool isSeen = !std::ranges::all_of(points, [](uint point) { return isInvisibleAlone(point); });
    return !refuseUnless(Check::ReactionText, isShort && isHarmless && isSeen);
}

const MessageVersion &later(const MessageVersion &one, const MessageVersion &other)
{
    return std::tie(one.device, one.id) < std::tie(other.device, other.id) ? other : one;
}

const MessageReaction &later(const MessageReaction &one, const MessageReaction &other)
{
    return std::tie(one.revision, one.device, one.id) < std::tie(other.revision, other.device, other.id) ? other : one;
}

} // namespace sotto
