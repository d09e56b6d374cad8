#include "core/client/client.h"

#include "core/account/account_maker.h"
#include "core/client/client_parts.h"
#include "core/crypto/recovery_kit.h"
#include "core/crypto/safety_number.h"
#include "core/model/names.h"
#include "core/net/registration.h"
#include "core/primitives/hash.h"
#include "core/sqlite/transaction.h"
#include "core/wire/links.h"

namespace sotto {

namespace {

const QString kNotRegistered = QStringLiteral("this profile has no account yet: register with an invite first");

Error asError(CryptoError error)
{
    return error == CryptoError::RandomFailed ? Error(ErrorCode::RandomFailed)
                                              : Error(ErrorCode::Internal, QString::fromLatin1(name(error)));
}

QString inPlainWords(ConnectionProblem problem)
{
    switch (problem) {
    case ConnectionProblem::None: return {};
    case ConnectionProblem::Unreachable:
        return QStringLiteral("the relay cannot be reached; check the network, or ask whoever runs it");
    case ConnectionProblem::RelayNotGenuine:
        return QStringLiteral("what answers at the relay's address is not the relay of this account; nothing was sent");
    case ConnectionProblem::VersionUnsupported:
        return QStringLiteral("the relay speaks another version of the protocol; update Sotto or the relay");
    case ConnectionProblem::AuthenticationRefused: return QStringLiteral("the relay does not know this device");
    case ConnectionProblem::Replaced: return QStringLiteral("this profile is connected from somewhere else");
    case ConnectionProblem::Revoked: return QStringLiteral("this device was removed from the account");
    case ConnectionProblem::DatabaseRolledBack:
        return QStringLiteral("this database is an older copy; nothing may be sent with it, link this desktop anew");
    case ConnectionProblem::SigningFailed: return QStringLiteral("the device key could not sign");
    case ConnectionProblem::RelayGoingDown: return QStringLiteral("the relay is restarting");
    case ConnectionProblem::Lost: return QStringLiteral("the connection was lost; trying again");
    }
    return {};
}

} // namespace

QString name(ConnectionStatus status)
{
    switch (status) {
    case ConnectionStatus::Stopped: return QStringLiteral("stopped");
    case ConnectionStatus::Offline: return QStringLiteral("offline");
    case ConnectionStatus::Connecting: return QStringLiteral("connecting");
    case ConnectionStatus::Online: return QStringLiteral("online");
    }
    return QStringLiteral("offline");
}

Client::Client(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) { }

Client::~Client() = default;

Result<AccountParts *> Client::parts() const
{
    if (!m_parts->account)
        return Error(ErrorCode::NotFound, kNotRegistered);
    return m_parts->account.get();
}

Result<AccountParts *> Client::online() const
{
    const auto account = parts();
    if (account && !(*account)->connection.isOnline())
        return Error(ErrorCode::Offline, QStringLiteral("not connected to the relay"));
    return account;
}

// ---- Account

Task<Result<AccountId>> Client::registerAccount(QString invite, QString displayName, QString handle)
{
    if (m_parts->account || m_parts->registering)
        co_return Error(ErrorCode::AlreadyExists, QStringLiteral("this profile has an account"));
    const auto parsed = wire::parseInviteLink(invite);
    if (!parsed)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("this is not an invite link"));
    const QString clean = cleanName(displayName);
    const QString bare = handle.startsWith(u'@') ? handle.mid(1) : handle;
    if (clean.isEmpty())
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("a name is needed"));
    if (!bare.isEmpty() && !isHandle(bare))
        co_return Error(ErrorCode::InvalidArgument,
                        QStringLiteral("a handle is 3 to 30 of a-z, 0-9, underscore and full stop"));
    const auto own = m_parts->storage.ownAccount.load();
    if (!own)
        co_return own.error();
    AccountMaker maker(m_parts->storage, *m_parts->core, m_parts->environment.clock, m_parts->environment.random);
    if (!*own) {
        const auto made = maker.make(*parsed, clean, bare);
        if (!made)
            co_return made.error();
    } else {
        // The relay never answered: the same account again, with what was typed now.
        auto transaction = Transaction::begin(m_parts->storage.database);
        const bool kept = transaction && m_parts->storage.ownAccount.setProfile(clean, QString(), {})
            && m_parts->storage.ownAccount.setHandle(bare)
            && m_parts->storage.relay.store({parsed->relayKey, std::nullopt, QString(), 0, parsed->addresses})
            && Settings(m_parts->storage.settings).set(kPendingInvite, wire::inviteLink(*parsed))
            && transaction->commit();
        if (!kept)
            co_return Error(ErrorCode::InputOutput, QStringLiteral("the account could not be stored"));
    }
    keepKitSlot();
    m_parts->registering = true;
    const wire::Invite inviteValue = *parsed;
    const auto done = co_await runRegistration(inviteValue);
    m_parts->registering = false;
    if (!done)
        co_return done.error();
    co_return m_parts->account->device.address.account;
}

