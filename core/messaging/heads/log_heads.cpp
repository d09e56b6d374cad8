#include "core/messaging/heads/log_heads.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/crypto/session_cipher.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/key_store_db.h"
#include "core/storage/storage.h"

#include <limits>

namespace sotto {

LogHeads::LogHeads(Storage &storage, DeviceDirectory &directory, KeyStoreDb &keys, SessionCipher &sessions,
                   Clock &clock, const DeviceAddress &self)
    : m_storage(storage),
      m_directory(directory),
      m_keys(keys),
      m_sessions(sessions),
      m_clock(clock),
      m_self(self),
      m_next(clock, [this] { lookAtDue(); }),
      m_roots(clock, [this] { judgeRoots(); })
{
    directory.onExtension([this](const DeviceLog &log, const std::vector<LogChange> &changes) -> Result<Done> {
        return takeGrowth(log, changes);
    });
    connect(&directory, &DeviceDirectory::logExtended, this, &LogHeads::logGrew);
    connect(&directory, &DeviceDirectory::logRefused, this, &LogHeads::logRefused);
}

// ---- What headers say

Result<HeadNews> LogHeads::note(const ArrivalPlace &place)
{
    HeadNews news;
    const auto doCount = counts(place);
    if (!doCount)
        return doCount.error();
    if (!*doCount)
        return news;
    if (const auto noted = noteSender(place, news); !noted)
        return noted.error();
    if (const auto noted = noteOurs(place, news); !noted)
        return noted.error();
    return news;
}

Result<bool> LogHeads::counts(const ArrivalPlace &place)
{
    if (place.isOwn)
        return true;
    const auto contact = m_storage.contacts.find(place.sender.account);
    if (!contact)
        return contact.error();
    return *contact && ((*contact)->state == ContactState::Accepted || (*contact)->state == ContactState::Asked);
}

/// Nothing for a log that we do not have.
Result<std::optional<HeadRelation>> LogHeads::relation(const AccountId &account, const content::LogHead &head)
{
    const auto log = m_directory.find(account);
    if (!log)
        return log.error();
    if (!*log)
        return std::optional<HeadRelation>();
    const auto epoch = std::uint32_t(std::min<std::uint64_t>(head.epoch, std::numeric_limits<std::uint32_t>::max()));
    return std::optional((*log)->relate({epoch, head.version, head.hash}));
}

Result<Done> LogHeads::noteSender(const ArrivalPlace &place, HeadNews &news)
{
    const AccountId account = place.sender.account;
    const auto related = relation(account, place.header.ownHead);
    if (!related)
        return related.error();
    if (refuseUnless(Check::HeadFork, *related != HeadRelation::Forked)) {
        news.alarmed.push_back(account);
        return raise(account, place.isOwn ? AlarmKind::OwnLogForked : AlarmKind::Fork, place.header.ownHead.version);
    }
    if (*related != HeadRelation::Newer)
        return Done{};
    const auto claimed = claim(place);
    if (!claimed)
        return claimed.error();
    if (*claimed)
        news.newer.push_back(account);
    return Done{};
}

/// Whether the claim holds mail.
Result<bool> LogHeads::claim(const ArrivalPlace &place)
{
    const AccountId account = place.sender.account;
    const std::uint64_t version = place.header.ownHead.version;
    if (refuseUnless(Check::HeadClaimBound, version <= std::uint64_t(kMaxLogEntries)))
        return false;
    const auto waived = m_storage.pins.waivedClaim(account);
    if (!waived)
        return waived.error();
    // What another device says beyond that is news: the one that was answered may be stolen, and claim anything.
    const bool isAnswered = *waived
        && (((*waived)->by == place.sender.device && version <= (*waived)->version)
            || ((*waived)->version == version && (*waived)->hash == place.header.ownHead.hash));
    if (isAnswered)
        return false;
    const auto known = m_storage.pins.claim(account);
    if (!known)
        return known.error();
    if (*known && (*known)->version >= version)
        return true;
    const Timestamp since = *known ? (*known)->since : m_clock.now();
    const auto held =
        m_storage.pins.setClaim(account, {version, place.header.ownHead.hash, place.sender.device, since});
    return held ? Result<bool>(true) : held.error();
}

/// What the sender knows of our own log.
Result<Done> LogHeads::noteOurs(const ArrivalPlace &place, HeadNews &news)
{
    if (place.isOwn)
        return Done{}; // in copies between our desktops it is the other side's
    const content::LogHead &head = place.header.peerHead;
    const auto related = relation(m_self.account, head);
    if (!related)
        return related.error();
    if (refuseUnless(Check::HeadFork, *related != HeadRelation::Forked)) {
        news.alarmed.push_back(place.sender.account);
        return raise(place.sender.account, AlarmKind::OwnLogForked, head.version);
    }
    if (*related != HeadRelation::Newer || refuseUnless(Check::HeadClaimBound, head.version <= kMaxLogEntries))
        return Done{};
    if (!m_hidden || m_hidden->version < head.version)
        m_hidden = Hidden{head.version, place.sender.account};
    news.newer.push_back(m_self.account);
    return Done{};
}

Result<Done> LogHeads::raise(const AccountId &about, AlarmKind kind, std::uint64_t version)
{
    qCWarning(lcMessaging, "a device log gives an alarm: %s", name(kind));
    return m_storage.alarms.raise(about, kind, version, m_clock.now());
}

// ---- Asking the relay

void LogHeads::look(const AccountId &account)
{
    m_wanted.insert(account);
    lookAtDue();
}

void LogHeads::setOnline(bool online)
{
    m_online = online;
    if (!online) {
        m_next.stop();
        return;
    }
    const auto claimed = m_storage.pins.claimed();
    if (claimed)
        m_wanted.insert(claimed->begin(), claimed->end());
    lookAtDue();
    if (!m_roots.isActive())
        judgeRoots();
}

void LogHeads::lookAtDue()
{
    if (!m_online)
        return;
    const Milliseconds now = m_clock.monotonic();
    std::vector<AccountId> due;
    std::optional<Milliseconds> next;
    for (const AccountId &account : m_wanted) {
        const auto last = m_looks[account].lastAt;
        if (!last || now - *last >= kLookEvery)
            due.push_back(account);
        else
            next = std::min(next.value_or(kLookEvery), kLookEvery - (now - *last));
    }
    for (const AccountId &account : due) {
        m_wanted.erase(account);
        m_looks[account].lastAt = now;
        detach(lookNow(account));
    }
    if (next)
        m_next.start(*next);
}

Task<Done> LogHeads::lookNow(AccountId account)
{
    const auto refreshed = co_await m_directory.refresh(account);
    const bool isAnswered =
        refreshed || refreshed.error() == DirectoryError::NotGenuine || refreshed.error() == DirectoryError::NotFound;
    if (isAnswered) {
        auto transaction = Transaction::begin(m_storage.database);
        const auto told = transaction ? judge(account) : Result<bool>(transaction.error());
        if (!told || !transaction->commit())
            qCWarning(lcMessaging, "what the relay says of a device log could not be noted");
        else if (*told)
            Q_EMIT alarmed(account);
    }
    const auto claim = m_storage.pins.claim(account);
    if (!claim || *claim)
        m_wanted.insert(account);
    if (!isAnswered && m_hidden && account == m_self.account)
        m_wanted.insert(account);
    lookAtDue();
    co_return Done{};
}

/// The relay has told all it wants to. Whether that gave an alarm.
Result<bool> LogHeads::judge(const AccountId &account)
{
    bool isTold = false;
    if (account == m_self.account) {
        const auto hidden = judgeHidden();
        if (!hidden)
            return hidden.error();
        isTold = *hidden;
    }
    const auto claim = m_storage.pins.claim(account);
    if (!claim)
        return claim.error();
    if (!*claim)
        return isTold;
    Look &look = m_looks[account];
    ++look.answers;
    const bool isFrozen = look.answers >= kFrozenAnswers || m_clock.now() - (*claim)->since >= kFrozenAfter;
    if (!isFrozen || look.isTold)
        return isTold;
    const auto pinned = m_directory.find(account);
    if (!pinned || !*pinned)
        return pinned ? Error(ErrorCode::NotFound) : pinned.error();
    // Not the version that is claimed: the highest there can be would keep every later claim quiet.
    if (const auto raised = raise(account, AlarmKind::Frozen, (*pinned)->version() + 1); !raised)
        return raised.error();
    look.isTold = true;
    return true;
}

/// Whether somebody knows a newer log of ours than the relay shows us.
Result<bool> LogHeads::judgeHidden()
{
    const auto hidden = std::exchange(m_hidden, std::nullopt);
    const auto own = m_directory.find(m_self.account);
    if (!own || !*own)
        return own ? Error(ErrorCode::NotFound) : own.error();
    if (!hidden || (*own)->version() >= hidden->version)
        return false;
    const auto raised = raise(hidden->by, AlarmKind::OwnLogHidden, (*own)->version() + 1); // as in judge()
    return raised ? Result<bool>(true) : raised.error();
}

Result<Done> LogHeads::waive(const AccountId &account)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto claim = m_storage.pins.claim(account);
    if (!claim)
        return claim.error();
    if (*claim) {
        if (const auto ended = m_storage.pins.endClaim(account, *claim); !ended)
            return ended.error();
        // That case is closed: the next one is told again, at whatever version.
        if (const auto removed = m_storage.alarms.remove(account, AlarmKind::Frozen); !removed)
            return removed.error();
    }
    const auto accepted = endRootHold(account);
    if (!accepted)
        return accepted.error();
    if (!*claim && !*accepted)
        return ErrorCode::NotFound;
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    m_looks.erase(account);
    Q_EMIT holdEnded(account);
    return Done{};
}

