#include "core/messaging/inbox/inbox.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/crypto/session_cipher.h"
#include "core/messaging/heads/log_heads.h"
#include "core/messaging/repair/repair_answerer.h"
#include "core/messaging/repair/repair_store.h"
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
    &Inbox::openSender,  &Inbox::knowDevice,  &Inbox::answerSealed, &Inbox::deduplicate, &Inbox::decrypt,
    &Inbox::checkHeader, &Inbox::settleTaken, &Inbox::openBody,     &Inbox::store,
};

Inbox::Inbox(InboxParts parts, const DeviceAddress &self)
    : m_parts(parts), m_self(self), m_retry(parts.clock, [this] { retry(); })
{ }

Inbox::~Inbox() = default;

void Inbox::take(const wire::Deliver &mail)
{
    m_waiting.insert(m_waiting.end(), mail.envelopes.begin(), mail.envelopes.end());
    if (!m_draining && !m_pausing)
        detach(drain());
}

void Inbox::forgetWaiting()
{
    ++m_line;
    m_waiting.clear();
    m_held.clear();
    m_retry.stop();
    m_nextRetry = kFirstRetry;
    m_pausing = false;
}

Task<Done> Inbox::drain()
{
    m_draining = true;
    while (!m_waiting.empty() && !m_pausing) {
        const std::size_t size = std::min(m_waiting.size(), kMaxBatch);
        const auto end = m_waiting.begin() + std::ptrdiff_t(size);
        const std::vector<wire::Envelope> next(m_waiting.begin(), end);
        m_waiting.erase(m_waiting.begin(), end);
        const int line = m_line;
        const std::vector<Claimed> batch = co_await openSenders(next);
        if (line != m_line)
            continue; // it is delivered again
        m_waiting.insert(m_waiting.begin(), next.begin() + std::ptrdiff_t(batch.size()), next.end());
        const Rest rest = processBatch(batch);
        if (line != m_line)
            continue;
        m_held.insert(m_held.end(), rest.held.begin(), rest.held.end());
        m_waiting.insert(m_waiting.begin(), rest.failed.begin(), rest.failed.end());
        planRetry(!rest.failed.empty());
        if (!rest.failed.empty())
            Q_EMIT storeFailed(*m_failure);
    }
    m_draining = false;
    if (m_waiting.empty())
        Q_EMIT becameIdle();
    co_return Done{};
}

void Inbox::planRetry(bool everythingWaits)
{
    m_pausing = m_pausing || everythingWaits;
    if (!m_pausing && m_held.empty())
        m_nextRetry = kFirstRetry;
    else if (!m_retry.isActive()) {
        m_retry.start(m_nextRetry);
        m_nextRetry = std::min(2 * m_nextRetry, kLongestRetry);
    }
}

void Inbox::retry()
{
    m_pausing = false;
    m_waiting.insert(m_waiting.begin(), m_held.begin(), m_held.end());
    m_held.clear();
    if (!m_draining && !m_waiting.empty())
        detach(drain());
}

/// Learns what is missing of the logs of those who claim to have sent a batch. Ends early, and so does the batch, at
/// the first envelope that would take more than kMaxFetchedLogs.
Task<std::vector<Inbox::Claimed>> Inbox::openSenders(std::vector<wire::Envelope> batch)
{
    std::vector<Claimed> claimed;
    std::map<AccountId, bool> fetched;
    for (const wire::Envelope &envelope : batch) {
        Claimed one = openClaim(envelope);
        const std::optional<AccountId> missing = unknownAccount(one);
        if (missing && !fetched.contains(*missing)) {
            if (fetched.size() == kMaxFetchedLogs)
                break;
            const AccountId account = *missing;
            const auto refreshed = co_await m_parts.directory.refresh(account);
            const bool isAnswered = refreshed || refreshed.error() == DirectoryError::NotFound;
            fetched.emplace(account, isAnswered);
        }
        one.isLogFresh = missing && fetched.at(*missing);
        claimed.push_back(std::move(one));
    }
    co_return claimed;
}

Inbox::Claimed Inbox::openClaim(const wire::Envelope &envelope)
{
    const auto claim = m_parts.senders.open(envelope.sealedSender);
    return {envelope, claim ? std::optional(*claim) : std::nullopt, false};
}

/// Whose log is missing or does not name the claimed device.
std::optional<AccountId> Inbox::unknownAccount(const Claimed &one)
{
    if (!one.claim)
        return std::nullopt;
    const auto known = m_parts.directory.findDevice(one.claim->sender);
    return known && !*known ? std::optional(one.claim->sender.account) : std::nullopt;
}