Task<Result<Done>> Client::runRegistration(wire::Invite invite)
{
    AccountMaker maker(m_parts->storage, *m_parts->core, m_parts->environment.clock, m_parts->environment.random);
    auto request = maker.registration(invite);
    if (!request)
        co_return request.error();
    auto pins = loadRelayPins(m_parts->storage);
    if (!pins)
        co_return pins.error();
    Registration registration(m_parts->environment.transports, m_parts->environment.clock);
    auto registering = registration.registerAccount(std::move(*pins), m_parts->environment.proxy, std::move(*request));
    const auto answer = co_await std::move(registering);
    if (!answer)
        co_return answer.error().toError();
    const auto own = m_parts->storage.ownAccount.load();
    if (!own || !*own)
        co_return ErrorCode::Corrupt;
    if (answer->registered.account != (*own)->address.account)
        co_return Error(ErrorCode::Refused, QStringLiteral("the relay registered another account"));
    if (const auto stored = storeRelayPins(m_parts->storage, answer->pins, answer->hello.name); !stored)
        co_return stored.error();
    if (const auto finished = maker.finish(answer->hello.time); !finished)
        co_return finished.error();
    const auto done = co_await finishRegistration(invite);
    co_return done;
}

Task<Result<Done>> Client::finishRegistration(wire::Invite invite)
{
    if (const auto wired = wireAccount(); !wired)
        co_return wired.error();
    if (invite.inviter) {
        const auto added = m_parts->account->contacts.addInviter(*invite.inviter, invite.secret);
        if (!added)
            co_return added.error();
    }
    start();
    co_return Done{};
}

std::optional<AccountSnapshot> Client::account() const
{
    if (!m_parts->account)
        return std::nullopt;
    const auto own = m_parts->storage.ownAccount.load();
    if (!own || !*own)
        return std::nullopt;
    const auto kit = m_parts->storage.ownAccount.kitSecret();
    const auto log = m_parts->account->directory.find((*own)->address.account);
    const int devices = log && *log ? int((*log)->state().devices.size()) : 0;
    return AccountSnapshot{(*own)->address.account, (*own)->address.device, (*own)->name,
                           (*own)->handle,          kit && !*kit,           devices};
}

Task<Result<QString>> Client::createInvite()
{
    const auto account = online();
    if (!account)
        co_return account.error();
    const auto secret = m_parts->environment.random.id<InviteSecret>();
    if (!secret)
        co_return secret.error();
    const wire::CreateInvite request{sha256(secret->view())};
    const auto created = co_await (*account)->relay.createInvite(request);
    if (!created)
        co_return created.error().toError();
    auto transaction = Transaction::begin(m_parts->storage.database);
    const bool kept = transaction && m_parts->storage.invites.removeExpired(m_parts->environment.clock.now())
        && m_parts->storage.invites.add(*secret, created->expires) && transaction->commit();
    if (!kept)
        co_return Error(ErrorCode::InputOutput, QStringLiteral("the invite could not be stored"));
    const RelayPins &pins = (*account)->connection.pins();
    QStringList addresses;
    for (const RelayAddress &address : pins.addresses)
        addresses.append(address.toString());
    const wire::Invite invite{pins.key, addresses.mid(0, wire::kMaxLinkAddresses), *secret, created->expires,
                              (*account)->device.address.account};
    co_return wire::inviteLink(invite);
}

Result<QString> Client::contactLink() const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto own = m_parts->storage.ownAccount.load();
    if (!own || !*own)
        return ErrorCode::NotFound;
    QStringList addresses;
    for (const RelayAddress &address : (*account)->connection.pins().addresses)
        addresses.append(address.toString());
    return wire::contactLink({(*account)->connection.pins().key, addresses.mid(0, wire::kMaxLinkAddresses),
                              (*own)->address.account, (*own)->handle});
}

Task<Result<Done>> Client::setProfile(QString displayName, Bytes picture)
{
    const QString clean = cleanName(displayName);
    if (clean.isEmpty())
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("a name is needed"));
    auto transaction = Transaction::begin(m_parts->storage.database);
    const bool kept = transaction && m_parts->storage.ownAccount.setProfile(clean, QString(), picture)
        && Settings(m_parts->storage.settings).set(kProfilePublished, false) && transaction->commit();
    if (!kept)
        co_return Error(ErrorCode::InputOutput, QStringLiteral("the profile could not be stored"));
    if (m_parts->account)
        co_await publishProfile();
    co_return Done{};
}

