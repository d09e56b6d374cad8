#include "server/root/relay.h"

#include "core/primitives/hash.h"
#include "core/wire/links.h"
#include "server/handlers/handlers.h"
#include "server/handlers/housekeeping.h"
#include "server/handlers/relay_backend.h"
#include "server/handlers/sinks.h"
#include "server/ops/addresses.h"
#include "server/ops/control_server.h"
#include "server/ops/data_directory.h"
#include "server/presence/presence_hub.h"
#include "server/relay/certificate.h"
#include "server/relay/relay_server.h"
#include "server/root/relay_options.h"
#include "server/store/embedded_store.h"

#include <QDate>
#include <QFileInfo>
#include <QThread>

namespace sotto::relay {

namespace {
constexpr int kMaxInvitesAtOnce = 1000;
constexpr int kUsersPerPage = 500;

/// The certificates of a relay: the context that speaks TLS here, if it does, and the pins that Hello states.
struct Certificates {
    std::shared_ptr<const TlsContext> tls;
    std::vector<Hash256> pins;
};

Result<Certificates> prepareCertificates(const RelayConfig &config, const DataDirectory &folder, Timestamp now)
{
    Certificates certificates;
    std::vector<QString> files;
    if (config.tlsHere) {
        const bool isOwn = config.certificateFile.isEmpty();
        const QString certificate = isOwn ? folder.certificateFile() : config.certificateFile;
        const QString key = isOwn ? folder.certificateKeyFile() : config.keyFile;
        if (isOwn && !QFileInfo::exists(certificate)) {
            if (const auto made = makeSelfSignedCertificate(certificate, key, now); !made)
                return made.error();
        }
        auto context = TlsContext::create(certificate, key);
        if (!context)
            return context.error();
        certificates.tls = std::move(*context);
        files.push_back(certificate);
    }
    for (const QString &file : config.proxyCertificateFiles)
        files.push_back(file);
    if (files.empty()) {
        return Error(ErrorCode::InvalidArgument,
                     QStringLiteral("without TLS here, [tls] proxy_certificates has to name the proxy's certificate"));
    }
    auto pins = certificatePins(files);
    if (!pins)
        return pins.error();
    certificates.pins = std::move(*pins);
    return certificates;
}

Result<QHostAddress> listenHost(const RelayConfig &config, const ListenAddress &listen)
{
    const QHostAddress host(listen.address);
    if (!config.tlsHere && !host.isLoopback()) {
        return Error(ErrorCode::NotPermitted,
                     QStringLiteral("without TLS here the relay listens on a loopback address only, not on %1")
                         .arg(listen.address));
    }
    return host;
}

Result<QStringList> clientAddresses(const RelayConfig &config, const QHostAddress &host, std::uint16_t port)
{
    if (config.publicAddresses.isEmpty())
        return reachableAddresses(host, port);
    QStringList addresses;
    for (const QString &text : config.publicAddresses) {
        const QString address = publicAddress(text, port);
        if (address.isEmpty())
            return Error(ErrorCode::InvalidArgument, QStringLiteral("%1 is not HOST or HOST:PORT").arg(text));
        addresses.append(address);
    }
    return addresses;
}

/// Why the store does not open, for the operator.
Error databaseError(const QString &path, const Error &error)
{
    const bool isDamaged = error.code == ErrorCode::WrongKey || error.code == ErrorCode::Corrupt;
    if (isDamaged) {
        return Error(
            ErrorCode::Corrupt,
            QStringLiteral("%1: is no relay's database, or it is damaged; put back the one of your backup").arg(path));
    }
    const QString why = error.detail.isEmpty() ? QString::fromLatin1(name(error.code)) : error.detail;
    return Error(error.code, QStringLiteral("%1: %2").arg(path, why));
}

std::vector<QString> toVector(const QStringList &list) { return {list.begin(), list.end()}; }
} // namespace

/// Everything a running relay consists of, in the order in which it is made.
struct Relay::Parts {
    Parts(const RelayConfig &c, Clock &k, Random &r)
        : config(c),
          clock(k),
          random(r),
          connections(clock, connectionLimits(config)),
          requests(clock, requestLimits(config)),
          preKeys(clock, requests),
          sink(router),
          presence(clock, random, sink)
    { }
    Result<Done> open(const QString &dataDirectory);
    Result<Done> serve();
    Result<Done> openDoor(Relay &relay);
    void stop();

    const RelayConfig config;
    Clock &clock;
    Random &random;
    std::unique_ptr<DataDirectory> folder;
    std::optional<Ed25519KeyPair> key;
    Certificates certificates;
    QStringList addresses;
    QString listenAddress;
    std::uint16_t port = 0;
    std::optional<RelayKey> relayKey;

