#include "core/messaging/repair/repair_requester.h"

#include "core/account/device_directory.h"
#include "core/base/logging.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/repair/repair_schedule.h"
#include "core/settings/ageing_time.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace sotto {

namespace {
/// Rows looked at in one run; what is left is looked at in the next.
constexpr int kRowsAtOnce = 4096;
/// And of each device, more than a request holds.
constexpr int kRowsOfDevice = 64;
/// Nothing is due sooner after something changed.
constexpr Milliseconds kShortestWait{1000};
/// Without anything due, what has stood too long is looked for so often.
constexpr Milliseconds kLongestWait = std::chrono::hours(1);

/// That time goes by without anything to tell is written down so often.
constexpr Milliseconds kToldStep = std::chrono::hours(1);

/// When everything is asked for that is answered in an hour, it is looked again so often whether there is room.
constexpr Milliseconds kUntilAnswered = std::chrono::minutes(5);

std::uint64_t countersOf(const std::vector<content::GapRange> &gaps)
{
    std::uint64_t counters = 0;
    for (const content::GapRange &gap : gaps)
        counters += gap.last - gap.first + 1;
    return counters;
}
} // namespace

RepairRequester::RepairRequester(Storage &storage, DeviceDirectory &directory, RepairStore &store, Clock &clock,
                                 Random &random, const DeviceAddress &self, std::function<void()> wakePump)
    : m_storage(storage),
      m_directory(directory),
      m_store(store),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_wakePump(std::move(wakePump)),
      m_timer(clock, [this] { run(); })
{ }

void RepairRequester::setOnline(bool online)
{
    m_online = online;
    m_nextAt.reset();
    if (online)
        wake();
    else {
        m_timer.stop();
        m_drained.reset();
    }
}

void RepairRequester::noteDrained()
{
    m_drained = m_clock.monotonic();
    m_nextAt.reset();
    wake();
}

void RepairRequester::wake()
{
    if (m_online)
        plan(m_clock.now() + kShortestWait);
}

/// Runs at `at`, or earlier when that is planned already.
void RepairRequester::plan(Timestamp at)
{
    const Timestamp now = m_clock.now();
    const Timestamp wanted = std::clamp(at, now + kShortestWait, now + kLongestWait);
    if (m_timer.isActive() && m_nextAt && *m_nextAt <= wanted)
        return;
    m_nextAt = wanted;
    m_timer.start(wanted - now);
}

void RepairRequester::run()
{
    m_nextAt.reset();
    if (!m_online)
        return;
    m_news = {};
    plan(m_clock.now() + kLongestWait);
    const Asked before = m_asked;
    const auto asked = work();
    if (!asked) {
        m_asked = before;
        qCWarning(lcMessaging, "nothing could be asked for: %s", name(asked.error().code));
        Q_EMIT storeFailed(asked.error());
        plan(m_clock.now() + kBetweenRequests);
        return;
    }
    for (const InboxNews::Stored &row : m_news.stored)
        Q_EMIT conversationChanged(row.conversation);
    for (const ConversationId &conversation : m_news.conversations)
        Q_EMIT conversationChanged(conversation);
    if (*asked)
        m_wakePump();
}

Result<bool> RepairRequester::work()
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const Milliseconds now = m_clock.monotonic();
    if (!m_asked.forOld || now - *m_asked.forOld >= kLongestWait) {
        if (const auto ended = giveUpOld(); !ended)
            return ended.error();
        m_asked.forOld = now;
    }
    if (const auto told = tellOldGaps(); !told)
        return told.error();
    const auto due = collectDue();
    if (!due)
        return due.error();
    bool anything = false;
    for (const auto &[device, what] : *due) {
        const auto asked = ask(device, what);
        if (!asked)
            return asked.error();
        anything = anything || *asked;
    }
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return anything;
}

// ---- What has stood too long ---------------------------------------------------------------------------------------