Result<SecretBytes> Client::recoveryKit() const
{
    const auto secret = m_parts->storage.ownAccount.kitSecret();
    if (!secret)
        return secret.error();
    if (!*secret)
        return Error(ErrorCode::NotFound, QStringLiteral("the kit was confirmed; this desktop no longer has it"));
    const auto kit = RecoveryKit::fromSecret((*secret)->view());
    if (!kit)
        return ErrorCode::Corrupt;
    return kit->text();
}

Result<Done> Client::confirmRecoveryKit(int firstGroup, QString first, int secondGroup, QString second)
{
    const auto secret = m_parts->storage.ownAccount.kitSecret();
    if (!secret)
        return secret.error();
    if (!*secret)
        return Error(ErrorCode::NotFound, QStringLiteral("the kit is confirmed already"));
    const auto kit = RecoveryKit::fromSecret((*secret)->view());
    if (!kit)
        return ErrorCode::Corrupt;
    const bool inRange = firstGroup >= 0 && firstGroup < 14 && secondGroup >= 0 && secondGroup < 14;
    if (!inRange || firstGroup == secondGroup)
        return Error(ErrorCode::InvalidArgument, QStringLiteral("two different groups, 0 to 13, are needed"));
    if (!kit->confirms(firstGroup, first) || !kit->confirms(secondGroup, second))
        return Error(ErrorCode::WrongKey, QStringLiteral("these are not the groups of the kit"));
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto confirmed = m_parts->storage.ownAccount.confirmKit(); !confirmed)
        return confirmed.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return m_parts->database->checkpoint();
}

// ---- Connection

void Client::start()
{
    m_parts->wanted = true;
    if (m_parts->account)
        m_parts->account->connection.start();
}

void Client::stop()
{
    m_parts->wanted = false;
    if (m_parts->account)
        m_parts->account->connection.stop();
}

void Client::networkMayBeBack()
{
    if (m_parts->account)
        m_parts->account->connection.networkUp();
}

ConnectionSnapshot Client::connection() const
{
    if (!m_parts->account)
        return {ConnectionStatus::Stopped, false, kNotRegistered};
    const RelayConnection &connection = m_parts->account->connection;
    ConnectionSnapshot snapshot{ConnectionStatus::Offline, false, inPlainWords(connection.problem())};
    switch (connection.state()) {
    case ConnectionState::Stopped: snapshot.status = ConnectionStatus::Stopped; break;
    case ConnectionState::Connecting:
    case ConnectionState::AwaitingHello:
    case ConnectionState::Authenticating: snapshot.status = ConnectionStatus::Connecting; break;
    case ConnectionState::Online: snapshot.status = ConnectionStatus::Online; break;
    case ConnectionState::Backoff:
    case ConnectionState::Halted: break;
    }
    snapshot.caughtUp = snapshot.status == ConnectionStatus::Online && m_parts->caughtUp;
    return snapshot;
}

RelaySnapshot Client::relay() const
{
    const auto stored = m_parts->storage.relay.load();
    if (!stored || !*stored)
        return {};
    RelaySnapshot snapshot{(*stored)->name, (*stored)->addresses.value(0), (*stored)->key.toHex(), 0};
    if (m_parts->account)
        snapshot.clockDifferenceMs = m_parts->account->connection.clockDifference().count();
    return snapshot;
}

// ---- Contacts

Task<Result<AccountId>> Client::findPerson(QString person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    const auto found = co_await (*account)->contacts.find(person);
    co_return found;
}

Task<Result<AccountId>> Client::addContact(QString person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    const auto added = co_await (*account)->contacts.add(person);
    co_return added;
}

std::vector<Contact> Client::contacts() const { return m_parts->storage.contacts.all().valueOr({}); }

std::vector<Contact> Client::contactRequests() const
{
    return m_parts->storage.contacts.inState(ContactState::Asking).valueOr({});
}

Task<Result<Done>> Client::acceptContact(AccountId person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    co_return (*account)->contacts.accept(person);
}

Task<Result<Done>> Client::blockContact(AccountId person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    co_return (*account)->contacts.block(person);
}

Result<Done> Client::deleteRequest(AccountId person)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return (*account)->contacts.deleteRequest(person);
}

