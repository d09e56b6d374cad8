#include "core/client/client.h"

#include "core/client/client_parts.h"
#include "core/crypto/recovery_kit.h"
#include "core/primitives/hash.h"
#include "core/sqlite/transaction.h"
#include "core/wire/links.h"

#include <algorithm>

namespace sotto {

namespace {

const QString kNotRegistered = QStringLiteral("this profile has no account yet: register with an invite first");

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
    case ConnectionProblem::DatabaseUnreadable:
        return QStringLiteral("the database of this profile cannot be read; trying again");
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
    RelaySnapshot snapshot{(*stored)->name, (*stored)->addresses, (*stored)->key.toHex(), 0};
    if (m_parts->account)
        snapshot.clockDifferenceMs = m_parts->account->connection.clockDifference().count();
    return snapshot;
}

// ---- Messages

Result<MessageId> Client::sendText(AccountId to, QString text)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return written((*account)->composer.writeText(to, text));
}

Result<MessageId> Client::written(const Result<Message> &message)
{
    if (!message)
        return message.error();
    m_parts->account->pump.wake();
    Q_EMIT messageStored(message->conversation, message->id);
    return message->id;
}

Result<std::vector<Message>> Client::messages(ConversationId conversation, int limit,
                                              std::optional<MessageCursor> before) const
{
    std::vector<Message> shown;
    for (;;) {
        auto page = m_parts->storage.messages.page(conversation, before, limit);
        if (!page)
            return page.error();
        const bool isLast = page->empty() || page->size() < std::size_t(limit);
        if (!page->empty())
            before = MessageCursor{page->front().sortTime, page->front().row};
        std::erase_if(*page, [this](const Message &message) { return isHidden(message); });
        std::ranges::for_each(*page, [this](Message &message) { hideReading(message); });
        shown.insert(shown.begin(), page->begin(), page->end());
        if (isLast || shown.size() >= std::size_t(limit))
            break;
    }
    if (shown.size() > std::size_t(std::max(limit, 0)))
        shown.erase(shown.begin(), shown.end() - limit);
    return shown;
}

Result<std::optional<Message>> Client::message(ConversationId conversation, MessageId id) const
{
    const auto account = parts();
    if (!account)
        return account.error();
    // Ours first: ids of ours cannot be guessed, and a peer who learned one and wrote with it hides only itself.
    const auto shown = [this](Result<std::optional<Message>> found) {
        const bool isGone = found && *found && isHidden(**found);
        if (found && *found)
            hideReading(**found);
        return isGone ? Result<std::optional<Message>>(std::nullopt) : found;
    };
    const auto ours = m_parts->storage.messages.find(conversation, (*account)->device.address.account, id);
    if (!ours || *ours)
        return shown(ours);
    const auto chat = m_parts->storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    if (!*chat)
        return std::optional<Message>();
    return shown(m_parts->storage.messages.find(conversation, (*chat)->peer, id));
}

Result<Done> Client::markRead(ConversationId conversation)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto marked = (*account)->receipts.markRead(conversation);
    if (!marked)
        return marked;
    (*account)->expiry.plan();
    Q_EMIT conversationChanged(conversation);
    return Done{};
}

Result<Done> Client::deleteChat(ConversationId conversation)
{
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto removed = m_parts->storage.messages.removeAll(conversation, m_parts->environment.clock.now());
        !removed)
        return removed.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    Q_EMIT conversationChanged(conversation);
    m_parts->wordsWait = true;
    m_parts->cutLog();
    return Done{};
}

Result<Done> Client::setDraft(ConversationId conversation, QString text)
{
    if (text.toUtf8().size() > kMaxTextBytes)
        return ErrorCode::TooLarge;
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto set = m_parts->storage.conversations.setDraft(conversation, text); !set)
        return set.error();
    return transaction->commit();
}

/// Without the words of a message that is hidden.
Conversation Client::withShownText(Conversation chat) const
{
    if (!m_parts->account || !m_parts->account->expiry.isAnythingHidden())
        return chat;
    const auto newest = messages(chat.id, 1, std::nullopt);
    chat.lastText = newest && !newest->empty() ? newest->front().text : QString();
    return chat;
}

std::vector<Conversation> Client::conversations() const
{
    auto all = m_parts->storage.conversations.all().valueOr({});
    for (Conversation &chat : all)
        chat = withShownText(std::move(chat));
    return all;
}