Result<Done> RepairRequester::giveUpOld()
{
    const Timestamp now = m_clock.now();
    if (const auto removed = m_storage.outbox.removeMadeBefore(OutboxPurpose::Retry, now - kRequestLife); !removed)
        return removed;
    Settings settings(m_storage.settings);
    const auto time = ageingTime(settings, now);
    if (!time)
        return time.error();
    if (const auto removed = m_storage.outbox.removeMadeBefore(OutboxPurpose::Resend, *time - kRepairLife); !removed)
        return removed;
    if (now >= kEarliestClock) {
        if (const auto mended = m_storage.repairs.mendTimes(kEarliestClock, now); !mended)
            return mended;
    }
    const auto repairs = m_storage.repairs.all(kRowsAtOnce);
    if (!repairs)
        return repairs.error();
    for (const Repair &repair : *repairs) {
        const auto keys = m_directory.findDevice(repair.sender);
        const auto isReplayed = m_store.isReplayed(repair);
        if (!keys || !isReplayed)
            return !keys ? keys.error() : isReplayed.error();
        if (*isReplayed) {
            if (const auto removed = m_storage.repairs.remove(repair.id); !removed)
                return removed;
            continue;
        }
        if (*keys && *time - repair.noticedAt < kRepairLife)
            continue;
        if (const auto ended = m_store.giveUp(repair, m_news); !ended)
            return ended;
    }
    const auto gaps = m_storage.streams.gapsNoticedBefore(*time - kRepairLife, kRowsAtOnce);
    if (!gaps)
        return gaps.error();
    if (const auto ended = giveUp(*gaps); !ended)
        return ended;
    return giveUpRevoked();
}

/// Nobody can be asked for what a revoked device wrote.
Result<Done> RepairRequester::giveUpRevoked()
{
    const auto senders = m_storage.streams.sendersWithGaps();
    if (!senders)
        return senders.error();
    for (const DeviceAddress &sender : *senders) {
        const auto log = m_directory.find(sender.account);
        if (!log)
            return log.error();
        if (!*log || (*log)->device(sender.device))
            continue;
        const auto gaps = m_storage.streams.gapsOf(sender, kRowsAtOnce);
        if (!gaps)
            return gaps.error();
        if (const auto ended = giveUp(*gaps); !ended)
            return ended;
    }
    return Done{};
}

/// Nothing is lost without a word.
Result<Done> RepairRequester::giveUp(const std::vector<Gap> &gaps)
{
    for (const Gap &gap : gaps) {
        if (!gap.lost) {
            if (const auto told = m_store.tellLost(gap, m_news); !told)
                return told.error();
        }
        if (const auto ended = m_store.giveUp(gap); !ended)
            return ended;
    }
    return Done{};
}

/// The person is told after a day, once, also when they delete the chat; the gap stays open.
Result<Done> RepairRequester::tellOldGaps()
{
    Settings settings(m_storage.settings);
    const auto stored = settings.get(kGapsTold);
    if (!stored)
        return stored.error();
    const Timestamp limit = m_clock.now() - kGapPatience;
    const Timestamp before{std::min(std::int64_t(stored->toLongLong()), limit.ms)};
    const auto gaps = m_storage.streams.untoldGaps(before, limit, kRowsAtOnce);
    if (!gaps)
        return gaps.error();
    if (gaps->empty() && limit - before < kToldStep)
        return Done{};
    const Gap *first = nullptr; // what was asked for in parts is one line
    std::optional<std::int64_t> row;
    for (const Gap &gap : *gaps) {
        const bool isPart = first && first->conversation == gap.conversation && first->sender == gap.sender
            && first->noticedAt == gap.noticedAt;
        const auto told = tellGap(gap, isPart ? row : std::nullopt);
        if (!told)
            return told.error();
        first = &gap;
        row = *told;
    }
    // When there are more, those noticed at the same time as the last one are told in the next run.
    const bool areAll = gaps->size() < std::size_t(kRowsAtOnce);
    const Timestamp until = areAll ? limit : gaps->back().noticedAt - Milliseconds(1);
    return settings.set(kGapsTold, QString::number(until.ms));
}

/// In the row that tells of its other parts, or in one of its own; nothing where nobody is told, or where placeholders
/// stand for what is missing.
Result<std::optional<std::int64_t>> RepairRequester::tellGap(const Gap &gap, std::optional<std::int64_t> partOf)
{
    const auto shown = m_storage.repairs.countPlaceholders(gap.conversation, gap.sender);
    const auto standing = m_storage.streams.untoldBefore(gap); // for which some of those stand
    if (!shown || !standing)
        return !shown ? shown.error() : standing.error();
    if (*shown - *standing > std::int64_t(gap.last - gap.first))
        return std::optional<std::int64_t>();
    const auto row = partOf ? Result<std::optional<std::int64_t>>(partOf) : m_store.tellLost(gap, m_news);
    if (!row || !*row)
        return row;
    if (const auto noted = m_storage.streams.setLost(gap, **row); !noted)
        return noted.error();
    const auto missing = m_storage.streams.missingUnder(**row);
    if (!missing)
        return missing.error();
    const auto counted = m_storage.messages.setMissing(**row, std::uint64_t(*missing));
    return counted ? row : counted.error();
}