Result<QString> Client::safetyNumber(AccountId person) const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const Timestamp now = m_parts->environment.clock.now();
    const AccountId self = (*account)->device.address.account;
    const auto ownLog = (*account)->directory.find(self);
    if (!ownLog || !*ownLog)
        return ErrorCode::Corrupt;
    const CurvePublicKey ownRoot((*ownLog)->accountRoot(now).bytes());
    const auto log = (*account)->directory.find(person);
    if (!log)
        return log.error();
    if (!*log)
        return Error(ErrorCode::NotFound, QStringLiteral("this person's keys are not known yet"));
    const auto number = sotto::safetyNumber(*m_parts->core, {self, ownRoot},
                                            {person, CurvePublicKey((*log)->accountRoot(now).bytes())});
    if (!number)
        return asError(number.error());
    return number->digits;
}

// ---- Messages

Result<MessageId> Client::sendText(AccountId to, QString text)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto written = (*account)->composer.writeText(to, text);
    if (!written)
        return written.error();
    (*account)->pump.wake();
    Q_EMIT messageStored(written->conversation, written->id);
    return written->id;
}

Result<std::vector<Message>> Client::messages(ConversationId conversation, int limit,
                                              std::optional<MessageCursor> before) const
{
    return m_parts->storage.messages.page(conversation, before, limit);
}

Result<std::optional<Message>> Client::message(ConversationId conversation, MessageId id) const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto chat = m_parts->storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    if (!*chat)
        return std::optional<Message>();
    auto theirs = m_parts->storage.messages.find(conversation, (*chat)->peer, id);
    if (!theirs || *theirs)
        return theirs;
    return m_parts->storage.messages.find(conversation, (*account)->device.address.account, id);
}

Result<Done> Client::markRead(ConversationId conversation)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto marked = (*account)->receipts.markRead(conversation);
    if (marked)
        Q_EMIT conversationChanged(conversation);
    return marked;
}

std::vector<Conversation> Client::conversations() const { return m_parts->storage.conversations.all().valueOr({}); }

std::optional<Conversation> Client::conversationWith(AccountId person) const
{
    return m_parts->storage.conversations.withPeer(person).valueOr(std::nullopt);
}

void Client::sendTyping(AccountId to)
{
    if (m_parts->account)
        m_parts->account->ephemeral.tellTyping(to);
}

Task<Result<std::vector<SearchHit>>> Client::search(QString query, int limit)
{
    return m_parts->search.find(std::move(query), limit);
}

// ---- Looking after it

StatusSnapshot Client::status() const
{
    StatusSnapshot status;
    status.connection = connection();
    status.messages = m_parts->storage.messages.count().valueOr(0);
    status.outbox = m_parts->storage.outbox.count().valueOr(0);
    const auto receipt = m_parts->storage.receipts.nextDue();
    status.receiptsOwed = receipt && *receipt;
    status.undecryptable = m_parts->storage.messages.countOfKind(MessageKind::Undecryptable).valueOr(0);
    if (m_parts->account) {
        status.droppedFrames = m_parts->account->inbox.dropped();
        status.oneTimePreKeys = m_parts->account->keyStore.countPreKeys().valueOr(0);
    }
    return status;
}

Task<Result<std::vector<DoctorFinding>>> Client::doctor()
{
    std::vector<DoctorFinding> findings;
    const auto whole = m_parts->database->verifyIntegrity();
    findings.push_back({QStringLiteral("database"), bool(whole),
                        whole ? QStringLiteral("every page is authentic and the structure is whole")
                              : QStringLiteral("damaged: copy the profile's folder away and tell support")});
    const ConnectionSnapshot line = connection();
    findings.push_back({QStringLiteral("connection"), line.status == ConnectionStatus::Online,
                        line.status == ConnectionStatus::Online ? QStringLiteral("online") : line.problem});
    const RelaySnapshot relaySnapshot = relay();
    const bool clockFits = std::abs(relaySnapshot.clockDifferenceMs) <= RelayConnection::kClockTolerance.count();
    findings.push_back({QStringLiteral("clock"), clockFits,
                        clockFits ? QStringLiteral("agrees with the relay's")
                                  : QStringLiteral("this computer's clock differs from the relay's: set it")});
    const std::int64_t lost = m_parts->storage.messages.countOfKind(MessageKind::Undecryptable).valueOr(0);
    findings.push_back(
        {QStringLiteral("undecryptable"), lost == 0, QStringLiteral("%1 messages could not be opened").arg(lost)});
    const auto kit = m_parts->storage.ownAccount.kitSecret();
    const bool confirmed = kit && !*kit;
    findings.push_back(
        {QStringLiteral("recovery_kit"), confirmed,
         confirmed ? QStringLiteral("confirmed") : QStringLiteral("not confirmed: write it down with `recovery-kit`")});
    co_return findings;
}

} // namespace sotto
