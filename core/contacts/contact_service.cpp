#include "core/contacts/contact_service.h"

#include "core/account/device_directory.h"
#include "core/crypto/ephemeral_cipher.h"
#include "core/ledger/signature.h"
#include "core/messaging/sending/outgoing.h"
#include "core/model/names.h"
#include "core/net/relay_client.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"
#include "core/wire/links.h"

namespace sotto {

namespace {
constexpr qsizetype kProfileKeyBytes = 32;
}

ContactService::ContactService(Storage &storage, DeviceDirectory &directory, RelayClient &relay, Clock &clock,
                               Random &random, const DeviceAddress &self, std::function<void()> wakePump)
    : m_storage(storage),
      m_directory(directory),
      m_relay(relay),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_wakePump(std::move(wakePump))
{ }

Task<Result<AccountId>> ContactService::find(QString person)
{
    const QString text = person.trimmed();
    if (const auto id = AccountId::fromHex(text))
        co_return *id;
    if (text.startsWith(QStringLiteral("sotto:"))) {
        const auto link = wire::parseContactLink(text);
        if (!link)
            co_return Error(ErrorCode::InvalidArgument, QStringLiteral("this is not a contact link"));
        if (link->relayKey != m_relay.connection().pins().key)
            co_return Error(ErrorCode::Refused, QStringLiteral("this person is on another relay"));
        co_return link->account;
    }
    const QString handle = text.startsWith(u'@') ? text.mid(1) : text;
    if (!isHandle(handle))
        co_return Error(ErrorCode::InvalidArgument,
                        QStringLiteral("a person is @handle, a contact link or 64 hexadecimal digits"));
    const auto own = m_storage.ownAccount.load();
    if (own && *own && (*own)->handle == handle)
        co_return m_self.account;
    const auto known = m_storage.contacts.findByHandle(handle);
    if (!known)
        co_return known.error();
    if (*known)
        co_return (*known)->account;
    const wire::LookupHandle request{handle};
    const auto answer = co_await m_relay.lookupHandle(request);
    if (!answer)
        co_return answer.error().toError();
    if (!answer->account)
        co_return Error(ErrorCode::NotFound, QStringLiteral("nobody has this handle"));
    // Kept so that the next use asks nobody; from then on the relay cannot put another account under it.
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        co_return transaction.error();
    const AccountId account = *answer->account;
    const bool kept = m_storage.contacts.ensure(account, kNoDecision) && m_storage.contacts.setHandle(account, handle)
        && transaction->commit();
    if (!kept)
        co_return Error(ErrorCode::InputOutput, QStringLiteral("the handle could not be stored"));
    co_return account;
}

Task<Result<AccountId>> ContactService::add(QString person)
{
    const auto found = co_await find(person);
    if (!found)
        co_return found.error();
    const AccountId account = *found;
    if (account == m_self.account)
        co_return Error(ErrorCode::NotPermitted, QStringLiteral("this is you"));
    const auto pinned = co_await m_directory.ensure(account);
    if (!pinned) {
        switch (pinned.error()) {
        case DirectoryError::Offline: co_return Error(ErrorCode::Offline);
        case DirectoryError::Later:
            co_return Error(ErrorCode::TimedOut, QStringLiteral("the relay does not answer now; try again later"));
        case DirectoryError::NotFound: co_return Error(ErrorCode::NotFound, QStringLiteral("no such account"));
        case DirectoryError::NotGenuine:
            co_return Error(ErrorCode::Refused, QStringLiteral("the relay's record of this account is not genuine"));
        case DirectoryError::StoreFailed: co_return Error(ErrorCode::InputOutput);
        }
    }
    const auto state = stateOf(account);
    if (!state)
        co_return state.error();
    Result<Done> done = Done{};
    switch (*state) {
    case ContactState::Accepted:
    case ContactState::Asked: co_return account;
    case ContactState::Asking: done = accept(account); break;
    case ContactState::Blocked:
        co_return Error(ErrorCode::NotPermitted, QStringLiteral("you have blocked this person"));
    case ContactState::Stranger: done = ask(account); break;
    }
    if (!done)
        co_return done.error();
    co_return account;
}

Result<ContactState> ContactService::stateOf(const AccountId &person)
{
    const auto contact = m_storage.contacts.find(person);
    if (!contact)
        return contact.error();
    return *contact ? (*contact)->state : ContactState::Stranger;
}

Result<Done> ContactService::addInviter(const std::optional<AccountId> &inviter, const InviteSecret &secret)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (inviter) {
        if (const auto sent = sendRequest(*inviter, secret, ContactState::Accepted); !sent)
            return sent.error();
    }
    if (const auto cleared = Settings(m_storage.settings).set(kPendingInvite, QString()); !cleared)
        return cleared.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    if (inviter)
        committed(*inviter);
    return Done{};
}

