#pragma once
#include "tests/unit/server_store/store_fixtures.h"

#include <atomic>
#include <deque>
#include <mutex>

namespace sotto::relay::test {

/// Mail given by the test, and what became of it.
class ScriptedOutlet final : public MailOutlet {
public:
    void give(EmbeddedStore &store, MailBatch batch)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_waiting.push_back(std::move(batch));
        }
        store.mailWaits(1, 100);
    }
    MailBatch takeMail() override
    {
        const std::lock_guard lock(m_mutex);
        if (m_waiting.empty())
            return {};
        MailBatch next = std::move(m_waiting.front());
        m_waiting.pop_front();
        return next;
    }
    void mailEnded(std::optional<Error> failure, std::vector<FreedMail> freed) override
    {
        const std::lock_guard lock(m_mutex);
        lastFailure = std::move(failure);
        allFreed.insert(allFreed.end(), freed.begin(), freed.end());
        ++ended; // last: the test reads the others once it sees this
    }
    std::atomic<int> ended{0};
    std::optional<Error> lastFailure;
    std::vector<FreedMail> allFreed;

private:
    std::mutex m_mutex;
    std::deque<MailBatch> m_waiting;
};

/// A row for a device, with a text that tells its number.
inline MailRow row(DeviceKey device, std::uint64_t seq, wire::MailClass mailClass = wire::MailClass::Message,
                   int payload = -1)
{
    wire::Envelope envelope;
    envelope.seq = seq;
    envelope.relayTime = kNow;
    envelope.mailClass = mailClass;
    envelope.kind = wire::CopyKind::Signal;
    envelope.sealedSender = "sealed sender";
    envelope.ciphertext = "text " + Bytes::number(qulonglong(seq));
    return {device, envelope, kNow + std::chrono::hours(1), payload};
}

} // namespace sotto::relay::test
