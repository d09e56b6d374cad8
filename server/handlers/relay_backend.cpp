#include "server/handlers/relay_backend.h"

namespace sotto::relay {

Task<Result<DeviceLogin>> RelayBackend::findDevice(DeviceAddress device)
{
    auto finding = m_services.directory.find(device.account);
    const auto account = co_await std::move(finding);
    if (!account)
        co_return account.error();
    const DeviceRecord *const known = *account ? (*account)->find(device.device) : nullptr;
    if (!known || (*account)->closed)
        co_return ErrorCode::NotFound;
    if (!known->active)
        co_return ErrorCode::Refused;
    co_return DeviceLogin{known->signingKey};
}

Task<Result<wire::Welcome>> RelayBackend::welcome(DeviceAddress device)
{
    auto finding = m_services.directory.find(device.account);
    const auto account = co_await std::move(finding);
    if (!account)
        co_return account.error();
    const DeviceRecord *const known = *account ? (*account)->find(device.device) : nullptr;
    if (!known)
        co_return ErrorCode::NotFound;
    // It has been claimed by now, so of its revocation either the router knows or this does.
    if (!known->active || (*account)->closed)
        co_return ErrorCode::Refused;
    auto counting = m_services.store.countPreKeys(known->key, m_services.clock.now());
    const auto preKeys = co_await std::move(counting);
    if (!preKeys)
        co_return preKeys.error();
    const QueueNumbers numbers = m_services.queues.numbers(device);
    wire::Welcome welcome;
    welcome.lastAckedSeq = numbers.lastAckedSeq;
    welcome.lastSubmitSeq = numbers.lastSubmitSeq;
    welcome.ownDevicesConnected = m_services.router.connectedDevices(device.account);
    welcome.queued = numbers.queued;
    welcome.oneTimePreKeys = std::uint32_t(*preKeys);
    welcome.gapBeforeSeq = numbers.gapBeforeSeq;
    welcome.logVersion = (*account)->logVersion;
    co_return welcome;
}

Task<Result<std::vector<wire::Envelope>>> RelayBackend::readMail(DeviceAddress device, MailCursor cursor,
                                                                 int maxEnvelopes, qsizetype maxBytes)
{
    const QueuePosition position{cursor.calls, cursor.ordinary, cursor.status};
    return m_services.queues.read(device, position, maxEnvelopes, maxBytes);
}

void RelayBackend::acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs)
{
    m_services.queues.acknowledge(device, seqs);
}

void RelayBackend::relayEphemeral(const SessionContext &sender, wire::Ephemeral ephemeral)
{
    if (m_services.limiter.tooSoon(sender.authenticated(), LimitedAction::Ephemeral))
        return;
    detach(passOn(sender.authenticated(), std::move(ephemeral)));
}

Task<Done> RelayBackend::passOn(DeviceAddress sender, wire::Ephemeral ephemeral)
{
    auto finding = m_services.directory.find(ephemeral.account);
    const auto account = co_await std::move(finding);
    if (!account || !*account)
        co_return Done{};
    const bool isOwn = ephemeral.account == sender.account;
    if (!isOwn && !opensNormalLane(**account, ephemeral.token, m_services.clock.now()))
        co_return Done{};
    const wire::EphemeralArrived arrived{std::move(ephemeral.sealed)};
    for (const DeviceId device : m_services.router.connectedDevices(ephemeral.account)) {
        const DeviceAddress address{ephemeral.account, device};
        if (address != sender)
            m_services.router.push(address, wire::Push(arrived));
    }
    co_return Done{};
}

void RelayBackend::sessionOpened(const SessionContext &session)
{
    const DeviceAddress &device = session.authenticated();
    {
        const std::lock_guard lock(m_mutex);
        m_sessions.insert_or_assign(device, session.id);
    }
    m_services.queues.connected(device, session.id);
    tellSiblings(device.account);
}

void RelayBackend::sessionClosed(const SessionContext &session)
{
    const DeviceAddress &device = session.authenticated();
    m_services.queues.disconnected(device, session.id);
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_sessions.find(device);
        if (found == m_sessions.end() || found->second != session.id)
            return; // a newer session has taken its place
        m_sessions.erase(found);
    }
    m_services.presence.left(device);
    tellSiblings(device.account);
}

/// Every connected device of the account learns which of them are connected: one of them answers for all.
void RelayBackend::tellSiblings(const AccountId &account)
{
    const wire::OwnDevices own{m_services.router.connectedDevices(account)};
    for (const DeviceId device : own.connected)
        m_services.router.push({account, device}, wire::Push(own));
}

} // namespace sotto::relay
