#include "core/messaging/inbox/inbox.h"

#include "core/account/device_directory.h"
#include "core/base/logging.h"
#include "core/crypto/session_cipher.h"
#include "core/net/relay_client.h"
#include "core/primitives/hash.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include "core/messaging/inbox/incoming.h"

namespace sotto {

// The order is the design: nothing is decrypted before its sender is proved, nothing stored before its header is
// checked, nothing acknowledged before its commit.
const Inbox::Stage Inbox::kStages[] = {
    &Inbox::openSender,  &Inbox::knowDevice, &Inbox::deduplicate, &Inbox::decrypt,
    &Inbox::checkHeader, &Inbox::openBody,   &Inbox::store,
};

Inbox::Inbox(InboxParts parts, const DeviceAddress &self) : m_parts(parts), m_self(self) { }

Inbox::~Inbox() = default;

void Inbox::take(const wire::Deliver &mail)
{
    m_waiting.insert(m_waiting.end(), mail.envelopes.begin(), mail.envelopes.end());
    if (!m_draining)
        detach(drain());
}

Task<Done> Inbox::drain()
{
    m_draining = true;
    while (!m_waiting.empty()) {
        const std::size_t size = std::min(m_waiting.size(), kMaxBatch);
        const auto end = m_waiting.begin() + std::ptrdiff_t(size);
        const std::vector<wire::Envelope> batch(m_waiting.begin(), end);
        m_waiting.erase(m_waiting.begin(), end);
        const Claims claims = co_await openSenders(batch);
        if (!processBatch(batch, claims)) {
            // The database refuses: what waits stays at the relay, which delivers it again on the next connection.
            m_waiting.clear();
            Q_EMIT storeFailed(*m_failure);
        }
    }
    m_draining = false;
    Q_EMIT becameIdle();
    co_return Done{};
}

Task<Inbox::Claims> Inbox::openSenders(std::vector<wire::Envelope> batch)
{
    Claims claims;
    int fetched = 0;
    std::vector<AccountId> asked;
    m_unreachable.clear();
    for (const wire::Envelope &envelope : batch) {
        const auto claim = m_parts.senders.open(envelope.sealedSender);
        claims.push_back(claim ? std::optional(*claim) : std::nullopt);
        if (!claim || fetched >= kMaxFetchedLogs || std::ranges::find(asked, claim->sender.account) != asked.end())
            continue;
        const auto known = m_parts.directory.findDevice(claim->sender);
        if (!known || *known)
            continue;
        asked.push_back(claim->sender.account);
        ++fetched;
        const AccountId account = claim->sender.account;
        const auto refreshed = co_await m_parts.directory.refresh(account);
        if (!refreshed && refreshed.error() == DirectoryError::Offline)
            m_unreachable.push_back(account);
    }
    co_return claims;
}

bool Inbox::processBatch(const std::vector<wire::Envelope> &batch, const Claims &claims)
{
    // A savepoint makes the full-text index write out what it has gathered, and costs more than any stage; so a batch
    // goes without, and once more with savepoints when something in it must be undone. What is only in memory and
    // counts attempts starts from the same state both times.
    const JumpLimiter jumps = m_parts.sessions.jumpLimiter();
    const std::int64_t dropped = m_dropped;
    Verdict verdict = attempt(batch, claims, Undoing::Together);
    if (verdict == Verdict::Undo) {
        m_parts.sessions.jumpLimiter() = jumps;
        m_dropped = dropped;
        verdict = attempt(batch, claims, Undoing::Apart);
    }
    return verdict == Verdict::Finished;
}

Inbox::Verdict Inbox::attempt(const std::vector<wire::Envelope> &batch, const Claims &claims, Undoing undoing)
{
    InboxNews news;
    std::vector<std::uint64_t> done;
    m_failure.reset();
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction)
        return failed(transaction.error());
    std::uint64_t newest = 0;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        Incoming incoming(batch[i], claims[i], news);
        const Verdict verdict = process(incoming, undoing);
        if (verdict == Verdict::Failed || verdict == Verdict::Undo)
            return verdict;
        if (verdict == Verdict::Held)
            continue;
        done.push_back(batch[i].seq);
        newest = std::max(newest, batch[i].seq);
    }
    if (!done.empty()) {
        if (const auto noted = m_parts.storage.relay.noteCommitted(newest); !noted)
            return failed(noted.error());
    }
    if (const auto committed = transaction->commit(); !committed)
        return failed(committed.error());
    if (!done.empty())
        m_parts.relay.acknowledge(done);
    Q_EMIT changed(news);
    return Verdict::Finished;
}

Inbox::Verdict Inbox::process(Incoming &incoming, Undoing undoing)
{
    if (undoing == Undoing::Together) {
        const Verdict verdict = runStages(incoming);
        if (verdict == Verdict::Next || verdict == Verdict::Failed)
            return verdict == Verdict::Next ? Verdict::Finished : verdict;
        return incoming.hasWritten ? Verdict::Undo : verdict;
    }
    auto savepoint = Savepoint::begin(m_parts.storage.database);
    if (!savepoint)
        return failed(savepoint.error());
    const Verdict verdict = runStages(incoming);
    if (verdict != Verdict::Next)
        return verdict; // the savepoint undoes whatever a refused frame did, its ratchet step included
    if (const auto released = savepoint->release(); !released)
        return failed(released.error());
    return Verdict::Finished;
}

