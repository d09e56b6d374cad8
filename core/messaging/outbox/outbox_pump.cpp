#include "core/messaging/outbox/outbox_pump.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/messaging/expiry/credible_clock.h"
#include "core/messaging/references/references.h"
#include "core/messaging/sort_time.h"
#include "core/net/relay_client.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {
/// What one device asked for, or is asked, waits so long for a relay that can carry it.
constexpr Milliseconds kWithoutPartialTargets = std::chrono::hours(1);

/// Sealed copies need no session and never wait for one.
bool needsSession(const OutboxEntry &entry) { return entry.purpose != OutboxPurpose::Retry; }
} // namespace

OutboxPump::OutboxPump(OutboxPumpParts parts, const DeviceAddress &self)
    : m_parts(parts), m_self(self), m_retry(parts.clock, [this] { wake(); }), m_flush(parts.clock, [this] { flush(); })
{ }

void OutboxPump::wake()
{
    if (!m_online)
        return;
    if (m_draining)
        m_again = true;
    else
        detach(drain());
}

void OutboxPump::setOnline(bool online)
{
    m_online = online;
    if (online)
        wake();
    else
        m_retry.stop();
}

void OutboxPump::retryNow()
{
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction || !m_parts.storage.outbox.makeAllDue(m_parts.clock.now()) || !transaction->commit())
        qCWarning(lcMessaging, "what waits in the outbox waits for its time");
    wake();
}

std::vector<OutboxEntry> OutboxPump::dueEntries()
{
    const int limit = kMaxBatch + int(m_inFlight.size());
    auto due = m_parts.storage.outbox.dueAfter(0, m_parts.clock.now(), limit);
    if (!due) {
        m_endedEarly = true;
        Q_EMIT storeFailed(due.error());
        return {};
    }
    std::erase_if(*due,
                  [this](const OutboxEntry &entry) { return m_inFlight.contains(entry.id) || isUnreachable(entry); });
    const std::size_t room = kMaxInFlight - std::min(kMaxInFlight, m_inFlight.size());
    if (due->size() > room)
        due->erase(due->begin() + std::ptrdiff_t(room), due->end());
    return std::move(*due);
}

Task<Done> OutboxPump::drain()
{
    m_draining = true;
    do {
        m_again = false;
        m_endedEarly = false;
        m_unreachable.clear();
        for (;;) {
            std::vector<OutboxEntry> due = dueEntries();
            if (due.empty() || !m_online)
                break;
            if (dropWorthless(due))
                continue; // there may be more, for which these left room
            const bool ready = co_await makeSessions(due);
            m_endedEarly = !ready;
            if (!ready)
                break;
            std::erase_if(due, [this](const OutboxEntry &entry) { return isUnreachable(entry); });
            auto sealed = sealAll(due);
            m_endedEarly = !sealed;
            if (!sealed)
                break;
            for (Sealed &one : *sealed) {
                m_inFlight.insert(one.entry);
                detach(submitOne(std::move(one)));
            }
        }
    } while (m_again && m_online);
    m_draining = false;
    planRetry();
    co_return Done{};
}

bool OutboxPump::isToBeSealed(const OutboxEntry &entry) { return !entry.submit || m_parts.sealer.isStale(entry); }

/// Our own desktops get a copy of everything: what is sealed while one of them has no session yet would never reach it.
bool OutboxPump::isUnreachable(const OutboxEntry &entry)
{
    if (isRepair(entry.purpose))
        return needsSession(entry) && m_unreachable.contains(entry.recipient);
    return m_unreachable.contains(entry.recipient) || (m_unreachable.contains(m_self.account) && isToBeSealed(entry));
}

