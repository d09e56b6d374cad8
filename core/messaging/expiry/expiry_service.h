#pragma once
#include "core/base/clock.h"
#include "core/messaging/expiry/credible_clock.h"
#include "core/messaging/inbox/arrival.h"
#include "core/storage/expiry_repository.h"

#include <QObject>

namespace sotto {

class References;
struct Storage;

/// Destroys messages whose time is over: at once when it is asked, and by its own timer from then on. Core thread; uses
/// transactions of its own.
class ExpiryService : public QObject {
    Q_OBJECT
public:
    /// The peer's messages that nobody reads disappear after this, or after their timer when that is longer.
    static constexpr Milliseconds kUnread = std::chrono::hours(30 * 24);
    /// Longest wait: clocks may jump meanwhile.
    static constexpr Milliseconds kLookAgain = std::chrono::hours(1);

    /// All outlive it.
    ExpiryService(Storage &storage, References &references, CredibleClock &credible, Clock &clock);

    /// Destroys what is over now: some at once, and the rest from the event loop.
    void sweep();
    /// Something may end earlier than before.
    void plan();
    /// Whether a message must not be shown any more, though it may still be there: its time is over, or, as long as no
    /// relay contradicts this computer's clock, over by that clock and it was seen.
    bool isHidden(const Message &message) const;
    /// False when isHidden() is false for every message.
    bool isAnythingHidden() const;

Q_SIGNALS:
    /// These are gone.
    void expired(const sotto::InboxNews &news);

private:
    struct Batch {
        InboxNews news;
        bool isMoreOver = false;
    };
    Result<Batch> destroySome();
    Result<Done> beginAgainIfNew();
    Result<Done> destroy(const ExpiryRepository::Over &one, Timestamp now, InboxNews &news);

    Storage &m_storage;
    References &m_references;
    CredibleClock &m_credible;
    Timer m_timer;
};

} // namespace sotto
