#pragma once
#include "core/content/content.h"
#include "core/model/message.h"
#include "core/wire/frame.h"

namespace sotto {

/// Where content belongs that passed every check on its envelope and header: it is from this device, in this
/// conversation.
struct ArrivalPlace {
    DeviceAddress sender;
    bool isOwn = false; ///< from another desktop of ours
    AccountId peer;     ///< whom the conversation is with
    content::Header header;
    Timestamp relayTime;
};

/// Content whose body could be read too.
struct Arrival : ArrivalPlace {
    content::Body body;
    Bytes bodyBytes; ///< as decrypted
};

/// What a batch changed, told after its commit.
struct InboxNews {
    struct Stored {
        ConversationId conversation;
        MessageId message;
    };
    std::vector<Stored> stored;
    std::vector<Stored> delivered;             ///< own messages whose delivery went on
    std::vector<Stored> changed;               ///< messages with other words, reactions, or taken back
    std::vector<Stored> removed;               ///< messages that are gone without a trace
    bool isAnythingWiped = false;              ///< words are gone that old pages of the database still hold
    std::vector<ConversationId> conversations; ///< changed otherwise
    std::vector<AccountId> contacts;
    std::vector<AccountId> requests;   ///< people who now ask to be contacts
    std::vector<AccountId> newerLogs;  ///< accounts whose log grew, as a header said: LogHeads::look()
    std::vector<AccountId> profiles;   ///< people, perhaps ourselves, who may show something else of themselves now
    bool isSettingChanged = false;     ///< by another desktop of ours, one of kSyncedSettings
    bool ownProfileKeyChanged = false; ///< by another desktop of ours: token and presence have to follow
};

/// Takes the content about contacts out of the inbox; core/contacts implements it. Each call is inside the batch's
/// transaction, which has its counter already; Refused means that the content is not allowed here and changes nothing.
class ContactMail {
public:
    virtual ~ContactMail() = default;
    virtual Result<Done> takeRequest(const Arrival &arrival, const content::ContactRequest &request,
                                     InboxNews &news) = 0;
    virtual Result<Done> takeAccept(const Arrival &arrival, const content::ContactAccept &accept, InboxNews &news) = 0;
    virtual Result<Done> takeSync(const Arrival &arrival, const content::ContactSync &sync, InboxNews &news) = 0;
    virtual Result<Done> takeProfileKey(const Arrival &arrival, const content::ProfileKey &key, InboxNews &news) = 0;
};

} // namespace sotto
