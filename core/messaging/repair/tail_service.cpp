#include "core/messaging/repair/tail_service.h"

#include "core/base/logging.h"
#include "core/messaging/sending/outgoing.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

/// When the first of them is due.
Timestamp firstAt(const OutboxRepository::LastSent &last)
{
    const auto &id = last.innerId.bytes();
    const std::int64_t drawn = (std::int64_t(id[12]) << 16) | (std::int64_t(id[13]) << 8) | id[14];
    const std::int64_t spread = TailService::kFirstSpread.count();
    return last.sentAt + TailService::kFirst + Milliseconds(drawn % (2 * spread + 1) - spread);
}

} // namespace

TailService::TailService(Storage &storage, Clock &clock, Random &random, const AccountId &self,
                         std::function<void()> wakePump)
    : m_storage(storage),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_wakePump(std::move(wakePump)),
      m_timer(clock, [this] { run(); })
{ }

void TailService::setOnline(bool online)
{
    m_online = online;
    if (online && !m_timer.isActive()) // it goes on without a line: one that comes and goes must not hold it up
        m_timer.start(kEvery);
}

void TailService::run()
{
    m_timer.start(kEvery);
    if (!m_online)
        return;
    const auto told = work();
    if (!told)
        qCWarning(lcMessaging, "the ends of streams could not be told: %s", name(told.error().code));
    else if (*told)
        m_wakePump();
}

Result<bool> TailService::work()
{
    Settings settings(m_storage.settings);
    const Timestamp now = m_clock.now();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto stored = settings.get(kTailsTold);
    if (!stored)
        return stored.error();
    // What became due since we looked last, so that each is told once, also after a restart and a long absence.
    const Timestamp before{std::min(std::int64_t(stored->toLongLong()), now.ms)};
    const auto quiet = m_storage.outbox.lastSentAfter(before - kLater.back());
    if (!quiet)
        return quiet.error();
    bool anything = false;
    for (const OutboxRepository::LastSent &last : *quiet) {
        const auto becameDue = [&](Timestamp time) { return time > before && time <= now; };
        const bool isDue = becameDue(firstAt(last))
            || std::ranges::any_of(kLater, [&](Milliseconds later) { return becameDue(last.sentAt + later); });
        const auto told = isDue ? tell(last) : Result<bool>(false);
        if (!told)
            return told.error();
        anything = anything || *told;
    }
    if (const auto kept = settings.set(kTailsTold, QString::number(now.ms)); !kept)
        return kept.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return anything;
}

Result<bool> TailService::tell(const OutboxRepository::LastSent &last)
{
    if (last.peer != m_self) {
        const auto contact = m_storage.contacts.find(last.peer);
        if (!contact)
            return contact.error();
        if (!*contact || (*contact)->state != ContactState::Accepted)
            return false; // whoever has not accepted takes no receipt of us
    }
    const auto queued =
        enqueue(m_storage, m_random, m_clock.now(),
                {last.peer, content::Receipt{}, wire::MailClass::Receipt, std::nullopt, std::nullopt, std::nullopt});
    return queued ? Result<bool>(true) : queued.error();
}

} // namespace sotto
