#include "tests/unit/server_relay/fake_backend.h"

namespace sotto::relay {

void FakeBackend::addDevice(const DeviceAddress &device, const Bytes &signingKey)
{
    const std::lock_guard lock(m_mutex);
    m_devices.insert_or_assign(device, Device{signingKey, false});
}

void FakeBackend::revoke(const DeviceAddress &device)
{
    const std::lock_guard lock(m_mutex);
    m_devices.at(device).revoked = true;
}

wire::Envelope FakeBackend::append(const DeviceAddress &device, qsizetype bytes, wire::MailClass mailClass)
{
    const std::lock_guard lock(m_mutex);
    wire::Envelope envelope;
    envelope.seq = ++m_lastSeq[device];
    envelope.mailClass = mailClass;
    envelope.sealedSender = Bytes(64, 's');
    envelope.ciphertext = Bytes(std::min<qsizetype>(bytes, 4096), 'c');
    envelope.payload = Bytes(std::max<qsizetype>(bytes - 4096, 0), 'p');
    m_queues[device].emplace(envelope.seq, envelope);
    return envelope;
}

std::set<std::uint64_t> FakeBackend::queued(const DeviceAddress &device) const
{
    const std::lock_guard lock(m_mutex);
    std::set<std::uint64_t> seqs;
    if (const auto queue = m_queues.find(device); queue != m_queues.end()) {
        for (const auto &[seq, envelope] : queue->second)
            seqs.insert(seq);
    }
    return seqs;
}

Task<Result<DeviceLogin>> FakeBackend::findDevice(DeviceAddress device)
{
    using Answer = Task<Result<DeviceLogin>>;
    ++m_lookups;
    const std::lock_guard lock(m_mutex);
    if (m_broken)
        return Answer::finished(ErrorCode::InputOutput);
    const auto found = m_devices.find(device);
    if (found == m_devices.end())
        return Answer::finished(ErrorCode::NotFound);
    if (found->second.revoked)
        return Answer::finished(ErrorCode::Refused);
    return Answer::finished(DeviceLogin{found->second.signingKey});
}

Task<Result<wire::Welcome>> FakeBackend::welcome(DeviceAddress)
{
    if (m_revokesAtWelcome)
        return Task<Result<wire::Welcome>>::finished(ErrorCode::Refused);
    wire::Welcome welcome;
    welcome.lastAckedSeq = 7;
    welcome.lastSubmitSeq = 8;
    return Task<Result<wire::Welcome>>::finished(std::move(welcome));
}

Task<Result<std::vector<wire::Envelope>>> FakeBackend::readMail(DeviceAddress device, MailCursor cursor,
                                                                int maxEnvelopes, qsizetype maxBytes)
{
    using Answer = Task<Result<std::vector<wire::Envelope>>>;
    ++m_reads;
    const std::lock_guard lock(m_mutex);
    if (m_broken)
        return Answer::finished(ErrorCode::InputOutput);
    std::vector<wire::Envelope> page;
    qsizetype bytes = 0;
    for (const auto mailClass : {wire::MailClass::Call, wire::MailClass::Message, wire::MailClass::Status}) {
        for (const auto &[seq, envelope] : m_queues[device]) {
            const qsizetype size = envelope.ciphertext.size() + envelope.payload.size() + envelope.sealedSender.size();
            const bool sameLane = &cursor.laneOf(envelope.mailClass) == &cursor.laneOf(mailClass);
            if (!sameLane || seq <= cursor.laneOf(mailClass))
                continue;
            if (int(page.size()) >= maxEnvelopes || (!page.empty() && bytes + size > maxBytes))
                return Answer::finished(std::move(page));
            bytes += size;
            page.push_back(envelope);
        }
    }
    return Answer::finished(std::move(page));
}

void FakeBackend::acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs)
{
    const std::lock_guard lock(m_mutex);
    m_acknowledged += int(seqs.size());
    for (const std::uint64_t seq : seqs)
        m_queues[device].erase(seq);
}

} // namespace sotto::relay
