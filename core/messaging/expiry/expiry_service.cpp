#include "core/messaging/expiry/expiry_service.h"

#include "core/base/logging.h"
#include "core/messaging/references/references.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>
#include <iterator>

namespace sotto {

namespace {

/// Of one transaction: the thread is free in between.
constexpr std::size_t kAtOnce = 256;
/// After an error of the database.
constexpr Milliseconds kTryAgain = std::chrono::minutes(1);
/// For a message that cannot be destroyed.
constexpr Milliseconds kPutOff = std::chrono::hours(24);

} // namespace

ExpiryService::ExpiryService(Storage &storage, References &references, CredibleClock &credible, Clock &clock)
    : m_storage(storage), m_references(references), m_credible(credible), m_timer(clock, [this] { sweep(); })
{ }

void ExpiryService::sweep()
{
    auto batch = destroySome();
    if (!batch) {
        qCWarning(lcMessaging, "messages whose time is over could not be destroyed: %s", name(batch.error().code));
        m_timer.start(kTryAgain);
        return;
    }
    if (!batch->news.removed.empty())
        Q_EMIT expired(batch->news);
    if (batch->isMoreOver)
        m_timer.start(Milliseconds(0)); // until then they are hidden
    else
        plan();
}

Result<ExpiryService::Batch> ExpiryService::destroySome()
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    Batch batch;
    const Timestamp now = m_credible.certain();
    if (const auto begun = beginAgainIfNew(); !begun)
        return begun.error();
    const auto over = m_storage.expiry.overAt(now, int(kAtOnce));
    if (!over)
        return over.error();
    for (const ExpiryRepository::Over &one : *over) {
        if (const auto done = destroy(one, now, batch.news); !done)
            return done.error();
    }
    batch.isMoreOver = over->size() == kAtOnce;
    auto &chats = batch.news.conversations;
    std::ranges::sort(chats);
    chats.erase(std::unique(chats.begin(), chats.end()), chats.end());
    if (const auto stored = m_credible.store(); !stored)
        return stored.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return batch;
}

/// What ran before any clock was known ran by a clock that may have been years away.
Result<Done> ExpiryService::beginAgainIfNew()
{
    const auto before = m_storage.relay.credibleTime();
    if (!before)
        return before.error();
    const bool isNew = m_credible.isKnown() && before->ms == 0;
    return isNew ? m_storage.expiry.restartAll(m_credible.now(), kUnread) : Done{};
}

/// One that cannot be destroyed does not keep the others.
Result<Done> ExpiryService::destroy(const ExpiryRepository::Over &one, Timestamp now, InboxNews &news)
{
    InboxNews gone;
    {
        auto savepoint = Savepoint::begin(m_storage.database);
        if (!savepoint)
            return savepoint.error();
        const auto forgotten = m_references.forget(one.conversation, one.message, gone);
        if (forgotten) {
            if (const auto released = savepoint->release(); !released)
                return released;
            std::ranges::move(gone.removed, std::back_inserter(news.removed));
            std::ranges::move(gone.conversations, std::back_inserter(news.conversations));
            news.isAnythingWiped = news.isAnythingWiped || gone.isAnythingWiped;
            return Done{};
        }
        qCWarning(lcMessaging, "a message whose time is over cannot be destroyed: %s", name(forgotten.error().code));
    }
    return m_storage.expiry.putOff(one.row, now + kPutOff);
}

void ExpiryService::plan()
{
    const auto next = m_storage.expiry.nextEnd();
    if (!next) {
        m_timer.start(kTryAgain);
        return;
    }
    if (!*next)
        return;
    const Milliseconds left = m_credible.isKnown() ? **next - m_credible.certain() : kLookAgain;
    m_timer.start(std::clamp(left, Milliseconds(0), kLookAgain));
}

bool ExpiryService::isHidden(const Message &message) const
{
    if (!message.expiresAt || *message.expiresAt > m_credible.shownUntil())
        return false;
    // By this computer's clock alone only what somebody has looked at is hidden: the rest would be read unseen.
    return *message.expiresAt <= m_credible.certain() || m_storage.expiry.isSeen(message.row).valueOr(true);
}

bool ExpiryService::isAnythingHidden() const
{
    const auto next = m_storage.expiry.nextEnd();
    return !next || (*next && **next <= m_credible.shownUntil());
}

} // namespace sotto
