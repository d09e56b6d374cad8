#include "core/messaging/sync/read_marks.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/messaging/expiry/credible_clock.h"
#include "core/messaging/receipts/receipt_timing.h"
#include "core/messaging/sending/outgoing.h"
#include "core/messaging/sync/own_registers.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

constexpr int kDueAtOnce = 64;
constexpr std::size_t kMaxStreams = 20; ///< of a SyncRead

} // namespace

ReadMarks::ReadMarks(Storage &storage, DeviceDirectory &directory, CredibleClock &credible, Clock &clock,
                     Random &random, const DeviceAddress &self, std::function<void()> wakePump)
    : m_storage(storage),
      m_directory(directory),
      m_credible(credible),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_wakePump(std::move(wakePump)),
      m_timer(clock, [this] {
          const auto told = tellDue();
          if (!told) {
              qCWarning(lcMessaging, "own desktops could not be told what was read; trying again later");
              m_timer.start(kSiblingWait);
              return;
          }
          if (*told)
              m_wakePump();
          plan();
      })
{ }

/// Everything that is here. What is missing stays unread; of more than can be named nothing behind it is read.
Result<ReadMark> ReadMarks::markOfAllHere(const ConversationId &conversation, const DeviceAddress &author,
                                          std::uint64_t lastCounter)
{
    const auto gaps = m_storage.streams.gapsOf(conversation, author, ReceiptRepository::kMaxExceptions + 1);
    if (!gaps)
        return gaps.error();
    ReadMark mark{lastCounter};
    for (const Gap &gap : *gaps) {
        for (std::uint64_t counter = gap.first; counter <= std::min(gap.last, lastCounter); ++counter) {
            if (mark.missing.size() == std::size_t(ReceiptRepository::kMaxExceptions)) {
                mark.upTo = counter - 1;
                return mark;
            }
            mark.missing.push_back(counter);
        }
    }
    return mark;
}

/// Whether anything changed.
Result<bool> ReadMarks::raise(const StreamReading &standing, const ConversationId &conversation, const ReadMark &mark,
                              bool isTold, Timestamp at)
{
    StreamReading raised{standing.author, united(standing.mark, mark), standing.told, standing.at};
    // What a look has added to what was read: not what was read while nothing was told, by looking once more.
    const bool isTellable = isTold && mark.upTo > standing.mark.upTo;
    if (!refuseUnless(Check::ReadWhileOff, isTellable))
        raised.told = std::max(standing.told, mark.upTo);
    if (raised == standing)
        return false;
    raised.at = std::max(standing.at, at);
    const auto stored = m_storage.reads.store(conversation, raised);
    return stored ? Result<bool>(true) : stored.error();
}

Result<ReadMarks::Look> ReadMarks::look(const ConversationId &conversation)
{
    const auto chat = m_storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    if (!*chat)
        return ErrorCode::NotFound;
    const auto tells = Settings(m_storage.settings).get(kSendReadReceipts);
    const auto mark = m_storage.registers.unreadMark(conversation);
    const auto before = m_storage.reads.lookedAt(conversation);
    const auto streams = m_storage.streams.streamsOf(conversation);
    if (!tells || !mark || !before || !streams)
        return !tells ? tells.error() : !mark ? mark.error() : !before ? before.error() : streams.error();
    const Timestamp now = m_credible.now();
    const Timestamp at = changeAfter({false, std::max(mark->changed, *before)}, now);
    bool isRaised = false;
    for (const auto &stream : *streams) {
        if (stream.sender.account == m_self.account)
            continue;
        const auto standing = m_storage.reads.find(conversation, stream.sender);
        const auto here = markOfAllHere(conversation, stream.sender, stream.state.lastCounter);
        if (!standing || !here)
            return !standing ? standing.error() : here.error();
        const auto raised = raise(*standing, conversation, *here, *tells, at);
        if (!raised)
            return raised.error();
        isRaised = isRaised || *raised;
    }
    const auto unread = m_storage.reads.clearUnread(conversation);
    if (!unread)
        return unread.error();
    if (const auto started = m_storage.expiry.startAll(conversation, now); !started)
        return started.error();
    const Look done{isRaised && *unread > 0, *tells};
    if (!isRaised && *unread == 0 && !mark->on)
        return done;
    // The mark may have been set by a clock that is years ahead; what comes until then has not been seen.
    if (const auto looked = m_storage.reads.setLookedAt(conversation, std::min(at, now)); !looked)
        return looked.error();
    if (const auto unmarked = m_storage.registers.setUnreadMark(conversation, {false, at, m_self.device}); !unmarked)
        return unmarked.error();
    const auto siblings = hasSiblings();
    const auto jitter = receiptJitter(m_random);
    if (!siblings || !jitter)
        return !siblings ? siblings.error() : jitter.error();
    if (*siblings) {
        const auto due = m_storage.reads.setDue({conversation, at}, m_clock.now() + *jitter);
        if (!due)
            return due.error();
    }
    return done;
}