    ConnectionLimiter connections;
    RequestLimiter requests;
    PreKeyQuota preKeys;
    SessionRouter router;
    RouterSink sink;
    PresenceHub presence;
    HandlerTable handlers;
    std::optional<HandlerServices> handlerServices;
    std::unique_ptr<RelayBackend> backend;
    std::unique_ptr<EmbeddedStore> store;
    std::unique_ptr<MailQueues> queues;
    std::unique_ptr<AccountDirectory> directory;
    std::unique_ptr<DeviceKeyCache> deviceKeys;
    std::unique_ptr<HelloMaker> hello;
    std::optional<SessionServices> sessionServices;
    std::unique_ptr<RelayServer> server;

    /// Housekeeping and the operator's door live on a thread of their own.
    QThread operations;
    QObject onOperations; ///< for calls onto that thread
    std::unique_ptr<Housekeeping> housekeeping;
    std::unique_ptr<MemoryGuard> memory;
    std::unique_ptr<ControlServer> door;
};

Result<Done> Relay::Parts::open(const QString &dataDirectory)
{
    auto opened = DataDirectory::open(dataDirectory);
    if (!opened)
        return opened.error();
    folder = std::move(*opened);
    auto loaded = folder->relayKey(random);
    if (!loaded)
        return loaded.error();
    key.emplace(std::move(*loaded));
    auto prepared = prepareCertificates(config, *folder, clock.now());
    if (!prepared)
        return prepared.error();
    certificates = std::move(*prepared);
    auto database = EmbeddedStore::open(folder->databaseFile());
    if (!database)
        return databaseError(folder->databaseFile(), database.error());
    store = std::move(*database);
    queues = std::make_unique<MailQueues>(*store, clock, random, sink, queueLimits(config));
    store->attach(*queues);
    directory = std::make_unique<AccountDirectory>(*store, *queues);
    deviceKeys = std::make_unique<DeviceKeyCache>(*store);
    handlerServices.emplace(HandlerServices{clock, *store, *directory, *queues, presence, router, requests, preKeys,
                                            *deviceKeys, handlerSettings(config)});
    addHandlers(handlers, *handlerServices);
    backend = std::make_unique<RelayBackend>(*handlerServices);
    return Done{};
}

Result<Done> Relay::Parts::serve()
{
    const auto listen = parseListenAddress(config.listen);
    if (!listen)
        return listen.error();
    const auto host = listenHost(config, *listen);
    if (!host)
        return host.error();
    auto acceptor = Acceptor::listen(*host, listen->port, clock, connections);
    if (!acceptor) {
        return Error(acceptor.error().code,
                     QStringLiteral("cannot listen on %1: %2; choose another with --listen ADDRESS:PORT (port 0: any)")
                         .arg(config.listen, acceptor.error().detail));
    }
    port = (*acceptor)->port();
    listenAddress = addressText(*host, port);
    auto reachable = clientAddresses(config, *host, port);
    if (!reachable)
        return reachable.error();
    addresses = *reachable;
    // The version only has to grow when the addresses change; the time of the start does.
    hello = std::make_unique<HelloMaker>(RelayIntroduction{config.name, certificates.pins, statedLimits(config),
                                                           toVector(addresses), std::nullopt,
                                                           std::uint64_t(clock.now().ms)},
                                         std::move(*key), clock, random);
    relayKey = hello->relayKey();
    sessionServices.emplace(SessionServices{clock, *backend, handlers, router, *hello, sessionLimits(config),
                                            [this] { return Milliseconds(store->backlog()); }});
    const EventLoopKind loop =
        eventLoopKind(config.eventLoop == QLatin1String("stock") ? EventLoopKind::Stock : EventLoopKind::Epoll);
    const int workers = config.workers > 0 ? int(config.workers) : defaultWorkers();
    server = std::make_unique<RelayServer>(std::move(*acceptor),
                                           RelayServer::Options{workers, loop, socketLimits(config), certificates.tls},
                                           *sessionServices);
    if (auto dispatcher = makeEventDispatcher(loop); dispatcher)
        operations.setEventDispatcher(dispatcher.release());
    operations.setObjectName(QStringLiteral("relay-operations"));
    onOperations.moveToThread(&operations);
    operations.start();
    QMetaObject::invokeMethod(
        &onOperations,
        [this] {
            housekeeping = std::make_unique<Housekeeping>(*handlerServices, *store);
            MemoryGuard::Options options;
            options.limitBytes = memoryLimit(config);
            memory = std::make_unique<MemoryGuard>(clock, connections, options);
        },
        Qt::BlockingQueuedConnection);
    return Done{};
}

Result<Done> Relay::Parts::openDoor(Relay &relay)
{
    const std::map<QString, ControlServer::Command> commands{
        {QStringLiteral("invite"),
         [&relay](const QStringList &arguments) { return relay.makeInvites(arguments.value(0).toInt()); }},
        {QStringLiteral("users"), [&relay](const QStringList &) { return relay.users(); }},
        {QStringLiteral("status"), [&relay](const QStringList &) { return relay.status(); }},
    };
    std::optional<Error> refused;
    QMetaObject::invokeMethod(
        &onOperations,
        [&] {
            auto opened = ControlServer::listen(folder->controlSocket(), commands);
            if (opened)
                door = std::move(*opened);
            else
                refused = opened.error();
        },
        Qt::BlockingQueuedConnection);
    if (refused)
        return *refused;
    return Done{};
}

void Relay::Parts::stop()
{
    // The guard first: it ends connections, and these are about to end by themselves.
    if (operations.isRunning())
        QMetaObject::invokeMethod(
            &onOperations, [this] { memory.reset(); }, Qt::BlockingQueuedConnection);
    server.reset();
    if (operations.isRunning()) {
        QMetaObject::invokeMethod(
            &onOperations,
            [this] {
                door.reset();
                housekeeping.reset();
                onOperations.moveToThread(nullptr);
            },
            Qt::BlockingQueuedConnection);
        operations.quit();
        operations.wait();
    }
    if (queues)
        queues->flushCounters();
    store.reset(); // commits what waits; asks the queues once more
}

Relay::Relay(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) { }

Relay::~Relay() { stop(); }

Result<std::unique_ptr<Relay>> Relay::start(const Options &options, Clock &clock, Random &random)
{
    if (options.withControlSocket) {
        const QString folder = QFileInfo(options.dataDirectory).absoluteFilePath();
        if (const auto fits = ControlServer::checkPath(controlSocketIn(folder)); !fits)
            return fits.error();
    }
    std::unique_ptr<Relay> relay(new Relay(std::make_unique<Parts>(options.config, clock, random)));
    if (const auto opened = relay->m_parts->open(options.dataDirectory); !opened)
        return opened.error();
    if (const auto serving = relay->m_parts->serve(); !serving)
        return serving.error();
    if (options.withControlSocket) {
        if (const auto listening = relay->m_parts->openDoor(*relay); !listening)
            return listening.error();
    }
    return relay;
}

void Relay::stop() { m_parts->stop(); }

std::uint16_t Relay::port() const { return m_parts->port; }
QString Relay::listenAddress() const { return m_parts->listenAddress; }
RelayKey Relay::key() const { return *m_parts->relayKey; }
QStringList Relay::addresses() const { return m_parts->addresses; }
int Relay::sessions() const { return m_parts->server ? m_parts->server->sessions() : 0; }

// ---- For the operator --------------------------------------------------------------------------------------------

Task<Result<QStringList>> Relay::makeInvites(int count)
{
    if (count < 1 || count > kMaxInvitesAtOnce)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("1 to %1 invites").arg(kMaxInvitesAtOnce));
    const Timestamp expires = m_parts->clock.now() + std::chrono::hours(24 * m_parts->config.inviteDays);
    QStringList links;
    std::vector<Hash256> secretHashes;
    for (int i = 0; i < count; ++i) {
        const auto secret = m_parts->random.id<InviteSecret>();
        if (!secret)
            co_return secret.error();
        secretHashes.push_back(sha256(secret->view()));
        const wire::Invite invite{*m_parts->relayKey, m_parts->addresses, *secret, expires, std::nullopt};
        links.append(wire::inviteLink(invite));
    }
    Task<Result<InviteOutcome>> storing = m_parts->store->createInvites(std::move(secretHashes), expires);
    const Result<InviteOutcome> stored = co_await std::move(storing);
    if (!stored)
        co_return stored.error();
    co_return links;
}

