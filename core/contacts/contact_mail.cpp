// What mail about contacts does; every function runs inside the inbox's transaction.
#include "core/contacts/contact_service.h"

#include "core/base/check.h"
#include "core/storage/storage.h"

namespace sotto {

Result<Done> ContactService::learn(const AccountId &person, const QString &name, ByteView profileKey, Timestamp made)
{
    const auto isNewest = learnKey(person, profileKey, made);
    if (!isNewest)
        return isNewest.error();
    return *isNewest && !name.isEmpty() ? m_storage.contacts.setName(person, name) : Done{};
}

/// A time that lies far ahead would make its key stand for good, and the next one could be given none that is later.
Timestamp ContactService::credible(Timestamp made) { return std::min(made, m_clock.now() + kClockAhead); }

/// The later key stands, as among their own desktops (takeOwnProfileKey), whatever order the news of two come in.
/// Whether it stands.
Result<bool> ContactService::learnKey(const AccountId &person, ByteView key, Timestamp said)
{
    const Timestamp made = credible(said);
    const auto known = m_storage.contacts.profileKey(person);
    if (!known)
        return known.error();
    const auto since = m_storage.contacts.profileKeySince(person);
    if (!since)
        return since.error();
    const bool isNewer =
        !*known || std::pair(made, key.toByteArray()) >= std::pair(*since, (*known)->view().toByteArray());
    if (refuseUnless(Check::NewestProfileKey, isNewer))
        return false;
    const auto set = m_storage.contacts.setProfileKey(person, key, made);
    return set ? Result<bool>(true) : set.error();
}

Result<Done> ContactService::takeRequest(const Arrival &arrival, const content::ContactRequest &request,
                                         InboxNews &news)
{
    const AccountId person = arrival.peer;
    if (const auto ensured = m_storage.contacts.ensure(person, kNoDecision); !ensured)
        return ensured.error();
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (arrival.isOwn) {
        // Another desktop of ours asked. With an inviter's secret it came by invitation: accepted from our side.
        if (*state != ContactState::Stranger)
            return Done{};
        return takeDecision(arrival, request.inviteSecret ? ContactState::Accepted : ContactState::Asked, news);
    }
    if (const auto learned = learn(person, request.name, request.profileKey, request.profileKeyMade); !learned)
        return learned.error();
    bool invited = false;
    if (request.inviteSecret) {
        const auto redeemed = m_storage.invites.redeem(*request.inviteSecret, m_clock.now());
        if (!redeemed)
            return redeemed.error();
        invited = *redeemed;
    }
    if (invited || *state == ContactState::Asked || *state == ContactState::Accepted) {
        news.contacts.push_back(person);
        news.profiles.push_back(person);
        if (*state != ContactState::Accepted) {
            if (const auto set = m_storage.contacts.moveState(person, ContactState::Accepted); !set)
                return set.error();
        }
        // Answering a contact, or somebody we asked, decides nothing: it says when that was decided.
        const auto since = m_storage.contacts.stateSince(person);
        if (!since)
            return since.error();
        const bool isAnswer = *state == ContactState::Asked || *state == ContactState::Accepted;
        return sendAccept(person, isAnswer ? std::optional(std::max(*since, kFirstDecision)) : std::nullopt);
    }
    if (*state == ContactState::Asking)
        return Done{};
    news.requests.push_back(person);
    return m_storage.contacts.moveState(person, ContactState::Asking);
}

/// What the person did on another desktop counts when it is later than what they did last with this contact: the copy
/// of it may have been under way for weeks, and the contact may have been removed since.
Result<Done> ContactService::takeDecision(const Arrival &arrival, ContactState state, InboxNews &news)
{
    const auto since = m_storage.contacts.stateSince(arrival.peer);
    if (!since)
        return since.error();
    if (refuseUnless(Check::NewestContactDecision, arrival.header.clientTime > *since))
        return Done{};
    news.contacts.push_back(arrival.peer);
    return m_storage.contacts.setState(arrival.peer, state, arrival.header.clientTime);
}

Result<Done> ContactService::takeAccept(const Arrival &arrival, const content::ContactAccept &accept, InboxNews &news)
{
    const AccountId person = arrival.peer;
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (arrival.isOwn) {
        if (*state == ContactState::Blocked)
            return Done{};
        if (const auto ensured = m_storage.contacts.ensure(person, kNoDecision); !ensured)
            return ensured.error();
        return takeDecision(arrival, ContactState::Accepted, news);
    }
    // Our other desktop asked, and this one has not heard of it yet: of what they say only the key counts.
    if (*state == ContactState::Asking) {
        const auto learned = learnKey(person, accept.profileKey, accept.profileKeyMade);
        return learned ? Result<Done>(Done{}) : learned.error();
    }
    const bool awaited = *state == ContactState::Asked || *state == ContactState::Accepted;
    if (refuseUnless(Check::UnaskedAcceptance, awaited))
        return ErrorCode::Refused;
    if (const auto learned = learn(person, accept.name, accept.profileKey, accept.profileKeyMade); !learned)
        return learned.error();
    news.contacts.push_back(person);
    news.profiles.push_back(person);
    if (*state == ContactState::Accepted)
        return Done{};
    return m_storage.contacts.moveState(person, ContactState::Accepted);
}

Result<Done> ContactService::takeSync(const Arrival &arrival, const content::ContactSync &sync, InboxNews &news)
{
    if (refuseUnless(Check::SyncFromOwnDevice, arrival.isOwn && arrival.peer == m_self.account))
        return ErrorCode::Refused;
    if (const auto ensured = m_storage.contacts.ensure(sync.account, kNoDecision); !ensured)
        return ensured.error();
    const auto since = m_storage.contacts.stateSince(sync.account);
    if (!since)
        return since.error();
    news.contacts.push_back(sync.account);
    // Clocks of desktops differ, and a block must not lose against one that is ahead. Nothing ends a block.
    const auto state = stateOf(sync.account);
    if (!state)
        return state.error();
    if (*state == ContactState::Blocked || (sync.changed < *since && sync.state != ContactState::Blocked))
        return Done{};
    if (sync.state == ContactState::Stranger) {
        news.isAnythingWiped = true; // the chat
        return forget(sync.account, sync.changed);
    }
    if (sync.state == ContactState::Blocked) {
        if (const auto ended = m_storage.outbox.removeRepairsFor(sync.account); !ended)
            return ended;
    }
    return m_storage.contacts.setState(sync.account, sync.state, sync.changed);
}

Result<Done> ContactService::takeProfileKey(const Arrival &arrival, const content::ProfileKey &key, InboxNews &news)
{
    if (arrival.isOwn) {
        if (arrival.peer != m_self.account)
            return Done{}; // a transcript of what went to a contact
        return takeOwnProfileKey(key, news);
    }
    const auto state = stateOf(arrival.peer);
    if (!state)
        return state.error();
    // Also of people on the way to be contacts: a newcomer announces a profile while our other desktop redeems the
    // invitation, and without the newest key an older one would come to stand.
    const bool isKnown =
        *state == ContactState::Accepted || *state == ContactState::Asked || *state == ContactState::Asking;
    if (refuseUnless(Check::ProfileKeyFromContact, isKnown))
        return ErrorCode::Refused;
    if (const auto learned = learnKey(arrival.peer, key.profileKey, key.made); !learned)
        return learned.error();
    if (*state != ContactState::Accepted)
        return Done{};
    news.contacts.push_back(arrival.peer);
    news.profiles.push_back(arrival.peer);
    // What the old token could not bring to them goes with the new one.
    return m_storage.outbox.makeAllDue(m_clock.now());
}

Result<Done> ContactService::takeOwnProfileKey(const content::ProfileKey &key, InboxNews &news)
{
    const Timestamp made = credible(key.made);
    const auto own = m_storage.ownAccount.profileKey();
    const auto since = m_storage.ownAccount.profileKeySince();
    if (!own || !since)
        return ErrorCode::NotFound;
    const Bytes ours = own->view().toByteArray();
    if (ours == key.profileKey) {
        news.profiles.push_back(m_self.account);
        return Done{};
    }
    const auto previous = m_storage.ownAccount.previousProfileKey();
    if (!previous)
        return previous.error();
    if (*previous && (*previous)->view().toByteArray() == key.profileKey)
        return Done{}; // said before that desktop heard of ours
    if (std::pair(made, key.profileKey) < std::pair(*since, ours)) {
        // Two desktops replaced the key at the same time, so whom the other one blocked has ours. We know of both
        // blocks by now: a third key, and this time for those only who stay contacts.
        news.ownProfileKeyChanged = true;
        return replaceProfileKey();
    }
    if (const auto replaced = m_storage.ownAccount.replaceProfileKey(key.profileKey, made); !replaced)
        return replaced.error();
    news.ownProfileKeyChanged = true;
    news.profiles.push_back(m_self.account);
    return renewEphemeralSecret();
}

} // namespace sotto