Task<bool> OutboxPump::makeSessions(std::vector<OutboxEntry> due)
{
    std::set<AccountId> wanted;
    for (const OutboxEntry &entry : due) {
        if (!needsSession(entry) || !isToBeSealed(entry))
            continue;
        wanted.insert(entry.recipient);
        if (!isRepair(entry.purpose))
            wanted.insert(m_self.account); // its transcripts
    }
    for (const AccountId account : wanted) {
        std::optional<DeviceId> except;
        if (account == m_self.account)
            except = m_self.device;
        const auto made = co_await m_parts.sessions.ensure(account, except);
        if (made)
            continue;
        if (made.error() == SessionMakerError::Offline || made.error() == SessionMakerError::StoreFailed)
            co_return false;
        qCInfo(lcMessaging, "no session with every device of a recipient; trying again later");
        m_unreachable.insert(account);
    }
    std::erase_if(due, [this](const OutboxEntry &entry) { return !isUnreachable(entry); });
    postponeAll(due);
    co_return true;
}

void OutboxPump::postponeAll(const std::vector<OutboxEntry> &entries)
{
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction)
        return;
    for (const OutboxEntry &entry : entries) {
        if (!countAndPostpone(entry))
            return;
    }
    if (const auto committed = transaction->commit(); !committed)
        Q_EMIT storeFailed(committed.error());
    else if (!m_news.isEmpty())
        m_flush.start(Milliseconds(0));
}

Result<Done> OutboxPump::countAndPostpone(const OutboxEntry &entry)
{
    const auto isThere = m_parts.storage.outbox.isThere(entry.id);
    if (!isThere)
        return isThere.error();
    if (!*isThere)
        return Done{}; // taken back meanwhile
    if (entry.mailClass == std::uint32_t(wire::MailClass::Receipt))
        return oweAgain(entry);
    if (const auto counted = m_parts.storage.outbox.countAttempt(entry.id); !counted)
        return counted;
    return m_parts.storage.outbox.postpone(entry.id, m_parts.clock.now() + retryDelay(entry.attempts + 1, 0));
}

/// A receipt does not wait here, where one after the other would join it: later, one says what all of them would.
Result<Done> OutboxPump::oweAgain(const OutboxEntry &entry)
{
    if (const auto removed = m_parts.storage.outbox.remove(entry.id); !removed)
        return removed;
    const ConversationId chat = directConversation(m_self.account, entry.recipient);
    const auto known = m_parts.storage.conversations.find(chat);
    if (!known || !*known)
        return known ? Result<Done>(Done{}) : known.error();
    m_news.hasOwed = true;
    return m_parts.storage.receipts.setDue({chat, entry.recipient, m_parts.clock.now() + kReceiptAgainAfter});
}

std::optional<std::vector<OutboxPump::Sealed>> OutboxPump::sealAll(const std::vector<OutboxEntry> &due)
{
    // As in the inbox (decision 0105): savepoints only when something has to be undone.
    std::vector<Sealed> all;
    const News before = m_news;
    Sealing result = sealBatch(due, Undoing::Together, all);
    if (result == Sealing::Undo) {
        all.clear();
        m_news = before;
        result = sealBatch(due, Undoing::Apart, all);
    }
    if (result != Sealing::Done) {
        m_news = before;
        return std::nullopt;
    }
    return all;
}

OutboxPump::Sealing OutboxPump::sealBatch(const std::vector<OutboxEntry> &due, Undoing undoing,
                                          std::vector<Sealed> &all)
{
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction) {
        Q_EMIT storeFailed(transaction.error());
        return Sealing::Failed;
    }
    std::vector<OutboxEntry> alone;
    for (const OutboxEntry &entry : due) {
        std::optional<Savepoint> savepoint;
        if (undoing == Undoing::Apart) {
            auto begun = Savepoint::begin(m_parts.storage.database);
            if (!begun)
                return Sealing::Failed;
            savepoint.emplace(std::move(*begun));
        }
        const Sealing sealed = sealOne(entry, all, alone);
        if (sealed == Sealing::Failed || (sealed == Sealing::Undo && !savepoint))
            return sealed;
        if (sealed == Sealing::Done && savepoint && !savepoint->release())
            return Sealing::Failed;
        if (sealed == Sealing::Done)
            continue;
        savepoint.reset();
        if (!countAndPostpone(entry)) // else it would be tried every few seconds, before all that is behind it
            return Sealing::Failed;
    }
    for (const OutboxEntry &entry : alone) {
        // Nobody but this desktop is concerned: it is where it should be.
        if (!settleAccepted(entry, {m_parts.clock.now(), {}, {}}))
            return Sealing::Failed;
    }
    if (const auto committed = transaction->commit(); !committed) {
        Q_EMIT storeFailed(committed.error());
        return Sealing::Failed;
    }
    if (!m_news.isEmpty())
        m_flush.start(Milliseconds(0));
    return Sealing::Done;
}