Task<Result<bool>> Relay::isEmpty()
{
    Task<Result<StoreCounts>> counting = m_parts->store->counts();
    const Result<StoreCounts> counts = co_await std::move(counting);
    if (!counts)
        co_return counts.error();
    co_return counts->accounts == 0 && counts->openInvites == 0;
}

Task<Result<QStringList>> Relay::users()
{
    QStringList lines;
    AccountKey after = 0;
    for (;;) {
        Task<Result<std::vector<UserLine>>> reading = m_parts->store->users(after, kUsersPerPage);
        const Result<std::vector<UserLine>> page = co_await std::move(reading);
        if (!page)
            co_return page.error();
        for (const UserLine &user : *page) {
            const QDate day = QDate(1970, 1, 1).addDays(user.registeredDay);
            const QString handle = user.handle.isEmpty() ? QStringLiteral("-") : u'@' + user.handle;
            lines.append(QStringLiteral("%1 %2 %3 %4")
                             .arg(user.account.toHex(), day.toString(Qt::ISODate))
                             .arg(user.devices)
                             .arg(handle));
            after = user.key;
        }
        if (page->empty())
            co_return lines;
    }
}

Task<Result<QStringList>> Relay::status()
{
    Task<Result<StoreCounts>> counting = m_parts->store->counts();
    const Result<StoreCounts> counts = co_await std::move(counting);
    if (!counts)
        co_return counts.error();
    QStringList lines;
    const auto add = [&lines](const char *name, qint64 value) {
        lines.append(QStringLiteral("%1 %2").arg(QLatin1String(name)).arg(value));
    };
    add("sessions", sessions());
    add("accounts", counts->accounts);
    add("devices", counts->devices);
    add("open_invites", counts->openInvites);
    add("queued_mail", counts->queuedMail);
    add("queued_bytes", counts->queuedBytes);
    co_return lines;
}

} // namespace sotto::relay
