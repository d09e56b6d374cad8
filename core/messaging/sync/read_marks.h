#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/messaging/inbox/arrival.h"
#include "core/storage/read_repository.h"

#include <functional>

namespace sotto {

class CredibleClock;
class DeviceDirectory;
struct Storage;

/// What the person has read, the same on all own desktops whatever receipts say: a look at a chat here goes to the
/// others as SyncRead after 1 to 5 s, and theirs counts here (protocol 4 "Own desktops"). Core thread.
class ReadMarks {
public:
    /// `wakePump` is called after something went into the outbox; all outlive it.
    ReadMarks(Storage &storage, DeviceDirectory &directory, CredibleClock &credible, Clock &clock, Random &random,
              const DeviceAddress &self, std::function<void()> wakePump);

    /// What a look has changed.
    struct Look {
        bool hasReadMessages = false; ///< unread ones are read now: a receipt is owed if reading is told
        bool tellsRead = false;
    };
    /// The person has seen everything that is here of a conversation; the mark "unread" goes, and what disappears
    /// begins to. In the caller's transaction. NotFound.
    Result<Look> look(const ConversationId &conversation);
    /// What a sibling has seen of the chat with `peer`, with the time it says; inside the inbox's transaction. Owes a
    /// receipt where reading is told.
    Result<Done> take(const AccountId &peer, const content::SyncRead &read, Timestamp changed, InboxNews &news);
    /// Something may have become due.
    void plan();

private:
    Result<bool> raise(const StreamReading &standing, const ConversationId &conversation, const ReadMark &mark,
                       bool isTold, Timestamp at);
    Result<ReadMark> markOfAllHere(const ConversationId &conversation, const DeviceAddress &author,
                                   std::uint64_t lastCounter);
    Result<bool> isTold(Timestamp changed);
    Result<bool> hasSiblings();
    Result<bool> tellDue();
    Result<Done> tell(const DueRead &read);
    Result<Done> queue(content::SyncOp op);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    CredibleClock &m_credible;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    std::function<void()> m_wakePump;
    Timer m_timer;
};

} // namespace sotto