Result<Done> LogHeads::acceptRoot(const AccountId &account)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto ended = endRootHold(account);
    if (!ended)
        return ended.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    if (*ended)
        Q_EMIT holdEnded(account);
    return Done{};
}

/// Whether there was one.
Result<bool> LogHeads::endRootHold(const AccountId &account)
{
    const auto isHeld = m_storage.pins.isHeldForRoot(account);
    if (!isHeld || !*isHeld)
        return isHeld;
    const auto log = m_directory.find(account);
    if (!log || !*log)
        return log ? Error(ErrorCode::NotFound) : log.error();
    if (const auto accepted = m_storage.pins.acceptRoot(account, (*log)->accountRoot(m_clock.now()).view()); !accepted)
        return accepted.error();
    const auto removed = m_storage.alarms.remove(account, AlarmKind::RootChanged);
    return removed ? Result<bool>(true) : removed.error();
}

// ---- What logs say

Result<Done> LogHeads::takeGrowth(const DeviceLog &log, const std::vector<LogChange> &changes)
{
    if (const auto settled = settleClaim(log); !settled)
        return settled;
    if (const auto judged = judgeRoot(log); !judged)
        return judged.error();
    if (const auto removed = removeSessions(log); !removed)
        return removed;
    return tellOwnDevices(log, changes);
}

