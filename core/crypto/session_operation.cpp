#include "core/crypto/session_operation.h"

#include "core/base/check.h"
#include "core/primitives/hash.h"

#include <QtEndian>

namespace sotto {

namespace {
/// Upper bound of what one skipped message key, and one new chain, add to a record (measured: 91 and 152 bytes).
constexpr qsizetype kSkippedKeyBytes = 100;
constexpr qsizetype kNewChainBytes = 200;
/// Room for what no gate counts: new chains without skipped keys (at most five stay) and the row around the record.
constexpr qsizetype kReservedBytes = 2048;
/// Archived states are dropped beyond this, so that the running session has room to skip messages.
constexpr qsizetype kComfortableRecordBytes = kMaxSessionRecordBytes / 2;

Bytes noHeader() { return Bytes(kPreKeyHeaderHashBytes, '\0'); }
} // namespace

Result<std::unique_ptr<SessionOperation>, CryptoError> SessionOperation::start(CryptoCore &core,
                                                                               const KeyStores &stores,
                                                                               const DeviceAddress &peer)
{
    auto stored = stores.sessions.loadSession(peer);
    if (!stored)
        return stored.error().code == ErrorCode::Corrupt ? CryptoError::CorruptRecord : CryptoError::StoreFailed;
    std::unique_ptr<SessionOperation> operation(new SessionOperation(core, stores, peer));
    if (*stored) {
        auto row = SessionRow::parse((*stored)->view());
        if (!row)
            return CryptoError::CorruptRecord;
        operation->m_unit.session = std::move(row->record);
        operation->m_row = std::move(*row);
    }
    return operation;
}

SessionOperation::SessionOperation(CryptoCore &core, const KeyStores &stores, const DeviceAddress &peer)
    : m_core(core), m_stores(stores), m_peer(peer), m_unit(core.context(), stores, peer)
{ }

// ---- Sending -------------------------------------------------------------------------------------------------------

Result<Done, CryptoError> SessionOperation::processBundle(const RemoteBundle &bundle, const CurvePublicKey &identity)
{
    const auto trusted = checkIdentity(identity);
    if (!trusted)
        return trusted;
    const auto intact = checkRecord();
    if (!intact)
        return intact;
    const auto built = native::processBundle(m_unit, bundle);
    if (!built)
        return built;
    if (!m_row)
        m_row.emplace(SessionRow{identity, true, false, {}, {}, {}});
    m_row->isAnswered = false;
    m_row->lastChain.reset();
    const auto noted = noteStates(noHeader());
    if (!noted)
        return noted;
    return store();
}

Result<Done, CryptoError> SessionOperation::checkSending()
{
    if (!m_row || !m_row->hasCurrent || m_row->notes.empty())
        return CryptoError::NoSession;
    // The library asks for the identity when a session is built and never again (security.md 0.5).
    const auto trusted = checkIdentity(m_row->identity);
    if (!trusted)
        return trusted;
    const Milliseconds age = m_core.clock().now() - m_row->notes.front().since;
    if (refuseUnless(Check::UnansweredSession, m_row->isAnswered || age <= kArchivedStateLife))
        return CryptoError::NoSession;
    return Done{};
}

Result<RatchetFrame, CryptoError> SessionOperation::encrypt(ByteView plaintext)
{
    const auto sending = checkSending();
    if (!sending)
        return sending.error();
    auto frame = native::encrypt(m_unit, plaintext);
    if (!frame)
        return frame;
    const auto stored = store();
    if (!stored)
        return stored.error();
    return frame;
}

Result<Done, CryptoError> SessionOperation::archive()
{
    if (!m_row || !m_row->hasCurrent)
        return CryptoError::NoSession;
    auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    const auto archived = record->archiveCurrent();
    if (!archived)
        return archived;
    auto bytes = record->serialized();
    if (!bytes)
        return bytes.error();
    m_unit.session = std::move(*bytes);
    m_row->lastChain.reset();
    const auto noted = noteStates(noHeader());
    if (!noted)
        return noted;
    return store();
}

// ---- Receiving -----------------------------------------------------------------------------------------------------

Result<SecretBytes, CryptoError> SessionOperation::decryptSignal(ByteView bytes, JumpLimiter &limiter)
{
    const auto frame = native::SignalFrame::parse(m_core.context(), bytes);
    if (!frame)
        return frame.error();
    if (!m_row)
        return CryptoError::NoSession;
    const auto trusted = checkIdentity(m_row->identity);
    if (!trusted)
        return trusted.error();
    const auto passed = passGate(*frame, limiter);
    if (!passed)
        return passed.error();

    auto plaintext = native::decryptSignal(m_unit, *frame);
    if (!plaintext)
        return plaintext;
    if (passed->isBigJump)
        limiter.noteJump(limiterKey(), m_core.clock().monotonic());
    m_row->isAnswered = true;
    m_row->lastChain = {frame->ratchetKey(), passed->nextCounter};
    if (passed->mayChangeStates) {
        const auto noted = noteStates(noHeader());
        if (!noted)
            return noted.error();
    }
    const auto stored = store();
    if (!stored)
        return stored.error();
    return plaintext;
}

Result<SecretBytes, CryptoError> SessionOperation::decryptPreKey(ByteView bytes, JumpLimiter &limiter)
{
    const auto outer = PreKeyFrame::parse(bytes);
    if (!outer)
        return outer.error();
    const auto message = native::SignalFrame::parse(m_core.context(), outer->inner);
    if (!message)
        return message.error();
    const auto trusted = checkIdentity(outer->identityKey);
    if (!trusted)
        return trusted.error();
    const auto registered = checkRegistration(*outer);
    if (!registered)
        return registered.error();

    const SessionRow::StateNote *const known = m_row ? m_row->noteOf(outer->baseKey) : nullptr;
    bool isBigJump = false;
    std::uint32_t nextCounter = message->counter() + 1;
    if (known) {
        if (refuseUnless(Check::PreKeyHeaderChanged, known->headerHash == outer->headerHash()))
            return CryptoError::InvalidMessage;
        const auto passed = passGate(*message, limiter);
        if (!passed)
            return passed.error();
        isBigJump = passed->isBigJump;
        nextCounter = passed->nextCounter;
    } else {
        const auto passed = passNewSessionGate(*outer, *message, limiter);
        if (!passed)
            return passed.error();
    }
    const bool isNew = !known;

    auto plaintext = native::decryptPreKey(m_unit, bytes);
    if (!plaintext)
        return plaintext;
    if (isBigJump)
        limiter.noteJump(limiterKey(), m_core.clock().monotonic());
    if (!m_row)
        m_row.emplace(SessionRow{outer->identityKey, true, true, {}, {}, {}});
    m_row->isAnswered = true;
    m_row->lastChain = {message->ratchetKey(), nextCounter};
    const auto noted = noteStates(outer->headerHash());
    if (!noted)
        return noted.error();
    if (isNew
        && !m_stores.tombstones.addTombstone(m_peer, blake2b256(outer->baseKey.view()), outer->signedPreKeyId,
                                             m_core.clock().now())) {
        return CryptoError::StoreFailed;
    }
    const auto stored = store();
    if (!stored)
        return stored.error();
    return plaintext;
}

Result<int, CryptoError> SessionOperation::archivedStates()
{
    if (!m_row)
        return 0;
    const auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    return record->archivedCount();
}

Result<std::optional<Bytes>, CryptoError> SessionOperation::sendingRatchetKey()
{
    using Key = std::optional<Bytes>;
    if (!m_row || !m_row->hasCurrent)
        return Key();
    const auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    const auto key = record->sendingRatchetKey();
    return key ? Key(key->toBytes()) : Key();
}

// ---- Gates ---------------------------------------------------------------------------------------------------------

Result<Done, CryptoError> SessionOperation::checkIdentity(const CurvePublicKey &identity)
{
    const Result<bool> trusted = m_stores.identities.isTrusted(m_peer, identity);
    if (!trusted)
        return CryptoError::StoreFailed;
    if (refuseUnless(Check::SessionIdentity, *trusted))
        return CryptoError::UntrustedIdentity;
    return Done{};
}

Result<Done, CryptoError> SessionOperation::checkRecord()
{
    if (!m_row)
        return Done{};
    const auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    return Done{};
}

Result<Done, CryptoError> SessionOperation::checkRegistration(const PreKeyFrame &frame)
{
    if (frame.preKeyId && refuseUnless(Check::ReservedPreKeyId, isOrdinaryPreKeyId(*frame.preKeyId)))
        return CryptoError::InvalidKeyId;
    // The id in the message is outside its MAC: it is compared with signed data, never believed.
    const auto expected = m_stores.identities.registrationId(m_peer);
    if (!expected)
        return CryptoError::StoreFailed;
    if (*expected && refuseUnless(Check::PreKeyRegistrationId, **expected == frame.registrationId))
        return CryptoError::InvalidMessage;
    return Done{};
}

Result<SessionOperation::Passed, CryptoError> SessionOperation::passGate(const native::SignalFrame &frame,
                                                                         JumpLimiter &limiter)
{
    // Reading the record costs a fifth of a decryption, and most messages are the next of their chain.
    if (m_row->lastChain && m_row->lastChain->ratchetKey == frame.ratchetKey()
        && frame.counter() == m_row->lastChain->nextCounter) {
        return Passed{false, false, frame.counter() + 1};
    }
    const auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    const auto chain = record->chainOf(frame);
    const std::uint32_t from = chain ? chain->index : 0;
    const std::uint32_t jump = frame.counter() > from ? frame.counter() - from : 0;
    if (refuseUnless(Check::JumpTooFar, jump <= kMaxJump))
        return CryptoError::NeedsRetry;
    const qsizetype growth = qsizetype(jump) * kSkippedKeyBytes + (chain ? 0 : kNewChainBytes);
    const bool fits = jump == 0 || m_unit.session->size() + growth <= kMaxSessionRecordBytes - kReservedBytes;
    if (refuseUnless(Check::SessionRecordSize, fits))
        return CryptoError::NeedsRetry;
    const bool isBig = jump > kBigJump;
    if (isBig && refuseUnless(Check::BigJumpRate, limiter.mayJump(limiterKey(), m_core.clock().monotonic())))
        return CryptoError::NeedsRetry;

    const int archived = record->archivedCount();
    const bool isCheap = chain ? chain->state == 0 && !isBig : archived == 0 && !isBig;
    if (!isCheap) {
        // A big jump on a new ratchet key is only looked for in the current state: nobody skips that far in an old one.
        const int first = chain ? chain->state : 0;
        const int last = chain ? chain->state : isBig ? 0 : archived;
        using Mac = native::SessionRecord::Mac;
        Mac mac = Mac::Wrong;
        for (int state = first; state <= last && mac == Mac::Wrong; ++state)
            mac = record->macOf(m_core.context(), state, frame);
        if (mac == Mac::KeyUsed)
            return CryptoError::Duplicate;
        if (refuseUnless(Check::BigJumpForged, mac == Mac::Right)) {
            if (isBig)
                limiter.noteFailure(limiterKey(), jump, m_core.clock().monotonic());
            return CryptoError::InvalidMessage;
        }
    }
    return Passed{isBig, !chain || chain->state != 0, std::max(from, frame.counter() + 1)};
}

Result<Done, CryptoError> SessionOperation::passNewSessionGate(const PreKeyFrame &frame,
                                                               const native::SignalFrame &message, JumpLimiter &limiter)
{
    const auto intact = checkRecord();
    if (!intact)
        return intact;
    const Result<bool> wasSeen = m_stores.tombstones.hasTombstone(m_peer, blake2b256(frame.baseKey.view()));
    if (!wasSeen)
        return CryptoError::StoreFailed;
    if (refuseUnless(Check::PreKeyMessageReplay, !*wasSeen))
        return CryptoError::ReplayedPreKeyMessage;
    if (refuseUnless(Check::JumpTooFar, message.counter() <= kMaxJump))
        return CryptoError::NeedsRetry;
    if (message.counter() > kBigJump) {
        // The MAC can only be checked after the whole key agreement, so trying it is what is limited.
        const Milliseconds now = m_core.clock().monotonic();
        if (refuseUnless(Check::BigJumpRate, limiter.mayJump(limiterKey(), now)))
            return CryptoError::NeedsRetry;
        limiter.noteJump(limiterKey(), now);
    }
    return Done{};
}

Bytes SessionOperation::limiterKey() const
{
    std::array<char, 4> device;
    qToBigEndian(m_peer.device.number(), device.data());
    return m_peer.account.toBytes() + Bytes(device.data(), qsizetype(device.size()));
}

// ---- Writing -------------------------------------------------------------------------------------------------------

Result<Done, CryptoError> SessionOperation::noteStates(const Bytes &headerHash)
{
    auto record = native::SessionRecord::load(m_core.context(), m_unit.session->view());
    if (!record)
        return record.error();
    const Timestamp now = m_core.clock().now();
    const std::optional<CurvePublicKey> oldCurrent =
        m_row->hasCurrent && !m_row->notes.empty() ? std::optional(m_row->notes.front().baseKey) : std::nullopt;

    std::vector<SessionRow::StateNote> notes;
    const auto current = record->current();
    if (current) {
        const SessionRow::StateNote *const old = m_row->noteOf(current->baseKey);
        const bool wasCurrent = oldCurrent == current->baseKey;
        notes.push_back({current->baseKey, wasCurrent ? old->since : now, old ? old->headerHash : headerHash});
        m_row->identity = current->remoteIdentity;
    }
    const auto archived = record->archived();
    int kept = 0;
    for (const native::SessionRecord::State &state : archived) {
        const SessionRow::StateNote *const old = m_row->noteOf(state.baseKey);
        const Timestamp since = old && oldCurrent != state.baseKey ? old->since : now;
        const bool isUseful = old && state.remoteIdentity == m_row->identity && now - since <= kArchivedStateLife
            && kept < kMaxArchivedStates;
        if (refuseUnless(Check::ArchivedStates, isUseful)) {
            record->removeArchived(kept + 1);
            continue;
        }
        notes.push_back({state.baseKey, since, old ? old->headerHash : noHeader()});
        ++kept;
    }
    m_row->hasCurrent = current.has_value();
    m_row->notes = std::move(notes);
    return keepComfortable(*record, kept, std::size_t(kept) != archived.size());
}

Result<Done, CryptoError> SessionOperation::keepComfortable(native::SessionRecord &record, int archived, bool isChanged)
{
    for (;;) {
        if (isChanged) {
            auto bytes = record.serialized();
            if (!bytes)
                return bytes.error();
            m_unit.session = std::move(*bytes);
        }
        if (archived == 0 || m_unit.session->size() <= kComfortableRecordBytes)
            return Done{};
        record.removeArchived(archived--);
        m_row->notes.pop_back();
        isChanged = true;
    }
}

Result<Done, CryptoError> SessionOperation::store()
{
    m_row->record = std::move(*m_unit.session);
    const SecretBytes row = m_row->serialized();
    const Timestamp now = m_core.clock().now();
    if (!m_stores.sessions.storeSession(m_peer, row.view(), now))
        return CryptoError::StoreFailed;
    if (m_unit.usedPreKey && !m_stores.preKeys.removePreKey(*m_unit.usedPreKey))
        return CryptoError::StoreFailed;
    if (m_unit.savedIdentity && !m_stores.identities.rememberIdentity(m_peer, *m_unit.savedIdentity))
        return CryptoError::StoreFailed;
    return Done{};
}

} // namespace sotto
