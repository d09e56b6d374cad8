#pragma once
#include "core/content/content.h"
#include "core/model/reference.h"

namespace sotto {

/// Who refers to a message, with what, when by their own clock.
struct ReferenceOrigin {
    DeviceAddress sender;
    MessageId message; ///< of the edit, delete or reaction itself
    Timestamp clientTime;
};

// Which references count, and which of two stays (protocol 4 "References"). Writers and readers ask the same functions
// with the same values, so every desktop comes to the same answer in whatever order things arrive. Pure; any thread.

/// How long after it was written a text can be changed, by the clocks of its author's devices.
inline constexpr Milliseconds kEditWindow = std::chrono::hours(24);
/// How long it can be taken back.
inline constexpr Milliseconds kDeleteWindow = std::chrono::hours(48);
/// After the place of a message in the conversation nothing changes it any more, by the reader's clock: for an honest
/// author everything has arrived by then.
inline constexpr Milliseconds kLastChange = std::chrono::hours(72 * 24);
inline constexpr std::uint32_t kMaxRevision = 10;

/// Whether an edit could ever count, whatever it changes: its revision is one of ten, and it has words.
bool isEdit(const content::Edit &edit);
/// Whether a delete could ever count: it names its sender's message.
bool isOwnDelete(const content::Delete &taken, const DeviceAddress &sender);
/// Whether a reaction counts.
bool isReaction(const content::Reaction &reaction);
/// Whether an edit counts, whatever its text was like before.
bool mayEdit(const Message &target, const ReferenceOrigin &origin, const content::Edit &edit, Timestamp now);
/// Whether a delete counts.
bool mayDelete(const Message &target, const ReferenceOrigin &origin, const content::Delete &taken, Timestamp now);
/// Whether something can stand beside a message: empty, or one line of at most 64 bytes and 16 characters that neither
/// hides nor turns text.
bool isReactionText(const QString &emoji);

/// Which of two versions of one revision stays.
const MessageVersion &later(const MessageVersion &one, const MessageVersion &other);
/// Which of two reactions of one person stays.
const MessageReaction &later(const MessageReaction &one, const MessageReaction &other);

} // namespace sotto
