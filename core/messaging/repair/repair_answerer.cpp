#include "core/messaging/repair/repair_answerer.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/ledger/signature.h"
#include "core/messaging/receipts/receipt_timing.h"
#include "core/messaging/repair/resend_body.h"
#include "core/storage/storage.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace sotto {

namespace {

/// What an answer weighs beside its body.
constexpr std::int64_t kAnswerOverheadBytes = 1024;

/// Whether the ranges of a request are few enough together.
bool isNarrow(const std::vector<content::GapRange> &gaps)
{
    std::uint64_t counters = 0;
    for (const content::GapRange &gap : gaps) {
        // Each width by itself first: their sum could run over.
        if (gap.last - gap.first >= RepairAnswerer::kMaxRequestCounters)
            return false;
        counters += gap.last - gap.first + 1;
    }
    return counters <= RepairAnswerer::kMaxRequestCounters;
}

} // namespace

bool RepairAnswerer::mayAsk(const DeviceAddress &device)
{
    const Milliseconds now = m_clock.monotonic();
    if (refuseUnless(Check::RetryRate, m_limits.requests.hasRoom(device, 1, now)))
        return false;
    m_limits.requests.take(device, 1, now);
    return true;
}

Result<int> RepairAnswerer::answer(const DeviceAddress &device, const content::Retry &retry)
{
    if (refuseUnless(Check::RetryWidth, isNarrow(retry.gaps)))
        return 0;
    const auto readable = makeReadable(device, retry.wanted);
    if (!readable)
        return readable.error();
    if (!*readable)
        return 0;
    const auto messages = wantedOf(retry);
    if (!messages)
        return messages.error();
    int answers = 0;
    for (const MessageId &message : *messages) {
        const auto answered = answerOne(device, message);
        if (!answered)
            return answered.error();
        answers += *answered ? 1 : 0;
    }
    return answers;
}

/// Each message once: the wanted, and what has the counters.
Result<std::vector<MessageId>> RepairAnswerer::wantedOf(const content::Retry &retry)
{
    std::vector<MessageId> messages;
    const auto add = [&messages](const MessageId &message) {
        if (std::ranges::find(messages, message) == messages.end())
            messages.push_back(message);
    };
    for (const content::Wanted &one : retry.wanted)
        add(one.message);
    for (const content::GapRange &gap : retry.gaps) {
        const auto inside = m_storage.outbox.resendsIn(gap.conversation, gap.first, gap.last);
        if (!inside)
            return inside.error();
        for (const MessageId &message : *inside)
            add(message);
    }
    return messages;
}

/// When a frame of our running session did not open, the other side does not have that session: we leave it, and the
/// next frame starts another. False when that may not be done yet: what is sent now would not open either, and use up
/// the answers that there are.
Result<bool> RepairAnswerer::makeReadable(const DeviceAddress &device, const std::vector<content::Wanted> &wanted)
{
    const auto current = m_sessions.sendingRatchetKey(device);
    if (!current && current.error() != CryptoError::CorruptRecord)
        return Error(ErrorCode::InputOutput, QStringLiteral("a key store refused"));
    // SessionMaker replaces a broken record; a rebuild would do no more.
    const std::optional<Bytes> key = current ? *current : std::nullopt;
    const auto namesCurrent = [&key](const content::Wanted &one) {
        return key && !refuseUnless(Check::RebuildCurrentKey, one.ratchetKey == *key);
    };
    if (std::ranges::none_of(wanted, namesCurrent))
        return true;
    const Timestamp now = m_clock.now();
    const auto rebuilt = m_storage.repairs.rebuiltAt(device);
    if (!rebuilt)
        return rebuilt.error();
    const bool isDue = rebuilt->ms == 0 || *rebuilt > now || now - *rebuilt >= kRebuildEvery;
    if (refuseUnless(Check::RebuildRate, isDue))
        return false;
    qCInfo(lcMessaging, "a session is left: its peer cannot read it");
    if (const auto archived = m_sessions.archive(device); !archived && archived.error() != CryptoError::NoSession)
        return Error(ErrorCode::InputOutput, QStringLiteral("a session could not be archived"));
    if (const auto noted = m_storage.repairs.setRebuilt(device, now); !noted)
        return noted.error();
    if (const auto dropped = dropSealed(device); !dropped)
        return dropped.error();
    return true;
}

