// How the parts of a registered account talk to each other, and what the facade tells of it.
#include "core/account/profile_keys.h"
#include "core/base/logging.h"
#include "core/client/client_parts.h"
#include "core/primitives/hash.h"
#include "core/sqlite/transaction.h"

namespace sotto {

Result<Done> Client::wireAccount()
{
    Parts &p = *m_parts;
    auto device = loadOwnDevice(p.storage);
    if (!device)
        return device.error();
    auto pins = loadRelayPins(p.storage);
    if (!pins)
        return pins.error();
    p.account = std::make_unique<AccountParts>(p.storage, *p.core, p.environment.clock, p.environment.random,
                                               p.environment.transports, std::move(*device), std::move(*pins));
    applySettings();
    wireConnection();
    wireMail();
    if (const auto renewed = p.account->ephemeral.renewSecretIfDue(); !renewed)
        return renewed.error();
    p.account->receipts.plan();
    p.account->reads.plan();
    p.account->expiry.sweep(); // before anybody is shown anything
    p.housekeeping = std::make_unique<Housekeeping>(p.storage, p.environment.clock);
    p.housekeeping->start();
    keepKitSlot();
    p.cutLogSoon(); // of a run that was killed before it could
    return contactInviter();
}

void Client::wireConnection()
{
    AccountParts *const a = m_parts->account.get();
    connect(&a->connection, &RelayConnection::stateChanged, this, &Client::connectionChanged);
    connect(&a->connection, &RelayConnection::pinsChanged, this, [this](const RelayPins &pins) {
        const auto relay = m_parts->storage.relay.load();
        const QString relayName = relay && *relay ? (*relay)->name : QString();
        if (!storeRelayPins(m_parts->storage, pins, relayName))
            qCWarning(lcClient, "the relay's new addresses could not be stored");
    });
    connect(&a->connection, &RelayConnection::welcomed, this, [this, a](const wire::Welcome &welcome) {
        a->receipts.setConnectedDevices(welcome.ownDevicesConnected);
        // Before the prekeys: after a gap a fresh bundle goes up.
        if (!m_parts->housekeeping->noteConnected(welcome))
            qCWarning(lcClient, "the time of this connection could not be noted");
        a->preKeys.online(int(welcome.oneTimePreKeys));
        if (!a->ephemeral.renewSecretIfDue())
            qCWarning(lcClient, "the secret for typing could not be renewed");
        const AccountId self = a->device.address.account;
        const auto own = a->directory.find(self);
        if (own && *own && (*own)->version() < welcome.logVersion)
            detach(a->directory.refresh(self));
        a->presence.refresh();
        a->receipts.plan();
        a->expiry.sweep(); // the clocks have been compared
        a->heads.setOnline(true);
        a->pump.setOnline(true);
        a->pump.retryNow();
        a->requester.setOnline(a->relay.knowsPartialTargets());
        a->tails.setOnline(true);
        a->profiles.wake();
    });
    connect(&a->connection, &RelayConnection::wentOffline, this, [this, a] {
        m_parts->queueDrained = m_parts->caughtUp = false;
        a->heads.setOnline(false);
        a->pump.setOnline(false);
        a->requester.setOnline(false);
        a->tails.setOnline(false);
        a->presence.forget();
        a->inbox.forgetWaiting();
    });
    const auto noteCaughtUp = [this, a] {
        if (!m_parts->queueDrained || !a->inbox.isIdle() || std::exchange(m_parts->caughtUp, true))
            return;
        // Not before: a desktop that was away could bring an old token back.
        if (!Settings(m_parts->storage.settings).get(kProfilePublished).valueOr(true))
            detach(publishProfile());
        Q_EMIT connectionChanged();
    };
    connect(&a->relay, &RelayClient::queueDrained, this, [this, a, noteCaughtUp] {
        m_parts->queueDrained = true;
        a->requester.noteDrained();
        noteCaughtUp();
    });
    connect(&a->inbox, &Inbox::becameIdle, this, noteCaughtUp);
    connect(&a->requester, &RepairRequester::conversationChanged, this, &Client::conversationChanged);
    connect(&a->requester, &RepairRequester::storeFailed, this, [this](const Error &error) {
        // A full disk shows in inbox and outbox, too, and is told there.
        if (error.code == ErrorCode::Corrupt)
            noteTrouble(m_parts->repairTrouble, error, "nothing can be asked for");
    });
    connect(&a->relay, &RelayClient::logChanged, this, [a](const wire::LogChanged &change) {
        // Whoever has no log here does not concern us, and is not to fill the database.
        const auto pinned = a->directory.find(change.account);
        if (pinned && *pinned)
            detach(a->directory.refresh(change.account));
    });
    connect(&a->relay, &RelayClient::ownDevicesChanged, this,
            [a](const wire::OwnDevices &devices) { a->receipts.setConnectedDevices(devices.connected); });
    connect(&a->relay, &RelayClient::presenceChanged, &a->presence, &PresenceService::take);
    connect(&a->relay, &RelayClient::ephemeralArrived, &a->ephemeral, &EphemeralService::take);
    connect(&a->relay, &RelayClient::noticeArrived, this,
            [this](const wire::Notice &notice) { Q_EMIT noticeArrived(notice.text); });
    connect(&a->presence, &PresenceService::presenceChanged, this, &Client::presenceChanged);
    connect(&a->ephemeral, &EphemeralService::typingChanged, this, &Client::typingChanged);
}

void Client::wireMail()
{
    AccountParts *const a = m_parts->account.get();
    connect(&a->relay, &RelayClient::delivered, &a->inbox, &Inbox::take);
    connect(&a->inbox, &Inbox::changed, this, &Client::handleNews);
    connect(&a->inbox, &Inbox::storeFailed, this, [this](const Error &error) {
        noteTrouble(m_parts->inboxTrouble, error, "mail could not be stored and stays at the relay");
    });
    connect(&a->pump, &OutboxPump::accepted, this, [this](const ConversationId &chat, const MessageId &message) {
        m_parts->outboxTrouble.reset();
        m_parts->account->expiry.plan();
        Q_EMIT deliveryChanged(chat, message);
    });
    connect(&a->expiry, &ExpiryService::expired, this, [this](const InboxNews &news) {
        m_parts->cutLogSoon();
        tellChanges(news);
    });
    connect(&a->pump, &OutboxPump::failed, this, &Client::deliveryChanged);
    connect(&a->pump, &OutboxPump::notSent, this, &Client::messageChanged);
    connect(&a->pump, &OutboxPump::notSent, this, &Client::changeNotSent);
    const auto cutLog = [this] {
        if (m_parts->wordsWait)
            m_parts->cutLogSoon();
    };
    connect(&a->pump, &OutboxPump::emptied, this, cutLog);
    connect(&a->pump, &OutboxPump::accepted, this, cutLog);
    connect(&a->pump, &OutboxPump::receiptsOwed, &a->receipts, &ReceiptService::plan);
    connect(&a->pump, &OutboxPump::storeFailed, this, [this](const Error &error) {
        noteTrouble(m_parts->outboxTrouble, error, "the outbox could not be worked on");
    });
    connect(&a->contacts, &ContactService::contactChanged, this, [this, a](const AccountId &person) {
        a->presence.refresh();
        a->profiles.want({person});
        a->requester.wake(); // who is a contact now may be asked
        Q_EMIT contactChanged(person);
    });
    connect(&a->contacts, &ContactService::profileKeyChanged, this, [this] { profileKeyChanged(); });
    connect(&a->profiles, &ProfileService::profileChanged, this, &Client::contactChanged);
    connect(&a->heads, &LogHeads::alarmed, this, &Client::contactChanged);
    connect(&a->heads, &LogHeads::holdEnded, &a->pump, &OutboxPump::wake);
    connect(&a->heads, &LogHeads::holdEnded, &a->requester, &RepairRequester::wake);
    connect(&a->heads, &LogHeads::holdEnded, &a->receipts, &ReceiptService::plan);
    connect(&a->directory, &DeviceDirectory::logExtended, this, [this, a](const AccountId &account) {
        // A sibling or a contact has other devices now: what waits may go to them.
        a->pump.wake();
        if (account == a->device.address.account)
            keepKitSlot();
        Q_EMIT contactChanged(account);
    });
}

void Client::noteTrouble(std::optional<ErrorCode> &told, const Error &error, const char *what)
{
    qCWarning(lcClient, "%s: %s", what, name(error.code));
    if (std::exchange(told, error.code) != error.code)
        Q_EMIT storageTrouble(error.code);
}

void Client::handleNews(const InboxNews &news)
{
    AccountParts *const a = m_parts->account.get();
    m_parts->inboxTrouble.reset();
    for (const AccountId &account : news.newerLogs)
        a->heads.look(account);
    a->receipts.plan();
    a->requester.wake();
    a->pump.wake();
    a->reads.plan();
    settingsChanged(news);
    if (news.ownProfileKeyChanged)
        profileKeyChanged();
    else if (!news.contacts.empty())
        a->presence.refresh();
    a->profiles.want(news.profiles);
    for (const auto &stored : news.stored) {
        const auto conversation = m_parts->storage.conversations.find(stored.conversation);
        if (conversation && *conversation)
            a->ephemeral.stopTyping((*conversation)->peer);
        Q_EMIT messageStored(stored.conversation, stored.message);
    }
    for (const auto &delivered : news.delivered)
        Q_EMIT deliveryChanged(delivered.conversation, delivered.message);
    if (news.isAnythingWiped)
        m_parts->cutLogSoon();
    tellChanges(news);
    a->expiry.plan();
    for (const AccountId &person : news.contacts)
        Q_EMIT contactChanged(person);
    for (const AccountId &person : news.requests)
        Q_EMIT contactRequested(person);
}

void Client::profileKeyChanged()
{
    m_parts->account->presence.refresh();
    auto transaction = Transaction::begin(m_parts->storage.database);
    const bool noted =
        transaction && Settings(m_parts->storage.settings).set(kProfilePublished, false) && transaction->commit();
    if (!noted)
        qCWarning(lcClient, "a changed profile key could not be noted");
    detach(publishProfile());
}

Task<Done> Client::publishProfile()
{
    AccountParts *const a = m_parts->account.get();
    const auto own = m_parts->storage.ownAccount.load();
    const auto key = m_parts->storage.ownAccount.profileKey();
    if (!own || !*own || !key || !a->connection.isOnline())
        co_return Done{};
    const auto sealed = sealProfile({(*own)->name, (*own)->about, (*own)->picture}, key->view(),
                                    a->device.address.account, m_parts->environment.random);
    if (!sealed)
        co_return Done{};
    const wire::SetTokens tokens{sha256(deliveryTokenOf(key->view())), true};
    const wire::PutProfile profile{*sealed};
    const auto tokensSet = co_await a->relay.setTokens(tokens);
    if (!tokensSet)
        co_return Done{};
    const auto profilePut = co_await a->relay.putProfile(profile);
    if (!profilePut)
        co_return Done{};
    // What changed meanwhile is published by its own call.
    const auto ownNow = m_parts->storage.ownAccount.load();
    const auto keyNow = m_parts->storage.ownAccount.profileKey();
    if (!ownNow || !keyNow || *ownNow != *own || *keyNow != *key)
        co_return Done{};
    auto transaction = Transaction::begin(m_parts->storage.database);
    const bool noted = transaction && Settings(m_parts->storage.settings).set(kProfilePublished, true)
        && a->contacts.announceProfile() && transaction->commit();
    if (!noted)
        qCWarning(lcClient, "that the profile is published could not be noted");
    a->pump.wake();
    co_return Done{};
}

} // namespace sotto
