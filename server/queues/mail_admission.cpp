#include "core/base/check.h"
#include "server/queues/device_difference.h"
#include "server/queues/mail_queues.h"

#include <algorithm>

// Whether a submit is let in, and what it becomes.
namespace sotto::relay {

namespace {

constexpr Milliseconds kDay = std::chrono::hours(24);
/// More numbers than this are never shown to a device before the disk knows of them (mail_queues.cpp).
constexpr std::uint64_t kMaxUnwrittenSeqs = 32'768;

wire::SubmitReply refusal(wire::RelayErrorCode code, Milliseconds retryAfter = Milliseconds(0))
{
    return wire::RelayError{code, {}, std::uint64_t(retryAfter.count())};
}

std::int64_t bytesOf(const wire::Copy &copy, const wire::Submit &submit)
{
    return copy.sealedSender.size() + copy.ciphertext.size() + submit.payload.size();
}

bool hasTwice(const std::vector<wire::Copy> &copies)
{
    for (std::size_t i = 0; i < copies.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (copies[i].device == copies[k].device)
                return true;
        }
    }
    return false;
}

/// A partial target stands alone, with one copy for another device, of repair's class; and sealed copies travel in no
/// other (protocol.md 3).
bool isRightlyPartial(const AddressedSubmit &submit)
{
    const auto &targets = submit.submit.targets;
    const bool hasPartial = std::ranges::any_of(targets, &wire::Target::partial);
    if (!hasPartial) {
        return std::ranges::none_of(targets, [](const wire::Target &target) {
            return std::ranges::find(target.copies, wire::CopyKind::Sealed, &wire::Copy::kind) != target.copies.end();
        });
    }
    if (submit.submit.mailClass != wire::MailClass::Keys || targets.size() != 1 || targets[0].copies.size() != 1)
        return false;
    return DeviceAddress{targets[0].account, targets[0].copies[0].device} != submit.sender;
}

} // namespace

Task<wire::SubmitReply> MailQueues::admit(AddressedSubmit submit)
{
    using Finished = Task<wire::SubmitReply>;
    std::shared_ptr<PendingSubmit> pending;
    std::optional<Finished> task;
    {
        const std::lock_guard lock(m_mutex);
        const RepeatId id{submit.sender, submit.submit.submitId};
        if (auto repeated = answerOfRepeat(id))
            return std::move(*repeated);
        if (!hasQueues(submit))
            return Finished::finished(refusal(wire::RelayErrorCode::Unavailable, Milliseconds(1000)));
        const Timestamp now = m_clock.now();
        if (const Refusal refused = checkTargets(submit, now))
            return Finished::finished(*refused);
        std::vector<Plan> plans(submit.accounts.size());
        for (std::size_t i = 0; i < plans.size(); ++i) {
            if (const Refusal refused = plan(submit, i, now, plans[i]))
                return Finished::finished(*refused);
        }
        const auto name = m_repeatNames.nameNow(submit.sender, submit.submit.submitId, now);
        if (!name)
            return Finished::finished(refusal(wire::RelayErrorCode::Unavailable));
        pending = queueUp(submit, plans, now);
        pending->repeat = *name;
        remember(id, pending);
        if (pending->isAnswered)
            return Finished::finished(pending->accepted); // nobody to write to: a note to oneself on one device
        task = waitFor(pending.get());
        m_waiting.push_back(pending);
    }
    m_store.mailWaits(int(pending->copies.size()), submit.submit.payload.size() + qsizetype(512));
    return std::move(*task);
}

/// What concerns all targets at once; StaleDevices names every account that differs.
MailQueues::Refusal MailQueues::checkTargets(const AddressedSubmit &submit, Timestamp now) const
{
    const auto &targets = submit.submit.targets;
    Q_ASSERT(targets.size() == submit.accounts.size());
    if (targets.empty() || (targets.size() == 2 && targets[0].account == targets[1].account))
        return refusal(wire::RelayErrorCode::Malformed);
    if (targets.size() == 2 && targets[0].account != submit.sender.account
        && targets[1].account != submit.sender.account)
        return refusal(wire::RelayErrorCode::Malformed); // one recipient, and oneself
    if (refuseUnless(Check::PartialTarget, isRightlyPartial(submit)))
        return refusal(wire::RelayErrorCode::Malformed);
    wire::StaleDevices stale;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const FoundAccount &account = submit.accounts[i];
        if (!account || account->closed)
            return refusal(wire::RelayErrorCode::UnknownRecipient);
        if (hasTwice(targets[i].copies))
            return refusal(wire::RelayErrorCode::Malformed);
        const bool isOwn = targets[i].account == submit.sender.account;
        const auto sender = isOwn ? std::optional(submit.sender.device) : std::nullopt;
        const auto mayMiss = [&, isPartial = targets[i].partial](const DeviceRecord &device) {
            const auto queue = queueOf({account->account, device.device});
            return isPartial || !queue || queue->isDormant(m_limits, now);
        };
        if (const auto difference = compareDevices(*account, targets[i].copies, sender, mayMiss))
            stale.accounts.push_back(*difference);
    }
    if (refuseUnless(Check::ExactDevices, stale.accounts.empty()))
        return stale;
    return std::nullopt;
}

