#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/account/account_maker.h"
#include "core/client/schema.h"
#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/primitives/hash.h"
#include "core/primitives/padding.h"
#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto::kit {

namespace {

/// What must not fail in a fixture.
void must(bool done, const char *what)
{
    if (!done)
        qFatal("the fixture could not: %s", what);
}

content::LogHead headOf(const DeviceLog &log)
{
    const LogPin pin = log.head();
    return {pin.epoch, pin.version, pin.hash};
}

} // namespace

MailFixture::MailFixture()
{
    must(bool(initialisePrimitives()), "start the libraries");
    m_alice = makeDesk(QStringLiteral("Alice"));
    m_bob = makeDesk(QStringLiteral("Bob"));
    introduce(m_alice, m_bob);
    introduce(m_bob, m_alice);
    setState(m_alice, m_bob.account(), ContactState::Accepted);
    setState(m_bob, m_alice.account(), ContactState::Accepted);
    buildSession(m_alice, m_bob);
}

void MailFixture::buildSession(Desk &from, Desk &to)
{
    auto transaction = Transaction::begin(*to.database);
    PreKeys preKeys(*to.core, to.parts->keyStore.stores());
    const auto preKey = preKeys.makeSignedPreKey();
    const auto oneTime = preKeys.makeOneTimePreKeys(1, [](const OneTimePreKey &) { return Done{}; });
    must(transaction && preKey && oneTime && transaction->commit(), "make prekeys");
    const auto &keys = to.parts->device.keys;
    const RemoteBundle bundle{registrationIdOf(keys.identity.publicKey),
                              keys.identity.publicKey.toBytes(),
                              preKey->id,
                              preKey->publicKey.toBytes(),
                              preKey->signature,
                              RemoteBundle::OneTime{oneTime->front().id, oneTime->front().publicKey.toBytes()}};
    auto building = Transaction::begin(*from.database);
    must(building && from.parts->sessions.processBundle(to.address(), bundle) && building->commit(), "build a session");
}

void MailFixture::relayAccepts()
{
    m_relay.onRequest = [this](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
        if (std::holds_alternative<wire::Submit>(asked))
            return wire::Accepted{m_clock.now(), {}, m_clock.now()};
        return wire::Bundles{};
    };
}

void MailFixture::relaySays(const wire::ResponseBody &toSubmits)
{
    m_relay.onRequest = [toSubmits](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
        return std::holds_alternative<wire::Submit>(asked) ? toSubmits : wire::Bundles{};
    };
}

void MailFixture::goOnline(Desk &desk)
{
    AccountParts *const parts = desk.parts.get();
    QObject::connect(&parts->relay, &RelayClient::delivered, &parts->inbox, &Inbox::take);
    QObject::connect(&parts->connection, &RelayConnection::wentOffline, &parts->inbox, [parts] {
        parts->heads.setOnline(false);
        parts->pump.setOnline(false);
        parts->requester.setOnline(false);
        parts->inbox.forgetWaiting();
    });
    QObject::connect(&parts->connection, &RelayConnection::welcomed, &parts->pump, [parts] {
        parts->heads.setOnline(true);
        parts->pump.setOnline(true);
        parts->requester.setOnline(parts->relay.knowsPartialTargets());
    });
    QObject::connect(&parts->relay, &RelayClient::queueDrained, &parts->requester, &RepairRequester::noteDrained);
    QObject::connect(&parts->inbox, &Inbox::changed, &parts->heads, [parts](const InboxNews &news) {
        for (const AccountId &account : news.newerLogs)
            parts->heads.look(account);
        parts->requester.wake();
        parts->pump.wake();
    });
    QObject::connect(&parts->heads, &LogHeads::holdEnded, &parts->pump, &OutboxPump::wake);
    QObject::connect(&parts->heads, &LogHeads::holdEnded, &parts->receipts, &ReceiptService::plan);
    parts->connection.start();
    must(QTest::qWaitFor([parts] { return parts->connection.isOnline(); }), "connect");
}

wire::Log MailFixture::logOf(Desk &desk)
{
    const auto log = desk.parts->directory.find(desk.account());
    must(log && *log, "read a device log");
    wire::Log answer{{}, (*log)->version()};
    for (const StoredLogEntry &entry : (*log)->entries())
        answer.entries.push_back(entry.entry);
    return answer;
}

void Desk::close()
{
    parts.reset();
    storage.reset();
    index.reset();
    core.reset();
    database.reset();
}