Inbox::Rest Inbox::processBatch(Batch batch)
{
    Rest rest;
    if (attemptBatch(batch, &rest.held) != Verdict::Failed)
        return rest;
    // One row that the database refuses must not hold up the others. When it refuses whatever comes, all of it waits.
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (attemptBatch(batch.subspan(i, 1), &rest.held) != Verdict::Failed)
            continue;
        rest.failed.push_back(batch[i].envelope);
        if (m_failure->code == ErrorCode::Corrupt)
            continue;
        for (const Claimed &left : batch.subspan(i + 1))
            rest.failed.push_back(left.envelope);
        break;
    }
    return rest;
}

Inbox::Verdict Inbox::attemptBatch(Batch batch, std::vector<wire::Envelope> *held)
{
    // A savepoint makes the full-text index write out what it has gathered, and costs more than any stage; so a batch
    // goes without, and once more with savepoints when something in it must be undone. What is only in memory and
    // counts attempts starts from the same state each time that the database does.
    const JumpLimiter jumps = m_parts.sessions.jumpLimiter();
    const RepairAnswerer::Limits answers = m_parts.answerer.limits();
    const std::int64_t dropped = m_dropped;
    const std::int64_t ignored = m_ignored;
    const std::size_t heldBefore = held->size();
    const auto rolledBack = [&] {
        m_parts.sessions.jumpLimiter() = jumps;
        m_parts.answerer.limits() = answers;
        m_dropped = dropped;
        m_ignored = ignored;
        held->resize(heldBefore);
    };
    Verdict verdict = attempt(batch, Undoing::Together, held);
    if (verdict == Verdict::Undo) {
        rolledBack();
        verdict = attempt(batch, Undoing::Apart, held);
    }
    if (verdict == Verdict::Failed)
        rolledBack();
    return verdict;
}

Inbox::Verdict Inbox::attempt(Batch batch, Undoing undoing, std::vector<wire::Envelope> *held)
{
    InboxNews news;
    std::vector<std::uint64_t> done;
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction)
        return failed(transaction.error());
    std::uint64_t newest = 0;
    for (const Claimed &one : batch) {
        Incoming incoming(one, news);
        const Verdict verdict = process(incoming, undoing);
        if (verdict == Verdict::Failed || verdict == Verdict::Undo)
            return verdict;
        if (verdict == Verdict::Held) {
            held->push_back(one.envelope);
            continue;
        }
        done.push_back(one.envelope.seq);
        newest = std::max(newest, one.envelope.seq);
    }
    if (!done.empty()) {
        if (const auto noted = m_parts.storage.relay.noteCommitted(newest); !noted)
            return failed(noted.error());
        if (const auto counted = m_parts.storage.repairs.count(Tally::Frames, std::int64_t(done.size())); !counted)
            return failed(counted.error());
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
        if (verdict == Verdict::Kept || verdict == Verdict::Ignored)
            return noteHeads(incoming);
        if (verdict != Verdict::Next)
            return verdict;
    }
    return noteHeads(incoming);
}

/// What a header that is kept says about device logs.
Inbox::Verdict Inbox::noteHeads(Incoming &incoming)
{
    if (!incoming.inner)
        return Verdict::Next;
    const auto heads = m_parts.heads.note(incoming.place(m_self));
    if (!heads)
        return failed(heads.error());
    InboxNews &news = incoming.news;
    news.newerLogs.insert(news.newerLogs.end(), heads->newer.begin(), heads->newer.end());
    news.contacts.insert(news.contacts.end(), heads->alarmed.begin(), heads->alarmed.end());
    return Verdict::Next;
}

Inbox::Verdict Inbox::drop(const char *why)
{
    ++m_dropped;
    qCInfo(lcMessaging, "a frame is refused: %s", why);
    return Verdict::Finished;
}

Inbox::Verdict Inbox::ignored(const char *why)
{
    ++m_ignored;
    qCInfo(lcMessaging, "content has no effect: %s", why);
    return Verdict::Ignored;
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
    // The database says so of a value that cannot be stored: it will say so each time, and others wait behind it.
    case ErrorCode::InvalidArgument:
    case ErrorCode::Malformed:
    case ErrorCode::NotFound:
    case ErrorCode::TooLarge:
    case ErrorCode::Unsupported: return drop("content that cannot be stored");
    default: return failed(result.error());
    }
}

Inbox::Verdict Inbox::openSender(Incoming &incoming)
{
    if (incoming.envelope.kind == wire::CopyKind::SenderKey)
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
    if (!*keys)
        return incoming.isLogFresh ? drop("a device that no log names") : Verdict::Held;
    const auto verified = m_parts.senders.verify(*incoming.claim, (*keys)->sealingKey.view(),
                                                 incoming.envelope.ciphertext, incoming.payloadHash);
    if (!verified)
        return drop("a sender's tag that is wrong");
    return Verdict::Next;
}