Result<Done> ContactService::ask(const AccountId &person)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto sent = sendRequest(person, std::nullopt, ContactState::Asked); !sent)
        return sent.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    committed(person);
    return Done{};
}

Result<Done> ContactService::sendRequest(const AccountId &person, const std::optional<InviteSecret> &secret,
                                         ContactState state)
{
    const auto own = m_storage.ownAccount.load();
    const auto profileKey = m_storage.ownAccount.profileKey();
    if (!own || !*own || !profileKey)
        return ErrorCode::NotFound;
    const auto decided = decide(person, state);
    if (!decided)
        return decided.error();
    const auto since = m_storage.ownAccount.profileKeySince();
    if (!since)
        return since.error();
    const content::ContactRequest request{(*own)->name, (*own)->handle, profileKey->view().toByteArray(),
                                          secret,       std::nullopt,   *since};
    return send(person, request, wire::MailClass::Message, true, *decided);
}

/// What the person wants of somebody holds from now on, and in any case from after what they wanted before, here or on
/// another desktop whose clock is ahead.
Result<Timestamp> ContactService::decide(const AccountId &person, ContactState state)
{
    if (const auto ensured = m_storage.contacts.ensure(person, kNoDecision); !ensured)
        return ensured.error();
    const auto since = m_storage.contacts.stateSince(person);
    if (!since)
        return since.error();
    const Timestamp now = std::max(m_clock.now(), *since + Milliseconds(1));
    const auto set = m_storage.contacts.setState(person, state, now);
    return set ? Result<Timestamp>(now) : set.error();
}

Result<Done> ContactService::send(const AccountId &to, content::Body body, wire::MailClass mailClass, bool inOrder,
                                  std::optional<Timestamp> writtenAt)
{
    std::optional<ConversationId> conversation;
    if (inOrder) {
        conversation = directConversation(m_self.account, to);
        if (const auto ensured = m_storage.conversations.ensure(*conversation, to); !ensured)
            return ensured.error();
    }
    const auto queued = enqueue(m_storage, m_random, m_clock.now(),
                                {to, std::move(body), mailClass, conversation, std::nullopt, std::nullopt, writtenAt});
    if (!queued)
        return queued.error();
    return Done{};
}

Result<Done> ContactService::sendAccept(const AccountId &person, std::optional<Timestamp> writtenAt)
{
    const auto own = m_storage.ownAccount.load();
    const auto profileKey = m_storage.ownAccount.profileKey();
    if (!own || !*own || !profileKey)
        return ErrorCode::NotFound;
    const auto since = m_storage.ownAccount.profileKeySince();
    if (!since)
        return since.error();
    return send(person, content::ContactAccept{(*own)->name, profileKey->view().toByteArray(), *since},
                wire::MailClass::Message, true, writtenAt);
}

Result<Done> ContactService::accept(const AccountId &person)
{
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (*state != ContactState::Asking)
        return Error(ErrorCode::NotFound, QStringLiteral("this person does not ask"));
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto decided = decide(person, ContactState::Accepted);
    if (!decided)
        return decided.error();
    if (const auto sent = sendAccept(person, *decided); !sent)
        return sent.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    committed(person);
    return Done{};
}

Result<Done> ContactService::block(const AccountId &person)
{
    if (person == m_self.account)
        return Error(ErrorCode::NotPermitted, QStringLiteral("this is you"));
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto decided = decide(person, ContactState::Blocked);
    if (!decided)
        return decided.error();
    if (const auto told = tellSiblings(person, ContactState::Blocked, *decided); !told)
        return told.error();
    if (const auto ended = m_storage.outbox.removeRepairsFor(person); !ended)
        return ended.error();
    if (const auto replaced = replaceProfileKey(); !replaced)
        return replaced.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    committed(person);
    Q_EMIT profileKeyChanged();
    return Done{};
}

Result<Done> ContactService::replaceProfileKey()
{
    const auto key = SecretBytes::random(kProfileKeyBytes, m_random);
    const auto since = m_storage.ownAccount.profileKeySince();
    if (!key)
        return key.error();
    if (!since)
        return since.error();
    // Later than the key before, whatever the clock says: siblings keep the later one.
    const Timestamp made = std::max(m_clock.now(), *since + Milliseconds(1));
    if (const auto replaced = m_storage.ownAccount.replaceProfileKey(key->view(), made); !replaced)
        return replaced.error();
    if (const auto renewed = renewEphemeralSecret(); !renewed)
        return renewed.error();
    // In the same commit: a token that only we know would lock everybody out until the next change.
    if (const auto outdated = Settings(m_storage.settings).set(kProfilePublished, false); !outdated)
        return outdated.error();
    return announceProfile();
}