Desk MailFixture::openDesk(const QString &folder)
{
    Desk desk;
    auto database = Database::open(folder + QStringLiteral("/sotto.db"), {.key = Bytes(32, 'k')});
    must(database && migrate(**database, clientMigrations()), "open a database");
    desk.database = std::move(*database);
    auto core = CryptoCore::create(m_random, m_clock);
    must(bool(core), "start the crypto core");
    desk.core = std::move(*core);
    desk.index = std::make_unique<TextIndex>(*desk.database);
    desk.storage = std::make_unique<Storage>(*desk.database, desk.index.get());
    auto device = loadOwnDevice(*desk.storage);
    if (!device)
        return desk; // makeDesk() makes it
    auto pins = loadRelayPins(*desk.storage);
    must(bool(pins), "load the relay's pins");
    desk.parts = std::make_unique<AccountParts>(*desk.storage, *desk.core, m_clock, m_random, m_relay.transports(),
                                                std::move(*device), std::move(*pins));
    return desk;
}

Desk MailFixture::makeDesk(const QString &name)
{
    const QString folder = m_folder.filePath(name);
    {
        Desk desk = openDesk(folder);
        AccountMaker maker(*desk.storage, *desk.core, m_clock, m_random);
        must(maker.make(m_relay.invite(), name, QString(), m_clock.now()) && maker.finish(m_clock.now()),
             "make an account");
    }
    Desk desk = openDesk(folder);
    must(desk.isOpen(), "load the account");
    return desk;
}

void MailFixture::openBob(const QString &folder)
{
    m_bob = openDesk(folder);
    must(m_bob.isOpen(), "open Bob's desk again");
}

void MailFixture::introduce(Desk &from, Desk &to)
{
    const auto log = from.parts->directory.find(from.account());
    must(log && *log, "read a device log");
    auto transaction = Transaction::begin(*to.database);
    must(transaction && to.parts->directory.adopt(**log) && transaction->commit(), "pin a device log");
}

void MailFixture::setState(Desk &desk, const AccountId &person, ContactState state)
{
    auto transaction = Transaction::begin(*desk.database);
    must(transaction && desk.storage->contacts.ensure(person, m_clock.now())
             && desk.storage->contacts.setState(person, state, m_clock.now()) && transaction->commit(),
         "set a contact's state");
}

ContactState MailFixture::stateOf(Desk &desk, const AccountId &person)
{
    const auto contact = desk.storage->contacts.find(person);
    return contact && *contact ? (*contact)->state : ContactState::Stranger;
}

content::Header MailFixture::header(const Desk &from, const Desk &to, std::uint64_t counter)
{
    const auto id = newMessageId(m_random, counter != 0);
    const auto ownLog = from.parts->directory.find(from.account());
    must(ownLog && *ownLog, "read a device log");
    const content::LogHead ownHead = headOf(**ownLog);
    const auto peerLog = to.parts->directory.find(to.account());
    must(peerLog && *peerLog, "read a device log");
    return {directConversation(from.account(), to.account()),
            from.account(),
            from.address().device,
            *id,
            ownHead,
            headOf(**peerLog),
            counter,
            std::nullopt,
            1,
            m_clock.now(),
            std::nullopt};
}

wire::Envelope MailFixture::post(const content::Header &header, const content::Body &body,
                                 std::optional<MessageId> claimed)
{
    const content::Inner inner{header, content::encode(body), std::nullopt};
    return postInner(m_alice, claimed.value_or(header.messageId), content::encode(inner));
}

wire::Envelope MailFixture::postRaw(const content::Header &header, const Bytes &body)
{
    return postFrom(m_alice, header, body);
}

wire::Envelope MailFixture::postFrom(Desk &from, const content::Header &header, const Bytes &body)
{
    return postInner(from, header.messageId, content::encode(content::Inner{header, body, std::nullopt}));
}

wire::Envelope MailFixture::postInner(Desk &from, const MessageId &claimed, const Bytes &inner)
{
    auto transaction = Transaction::begin(*from.database);
    const auto frame = from.parts->sessions.encrypt(m_bob.address(), padded(inner));
    must(transaction && frame && transaction->commit(), "encrypt");
    const auto sealed = from.parts->senders.seal(m_bob.address(), m_bob.parts->device.keys.sealing.publicKey,
                                                 {claimed, frame->bytes, std::nullopt});
    must(bool(sealed), "seal a sender");
    const auto kind = frame->type == RatchetFrameType::PreKey ? wire::CopyKind::PreKey : wire::CopyKind::Signal;
    return {++m_seq, m_clock.now(), wire::MailClass::Message, kind, *sealed, frame->bytes, {}};
}

void MailFixture::deliver(const wire::Envelope &envelope) { m_bob.parts->inbox.take({{envelope}}); }

QStringList MailFixture::bobSees()
{
    const auto messages =
        m_bob.storage->messages.page(directConversation(m_alice.account(), m_bob.account()), std::nullopt, 1000);
    QStringList texts;
    for (const Message &message : messages.valueOr({}))
        texts.append(message.text);
    return texts;
}

} // namespace sotto::kit