/// What needs no session: a request for repair. Everything else goes on to its ratchet.
Inbox::Verdict Inbox::answerSealed(Incoming &incoming)
{
    return incoming.envelope.kind == wire::CopyKind::Sealed ? answerRetry(incoming) : Verdict::Next;
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
    const auto allowed = mayStartSession(incoming);
    if (!allowed)
        return failed(allowed.error());
    if (!*allowed)
        return handleUndecryptable(incoming, CryptoError::NeedsRetry);
    auto plain = m_parts.sessions.decrypt(incoming.claim->sender, incoming.frameType(), incoming.envelope.ciphertext);
    if (!plain)
        return handleUndecryptable(incoming, plain.error());
    incoming.plaintext = std::move(*plain);
    incoming.hasWritten = true;
    if (const auto added = m_parts.storage.dedupe.add(*incoming.innerHash, m_parts.clock.now()); !added)
        return verdictOf(added);
    return Verdict::Next;
}

Inbox::Verdict Inbox::handleUndecryptable(Incoming &incoming, CryptoError error)
{
    switch (error) {
    case CryptoError::StoreFailed: return failed(Error(ErrorCode::InputOutput, QStringLiteral("a key store refused")));
    case CryptoError::RandomFailed: return failed(ErrorCode::RandomFailed);
    case CryptoError::OutOfMemory: return failed(Error(ErrorCode::Internal, QStringLiteral("there is no memory")));
    case CryptoError::Duplicate:
        // Said before the MAC is checked, but the sender's tag vouches for these bytes (decision 0125).
        drop(name(error));
        return refuseUnless(Check::ReplayMakesNoPlaceholder, false) ? Verdict::Finished : keepUndecryptable(incoming);
    case CryptoError::CorruptRecord: {
        // That session is lost. What comes after it in one to be built must not be.
        incoming.hasWritten = true;
        if (!m_parts.sessions.remove(incoming.claim->sender))
            return failed(Error(ErrorCode::InputOutput, QStringLiteral("a key store refused")));
        drop(name(error));
        const Verdict verdict = keepUndecryptable(incoming);
        return verdict == Verdict::Finished ? Verdict::Kept : verdict;
    }
    default: drop(name(error)); return keepUndecryptable(incoming);
    }
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
    return Verdict::Next;
}

/// Something we asked for came although it was here before, as when its first answer did not open either, or two
/// answers are under way.
Inbox::Verdict Inbox::settleTaken(Incoming &incoming)
{
    const ArrivalPlace place = incoming.place(m_self);
    const auto taken = m_parts.repairs.isTaken(place);
    if (!taken)
        return failed(taken.error());
    if (!*taken)
        return Verdict::Next;
    const auto awaited = isAwaitedText(incoming);
    if (!awaited)
        return failed(awaited.error());
    if (*awaited)
        return Verdict::Next;
    if (const auto settled = m_parts.repairs.settle(place, nullptr, incoming.news); !settled)
        return verdictOf(settled);
    if (const auto learned = learnSecret(incoming); !learned)
        return verdictOf(learned);
    return ignored("it was here before");
}

/// Whether these are the words of a placeholder, whose counter was given up while it was asked for: they never came.
Result<bool> Inbox::isAwaitedText(Incoming &incoming)
{
    const auto awaited = m_parts.repairs.isAwaited(incoming.place(m_self));
    if (!awaited || !*awaited || !incoming.openBody())
        return awaited ? Result<bool>(false) : awaited.error();
    const auto body = content::decodeBody(incoming.bodyBytes);
    return body ? std::holds_alternative<content::Text>(*body) : body.error() == content::WireError::UnknownCritical;
}

Inbox::Verdict Inbox::openBody(Incoming &incoming)
{
    const auto opened = incoming.openBody();
    if (!opened)
        return ignoreBody(incoming, "a body that cannot be opened");
    auto body = content::decodeBody(incoming.bodyBytes);
    if (!body) {
        if (body.error() == content::WireError::UnknownCritical)
            return keepUnknownBody(incoming);
        return ignoreBody(incoming, "a body that cannot be read");
    }
    incoming.body = std::move(*body);
    return Verdict::Next;
}

Inbox::Verdict Inbox::store(Incoming &incoming)
{
    const Arrival arrival = incoming.arrival(m_self);
    const auto effect = dispatch(arrival, incoming.news);
    if (!effect)
        return verdictOf(effect.error());
    if (const auto settled = m_parts.repairs.settle(arrival, &arrival.body, incoming.news); !settled)
        return verdictOf(settled);
    if (const auto noted = m_parts.repairs.noteTail(arrival, incoming.news); !noted)
        return verdictOf(noted);
    if (const auto learned = learnSecret(incoming); !learned)
        return verdictOf(learned);
    return *effect == Effect::Ignored ? ignored("nothing follows from it here") : Verdict::Next;
}

} // namespace sotto
