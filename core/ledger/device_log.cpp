#include "core/ledger/device_log.h"

#include "core/base/check.h"

#include <algorithm>

namespace sotto {

namespace {
constexpr std::size_t kProofsOfNewKeys = 2; ///< DSK or ARK first, IK second

/// Decodes an entry's body within its size limit.
Result<wire::LogEntry, LedgerError> decoded(const wire::SignedEntry &entry)
{
    const auto body = wire::decodeLogEntry(entry.body);
    if (body)
        return *body;
    return body.error() == wire::WireError::TooLarge ? LedgerError::TooLarge : LedgerError::Malformed;
}

bool hasDevice(const DeviceLogState &state, DeviceId device)
{
    return std::any_of(state.devices.begin(), state.devices.end(),
                       [device](const wire::DeviceKeys &keys) { return keys.device == device; });
}

void removeDevice(DeviceLogState &state, DeviceId device)
{
    std::erase_if(state.devices, [device](const wire::DeviceKeys &keys) { return keys.device == device; });
}

bool isUsable(const wire::DeviceKeys &keys)
{
    return isUsable(keys.identityKey) && isUsableX25519Key(keys.sealingKey.view());
}

bool isUsable(const wire::RecoveryKeys &keys)
{
    return isUsable(keys.accountRoot) && isUsableX25519Key(keys.recoveryWrap.view());
}

/// Signature and proofs of a genesis: its own device's, the account root's, the identity key's.
Result<Done, LedgerError> verifyGenesis(const wire::SignedEntry &entry, const wire::Genesis &genesis)
{
    if (refuseUnless(Check::LogSignature, verifyEntry(Purpose::DeviceEntry, entry, genesis.device.signingKey.view()))) {
        return LedgerError::BadSignature;
    }
    if (entry.proofs.size() != kProofsOfNewKeys)
        return LedgerError::BadProof;
    if (refuseUnless(Check::AccountRootProof,
                     verifyWithCurveKey(Purpose::GenesisProof, entry.body, entry.proofs[0], genesis.accountRoot))) {
        return LedgerError::BadProof;
    }
    if (refuseUnless(
            Check::IdentityKeyProof,
            verifyWithCurveKey(Purpose::GenesisProof, entry.body, entry.proofs[1], genesis.device.identityKey))) {
        return LedgerError::BadProof;
    }
    return Done{};
}
} // namespace

/// One entry on its way in.
struct DeviceLog::Step {
    const StoredLogEntry &stored;
    const wire::LogEntry &entry;
    Trust trust;
};

/// What an entry makes of the log.
struct DeviceLog::Outcome {
    DeviceLogState state;
    LogChange change;
};

DeviceLog::DeviceLog(AccountId account, DeviceLogState state, StoredLogEntry genesis, Timestamp time)
    : m_account(account), m_newestTime(time)
{
    m_used.insert(state.devices.front().device);
    m_hashes.push_back(entryHash(genesis.entry));
    m_epochs.push_back(1);
    m_states.push_back(std::move(state));
    m_entries.push_back(std::move(genesis));
}

Result<DeviceLog, LedgerError> DeviceLog::fromGenesis(const AccountId &expected, const wire::SignedEntry &genesis,
                                                      Timestamp seenAt)
{
    return start(expected, {genesis, seenAt}, Trust::Verify);
}

Result<DeviceLog, LedgerError> DeviceLog::start(const AccountId &expected, const StoredLogEntry &genesis, Trust trust)
{
    const auto entry = decoded(genesis.entry);
    if (!entry)
        return entry.error();
    const auto *operation = std::get_if<wire::Genesis>(&entry->operation);
    if (!operation || entry->actor != operation->device.device)
        return LedgerError::Malformed;
    if (refuseUnless(Check::AccountIdMatches, accountIdOf(genesis.entry.body) == expected))
        return LedgerError::WrongAccount;
    const wire::RecoveryKeys recovery{operation->accountRoot, operation->recoveryWrap};
    if (trust == Trust::Verify) {
        if (!isUsable(operation->device) || !isUsable(recovery))
            return LedgerError::BadKey;
        const auto verified = verifyGenesis(genesis.entry, *operation);
        if (!verified)
            return verified.error();
    }
    return DeviceLog(expected, {recovery, std::nullopt, {operation->device}, false}, genesis, entry->time);
}

Result<DeviceLog, LedgerError> DeviceLog::fromEntries(const AccountId &expected,
                                                      std::span<const wire::SignedEntry> entries, Timestamp seenAt,
                                                      const std::optional<LogPin> &pin)
{
    if (entries.empty())
        return LedgerError::Malformed;
    if (refuseUnless(Check::LogLength, entries.size() <= std::size_t(kMaxLogEntries)))
        return LedgerError::TooLarge;
    auto log = fromGenesis(expected, entries.front(), seenAt);
    if (!log)
        return log.error();
    for (const wire::SignedEntry &entry : entries.subspan(1)) {
        const auto change = log->append(entry, seenAt);
        if (!change)
            return change.error();
    }
    if (pin) {
        const HeadRelation relation = log->relate(*pin);
        if (refuseUnless(Check::LogPin, relation == HeadRelation::Same || relation == HeadRelation::Older))
            return LedgerError::NotDescendant;
    }
    return log;
}

Result<DeviceLog, LedgerError> DeviceLog::fromStored(const AccountId &expected, std::span<const StoredLogEntry> entries)
{
    if (entries.empty())
        return LedgerError::Malformed;
    auto log = start(expected, entries.front(), Trust::Stored);
    if (!log)
        return log.error();
    for (const StoredLogEntry &entry : entries.subspan(1)) {
        const auto change = log->add(entry, Trust::Stored);
        if (!change)
            return change.error();
    }
    return log;
}

Result<LogChange, LedgerError> DeviceLog::append(const wire::SignedEntry &entry, Timestamp seenAt)
{
    return add({entry, seenAt}, Trust::Verify);
}

Result<LogChange, LedgerError> DeviceLog::appendAtRelay(const wire::SignedEntry &entry, Timestamp relayNow)
{
    const auto body = decoded(entry);
    if (!body)
        return body.error();
    // A log may be ahead of the relay's clock when that was wrong before: its next entries stay where the log is.
    const Timestamp latest = std::max(relayNow + kLogTimeTolerance, newestTime());
    if (refuseUnless(Check::LogEntryTime, body->time >= relayNow - kLogTimeTolerance && body->time <= latest))
        return LedgerError::WrongTime;
    return append(entry, relayNow);
}

Result<LogChange, LedgerError> DeviceLog::add(const StoredLogEntry &stored, Trust trust)
{
    if (refuseUnless(Check::LogLength, m_entries.size() < std::size_t(kMaxLogEntries)))
        return LedgerError::TooLarge;
    const auto entry = decoded(stored.entry);
    if (!entry)
        return entry.error();
    const auto place = checkPlace(*entry);
    if (!place)
        return place.error();
    const Step step{stored, *entry, trust};
    const auto actor = checkActor(step);
    if (!actor)
        return actor.error();
    auto result = std::visit([&](const auto &operation) { return outcome(step, operation); }, entry->operation);
    if (!result)
        return result.error();

    for (const wire::DeviceKeys &keys : result->state.devices)
        m_used.insert(keys.device);
    m_hashes.push_back(entryHash(stored.entry));
    m_epochs.push_back(entry->epoch);
    m_states.push_back(std::move(result->state));
    m_entries.push_back(stored);
    m_newestTime = entry->time;
    return result->change;
}

Result<Done, LedgerError> DeviceLog::checkPlace(const wire::LogEntry &entry) const
{
    if (refuseUnless(Check::LogClosed, !state().isClosed))
        return LedgerError::Closed;
    if (std::holds_alternative<wire::Genesis>(entry.operation))
        return LedgerError::NotDescendant;
    if (refuseUnless(Check::LogAccount, entry.account == m_account))
        return LedgerError::WrongAccount;
    if (refuseUnless(Check::LogOrder, entry.version == version() + 1 && entry.previous == m_hashes.back()))
        return LedgerError::NotDescendant;
    const std::uint32_t epoch = m_epochs.back() + (std::holds_alternative<wire::Recover>(entry.operation) ? 1u : 0u);
    if (refuseUnless(Check::LogEpoch, entry.epoch == epoch))
        return LedgerError::WrongEpoch;
    return Done{};
}

Result<Done, LedgerError> DeviceLog::checkActor(const Step &step) const
{
    if (std::holds_alternative<wire::Recover>(step.entry.operation))
        return Done{}; // signed by the account root: recoveringKit()
    const wire::DeviceKeys *const actor = step.entry.actor ? device(*step.entry.actor) : nullptr;
    if (!actor)
        return LedgerError::UnknownActor;
    if (step.trust == Trust::Verify
        && refuseUnless(Check::LogSignature,
                        verifyEntry(Purpose::DeviceEntry, step.stored.entry, actor->signingKey.view()))) {
        return LedgerError::BadSignature;
    }
    return Done{};
}

Result<wire::DeviceKeys, LedgerError> DeviceLog::claimedKeys(const Step &step, ByteView claim) const
{
    const auto decodedClaim = wire::decodeDeviceClaim(claim);
    if (!decodedClaim)
        return LedgerError::Malformed;
    if (refuseUnless(Check::DeviceClaimPlace,
                     decodedClaim->account == m_account && decodedClaim->previous == m_hashes.back())) {
        return LedgerError::BadProof;
    }
    const wire::DeviceKeys &keys = decodedClaim->keys;
    if (refuseUnless(Check::DeviceIdReused, !wasUsed(keys.device)))
        return LedgerError::DeviceIdReused;
    if (step.trust == Trust::Stored)
        return keys;
    if (!isUsable(keys))
        return LedgerError::BadKey;
    const std::vector<Bytes> &proofs = step.stored.entry.proofs;
    if (proofs.size() != kProofsOfNewKeys)
        return LedgerError::BadProof;
    if (refuseUnless(Check::DeviceKeyProof, verify(Purpose::DeviceProof, claim, proofs[0], keys.signingKey.view())))
        return LedgerError::BadProof;
    if (refuseUnless(Check::IdentityKeyProof,
                     verifyWithCurveKey(Purpose::DeviceProof, claim, proofs[1], keys.identityKey))) {
        return LedgerError::BadProof;
    }
    return keys;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &, const wire::Genesis &) const
{
    return LedgerError::NotDescendant;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &step, const wire::AddDevice &add) const
{
    const auto keys = claimedKeys(step, add.claim);
    if (!keys)
        return keys.error();
    if (refuseUnless(Check::DeviceLimit, state().devices.size() < std::size_t(kMaxActiveDevices)))
        return LedgerError::TooManyDevices;
    Outcome result{state(), {LogChange::Kind::DeviceAdded, keys->device}};
    result.state.devices.push_back(*keys);
    return result;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &, const wire::RevokeDevice &revoke) const
{
    if (!hasDevice(state(), revoke.device))
        return LedgerError::UnknownDevice;
    Outcome result{state(), {LogChange::Kind::DeviceRevoked, revoke.device}};
    removeDevice(result.state, revoke.device);
    return result;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &step, const wire::SetRecovery &set) const
{
    // By the log's own times, so that every reader of one log comes to the same kit.
    const bool isOver = state().pending && step.entry.time >= state().pending->setAt + kRecoveryDelay;
    Outcome result{state(), {LogChange::Kind::RecoverySet, std::nullopt}};
    if (isOver) {
        // A date alone ends no wait for those who watched it begin.
        const Timestamp until = state().pending->seenAt + kRecoveryDelay;
        if (step.stored.seenAt > state().pending->seenAt && step.stored.seenAt < until)
            result.state.held = HeldRecovery{recoveryKeys(step.stored.seenAt), until};
        result.state.recovery = state().pending->keys;
        result.state.pending.reset();
    }
    if (!set.keys) {
        if (!result.state.pending)
            return LedgerError::NothingPending;
        result.state.pending.reset();
        result.change.kind = LogChange::Kind::RecoveryWithdrawn;
        return result;
    }
    if (step.trust == Trust::Verify) {
        if (!isUsable(*set.keys))
            return LedgerError::BadKey;
        const wire::SignedEntry &entry = step.stored.entry;
        if (entry.proofs.size() != 1)
            return LedgerError::BadProof;
        if (refuseUnless(
                Check::AccountRootProof,
                verifyWithCurveKey(Purpose::RecoveryProof, entry.body, entry.proofs[0], set.keys->accountRoot))) {
            return LedgerError::BadProof;
        }
    }
    result.state.pending = PendingRecovery{*set.keys, step.entry.time, step.stored.seenAt};
    return result;
}

bool DeviceLog::mayUse(const PendingRecovery &pending, const Step &step) const
{
    if (step.entry.time < pending.setAt + kRecoveryDelay)
        return false;
    // Who watched the new kit being set also waits by the own clock: a backdated entry gains nothing there. Who gets
    // both entries in one answer can only go by the log, which the relay kept to its clock.
    const Milliseconds watched = step.stored.seenAt - pending.seenAt;
    return watched == Milliseconds(0) || watched >= kRecoveryDelay;
}

Result<wire::RecoveryKeys, LedgerError> DeviceLog::recoveringKit(const Step &step) const
{
    const wire::SignedEntry &entry = step.stored.entry;
    const auto signedBy = [&](const wire::RecoveryKeys &keys) {
        return verifyWithCurveKey(Purpose::RecoverEntry, entry.body, entry.signature, keys.accountRoot);
    };
    const std::optional<PendingRecovery> &pending = state().pending;
    if (pending && signedBy(pending->keys)) {
        if (step.trust == Trust::Verify && refuseUnless(Check::RecoveryDelay, mayUse(*pending, step)))
            return LedgerError::RecoveryPending;
        return pending->keys;
    }
    const bool isReplaced = pending && step.entry.time >= pending->setAt + kRecoveryDelay;
    if (refuseUnless(Check::RecoverySignature, !isReplaced && signedBy(state().recovery)))
        return LedgerError::BadSignature;
    const bool isHeld = state().held && step.stored.seenAt < state().held->until;
    if (step.trust == Trust::Verify && refuseUnless(Check::RecoveryDelay, !isHeld))
        return LedgerError::RecoveryPending;
    return state().recovery;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &step, const wire::Recover &recover) const
{
    const auto kit = recoveringKit(step);
    if (!kit)
        return kit.error();
    const bool isOurs = recover.baseVersion >= 1 && recover.baseVersion <= version()
        && m_hashes[std::size_t(recover.baseVersion) - 1] == recover.baseHash;
    if (!isOurs)
        return LedgerError::UnknownBase;
    const auto keys = claimedKeys(step, recover.claim);
    if (!keys)
        return keys.error();

    const DeviceLogState &base = m_states[std::size_t(recover.baseVersion) - 1];
    Outcome result{{*kit, std::nullopt, base.devices, false}, {LogChange::Kind::Recovered, keys->device}};
    for (const DeviceId revoked : recover.revoked) {
        if (!hasDevice(result.state, revoked))
            return LedgerError::UnknownDevice;
        removeDevice(result.state, revoked);
    }
    if (refuseUnless(Check::DeviceLimit, result.state.devices.size() < std::size_t(kMaxActiveDevices)))
        return LedgerError::TooManyDevices;
    result.state.devices.push_back(*keys);
    return result;
}

Result<DeviceLog::Outcome, LedgerError> DeviceLog::outcome(const Step &, const wire::Close &) const
{
    Outcome result{state(), {LogChange::Kind::Closed, std::nullopt}};
    result.state.devices.clear();
    result.state.pending.reset();
    result.state.isClosed = true;
    return result;
}

LogPin DeviceLog::head() const { return {m_epochs.back(), version(), m_hashes.back()}; }

const wire::DeviceKeys *DeviceLog::device(DeviceId device) const
{
    const auto &devices = state().devices;
    const auto at = std::find_if(devices.begin(), devices.end(),
                                 [device](const wire::DeviceKeys &keys) { return keys.device == device; });
    return at == devices.end() ? nullptr : &*at;
}

const wire::RecoveryKeys &DeviceLog::recoveryKeys(Timestamp now) const
{
    const DeviceLogState &current = state();
    if (current.pending && now >= current.pending->validFrom())
        return current.pending->keys;
    return current.held && now < current.held->until ? current.held->keys : current.recovery;
}

const wire::CurveKey &DeviceLog::accountRoot(Timestamp now) const { return recoveryKeys(now).accountRoot; }

const wire::SealingKey &DeviceLog::recoveryWrap(Timestamp now) const { return recoveryKeys(now).recoveryWrap; }

std::optional<Hash256> DeviceLog::hashAt(std::uint64_t version) const
{
    if (version == 0 || version > m_hashes.size())
        return std::nullopt;
    return m_hashes[std::size_t(version) - 1];
}

HeadRelation DeviceLog::relate(const LogPin &pin) const
{
    if (pin.version > version())
        return HeadRelation::Newer;
    if (pin.version == 0)
        return HeadRelation::Forked;
    const auto index = std::size_t(pin.version) - 1;
    if (m_hashes[index] != pin.hash || m_epochs[index] != pin.epoch)
        return HeadRelation::Forked;
    return pin.version == version() ? HeadRelation::Same : HeadRelation::Older;
}

} // namespace sotto
