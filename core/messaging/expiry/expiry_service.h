#pragma once
#include "core/base/clock.h"
#include "core/messaging/expiry/credible_clock.h"
#include "core/messaging/inbox/arrival.h"

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

    /// Destroys what is over now.
    void sweep();
    /// Something may end earlier than before.
    void plan();
    /// Whether a message must not be shown any more, though it may still be there: by this computer's clock, whether
    /// that is credible or not.
    bool isHidden(const Message &message) const;

Q_SIGNALS:
    /// These are gone.
    void expired(const sotto::InboxNews &news);

private:
    Result<InboxNews> destroySome();

    Storage &m_storage;
    References &m_references;
    CredibleClock &m_credible;
    Clock &m_clock;
    Timer m_timer;
};

} // namespace sotto
