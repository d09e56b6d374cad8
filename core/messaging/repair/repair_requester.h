#pragma once
#include "core/messaging/repair/hourly_limit.h"
#include "core/messaging/repair/repair_store.h"
#include "core/storage/repair_repository.h"
#include "core/storage/stream_repository.h"

#include <QObject>
#include <functional>

namespace sotto {

class DeviceDirectory;
struct OutboxEntry;

/// Asks for what did not open or did not come: one request for all that is due of a device, by the times of
/// repair_schedule.h, at most kMaxRequests an hour to an account. Contacts, people we asked and own desktops are asked,
/// while their account is not on hold and the relay knows partial targets. Core thread.
class RepairRequester : public QObject {
    Q_OBJECT
public:
    static constexpr std::int64_t kMaxRequests = 20;
    /// What one request holds.
    static constexpr std::size_t kMaxWanted = 20;
    static constexpr std::size_t kMaxRanges = 10;
    static constexpr std::uint64_t kMaxCounters = 200;
    /// What an account is asked for, as much as it answers in an hour (RepairAnswerer::kMaxAnswers) and a little less
    /// often, so that tries are not used up on what cannot be answered.
    static constexpr std::int64_t kMaxAnswers = 200;
    static constexpr Milliseconds kAnswersEvery = std::chrono::minutes(62);
    /// What is asked of one device leaves it this long to answer before more is asked.
    static constexpr Milliseconds kBetweenRequests = std::chrono::minutes(1);
    /// A request that could not be sent for so long is made anew.
    static constexpr Milliseconds kRequestLife = std::chrono::hours(24);

    /// `wakePump` is called after a request went into the outbox; all outlive the object, `self` is this device.
    RepairRequester(Storage &storage, DeviceDirectory &directory, RepairStore &store, Clock &clock, Random &random,
                    const DeviceAddress &self, std::function<void()> wakePump);

    /// Online at a relay that knows partial targets, or not.
    void setOnline(bool online);
    /// The relay has sent all that it had: what is missing now may be lost.
    void noteDrained();
    /// There may be something to ask for.
    void wake();

Q_SIGNALS:
    /// Messages were given up in a chat, after the commit.
    void conversationChanged(const sotto::ConversationId &conversation);
    /// The database refuses.
    void storeFailed(const sotto::Error &error);

private:
    /// What is due of one device.
    struct Due {
        std::vector<Repair> repairs;
        std::vector<Gap> gaps;
    };
    /// What was done when, by the monotonic clock; as it was when a transaction fails.
    struct Asked {
        std::optional<Milliseconds> forOld; ///< looked what has stood too long
        std::map<DeviceAddress, Milliseconds> last;
        HourlyLimit<AccountId> requests{kMaxRequests};
        HourlyLimit<AccountId> answers{kMaxAnswers, kAnswersEvery};
    };
    void run();
    Result<bool> work();
    Result<Done> giveUpOld();
    Result<Done> giveUpRevoked();
    Result<Done> giveUp(const std::vector<Gap> &gaps);
    Result<Done> tellOldGaps();
    Result<std::optional<std::int64_t>> tellGap(const Gap &gap, std::optional<std::int64_t> partOf);
    Result<std::map<DeviceAddress, Due>> collectDue();
    Result<bool> mayAsk(const DeviceAddress &device);
    Result<bool> ask(const DeviceAddress &device, const Due &due);
    Result<content::Retry> takeUnsent(const DeviceAddress &device);
    Result<Done> addOpen(const DeviceAddress &device, const content::Retry &earlier, content::Retry *retry);
    Result<Done> addWanted(const std::vector<Repair> &repairs, content::Retry *retry);
    Result<Done> addGaps(const DeviceAddress &device, const std::vector<Gap> &gaps, content::Retry *retry);
    Result<Done> enqueue(const DeviceAddress &device, const content::Retry &retry);
    void plan(Timestamp at);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    RepairStore &m_store;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    std::function<void()> m_wakePump;
    Timer m_timer;
    bool m_online = false;
    std::optional<Milliseconds> m_drained; ///< monotonic; nothing: the relay is not done
    std::optional<Timestamp> m_nextAt;     ///< when the next thing is due
    Asked m_asked;
    InboxNews m_news;
};

} // namespace sotto
