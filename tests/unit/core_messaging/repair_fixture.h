#pragma once
#include "core/crypto/sealed_sender.h"
#include "core/messaging/repair/repair_answerer.h"
#include "core/messaging/repair/repair_requester.h"
#include "tests/unit/core_messaging/mail_fixture.h"

namespace sotto::kit {

/// Two people who have talked, and what goes wrong between them afterwards. Alice writes, Bob misses something; nobody
/// is connected: what would be submitted is taken out of the outboxes.
class RepairFixture : public MailFixture {
public:
    RepairFixture();

    ConversationId chat();
    /// Alice writes and the relay takes it: her copy for Bob.
    wire::Envelope says(const QString &text);
    /// What `from` has in its outbox under `purpose` for `to`.
    std::vector<OutboxEntry> waiting(Desk &from, Desk &to, OutboxPurpose purpose);
    /// Seals an entry of the outbox of `from` and takes it out, as the relay accepts it: the copy for `to`.
    wire::Envelope sends(Desk &from, Desk &to, const OutboxEntry &entry);
    /// Everything that waits under `purpose`, as sends().
    std::vector<wire::Envelope> sendsAll(Desk &from, Desk &to, OutboxPurpose purpose);
    void give(Desk &to, const std::vector<wire::Envelope> &mail) { to.parts->inbox.take({mail}); }
    /// Bob's request in a sealed copy for Alice, as an honest desktop makes it.
    wire::Envelope request(const content::Retry &retry);
    /// The same with any signed structure.
    wire::Envelope sealedCopy(const wire::SignedEntry &entry);
    wire::SignedEntry signedRequest(const DeviceAddress &from, const DeviceAddress &to, const content::Retry &retry);
    /// How many answers to Bob wait in Alice's outbox.
    std::size_t answers();
    /// What Bob asks Alice for; the request leaves his outbox.
    std::optional<content::Retry> bobAsks();
    /// Bob's record of his session with Alice is gone: her frames do not open.
    void bobLosesHisSession();
    /// Requests and answers go to and fro until there are none for a while. In how many rounds there were any.
    int carryAll();
    /// A further device of `owner`, which `owner` and `other` know of and nobody has a session with.
    DeviceAddress addDevice(Desk &owner, Desk &other);
    /// `other` hears that a device of `owner` has left.
    void revoke(const DeviceAddress &device, Desk &owner, Desk &other);
    std::vector<Message> bobHas();
    std::int64_t number(Desk &desk, const char *sql);

private:
    void adopt(Desk &desk, const DeviceLog &log);

    std::uint64_t m_relaySeq = 1000;
};

} // namespace sotto::kit