/// Next when what it has written is to be kept.
Inbox::Verdict Inbox::runStages(Incoming &incoming)
{
    for (const Stage stage : kStages) {
        const Verdict verdict = (this->*stage)(incoming);
        if (verdict == Verdict::Kept)
            return Verdict::Next;
        if (verdict != Verdict::Next)
            return verdict;
    }
    return Verdict::Next;
}

Inbox::Verdict Inbox::drop(const char *why)
{
    ++m_dropped;
    qCInfo(lcMessaging, "a frame is refused: %s", why);
    return Verdict::Finished;
}

Inbox::Verdict Inbox::failed(const Error &error)
{
    m_failure = error;
    return Verdict::Failed;
}

Inbox::Verdict Inbox::verdictOf(const Result<Done> &result)
{
    if (result)
        return Verdict::Next;
    switch (result.error().code) {
    case ErrorCode::AlreadyExists: return Verdict::Finished;
    case ErrorCode::Refused: return drop("content that is not allowed here");
    default: return failed(result.error());
    }
}

Inbox::Verdict Inbox::openSender(Incoming &incoming)
{
    if (incoming.envelope.kind != wire::CopyKind::PreKey && incoming.envelope.kind != wire::CopyKind::Signal)
        return drop("a kind of copy that nobody sends yet");
    if (!incoming.claim)
        return drop("a sealed sender that is not for this device");
    if (!incoming.envelope.payload.isEmpty())
        incoming.payloadHash = sha256(incoming.envelope.payload);
    return Verdict::Next;
}

Inbox::Verdict Inbox::knowDevice(Incoming &incoming)
{
    const auto keys = m_parts.directory.findDevice(incoming.claim->sender);
    if (!keys)
        return failed(keys.error());
    if (!*keys) {
        // openSenders() asked the relay. Without its answer the device may be a new one of somebody we know.
        if (std::ranges::find(m_unreachable, incoming.claim->sender.account) != m_unreachable.end())
            return Verdict::Held;
        // With a log in hand the device is not in it; without one we may be offline.
        const auto log = m_parts.directory.find(incoming.claim->sender.account);
        if (log && *log)
            return drop("a device that its account's log does not name");
        return m_parts.relay.connection().isOnline() ? drop("an account without a log") : Verdict::Held;
    }
    const auto verified = m_parts.senders.verify(*incoming.claim, (*keys)->sealingKey.view(),
                                                 incoming.envelope.ciphertext, incoming.payloadHash);
    if (!verified)
        return drop("a sender's tag that is wrong");
    return Verdict::Next;
}

Inbox::Verdict Inbox::deduplicate(Incoming &incoming)
{
    const auto hash = SessionCipher::innerHash(m_parts.core, incoming.frameType(), incoming.envelope.ciphertext);
    if (!hash)
        return drop("a ciphertext that is none");
    incoming.innerHash = *hash;
    const auto seen = m_parts.storage.dedupe.contains(*hash);
    if (!seen)
        return failed(seen.error());
    return *seen ? Verdict::Finished : Verdict::Next;
}

Inbox::Verdict Inbox::decrypt(Incoming &incoming)
{
    auto plain = m_parts.sessions.decrypt(incoming.claim->sender, incoming.frameType(), incoming.envelope.ciphertext);
    if (!plain) {
        if (plain.error() == CryptoError::StoreFailed)
            return failed(Error(ErrorCode::InputOutput, QStringLiteral("a key store refused")));
        drop(name(plain.error()));
        return plain.error() == CryptoError::Duplicate ? Verdict::Finished : keepUndecryptable(incoming);
    }
    incoming.plaintext = std::move(*plain);
    incoming.hasWritten = true;
    if (const auto added = m_parts.storage.dedupe.add(*incoming.innerHash, m_parts.clock.now()); !added)
        return verdictOf(added);
    return Verdict::Next;
}

Inbox::Verdict Inbox::checkHeader(Incoming &incoming)
{
    auto inner = incoming.openInner();
    if (!inner) {
        if (inner.error() == content::WireError::UnknownCritical)
            return keepUnknown(incoming);
        return drop("content that cannot be read");
    }
    incoming.inner = std::move(*inner);
    if (const char *wrong = incoming.headerProblem(m_self))
        return drop(wrong);
    if (const auto learned = learnSecret(incoming); !learned)
        return failed(learned.error());
    return Verdict::Next;
}

Inbox::Verdict Inbox::openBody(Incoming &incoming)
{
    const auto opened = incoming.openBody();
    if (!opened)
        return drop("a body that cannot be opened");
    auto body = content::decodeBody(incoming.bodyBytes);
    if (!body) {
        if (body.error() == content::WireError::UnknownCritical)
            return keepUnknown(incoming);
        return drop("a body that cannot be read");
    }
    incoming.body = std::move(*body);
    return Verdict::Next;
}

Inbox::Verdict Inbox::store(Incoming &incoming) { return verdictOf(dispatch(incoming.arrival(m_self), incoming.news)); }

} // namespace sotto
