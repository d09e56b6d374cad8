#include "core/messaging/receipts/receipt_service.h"

#include "core/account/device_directory.h"
#include "core/base/logging.h"
#include "core/messaging/sending/outgoing.h"
#include "core/messaging/sync/read_marks.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {
constexpr int kDueAtOnce = 64;

/// Takes what is missing out of what `told` confirms. `gaps` rise; all of them, or the first kMaxExceptions.
void confirmWithout(const std::vector<Gap> &gaps, content::StreamReceipt *told)
{
    for (const Gap &gap : gaps) {
        for (std::uint64_t counter = gap.first; counter <= gap.last; ++counter) {
            if (told->notDelivered.size() == ReceiptRepository::kMaxExceptions) {
                told->deliveredUpTo = counter - 1; // what does not fit is not confirmed
                return;
            }
            told->notDelivered.push_back(counter);
        }
    }
    if (gaps.size() == ReceiptRepository::kMaxExceptions)
        told->deliveredUpTo = gaps.back().last; // there may be more gaps beyond
}
} // namespace

ReceiptService::ReceiptService(Storage &storage, DeviceDirectory &directory, ReadMarks &reads, Clock &clock,
                               Random &random, const DeviceAddress &self, std::function<void()> wakePump)
    : m_storage(storage),
      m_directory(directory),
      m_reads(reads),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_wakePump(std::move(wakePump)),
      m_timer(clock, [this] { sendDue(); })
{ }

Result<Done> ReceiptService::markRead(const ConversationId &conversation)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto look = m_reads.look(conversation);
    if (!look)
        return look.error();
    if (!look->hasReadMessages || !look->tellsRead) {
        const auto committed = transaction->commit();
        m_reads.plan();
        return committed;
    }
    const auto chat = m_storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    const auto contact = m_storage.contacts.find((*chat)->peer);
    if (!contact)
        return contact.error();
    if (*contact && (*contact)->state == ContactState::Accepted) {
        const auto owed = m_storage.receipts.setDue({conversation, (*chat)->peer, m_clock.now()});
        if (!owed)
            return owed.error();
    }
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    plan();
    m_reads.plan();
    return Done{};
}

void ReceiptService::plan()
{
    const auto next = m_storage.receipts.nextDue();
    if (next && *next)
        m_timer.start(std::max(**next - m_clock.now(), Milliseconds(0)));
}

bool ReceiptService::isFirstConnected()
{
    const auto log = m_directory.find(m_self.account);
    if (!log || !*log)
        return true;
    for (const wire::DeviceKeys &device : (*log)->state().devices) {
        if (device.device == m_self.device)
            return true;
        if (std::ranges::find(m_connected, device.device) != m_connected.end())
            return false;
    }
    return true;
}

void ReceiptService::sendDue()
{
    // Where a sibling comes first, what it leaves undone for so long is ours.
    const Milliseconds patience = isFirstConnected() ? Milliseconds(0) : kSiblingWait;
    auto transaction = Transaction::begin(m_storage.database);
    const auto due = m_storage.receipts.dueBefore(m_clock.now() - patience, kDueAtOnce);
    bool sent = false;
    if (transaction && due) {
        bool kept = true;
        for (const DueReceipt &one : *due) {
            const auto result = send(one);
            kept = kept && result;
            sent = sent || (result && *result);
        }
        kept = kept && transaction->commit();
        if (!kept) {
            qCWarning(lcMessaging, "receipts could not be stored; trying again later");
            m_timer.start(kSiblingWait);
            return;
        }
    }
    if (sent)
        m_wakePump();
    const auto next = m_storage.receipts.nextDue();
    if (next && *next)
        m_timer.start(std::max(**next + patience - m_clock.now(), kShortestReceiptWait));
}

Result<bool> ReceiptService::send(const DueReceipt &due)
{
    const auto contact = m_storage.contacts.find(due.author);
    if (!contact)
        return contact.error();
    if (const auto cleared = m_storage.receipts.clearDue(due.conversation, due.author); !cleared)
        return cleared.error();
    if (!*contact || (*contact)->state != ContactState::Accepted)
        return false;
    const auto receipt = receiptFor(due);
    if (!receipt)
        return receipt.error();
    if (receipt->streams.empty())
        return false;
    const auto queued =
        enqueue(m_storage, m_random, m_clock.now(),
                {due.author, *receipt, wire::MailClass::Receipt, std::nullopt, std::nullopt, std::nullopt});
    if (!queued)
        return queued.error();
    return true;
}

Result<content::Receipt> ReceiptService::receiptFor(const DueReceipt &due)
{
    constexpr std::size_t kMaxStreams = 20;
    const auto streams = m_storage.streams.streamsOf(due.conversation);
    if (!streams)
        return streams.error();
    content::Receipt receipt;
    for (const auto &stream : *streams) {
        if (stream.sender.account != due.author || stream.state.lastCounter == 0
            || receipt.streams.size() >= kMaxStreams)
            continue;
        const auto gaps = m_storage.streams.gapsOf(due.conversation, stream.sender, ReceiptRepository::kMaxExceptions);
        if (!gaps)
            return gaps.error();
        content::StreamReceipt told{stream.sender.device, stream.state.lastCounter, 0, {}};
        confirmWithout(*gaps, &told);
        if (m_tellsRead)
            told.readUpTo = std::min(stream.state.readTold, told.deliveredUpTo);
        receipt.streams.push_back(std::move(told));
    }
    return receipt;
}

} // namespace sotto