// ---- What is due ---------------------------------------------------------------------------------------------------

Result<std::map<DeviceAddress, RepairRequester::Due>> RepairRequester::collectDue()
{
    const Timestamp now = m_clock.now();
    const Milliseconds monotonic = m_clock.monotonic();
    const auto repairs = m_storage.repairs.toAskFor(kRowsOfDevice);
    const auto gaps = m_storage.streams.gapsToAskFor(kRowsOfDevice);
    if (!repairs || !gaps)
        return !repairs ? repairs.error() : gaps.error();
    std::map<DeviceAddress, Due> due;
    std::map<DeviceAddress, Timestamp> freshUntil;
    const auto allowedAt = [&](const DeviceAddress &device, Timestamp at) {
        const auto last = m_asked.last.find(device);
        return last == m_asked.last.end() ? at : std::max(at, now + (last->second + kBetweenRequests - monotonic));
    };
    for (const Repair &repair : *repairs) {
        Timestamp &fresh = freshUntil[repair.sender];
        if (repair.noticedAt <= now)
            fresh = std::max(fresh, repair.noticedAt + kFreshRepair);
        const Timestamp at = allowedAt(repair.sender, nextRequest(repair, now));
        if (at <= now)
            due[repair.sender].repairs.push_back(repair);
        else
            plan(at);
    }
    if (!m_drained)
        return due; // what is missing may be on its way
    const Timestamp drainedAt = now + (*m_drained - monotonic);
    for (const Gap &gap : *gaps) {
        Timestamp at = allowedAt(gap.sender, nextRequest(gap, drainedAt, now));
        if (const auto fresh = freshUntil.find(gap.sender); fresh != freshUntil.end())
            at = std::max(at, fresh->second);
        if (at <= now)
            due[gap.sender].gaps.push_back(gap);
        else
            plan(at);
    }
    return due;
}

/// Whether the device may be asked now: who is neither contact nor asked is not, nor is an account on hold. While ours
/// is, nothing would be sent.
Result<bool> RepairRequester::mayAsk(const DeviceAddress &device)
{
    const auto asks = m_store.asks(device.account);
    const auto held = m_storage.pins.isHeld(device.account);
    const auto ownHeld = m_storage.pins.isHeld(m_self.account);
    const auto keys = m_directory.findDevice(device);
    if (!asks || !held || !ownHeld)
        return !asks ? asks.error() : !held ? held.error() : ownHeld.error();
    if (!keys)
        return keys.error();
    return *asks && !*held && !*ownHeld && *keys && device != m_self;
}

Result<bool> RepairRequester::ask(const DeviceAddress &device, const Due &due)
{
    const auto allowed = mayAsk(device);
    if (!allowed)
        return allowed.error();
    const Timestamp now = m_clock.now();
    if (!*allowed || !m_asked.requests.hasRoom(device.account, 1, m_clock.monotonic())) {
        plan(now + kLongestWait);
        return false;
    }
    const Milliseconds monotonic = m_clock.monotonic();
    if (due.repairs.empty() && m_asked.answers.room(device.account, monotonic) == 0) {
        plan(now + kUntilAnswered);
        return false;
    }
    auto retry = takeUnsent(device);
    if (!retry)
        return retry.error();
    if (const auto added = addWanted(due.repairs, &*retry); !added)
        return added.error();
    if (const auto added = addGaps(device, due.gaps, &*retry); !added)
        return added.error();
    if (const auto queued = enqueue(device, *retry); !queued)
        return queued.error();
    m_asked.requests.take(device.account, 1, monotonic);
    m_asked.answers.take(device.account, std::int64_t(retry->wanted.size() + countersOf(retry->gaps)), monotonic);
    m_asked.last[device] = monotonic;
    plan(now + kBetweenRequests);
    return true;
}

