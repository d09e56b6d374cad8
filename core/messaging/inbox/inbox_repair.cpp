// What the inbox does with frames that do not open, and with requests for those of ours that did not open elsewhere.
#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/crypto/prekey_frame.h"
#include "core/messaging/inbox/incoming.h"
#include "core/messaging/repair/repair_answerer.h"
#include "core/messaging/repair/repair_store.h"
#include "core/messaging/repair/sealed_retry_box.h"
#include "core/primitives/hash.h"
#include "core/storage/key_store_db.h"
#include "core/storage/storage.h"

namespace sotto {

/// Of people who may not be asked nothing is kept.
Inbox::Verdict Inbox::keepUndecryptable(Incoming &incoming)
{
    const auto asks = m_parts.repairs.asks(incoming.claim->sender.account);
    if (!asks)
        return failed(asks.error());
    if (!*asks)
        return Verdict::Finished;
    incoming.hasWritten = true;
    if (const auto seen = m_parts.storage.dedupe.add(*incoming.innerHash, m_parts.clock.now()); !seen)
        return verdictOf(seen);
    const Bytes key = SessionCipher::frameRatchetKey(m_parts.core, incoming.frameType(), incoming.envelope.ciphertext);
    const auto noted = m_parts.repairs.noteFrame(*incoming.claim, key, incoming.envelope.relayTime, incoming.news);
    return noted ? Verdict::Kept : verdictOf(noted);
}

/// Whether a frame that would start a session may: each takes a state of the record, and mail under way needs those.
Result<bool> Inbox::mayStartSession(const Incoming &incoming)
{
    using namespace std::chrono_literals;
    if (incoming.frameType() != RatchetFrameType::PreKey)
        return true;
    const auto frame = PreKeyFrame::parse(incoming.envelope.ciphertext);
    if (!frame)
        return true; // it is refused where it is read
    const DeviceAddress sender = incoming.claim->sender;
    const auto known = m_parts.keyStore.hasTombstone(sender, blake2b256(frame->baseKey.view()));
    if (!known)
        return known.error();
    if (*known)
        return true;
    const Timestamp now = m_parts.clock.now();
    const auto lastHour = m_parts.keyStore.sessionsBuiltBetween(sender, now - 1h, now);
    const auto lastDay = m_parts.keyStore.sessionsBuiltBetween(sender, now - 24h, now);
    if (!lastHour || !lastDay)
        return !lastHour ? lastHour.error() : lastDay.error();
    const bool isRare = *lastHour < kMaxSessionsAnHour && *lastDay < kMaxSessionsADay;
    return !refuseUnless(Check::NewSessionRate, isRare);
}

/// The order is that of protocol 3 "Sealed copies": nothing is opened for people who may not ask, and nothing is
/// written for what was not signed.
Inbox::Verdict Inbox::answerRetry(Incoming &incoming)
{
    const DeviceAddress sender = incoming.claim->sender;
    const auto state = stateOf(sender.account);
    if (!state)
        return failed(state.error());
    const bool isOwn = sender.account == m_self.account;
    const bool mayAsk = (isOwn || *state == ContactState::Accepted) && sender != m_self;
    if (refuseUnless(Check::RetryFromContact, mayAsk))
        return drop("a request of somebody who is no contact");
    const auto held = m_parts.storage.pins.isHeld(sender.account);
    if (!held)
        return failed(held.error());
    if (*held)
        return drop("a request of an account on hold");
    const Hash256 hash = sha256(incoming.envelope.ciphertext);
    const auto seen = m_parts.storage.dedupe.contains(hash);
    if (!seen)
        return failed(seen.error());
    if (*seen)
        return Verdict::Finished;
    const auto keys = m_parts.directory.findDevice(sender);
    if (!keys || !*keys)
        return keys ? Verdict::Held : failed(keys.error());
    if (!m_parts.answerer.mayAsk(sender))
        return drop("too many requests");
    const auto retry = m_parts.retries.open(incoming.envelope.ciphertext, sender, **keys);
    if (!retry)
        return drop("a sealed copy that is no request of its sender");
    incoming.hasWritten = true;
    if (const auto added = m_parts.storage.dedupe.add(hash, m_parts.clock.now()); !added)
        return verdictOf(added);
    const auto answered = m_parts.answerer.answer(sender, *retry);
    return answered ? Verdict::Kept : failed(answered.error());
}

} // namespace sotto