/// Whether what was read at that time may be told: not what was read before receipts were switched on (again).
Result<bool> ReadMarks::isTold(Timestamp changed)
{
    const auto tells = Settings(m_storage.settings).get(kSendReadReceipts);
    const auto setting = m_storage.settings.change(QString::fromLatin1(kSendReadReceipts.name));
    if (!tells || !setting)
        return !tells ? tells.error() : setting.error();
    return *tells && changed >= setting->changed;
}

Result<Done> ReadMarks::take(const AccountId &peer, const content::SyncRead &read, Timestamp changed, InboxNews &news)
{
    const auto isShown = isTold(changed);
    const auto chat = m_storage.conversations.find(read.conversation);
    if (!isShown || !chat)
        return !isShown ? isShown.error() : chat.error();
    const Timestamp now = m_credible.now();
    const Timestamp at = std::min(changed, now);
    bool isNews = false; // for their writers
    for (const content::ReadStream &stream : read.streams) {
        const DeviceAddress author{peer, stream.authorDevice};
        if (peer == m_self.account || stream.upTo == 0)
            continue;
        const ReadMark mark{stream.upTo, stream.missing};
        const auto standing = m_storage.reads.find(read.conversation, author);
        if (!standing)
            return standing.error();
        isNews = isNews || mark.upTo > standing->told;
        if (const auto raised = raise(*standing, read.conversation, mark, *isShown, at); !raised)
            return raised.error();
        if (const auto started = m_storage.expiry.startRead(read.conversation, author, mark, at, now); !started)
            return started;
    }
    if (const auto looked = m_storage.reads.setLookedAt(read.conversation, at); !looked)
        return looked;
    const auto left = m_storage.reads.recount(read.conversation);
    if (!left)
        return left.error();
    news.conversations.push_back(read.conversation);
    if (!*chat || *left >= (*chat)->unread || !*isShown || !isNews)
        return Done{};
    const auto contact = m_storage.contacts.find(peer);
    const auto jitter = receiptJitter(m_random);
    if (!contact || !jitter)
        return !contact ? contact.error() : jitter.error();
    if (!*contact || (*contact)->state != ContactState::Accepted)
        return Done{};
    return m_storage.receipts.setDue({read.conversation, peer, m_clock.now() + *jitter});
}

Result<bool> ReadMarks::hasSiblings()
{
    const auto log = m_directory.find(m_self.account);
    if (!log)
        return log.error();
    return *log && (*log)->state().devices.size() > 1;
}

void ReadMarks::plan()
{
    const auto next = m_storage.reads.nextDue();
    if (next && *next)
        m_timer.start(std::max(**next - m_clock.now(), Milliseconds(0)));
}

/// Whether there was anything to tell.
Result<bool> ReadMarks::tellDue()
{
    const auto due = m_storage.reads.dueBefore(m_clock.now(), kDueAtOnce);
    if (!due)
        return due.error();
    if (due->empty())
        return false;
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    for (const DueRead &read : *due) {
        if (const auto told = tell(read); !told)
            return told.error();
    }
    const auto committed = transaction->commit();
    return committed ? Result<bool>(true) : committed.error();
}

Result<Done> ReadMarks::tell(const DueRead &read)
{
    if (const auto cleared = m_storage.reads.clearDue(read.conversation); !cleared)
        return cleared;
    const auto readings = m_storage.reads.all(read.conversation);
    if (!readings)
        return readings.error();
    content::SyncRead part{read.conversation, {}};
    for (const StreamReading &reading : *readings) {
        part.streams.push_back({reading.author.device, reading.mark.upTo, reading.mark.missing});
        if (part.streams.size() < kMaxStreams)
            continue;
        const auto queued = queue({read.readAt, std::exchange(part, {read.conversation, {}})});
        if (!queued)
            return queued;
    }
    const bool isAnythingLeft = !part.streams.empty() || readings->empty();
    return isAnythingLeft ? queue({read.readAt, std::move(part)}) : Done{};
}

/// Each in an OwnSync of its own: all marks of somebody who has had many desktops would be too much for one.
Result<Done> ReadMarks::queue(content::SyncOp op)
{
    content::OwnSync sync;
    sync.ops.push_back(std::move(op));
    const auto queued =
        enqueue(m_storage, m_random, m_clock.now(),
                {m_self.account, std::move(sync), wire::MailClass::Sync, std::nullopt, std::nullopt, std::nullopt});
    return queued ? Result<Done>(Done{}) : queued.error();
}

} // namespace sotto