OutboxPump::Sealing OutboxPump::sealOne(const OutboxEntry &entry, std::vector<Sealed> &all,
                                        std::vector<OutboxEntry> &alone)
{
    const auto worth = isWorthSending(entry);
    if (!worth || !*worth)
        return worth ? Sealing::Done : Sealing::Failed;
    const auto blocked = isBlocked(entry.recipient);
    if (!blocked)
        return Sealing::Failed;
    if (*blocked) // written before the block, never sent
        return giveUp(entry) ? Sealing::Done : Sealing::Failed;
    // A message may have claimed a newer log while the sessions were made.
    const auto held = m_parts.storage.pins.isHeld(entry.recipient);
    if (!held)
        return Sealing::Failed;
    if (refuseUnless(Check::HeldAccount, !*held))
        return Sealing::Done;
    const auto wanted = isStillWanted(entry);
    if (!wanted)
        return Sealing::Failed;
    if (!*wanted)
        return m_parts.storage.outbox.remove(entry.id) ? Sealing::Done : Sealing::Failed;
    if (isRepair(entry.purpose) && !m_parts.relay.knowsPartialTargets()) {
        const Timestamp next = m_parts.clock.now() + kWithoutPartialTargets;
        return m_parts.storage.outbox.postpone(entry.id, next) ? Sealing::Done : Sealing::Failed;
    }
    auto sealed = m_parts.sealer.seal(entry);
    if (!sealed) {
        if (sealed.error() == CryptoError::StoreFailed || sealed.error() == CryptoError::RandomFailed) {
            Q_EMIT storeFailed(Error(ErrorCode::InputOutput, QStringLiteral("mail could not be encrypted")));
            return Sealing::Failed;
        }
        qCInfo(lcMessaging, "a message cannot be encrypted now: %s", name(sealed.error()));
        if (entry.onlyDevice && sealed.error() == CryptoError::NoSession) {
            // One device that cannot be reached holds up nothing for the others; nothing was written for it.
            const Timestamp next = m_parts.clock.now() + retryDelay(entry.attempts + 1, 0);
            const bool isLater =
                m_parts.storage.outbox.countAttempt(entry.id) && m_parts.storage.outbox.postpone(entry.id, next);
            return isLater ? Sealing::Done : Sealing::Failed;
        }
        m_unreachable.insert(entry.recipient);
        return Sealing::Undo; // the steps it made
    }
    if (!m_parts.storage.outbox.countAttempt(entry.id))
        return Sealing::Failed;
    if (*sealed)
        all.push_back({entry.id, std::move(**sealed)});
    else
        alone.push_back(entry);
    return Sealing::Done;
}

/// Whether repair is still between us and people who may have it: the contact may have been removed since.
Result<bool> OutboxPump::isStillWanted(const OutboxEntry &entry)
{
    if (!isRepair(entry.purpose) || entry.recipient == m_self.account)
        return true;
    const auto contact = m_parts.storage.contacts.find(entry.recipient);
    if (!contact)
        return contact.error();
    const ContactState state = *contact ? (*contact)->state : ContactState::Stranger;
    const bool isAsked = entry.purpose == OutboxPurpose::Retry && state == ContactState::Asked;
    return !refuseUnless(Check::RepairForContacts, isAsked || state == ContactState::Accepted);
}

/// What refers to messages and must not go out any more goes before sessions are made for it: after so long there are
/// none, nor bundles for them, and all that is behind it in its conversation would wait. Whether there was any.
bool OutboxPump::dropWorthless(const std::vector<OutboxEntry> &due)
{
    std::vector<OutboxEntry> judged = due;
    std::erase_if(judged,
                  [](const OutboxEntry &entry) { return entry.submit || entry.message || !entry.conversation; });
    if (judged.empty())
        return false;
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction)
        return false;
    const News before = m_news;
    bool isAnyDropped = false;
    for (const OutboxEntry &entry : judged) {
        const auto worth = isWorthSending(entry);
        if (!worth) {
            m_news = before;
            return false; // sealing will say so
        }
        isAnyDropped = isAnyDropped || !*worth;
    }
    if (!isAnyDropped)
        return false;
    if (const auto committed = transaction->commit(); !committed) {
        m_news = before;
        return false;
    }
    m_flush.start(Milliseconds(0));
    return true;
}

