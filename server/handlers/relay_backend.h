#pragma once
#include "server/handlers/services.h"
#include "server/relay/session_backend.h"

#include <mutex>
#include <unordered_map>

namespace sotto::relay {

/// What sessions need, out of directory, queues, presence and router.
class RelayBackend final : public SessionBackend {
public:
    /// `services` outlives this object.
    explicit RelayBackend(HandlerServices &services) : m_services(services) { }

    Task<Result<DeviceLogin>> findDevice(DeviceAddress device) override;
    Task<Result<wire::Welcome>> welcome(DeviceAddress device) override;
    Task<Result<std::vector<wire::Envelope>>> readMail(DeviceAddress device, MailCursor cursor, int maxEnvelopes,
                                                       qsizetype maxBytes) override;
    void acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs) override;
    void relayEphemeral(const SessionContext &sender, wire::Ephemeral ephemeral) override;
    void sessionOpened(const SessionContext &session) override;
    void sessionClosed(const SessionContext &session) override;

private:
    Task<Done> passOn(DeviceAddress sender, wire::Ephemeral ephemeral);
    void tellSiblings(const AccountId &account);

    HandlerServices &m_services;
    std::mutex m_mutex; ///< guards m_sessions
    std::unordered_map<DeviceAddress, SessionId> m_sessions;
};

} // namespace sotto::relay
