#include "core/messaging/expiry/expiry_service.h"

#include "core/base/logging.h"
#include "core/messaging/references/references.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

/// Of one transaction: the thread is free in between.
constexpr int kAtOnce = 256;

} // namespace

ExpiryService::ExpiryService(Storage &storage, References &references, CredibleClock &credible, Clock &clock)
    : m_storage(storage), m_references(references), m_credible(credible), m_clock(clock), m_timer(clock, [this] {
          sweep();
      })
{ }

void ExpiryService::sweep()
{
    for (;;) {
        const auto news = destroySome();
        if (!news) {
            qCWarning(lcMessaging, "messages whose time is over could not be destroyed: %s", name(news.error().code));
            m_timer.start(kLookAgain);
            return;
        }
        if (news->removed.empty())
            break;
        Q_EMIT expired(*news);
    }
    plan();
}

Result<InboxNews> ExpiryService::destroySome()
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    InboxNews news;
    const Timestamp now = m_credible.now();
    if (m_credible.isKnown()) {
        const auto over = m_storage.expiry.overAt(now, kAtOnce);
        if (!over)
            return over.error();
        for (const ExpiryRepository::Over &one : *over) {
            if (const auto gone = m_references.forget(one.conversation, one.message, news); !gone)
                return gone.error();
        }
    }
    if (const auto stored = m_credible.store(); !stored)
        return stored.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return news;
}

void ExpiryService::plan()
{
    const auto next = m_storage.expiry.nextEnd();
    if (!next || !*next)
        return;
    const Milliseconds left = m_credible.isKnown() ? **next - m_credible.now() : kLookAgain;
    m_timer.start(std::clamp(left, Milliseconds(0), kLookAgain));
}

bool ExpiryService::isHidden(const Message &message) const
{
    return message.expiresAt && *message.expiresAt <= m_clock.now();
}

} // namespace sotto