/// What was taken back before it was encrypted, and what refers to a message too late, has no counter yet and goes.
Result<bool> OutboxPump::isWorthSending(const OutboxEntry &entry)
{
    if (entry.submit)
        return isRepair(entry.purpose) ? m_parts.storage.outbox.isThere(entry.id) : Result<bool>(true);
    const auto isThere = m_parts.storage.outbox.isThere(entry.id);
    if (!isThere || !*isThere || entry.message)
        return isThere;
    const auto allowed = m_parts.references.isStillAllowed(entry);
    if (!allowed || *allowed)
        return allowed;
    if (const auto takenOut = takeOut(entry); !takenOut)
        return takenOut.error();
    const auto removed = m_parts.storage.outbox.remove(entry.id);
    return removed ? Result<bool>(false) : removed.error();
}

Result<Done> OutboxPump::takeOut(const OutboxEntry &entry)
{
    m_news.hasEmptied = true;
    const auto notSent = m_parts.references.takeOut(entry);
    if (!notSent)
        return notSent.error();
    if (*notSent && entry.conversation)
        m_news.notSent.push_back({*entry.conversation, (*notSent)->target.message, (*notSent)->kind});
    return Done{};
}

Task<Done> OutboxPump::submitOne(Sealed sealed)
{
    const std::int64_t entry = sealed.entry;
    const wire::Submit submit = std::move(sealed.submit);
    auto reply = co_await m_parts.relay.submit(submit);
    m_completed.push_back({entry, std::move(reply)});
    if (!m_flush.isActive())
        m_flush.start(Milliseconds(0));
    co_return Done{};
}

void OutboxPump::flush()
{
    std::vector<Completion> completed = std::exchange(m_completed, {});
    const auto staleOnes = std::stable_partition(completed.begin(), completed.end(), [](const Completion &one) {
        return !one.reply || !std::holds_alternative<wire::StaleDevices>(*one.reply);
    });
    const std::span answered(completed.begin(), staleOnes);
    const bool kept = settleAll(answered);
    if (!kept) // still in the outbox, to be submitted again under the same id: the relay answers it like the first
        Q_EMIT storeFailed(Error(ErrorCode::InputOutput, QStringLiteral("acceptances could not be stored")));
    for (const Completion &one : answered)
        m_inFlight.erase(one.entry);
    for (const Completion &one : std::span(staleOnes, completed.end()))
        detach(catchUp(one.entry, std::get<wire::StaleDevices>(*one.reply))); // it stays in flight
    const News news = std::exchange(m_news, {});
    for (const auto &[conversation, message] : news.accepted)
        Q_EMIT accepted(conversation, message);
    for (const auto &[conversation, message] : news.failed)
        Q_EMIT failed(conversation, message);
    for (const auto &[conversation, message, what] : news.notSent)
        Q_EMIT notSent(conversation, message, what);
    if (news.hasEmptied)
        Q_EMIT emptied();
    if (news.hasOwed)
        Q_EMIT receiptsOwed();
    if (kept)
        wake();
    else if (m_online)
        m_retry.start(retryDelay(1, 0)); // at once it would be a loop as fast as the line
}

/// One that cannot be stored does not undo the others. Whether all are stored.
bool OutboxPump::settleAll(std::span<const Completion> completed)
{
    if (completed.empty() || settleTogether(completed))
        return true;
    bool areAll = completed.size() > 1;
    for (std::size_t i = 0; completed.size() > 1 && i < completed.size(); ++i)
        areAll = settleTogether(completed.subspan(i, 1)) && areAll;
    return areAll;
}