void LogHeads::logGrew(const AccountId &account)
{
    const auto claim = m_storage.pins.claim(account);
    if (!claim || *claim)
        return;
    if (const auto look = m_looks.find(account); look != m_looks.end())
        look->second = Look{look->second.lastAt, 0, false};
    Q_EMIT holdEnded(account);
}

/// Ends a claim that is met, contradicted, or made by a device that is revoked. What was waived holds again.
Result<Done> LogHeads::settleClaim(const DeviceLog &log)
{
    const auto claim = m_storage.pins.claim(log.account());
    if (!claim)
        return claim.error();
    if (*claim && log.version() < (*claim)->version && log.device((*claim)->by))
        return Done{};
    const auto reached = *claim ? log.hashAt((*claim)->version) : std::nullopt;
    if (refuseUnless(Check::HeadFork, !reached || *reached == (*claim)->hash)) {
        const AlarmKind kind = log.account() == m_self.account ? AlarmKind::OwnLogForked : AlarmKind::Fork;
        if (const auto raised = raise(log.account(), kind, (*claim)->version); !raised)
            return raised.error();
    }
    return m_storage.pins.endClaim(log.account(), std::nullopt);
}

/// A new recovery kit counts three days after the log says so: nothing else comes at that moment.
void LogHeads::judgeRoots()
{
    m_roots.start(kRootsEvery);
    const auto contacts = m_storage.contacts.inState(ContactState::Accepted);
    if (!contacts)
        return;
    for (const Contact &contact : *contacts) {
        auto transaction = Transaction::begin(m_storage.database);
        const auto log = m_directory.find(contact.account);
        if (!transaction || !log || !*log)
            continue;
        const auto news = judgeRoot(**log);
        if (!news || !transaction->commit())
            qCWarning(lcMessaging, "a safety number could not be looked at");
        else if (*news == RootNews::Changed)
            Q_EMIT alarmed(contact.account);
        else if (*news == RootNews::BackAgain)
            Q_EMIT holdEnded(contact.account);
    }
}