std::optional<Conversation> Client::conversationWith(AccountId person) const
{
    auto chat = m_parts->storage.conversations.withPeer(person).valueOr(std::nullopt);
    return chat ? std::optional(withShownText(std::move(*chat))) : chat;
}

void Client::sendTyping(AccountId to)
{
    if (m_parts->account)
        m_parts->account->ephemeral.tellTyping(to);
}

Task<Result<std::vector<SearchHit>>> Client::search(QString query, int limit)
{
    auto searching = m_parts->search.find(std::move(query), limit);
    auto hits = co_await std::move(searching);
    if (hits)
        std::erase_if(*hits, [this](const SearchHit &hit) { return isHidden(hit.message); });
    if (hits)
        std::ranges::for_each(*hits, [this](SearchHit &hit) { hideReading(hit.message); });
    co_return hits;
}

// ---- Looking after it

StatusSnapshot Client::status() const
{
    StatusSnapshot status;
    status.connection = connection();
    status.messages = m_parts->storage.messages.count().valueOr(0);
    status.outbox = m_parts->storage.outbox.countContent().valueOr(0);
    status.undecryptable = m_parts->storage.messages.countOfKind(MessageKind::Undecryptable).valueOr(0);
    RepairRepository &repairs = m_parts->storage.repairs;
    status.frames = repairs.counted(Tally::Frames).valueOr(0);
    status.framesUndecryptable = repairs.counted(Tally::Undecryptable).valueOr(0);
    status.repaired = repairs.counted(Tally::Repaired).valueOr(0);
    status.lost = repairs.counted(Tally::Lost).valueOr(0);
    status.unrepaired = repairs.countUnrepaired().valueOr(0);
    if (m_parts->account) {
        status.droppedFrames = m_parts->account->inbox.dropped();
        status.oneTimePreKeys = m_parts->account->keyStore.countPreKeys().valueOr(0);
    }
    return status;
}

bool Client::isSettled() const
{
    const auto waiting = m_parts->storage.outbox.isAnyUnderWay(m_parts->environment.clock.now());
    if (!waiting || *waiting)
        return false;
    // Receipts and what own desktops are told wait a moment on purpose before they go into the outbox.
    const auto receipt = m_parts->storage.receipts.nextDue();
    const auto read = m_parts->storage.reads.nextDue();
    return receipt && !*receipt && read && !*read;
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
    const bool clockKnown = line.status == ConnectionStatus::Online || !clockFits;
    findings.push_back({QStringLiteral("clock"), clockKnown && clockFits,
                        !clockKnown     ? QStringLiteral("not known: it is compared with the relay's once online")
                            : clockFits ? QStringLiteral("agrees with the relay's")
                                        : QStringLiteral("this computer's clock differs from the relay's: set it")});
    if (m_parts->account && m_parts->account->credible.certain().ms == 0) {
        findings.push_back({QStringLiteral("disappearing"), false,
                            QStringLiteral("messages that should disappear are kept: this computer's clock and the"
                                           " relay's never agreed")});
    }
    const StatusSnapshot numbers = status();
    findings.push_back({QStringLiteral("undecryptable"), numbers.unrepaired == 0 && numbers.undecryptable == 0,
                        QStringLiteral("%1 messages are missing and asked for; %2 of %3 frames (%4 %) did not open at"
                                       " first, %5 messages were repaired, %6 lost")
                            .arg(numbers.unrepaired)
                            .arg(numbers.framesUndecryptable)
                            .arg(numbers.frames)
                            .arg(numbers.undecryptableRate() * 100, 0, 'f', 2)
                            .arg(numbers.repaired)
                            .arg(numbers.lost)});
    const auto kit = m_parts->storage.ownAccount.kitSecret();
    const bool confirmed = m_parts->account && kit && !*kit;
    findings.push_back({QStringLiteral("recovery_kit"), confirmed,
                        confirmed               ? QStringLiteral("confirmed")
                            : !m_parts->account ? QStringLiteral("there is none: it comes with an account")
                            : !kit              ? QStringLiteral("not known: the database did not say")
                                                : QStringLiteral("not confirmed: write it down with `recovery-kit`")});
    co_return findings;
}

} // namespace sotto