bool OutboxPump::settleTogether(std::span<const Completion> completed)
{
    const News before = m_news;
    auto transaction = Transaction::begin(m_parts.storage.database);
    bool kept = bool(transaction);
    for (const Completion &completion : completed)
        kept = kept && settle(completion);
    kept = kept && transaction->commit();
    if (!kept)
        m_news = before;
    return kept;
}

Result<Done> OutboxPump::settle(const Completion &completion)
{
    const auto entry = m_parts.storage.outbox.byId(completion.entry);
    if (!entry)
        return entry.error();
    if (!*entry)
        return Done{};
    if (!completion.reply) {
        const RequestError &error = completion.reply.error();
        return settleRefused(**entry, retryAfterError(error), error.relay.retryAfterMs);
    }
    if (const auto *took = std::get_if<wire::Accepted>(&*completion.reply))
        return settleAccepted(**entry, *took);
    const auto &refusal = std::get<wire::RelayError>(*completion.reply);
    qCInfo(lcMessaging, "the relay refuses a submit: %s", wire::name(refusal.code));
    // Who says so of the connection has to end it; one that goes on would be asked as fast as it answers.
    const Retry retry = retryAfterRefusal(refusal.code);
    return settleRefused(**entry, retry == Retry::WhenOnline ? Retry::Later : retry, refusal.retryAfterMs);
}

Result<Done> OutboxPump::settleAccepted(const OutboxEntry &entry, const wire::Accepted &took)
{
    if (const auto removed = m_parts.storage.outbox.remove(entry.id); !removed)
        return removed.error();
    m_news.hasEmptied = m_news.hasEmptied || (!entry.message && entry.conversation);
    if (!isRepair(entry.purpose)) {
        const auto noted = m_parts.storage.outbox.setResendAccepted(entry.innerId, took.relayTime, took.keptUntil);
        if (!noted)
            return noted.error();
    }
    if (!entry.message || !entry.conversation)
        return Done{};
    const auto stream = m_parts.storage.streams.find(*entry.conversation, m_self);
    if (!stream)
        return stream.error();
    // Later counters sort no earlier, whatever order the acceptances come in.
    Timestamp sortTime = clampedSortTime(took.relayTime, entry.createdAt, m_parts.clock.now());
    if (*stream) {
        StreamState state = **stream;
        sortTime = std::max(sortTime, state.lastSortTime);
        state.lastSortTime = sortTime;
        if (const auto kept = m_parts.storage.streams.store(*entry.conversation, m_self, state); !kept)
            return kept.error();
    }
    m_news.accepted.emplace_back(*entry.conversation, entry.innerId);
    if (const auto started = m_parts.storage.expiry.start(*entry.message, m_parts.credible.now()); !started)
        return started;
    return m_parts.storage.messages.setAccepted(*entry.message, sortTime);
}

Result<Done> OutboxPump::settleRefused(const OutboxEntry &entry, Retry retry, std::uint64_t relayAsksMs)
{
    if (retry == Retry::LaterToday)
        retry = m_parts.clock.now() - entry.createdAt < kLastTry ? Retry::Later : Retry::Never;
    switch (retry) {
    case Retry::WhenOnline: return Done{};
    case Retry::Later:
    case Retry::LaterToday:
        // A receipt is not tried again alone: the next one covers it.
        if (entry.mailClass == std::uint32_t(wire::MailClass::Receipt))
            return m_parts.storage.outbox.remove(entry.id);
        return m_parts.storage.outbox.postpone(entry.id, m_parts.clock.now() + retryDelay(entry.attempts, relayAsksMs));
    case Retry::Never: return giveUp(entry);
    }
    return Done{};
}

Result<bool> OutboxPump::isBlocked(const AccountId &account)
{
    const auto contact = m_parts.storage.contacts.find(account);
    if (!contact)
        return contact.error();
    return *contact && (*contact)->state == ContactState::Blocked;
}