/// Who takes a copy and who is skipped, and whether the limits let it in.
MailQueues::Refusal MailQueues::plan(const AddressedSubmit &submit, std::size_t index, Timestamp now, Plan &plan)
{
    plan.account = submit.accounts[index];
    plan.target = &submit.submit.targets[index];
    plan.isOwn = plan.target->account == submit.sender.account;
    plan.isStranger = !plan.isOwn && !opensNormalLane(*plan.account, plan.target->token, now);
    const Refusal refused = plan.target->partial ? onlyTaker(submit, now, plan) : takersOf(submit, now, plan);
    if (refused || plan.isOwn)
        return refused;
    if (const Refusal narrow = checkLane(submit, plan, now))
        return narrow;
    return checkPair(submit, plan);
}

/// Every device takes its copy or is skipped.
MailQueues::Refusal MailQueues::takersOf(const AddressedSubmit &submit, Timestamp now, Plan &plan) const
{
    bool someAreFull = false;
    for (const DeviceRecord &device : plan.account->devices) {
        const auto queue = queueOf({plan.account->account, device.device});
        if (!queue || (plan.isOwn && device.device == submit.sender.device))
            continue;
        const auto copy = std::find_if(plan.target->copies.begin(), plan.target->copies.end(),
                                       [&device](const wire::Copy &c) { return c.device == device.device; });
        if (copy == plan.target->copies.end() || isAway(*queue, now)) {
            plan.skipped.push_back(queue);
        } else if (queue->isFullFor(m_limits, submit.submit.mailClass, bytesOf(*copy, submit.submit))) {
            someAreFull = true;
            plan.skipped.push_back(queue);
        } else {
            if (queue->counters.nextSeq - queue->writtenNextSeq > kMaxUnwrittenSeqs)
                return refusal(wire::RelayErrorCode::Unavailable, Milliseconds(1000));
            plan.takers.emplace_back(queue, &*copy);
        }
    }
    if (plan.isOwn)
        return std::nullopt; // one's own absent desktops keep nobody from writing
    if (refuseUnless(Check::QueueCap, !someAreFull || !plan.takers.empty()))
        return refusal(wire::RelayErrorCode::QueueFull);
    if (plan.takers.empty())
        return refusal(wire::RelayErrorCode::RecipientAway);
    return std::nullopt;
}

/// One device takes its copy or the submit is refused; no other is concerned, so none is skipped.
MailQueues::Refusal MailQueues::onlyTaker(const AddressedSubmit &submit, Timestamp now, Plan &plan) const
{
    const wire::Copy &copy = plan.target->copies.front();
    const auto queue = queueOf({plan.account->account, copy.device});
    if (!queue || isAway(*queue, now))
        return refusal(wire::RelayErrorCode::RecipientAway);
    const bool hasRoom = !queue->isFullFor(m_limits, submit.submit.mailClass, bytesOf(copy, submit.submit));
    if (refuseUnless(Check::QueueCap, hasRoom))
        return refusal(wire::RelayErrorCode::QueueFull);
    if (queue->counters.nextSeq - queue->writtenNextSeq > kMaxUnwrittenSeqs)
        return refusal(wire::RelayErrorCode::Unavailable, Milliseconds(1000));
    plan.takers.emplace_back(queue, &copy);
    return std::nullopt;
}

