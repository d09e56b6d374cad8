#pragma once
#include "server/relay/session_backend.h"

#include <map>
#include <mutex>
#include <set>

namespace sotto::relay {

/// Devices and queues in memory, with what a test wants to see or to go wrong. Any thread.
class FakeBackend final : public SessionBackend {
public:
    struct Device {
        Bytes signingKey;
        bool revoked = false;
    };

    void addDevice(const DeviceAddress &device, const Bytes &signingKey);
    void revoke(const DeviceAddress &device);
    /// Devices are revoked after their signature was checked and before they are welcome.
    void revokeAtWelcome() { m_revokesAtWelcome = true; }
    /// Puts mail into a device's queue, numbered from 1; the envelope as it was stored.
    wire::Envelope append(const DeviceAddress &device, qsizetype bytes,
                          wire::MailClass mailClass = wire::MailClass::Message);
    /// From now on everything that is asked for fails.
    void breakDown() { m_broken = true; }

    std::set<std::uint64_t> queued(const DeviceAddress &device) const;
    int acknowledged() const { return m_acknowledged; } ///< numbers, known or not
    int reads() const { return m_reads; }
    int lookups() const { return m_lookups; }
    int opened() const { return m_opened; }
    int closed() const { return m_closed; }
    int ephemerals() const { return m_ephemerals; }

    Task<Result<DeviceLogin>> findDevice(DeviceAddress device) override;
    Task<Result<wire::Welcome>> welcome(DeviceAddress device) override;
    Task<Result<std::vector<wire::Envelope>>> readMail(DeviceAddress device, MailCursor cursor, int maxEnvelopes,
                                                       qsizetype maxBytes) override;
    void acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs) override;
    void relayEphemeral(const SessionContext &, wire::Ephemeral) override { ++m_ephemerals; }
    void sessionOpened(const SessionContext &) override { ++m_opened; }
    void sessionClosed(const SessionContext &) override { ++m_closed; }

private:
    mutable std::mutex m_mutex;
    std::map<DeviceAddress, Device> m_devices;
    std::map<DeviceAddress, std::map<std::uint64_t, wire::Envelope>> m_queues;
    std::map<DeviceAddress, std::uint64_t> m_lastSeq;
    std::atomic<bool> m_revokesAtWelcome{false};
    std::atomic<bool> m_broken{false};
    std::atomic<int> m_acknowledged{0};
    std::atomic<int> m_reads{0};
    std::atomic<int> m_lookups{0};
    std::atomic<int> m_opened{0};
    std::atomic<int> m_closed{0};
    std::atomic<int> m_ephemerals{0};
};

} // namespace sotto::relay