/// Fails the message; where its counter was used, a Void goes out in its place.
Result<Done> OutboxPump::giveUp(const OutboxEntry &entry)
{
    const auto replaced = replaceByVoid(entry);
    if (!replaced)
        return replaced.error();
    if (!isRepair(entry.purpose)) {
        if (const auto noted = m_parts.storage.outbox.setResendFailed(entry.innerId); !noted)
            return noted.error();
    }
    const auto settled =
        *replaced ? m_parts.storage.outbox.detachMessage(entry.id) : m_parts.storage.outbox.remove(entry.id);
    if (!settled)
        return settled.error();
    if (isRepair(entry.purpose))
        return Done{}; // the message it is about went long ago
    if (!entry.message)
        return takeOut(entry);
    if (!entry.conversation)
        return Done{};
    m_news.failed.emplace_back(*entry.conversation, entry.innerId);
    return m_parts.storage.messages.setDelivery(*entry.message, Delivery::Failed);
}

Result<bool> OutboxPump::replaceByVoid(const OutboxEntry &entry)
{
    const auto blocked = isBlocked(entry.recipient);
    if (!blocked)
        return blocked.error();
    if (*blocked)
        return false; // nothing is sent to them
    auto savepoint = Savepoint::begin(m_parts.storage.database);
    if (!savepoint)
        return savepoint.error();
    const auto replaced = m_parts.sealer.replaceByVoid(entry);
    if (!replaced) {
        // The hole stays; better than an outbox that stands still. The savepoint undoes the steps it made.
        qCInfo(lcMessaging, "a message is given up and leaves a hole: %s", name(replaced.error()));
        return false;
    }
    if (const auto released = savepoint->release(); !released)
        return released.error();
    return *replaced;
}

Task<Done> OutboxPump::catchUp(std::int64_t entry, wire::StaleDevices stale)
{
    bool isReady = true;
    const auto stored = m_parts.storage.outbox.byId(entry);
    const bool isRetry = stored && *stored && !needsSession(**stored);
    for (const wire::StaleAccount &account : stale.accounts) {
        const AccountId id = account.account;
        // What fails here (offline, a log that is not genuine) shows again: the relay answers StaleDevices once more.
        [[maybe_unused]] const auto refreshed = co_await m_parts.directory.refresh(id);
        std::optional<DeviceId> except;
        if (id == m_self.account)
            except = m_self.device;
        if (isRetry)
            continue;
        m_parts.sessions.askAgain(id); // the relay says that a copy is missing
        const auto ensured = co_await m_parts.sessions.ensure(id, except);
        isReady = isReady && ensured;
    }
    // Fitted without a session it would never reach the device that joined.
    if (!isReady || !fitToDevices(entry))
        postpone(entry);
    m_inFlight.erase(entry);
    wake();
    co_return Done{};
}

/// Only devices that the verified log names are added; what the relay says beyond that changes nothing. False when
/// that is all it asks for, or when it cannot be done now: then the entry has to wait.
bool OutboxPump::fitToDevices(std::int64_t entry)
{
    auto transaction = Transaction::begin(m_parts.storage.database);
    if (!transaction)
        return false;
    const auto current = m_parts.storage.outbox.byId(entry);
    if (!current || !*current)
        return bool(current);
    const auto fitted = m_parts.sealer.fit(**current);
    if (fitted && !*fitted && isRepair((*current)->purpose))
        return m_parts.storage.outbox.remove(entry) && transaction->commit(); // its device has left
    if (!fitted) {
        qCWarning(lcMessaging, "a message could not be fitted to new devices now: %s", name(fitted.error()));
        return false;
    }
    const bool isChanged = *fitted && wire::encode(**fitted) != (*current)->submit;
    const bool kept = isChanged && m_parts.storage.outbox.postpone(entry, m_parts.clock.now());
    return kept && transaction->commit();
}

void OutboxPump::postpone(std::int64_t entry)
{
    const auto current = m_parts.storage.outbox.byId(entry);
    if (current && *current)
        postponeAll({**current});
}

void OutboxPump::planRetry()
{
    if (!m_online)
        return;
    std::optional<Milliseconds> wait;
    const auto next = m_parts.storage.outbox.nextAttempt(m_parts.clock.now());
    if (m_endedEarly || !m_unreachable.empty() || !next)
        wait = retryDelay(1, 0);
    if (next && *next) {
        const Milliseconds left = **next - m_parts.clock.now();
        wait = std::min(wait.value_or(left), left);
    }
    if (wait)
        m_retry.start(*wait);
}

} // namespace sotto
