#pragma once
#include "core/content/content.h"
#include "core/crypto/session_cipher.h"
#include "core/messaging/repair/hourly_limit.h"
#include "core/storage/outbox_repository.h"

namespace sotto {

class Random;
struct Storage;

/// Judges requests for repair and writes the answers into the outbox, so that a crash loses none. Answers only what the
/// asking device was once sent, three times in six hours, and within budgets; whatever is not allowed is left out
/// without a word. Core thread, inside the inbox's transaction.
class RepairAnswerer {
public:
    /// Requests that a device may make in an hour.
    static constexpr std::int64_t kMaxRequests = 20;
    /// Counters that one request may name.
    static constexpr std::uint64_t kMaxRequestCounters = 200;
    /// Answers to one account in an hour, and their bytes.
    static constexpr std::int64_t kMaxAnswers = 200;
    static constexpr std::int64_t kMaxAnswerBytes = 8 * 1024 * 1024;
    /// Answers to one device about one message in OutboxRepository::kResendWindow.
    static constexpr int kMaxResends = 3;
    /// A session is built anew at most this often because its peer asks.
    static constexpr Milliseconds kRebuildEvery = std::chrono::hours(1);

    /// All outlive it; `self` is this device.
    RepairAnswerer(Storage &storage, SessionCipher &sessions, Clock &clock, Random &random, const DeviceAddress &self)
        : m_storage(storage), m_sessions(sessions), m_clock(clock), m_random(random), m_self(self)
    { }

    /// Whether a device may make another request now, which counts whatever comes out of it; asked before anything is
    /// opened (RetryRate).
    bool mayAsk(const DeviceAddress &device);
    /// Answers a request of a device that is active in the pinned log of an accepted contact or ourselves. How many
    /// answers go out. CryptoError::StoreFailed and RandomFailed become InputOutput and RandomFailed: roll back.
    Result<int> answer(const DeviceAddress &device, const content::Retry &retry);

    /// What was used up; in memory only.
    struct Limits {
        HourlyLimit<DeviceAddress> requests{kMaxRequests};
        HourlyLimit<AccountId> answers{kMaxAnswers};
        HourlyLimit<AccountId> bytes{kMaxAnswerBytes};
    };
    Limits &limits() { return m_limits; }

private:
    Result<std::vector<MessageId>> wantedOf(const content::Retry &retry);
    Result<bool> makeReadable(const DeviceAddress &device, const std::vector<content::Wanted> &wanted);
    Result<Done> dropSealed(const DeviceAddress &device);
    Result<bool> answerOne(const DeviceAddress &device, const MessageId &message);
    Result<std::optional<ResendRecord>> recordFor(const DeviceAddress &device, const MessageId &message);
    Result<bool> isUnderWay(const DeviceAddress &device, const MessageId &message);
    Result<Done> enqueue(const DeviceAddress &device, const MessageId &message);

    Storage &m_storage;
    SessionCipher &m_sessions;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    Limits m_limits;
};

} // namespace sotto