/// Answers that were encrypted for the session that is left would not open: they are not sent, and did not count.
Result<Done> RepairAnswerer::dropSealed(const DeviceAddress &device)
{
    const auto waiting = m_storage.outbox.forDevice(OutboxPurpose::Resend, device);
    if (!waiting)
        return waiting.error();
    for (const OutboxEntry &entry : *waiting) {
        if (!entry.submit)
            continue;
        if (const auto removed = m_storage.outbox.remove(entry.id); !removed)
            return removed;
        if (const auto uncounted = m_storage.outbox.uncountResend(entry.innerId, device); !uncounted)
            return uncounted;
    }
    return Done{};
}

/// What we remember of a message, if this device may have it again.
Result<std::optional<ResendRecord>> RepairAnswerer::recordFor(const DeviceAddress &device, const MessageId &message)
{
    const auto record = m_storage.outbox.findResend(message);
    if (!record || !*record)
        return record;
    const bool isOwn = device.account == m_self.account;
    const bool isOurs = isOwn || (*record)->conversation == directConversation(m_self.account, device.account);
    const bool wasSent = std::ranges::find((*record)->devices, device) != (*record)->devices.end();
    if (refuseUnless(Check::ResendRecipient, isOurs && wasSent))
        return std::optional<ResendRecord>();
    return record;
}

Result<bool> RepairAnswerer::answerOne(const DeviceAddress &device, const MessageId &message)
{
    const auto record = recordFor(device, message);
    if (!record)
        return record.error();
    if (!*record)
        return false;
    const auto sent = m_storage.outbox.resendCount(message, device, m_clock.now());
    if (!sent)
        return sent.error();
    if (refuseUnless(Check::ResendCount, *sent < kMaxResends))
        return false;
    const auto underWay = isUnderWay(device, message);
    if (!underWay)
        return underWay.error();
    if (*underWay)
        return false;
    const auto body = resendBody(m_storage, **record);
    if (!body)
        return body.error();
    const std::int64_t bytes = body->size() + kAnswerOverheadBytes;
    const Milliseconds now = m_clock.monotonic();
    const bool hasRoom =
        m_limits.answers.hasRoom(device.account, 1, now) && m_limits.bytes.hasRoom(device.account, bytes, now);
    if (refuseUnless(Check::AnswerBudget, hasRoom))
        return false;
    if (const auto queued = enqueue(device, message); !queued)
        return queued.error();
    if (const auto counted = m_storage.outbox.countResend(message, device, m_clock.now()); !counted)
        return counted.error();
    m_limits.answers.take(device.account, 1, now);
    m_limits.bytes.take(device.account, bytes, now);
    return true;
}

Result<bool> RepairAnswerer::isUnderWay(const DeviceAddress &device, const MessageId &message)
{
    return m_storage.outbox.isRepairUnderWay(OutboxPurpose::Resend, device, message);
}

Result<Done> RepairAnswerer::enqueue(const DeviceAddress &device, const MessageId &message)
{
    const auto submitId = m_random.id<SubmitId>();
    const auto jitter = receiptJitter(m_random);
    if (!submitId || !jitter)
        return ErrorCode::RandomFailed;
    const Timestamp now = m_clock.now();
    const auto added = m_storage.outbox.add({.recipient = device.account,
                                             .mailClass = std::uint32_t(wire::MailClass::Keys),
                                             .submitId = *submitId,
                                             .innerId = message,
                                             .content = Bytes(""),
                                             .createdAt = now,
                                             .nextAttempt = now + *jitter,
                                             .purpose = OutboxPurpose::Resend,
                                             .onlyDevice = device.device});
    return added ? Result<Done>(Done{}) : added.error();
}

} // namespace sotto