/// The stranger lane: few and small.
MailQueues::Refusal MailQueues::checkLane(const AddressedSubmit &submit, const Plan &plan, Timestamp now)
{
    if (!plan.isStranger)
        return std::nullopt;
    for (const auto &[queue, copy] : plan.takers) {
        const std::int64_t bytes = bytesOf(*copy, submit.submit);
        if (copy->ciphertext.size() + submit.submit.payload.size() > m_limits.strangerCopyBytes)
            return refusal(wire::RelayErrorCode::TooLarge);
        const bool hasRoom =
            queue->strangerRows < m_limits.strangerRows && queue->strangerBytes + bytes <= m_limits.strangerBytes;
        if (refuseUnless(Check::StrangerLane, hasRoom))
            return refusal(wire::RelayErrorCode::QueueFull);
    }
    const AccountPair pair{submit.sender.account, plan.account->account};
    const bool mayWrite = m_pairs.strangerSubmits(pair, now) < m_limits.strangerSubmitsPerDay;
    if (refuseUnless(Check::StrangerDailyLimit, mayWrite))
        return refusal(wire::RelayErrorCode::RateLimited, Milliseconds(kDay.count() - now.ms % kDay.count()));
    return std::nullopt;
}

/// Nobody fills somebody's queue alone (T192).
MailQueues::Refusal MailQueues::checkPair(const AddressedSubmit &submit, const Plan &plan) const
{
    const PairUse use = m_pairs.use({submit.sender.account, plan.account->account});
    const auto devices = std::int64_t(plan.takers.size());
    const bool isSmall = isSmallClass(submit.submit.mailClass);
    const bool hasRoom =
        (isSmall ? use.smallRows < m_limits.pairSmallRows * devices : use.rows < m_limits.pairRows * devices)
        && use.bytes < m_limits.pairBytes * devices;
    if (refuseUnless(Check::PairCap, hasRoom))
        return refusal(wire::RelayErrorCode::QueueFull);
    return std::nullopt;
}

std::shared_ptr<PendingSubmit> MailQueues::queueUp(const AddressedSubmit &submit, const std::vector<Plan> &plans,
                                                   Timestamp now)
{
    auto pending = std::make_shared<PendingSubmit>();
    const Milliseconds life = m_limits.lifeOf(submit.submit.mailClass, submit.submit.ttlSeconds);
    pending->accepted = {now, {}, now + life};
    pending->expires = now + life;
    pending->payload = submit.submit.payload;
    for (const Plan &plan : plans) {
        for (const auto &[queue, copy] : plan.takers) {
            pending->copies.push_back({queue, {}, false, false});
            ++pending->unsettled;
            queueCopy(submit, plan, *queue, *copy, pending, pending->copies.size() - 1);
        }
        for (const auto &queue : plan.skipped) {
            pending->accepted.dormant.push_back(queue->address);
            skip(*queue, submit.submit);
        }
        if (plan.isStranger) {
            pending->strangers = AccountPair{submit.sender.account, plan.account->account};
            m_pairs.addStrangerSubmit(*pending->strangers, now);
        }
    }
    pending->isAnswered = pending->copies.empty();
    if (pending->copies.empty())
        pending->payload.clear(); // it is remembered for its repeats, and nobody takes the payload
    if (const auto sender = queueOf(submit.sender))
        sender->counters.lastSubmitSeq = std::max(sender->counters.lastSubmitSeq, submit.submit.submitSeq);
    return pending;
}

void MailQueues::queueCopy(const AddressedSubmit &submit, const Plan &plan, DeviceQueue &queue, const wire::Copy &copy,
                           const std::shared_ptr<PendingSubmit> &pending, std::size_t index)
{
    const wire::MailClass mailClass = submit.submit.mailClass;
    const std::int64_t bytes = bytesOf(copy, submit.submit);
    wire::Envelope envelope{queue.counters.nextSeq++,
                            pending->accepted.relayTime,
                            mailClass,
                            copy.kind,
                            copy.sealedSender,
                            copy.ciphertext,
                            {}};
    LiveRow row;
    row.bytes = bytes;
    row.pending = pending;
    row.indexInPending = index;
    row.mailClass = mailClass;
    row.isStranger = plan.isStranger;
    if (!plan.isOwn)
        row.pair = m_pairs.add({submit.sender.account, queue.address.account}, isSmallClass(mailClass), bytes);
    if (plan.isStranger) {
        ++queue.strangerRows;
        queue.strangerBytes += bytes;
    }
    queue.count(mailClass, 1, bytes);
    queue.live.emplace(envelope.seq, std::move(row));
    pending->copies[index].envelope = envelope;
    markDirty(queue);
    envelope.payload = submit.submit.payload;
    (void)m_sink.deliver(queue.address, envelope); // not connected: it stays in the queue
}

/// The device gets no copy and will close the gap from its siblings.
void MailQueues::skip(DeviceQueue &queue, const wire::Submit &submit)
{
    if (!leavesGap(submit.mailClass))
        return;
    queue.counters.gapBeforeSeq = queue.counters.nextSeq;
    markDirty(queue);
}

} // namespace sotto::relay