/// What an earlier request asks for that has not left, and is not here yet: the new one asks for it and takes its
/// place.
Result<content::Retry> RepairRequester::takeUnsent(const DeviceAddress &device)
{
    const auto waiting = m_storage.outbox.forDevice(OutboxPurpose::Retry, device);
    if (!waiting)
        return waiting.error();
    content::Retry retry;
    for (const OutboxEntry &entry : *waiting) {
        if (const auto earlier = content::decodeSealedContent(entry.content)) {
            if (const auto added = addOpen(device, earlier->retry, &retry); !added)
                return added.error();
        }
        if (const auto removed = m_storage.outbox.remove(entry.id); !removed)
            return removed.error();
    }
    return retry;
}

Result<Done> RepairRequester::addOpen(const DeviceAddress &device, const content::Retry &earlier, content::Retry *retry)
{
    for (const content::Wanted &wanted : earlier.wanted) {
        const auto repair = m_storage.repairs.find(device, wanted.message);
        if (!repair)
            return repair.error();
        if (*repair && retry->wanted.size() < kMaxWanted)
            retry->wanted.push_back({wanted.message, (*repair)->ratchetKey}); // of its newest frame
    }
    for (const content::GapRange &range : earlier.gaps) {
        const auto missing = m_storage.streams.gapsWithin(range.conversation, device, range.first, range.last);
        if (!missing)
            return missing.error();
        for (const Gap &gap : *missing) {
            if (retry->gaps.size() < kMaxRanges)
                retry->gaps.push_back({gap.conversation, gap.first, gap.last});
        }
    }
    return Done{};
}

Result<Done> RepairRequester::addWanted(const std::vector<Repair> &repairs, content::Retry *retry)
{
    for (const Repair &repair : repairs) {
        const auto known = std::ranges::find(retry->wanted, repair.message, &content::Wanted::message);
        if (known == retry->wanted.end() && retry->wanted.size() == kMaxWanted)
            continue; // in the next request
        if (known == retry->wanted.end())
            retry->wanted.push_back({repair.message, repair.ratchetKey});
        if (const auto noted = m_storage.repairs.setAsked(repair.id, m_clock.now()); !noted)
            return noted;
    }
    return Done{};
}

Result<Done> RepairRequester::addGaps(const DeviceAddress &device, const std::vector<Gap> &gaps, content::Retry *retry)
{
    if (gaps.empty())
        return Done{};
    // While frames of the device do not open, answers would not either: one of them says so.
    const auto newest = m_storage.repairs.newestOf(device);
    if (!newest)
        return newest.error();
    if (*newest
        && std::ranges::find(retry->wanted, (*newest)->message, &content::Wanted::message) == retry->wanted.end()) {
        if (const auto added = addWanted({**newest}, retry); !added)
            return added;
    }
    const auto room = std::uint64_t(m_asked.answers.room(device.account, m_clock.monotonic()));
    const std::uint64_t most = std::min(kMaxCounters, room - std::min(room, std::uint64_t(retry->wanted.size())));
    for (const Gap &gap : gaps) {
        const std::uint64_t taken = countersOf(retry->gaps);
        if (retry->gaps.size() == kMaxRanges || taken >= most)
            break;
        const std::uint64_t first =
            gap.last - gap.first >= kMaxJumpCounters ? gap.last - kMaxJumpCounters + 1 : gap.first;
        const std::uint64_t last = std::min(gap.last, first + (most - taken) - 1);
        const content::GapRange range{gap.conversation, first, last};
        if (std::ranges::find(retry->gaps, range) == retry->gaps.end())
            retry->gaps.push_back(range);
        if (const auto noted = m_storage.streams.setPartAsked(gap, first, last, m_clock.now()); !noted)
            return noted;
        if (const auto kept = m_store.limitGaps(gap.conversation, device, m_news); !kept)
            return kept;
    }
    return Done{};
}

Result<Done> RepairRequester::enqueue(const DeviceAddress &device, const content::Retry &retry)
{
    const auto submitId = m_random.id<SubmitId>();
    const auto id = newMessageId(m_random, false);
    if (!submitId || !id)
        return ErrorCode::RandomFailed;
    const Timestamp now = m_clock.now();
    const auto added = m_storage.outbox.add({.recipient = device.account,
                                             .mailClass = std::uint32_t(wire::MailClass::Keys),
                                             .submitId = *submitId,
                                             .innerId = *id,
                                             .content = content::encode(content::SealedContent{m_self, device, retry}),
                                             .createdAt = now,
                                             .nextAttempt = now,
                                             .purpose = OutboxPurpose::Retry,
                                             .onlyDevice = device.device});
    return added ? Result<Done>(Done{}) : added.error();
}

} // namespace sotto