Result<Done> ContactService::renewEphemeralSecret()
{
    const auto secret = SecretBytes::random(kEphemeralSecretBytes, m_random);
    if (!secret)
        return secret.error();
    return m_storage.ephemeralSecrets.renew(secret->view(), m_clock.now());
}

Result<Done> ContactService::announceProfile()
{
    const auto key = m_storage.ownAccount.profileKey();
    const auto since = m_storage.ownAccount.profileKeySince();
    if (!key || !since)
        return ErrorCode::NotFound;
    const content::ProfileKey news{key->view().toByteArray(), *since};
    const auto contacts = m_storage.contacts.inState(ContactState::Accepted);
    if (!contacts)
        return contacts.error();
    for (const Contact &contact : *contacts) {
        if (const auto sent = send(contact.account, news, wire::MailClass::Keys, false); !sent)
            return sent.error();
    }
    return send(m_self.account, news, wire::MailClass::Sync, false);
}

Result<Done> ContactService::deleteRequest(const AccountId &person)
{
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (*state != ContactState::Asking)
        return Error(ErrorCode::NotFound, QStringLiteral("this person does not ask"));
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto gone = letGo(person); !gone)
        return gone.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    committed(person);
    return Done{};
}

Result<Done> ContactService::letGo(const AccountId &person)
{
    const auto decided = decide(person, ContactState::Stranger);
    if (!decided)
        return decided.error();
    if (const auto told = tellSiblings(person, ContactState::Stranger, *decided); !told)
        return told.error();
    return forget(person, *decided);
}

Result<Done> ContactService::remove(const AccountId &person)
{
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (*state == ContactState::Stranger)
        return Error(ErrorCode::NotFound, QStringLiteral("this person is no contact"));
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto gone = letGo(person); !gone)
        return gone.error();
    if (const auto replaced = replaceProfileKey(); !replaced)
        return replaced.error();
    if (const auto done = transaction->commit(); !done)
        return done.error();
    committed(person);
    Q_EMIT profileKeyChanged();
    return Done{};
}

Result<Done> ContactService::forget(const AccountId &person, Timestamp since)
{
    if (const auto ended = endRepair(person); !ended)
        return ended;
    const auto removed = m_storage.messages.removeAll(directConversation(m_self.account, person), m_clock.now());
    if (!removed && removed.error().code != ErrorCode::NotFound)
        return removed.error();
    // What our desktops were told of them has their name.
    const auto isAbout = [&person](ByteView body) {
        const auto told = content::decodeBody(body);
        const auto *sync = told ? std::get_if<content::ContactSync>(&*told) : nullptr;
        return sync && sync->account == person;
    };
    const ConversationId noteToSelf = directConversation(m_self.account, m_self.account);
    if (const auto gone = m_storage.outbox.forgetResendBodies(noteToSelf, isAbout); !gone)
        return gone;
    return m_storage.contacts.forget(person, since);
}

/// Nothing of the chat is asked for, sent again or taken late any more, neither theirs nor what our other desktops
/// wrote to them: an answer that is under way would bring back what was deleted, or the contact.
Result<Done> ContactService::endRepair(const AccountId &person)
{
    const ConversationId chat = directConversation(m_self.account, person);
    if (const auto ended = m_storage.repairs.forget(person); !ended)
        return ended;
    if (const auto ended = m_storage.streams.dropGaps(chat); !ended)
        return ended;
    if (const auto ended = m_storage.outbox.forgetResendBodies(chat); !ended)
        return ended;
    if (const auto ended = m_storage.outbox.removeRepairsFor(person); !ended)
        return ended;
    return m_storage.outbox.removeNotEncryptedFor(person);
}

Result<Done> ContactService::tellSiblings(const AccountId &person, ContactState state, Timestamp changed)
{
    const auto contact = m_storage.contacts.find(person);
    if (!contact)
        return contact.error();
    content::ContactSync sync{person, state, QString(), QString(), std::nullopt, changed};
    if (*contact && state != ContactState::Stranger) { // it is remembered, and of them nothing is to stay
        sync.name = (*contact)->name;
        sync.handle = (*contact)->handle;
    }
    return send(m_self.account, sync, wire::MailClass::Sync, false);
}

void ContactService::committed(const AccountId &person)
{
    m_wakePump();
    Q_EMIT contactChanged(person);
}

} // namespace sotto