/// Whether it is another one than the person knows. Our own is our own doing.
Result<LogHeads::RootNews> LogHeads::judgeRoot(const DeviceLog &log)
{
    const AccountId account = log.account();
    const auto root = log.accountRoot(m_clock.now());
    const auto known = m_storage.pins.knownRoot(account);
    if (!known)
        return known.error();
    const auto isHeld = m_storage.pins.isHeldForRoot(account);
    if (!isHeld)
        return isHeld.error();
    const bool isKnown = *known && **known == root.toBytes();
    if (refuseUnless(Check::ChangedRoot, isKnown || !*known || account == m_self.account)) {
        if (*isHeld)
            return RootNews::None;
        if (const auto held = m_storage.pins.holdForRoot(account); !held)
            return held.error();
        const auto raised = raise(account, AlarmKind::RootChanged, log.version());
        return raised ? Result<RootNews>(RootNews::Changed) : raised.error();
    }
    if (isKnown && !*isHeld)
        return RootNews::None;
    const auto accepted = m_storage.pins.acceptRoot(account, root.view());
    if (!accepted)
        return accepted.error();
    return *isHeld ? RootNews::BackAgain : RootNews::None;
}

/// With devices that the log names no more.
Result<Done> LogHeads::removeSessions(const DeviceLog &log)
{
    const auto devices = m_keys.sessionDevices(log.account());
    if (!devices)
        return devices.error();
    for (const DeviceId device : *devices) {
        if (!log.device(device) && !m_sessions.remove({log.account(), device}))
            return Error(ErrorCode::InputOutput, QStringLiteral("a key store refused"));
    }
    return Done{};
}

/// Devices of ours that this one did not add.
Result<Done> LogHeads::tellOwnDevices(const DeviceLog &log, const std::vector<LogChange> &changes)
{
    if (log.account() != m_self.account)
        return Done{};
    const auto &entries = log.entries();
    for (std::size_t i = 0; i < changes.size() && i < entries.size(); ++i) {
        if (changes[i].kind != LogChange::Kind::DeviceAdded)
            continue;
        const std::size_t at = entries.size() - changes.size() + i;
        const auto entry = wire::decodeLogEntry(entries[at].entry.body);
        if (!entry)
            return ErrorCode::Corrupt;
        if (entry->actor == m_self.device)
            continue;
        if (const auto raised = raise(m_self.account, AlarmKind::OwnDeviceAdded, at + 1); !raised)
            return raised.error();
    }
    return Done{};
}

void LogHeads::logRefused(const AccountId &account)
{
    auto transaction = Transaction::begin(m_storage.database);
    const auto log = m_directory.find(account);
    const bool isNoted =
        transaction && log && *log && raise(account, AlarmKind::BadLog, (*log)->version()) && transaction->commit();
    if (!isNoted)
        qCWarning(lcMessaging, "a refused device log could not be noted");
    else
        Q_EMIT alarmed(account);
}

} // namespace sotto
