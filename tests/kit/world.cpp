#include "tests/kit/world.h"

#include "core/net/websocket_transport.h"
#include "core/storage/profile_key.h"
#include "tests/kit/profile_scan.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QEventLoop>
#include <algorithm>

namespace sotto::kit {

namespace {

constexpr int kRealPatienceMs = 60'000;
/// How fast virtual time goes by while something is waited for.
constexpr int kRealStepMs = 2;
constexpr Milliseconds kVirtualStep{20};

[[noreturn]] void fail(const QString &why) { qFatal("%s", qPrintable(why)); }

} // namespace

Person::Person(World &world, QString name) : m_world(&world), m_name(std::move(name)) { }

std::unique_ptr<Desktop> Person::newDesktop()
{
    auto desktop = std::make_unique<Desktop>();
    desktop->directory = m_world->folder() + QStringLiteral("/%1-%2").arg(m_name).arg(m_desktops.size());
    open(*desktop);
    return desktop;
}

void Person::open(Desktop &desktop)
{
    ClientEnvironment environment{m_world->clock(), m_world->random(), desktop.keychain.get()};
    environment.proxy.kind = ProxySettings::Kind::None;
    environment.transports = tamperingTransports(WebSocketTransport::factory(), desktop.tampering);
    Unlock unlock;
    if (m_passphrase) {
        environment.keychain = nullptr;
        environment.passphraseCost = Argon2Parameters::floor();
        unlock.passphrase = m_passphrase();
    }
    auto opened =
        m_world->wait(Client::open(desktop.directory, std::move(environment), std::move(unlock)), "a profile opens");
    if (!opened)
        fail(QStringLiteral("%1's profile does not open: %2 %3")
                 .arg(m_name, QString::fromLatin1(sotto::name(opened.error().code)), opened.error().detail));
    desktop.client = std::move(*opened);
}

void Person::registersWith(const QString &invite, const QString &handle)
{
    m_desktops.push_back(newDesktop());
    Client &client = *m_desktops.back()->client;
    const auto account = m_world->wait(client.registerAccount(invite, m_name, handle), "the registration");
    if (!account)
        fail(QStringLiteral("%1 cannot register: %2 %3")
                 .arg(m_name, QString::fromLatin1(sotto::name(account.error().code)), account.error().detail));
    m_account = *account;
    m_world->until([&client] { return client.connection().caughtUp; }, "a newcomer is online");
}

Person &Person::addDesktop()
{
    auto desktop = newDesktop();
    Client &trusted = *m_desktops.front()->client;
    Client &fresh = *desktop->client;
    const auto offer = trusted.offerToJoin();
    const auto request = offer ? fresh.requestToJoin(*offer) : Result<Bytes>(offer.error());
    if (!request)
        fail(QStringLiteral("%1's new desktop cannot ask: %2").arg(m_name, request.error().detail));
    auto answer = m_world->wait(trusted.admitDevice(*request), "a desktop is admitted");
    if (!answer)
        fail(QStringLiteral("%1's new desktop is not admitted: %2 %3")
                 .arg(m_name, QString::fromLatin1(sotto::name(answer.error().code)), answer.error().detail));
    const auto joined = fresh.joinWith(std::move(*answer));
    if (!joined)
        fail(QStringLiteral("%1's new desktop does not join: %2").arg(m_name, joined.error().detail));
    fresh.start();
    m_world->until([&fresh] { return fresh.connection().caughtUp; }, "a new desktop is online");
    m_desktops.push_back(std::move(desktop));
    return *this;
}

MessageId Person::writesTo(const Person &other, const QString &text, std::size_t fromDesktop)
{
    const auto id = desktop(fromDesktop).sendText(other.account(), text);
    if (!id)
        fail(QStringLiteral("%1 cannot write: %2").arg(m_name, id.error().detail));
    return *id;
}

QStringList Person::sees(const Person &other, std::size_t onDesktop) const
{
    const auto conversation = desktop(onDesktop).conversationWith(other.account());
    if (!conversation)
        return {};
    const auto messages = desktop(onDesktop).messages(conversation->id, 100'000, std::nullopt);
    QStringList lines;
    for (const Message &message : messages.valueOr({}))
        lines.append(QStringLiteral("%1: %2").arg(message.sender == account() ? m_name : other.name(), message.text));
    return lines;
}

Delivery Person::deliveryOf(const Person &to, const MessageId &message, std::size_t onDesktop) const
{
    const auto conversation = desktop(onDesktop).conversationWith(to.account());
    if (!conversation)
        return Delivery::Failed;
    const auto found = desktop(onDesktop).message(conversation->id, message);
    return found && *found ? (*found)->delivery : Delivery::Failed;
}

void Person::reads(const Person &other, std::size_t onDesktop)
{
    const auto conversation = desktop(onDesktop).conversationWith(other.account());
    if (!conversation || !desktop(onDesktop).markRead(conversation->id))
        fail(QStringLiteral("%1 cannot read").arg(m_name));
}

std::vector<QByteArray> Person::findsOnDisk(const std::vector<QByteArray> &words, std::size_t number) const
{
    const auto key = m_world->wait(unlockProfile(directory(number), &keychain(number), std::nullopt), "the key");
    const Bytes pages = decryptedPages(directory(number) + QStringLiteral("/sotto.db"), key->view());
    if (pages.isEmpty())
        fail(QStringLiteral("%1's database cannot be read").arg(m_name));
    std::vector<QByteArray> present;
    std::ranges::copy_if(words, std::back_inserter(present),
                         [&pages](const QByteArray &word) { return pages.contains(word); });
    return present;
}

void Person::goesOffline()
{
    for (const auto &desktop : m_desktops)
        desktop->client->stop();
}

void Person::comesBack()
{
    for (const auto &desktop : m_desktops)
        desktop->client->start();
    m_world->until(
        [this] {
            return std::ranges::all_of(m_desktops,
                                       [](const auto &desktop) { return desktop->client->connection().caughtUp; });
        },
        "somebody comes back online");
}

void Person::restarts(std::size_t desktop)
{
    closes(desktop);
    opens(desktop);
}

void Person::closes(std::size_t desktop) { m_desktops.at(desktop)->client.reset(); }

void Person::opensOffline(std::size_t desktop) { open(*m_desktops.at(desktop)); }

void Person::opens(std::size_t desktop)
{
    opensOffline(desktop);
    Client &client = *m_desktops.at(desktop)->client;
    client.start();
    m_world->until([&client] { return client.connection().caughtUp; }, "a restarted desktop is online");
}

World::World(std::uint64_t seed) : m_random(seed) { startRelay(); }

World::~World() = default;

void World::startRelay()
{
    relay::Relay::Options options;
    options.config.listen = QStringLiteral("127.0.0.1:%1").arg(m_port);
    options.config.publicAddresses = {};
    options.config.newMemberWaitsDays = 0; // plays are short, and everybody may bring a friend
    options.dataDirectory = m_folder.filePath(QStringLiteral("relay"));
    options.withControlSocket = false;
    auto started = relay::Relay::start(options, m_clock, m_random);
    if (!started)
        fail(QStringLiteral("the relay does not start: ") + started.error().detail);
    m_relay = std::move(*started);
    m_port = m_relay->port();
}

void World::stopRelay() { m_relay.reset(); }

QString World::operatorInvite()
{
    const auto invites = wait(m_relay->makeInvites(1), "an operator's invite");
    if (!invites)
        fail(QStringLiteral("the operator cannot invite: ") + invites.error().detail);
    return invites->first();
}

Person World::join(const QString &name, const QString &handle)
{
    Person person(*this, name);
    person.registersWith(operatorInvite(), handle);
    person.addDesktop();
    return person;
}

Person World::joinInvitedBy(Person &inviter, const QString &name, const QString &handle)
{
    const auto invite = wait(inviter.desktop().createInvite(), "a member's invite");
    if (!invite)
        fail(QStringLiteral("%1 cannot invite: %2").arg(inviter.name(), invite.error().detail));
    Person person(*this, name);
    person.registersWith(*invite, handle);
    person.addDesktop();
    const auto knows = [](const Person &who, std::size_t desktop, const AccountId &other) {
        return std::ranges::any_of(who.desktop(desktop).contacts(), [&other](const Contact &contact) {
            return contact.account == other && contact.state == ContactState::Accepted && !contact.name.isEmpty();
        });
    };
    until([&] { return knows(person, 0, inviter.account()) && knows(inviter, 0, person.account()); },
          "inviter and newcomer are contacts");
    return person;
}

void World::passes(Milliseconds time)
{
    // In steps, so that other threads' answers arrive in between.
    const Milliseconds step = std::max(time / 200, Milliseconds(1));
    for (Milliseconds gone(0); gone < time; gone += step) {
        m_clock.advance(std::min(step, time - gone));
        QCoreApplication::processEvents(QEventLoop::AllEvents, kRealStepMs);
    }
}

void World::until(const std::function<bool()> &condition, const char *what)
{
    const QDeadlineTimer deadline(kRealPatienceMs);
    while (!condition()) {
        if (deadline.hasExpired())
            fail(QStringLiteral("waited in vain for: %1").arg(QLatin1String(what)));
        QCoreApplication::processEvents(QEventLoop::AllEvents, kRealStepMs);
        if (condition())
            return;
        // Nothing more to do at this moment: let virtual time go on.
        QEventLoop loop;
        QTimer::singleShot(kRealStepMs, &loop, &QEventLoop::quit);
        loop.exec();
        if (!condition())
            m_clock.advance(kVirtualStep);
    }
}

void World::standsStillUntil(const std::function<bool()> &condition, const char *what)
{
    const QDeadlineTimer deadline(kRealPatienceMs);
    QCoreApplication::processEvents(); // what is due at this moment may be what there is to wait for
    while (!condition()) {
        if (deadline.hasExpired())
            fail(QStringLiteral("waited in vain, without time going by, for: %1").arg(QLatin1String(what)));
        QEventLoop loop;
        QTimer::singleShot(kRealStepMs, &loop, &QEventLoop::quit);
        loop.exec();
    }
}

} // namespace sotto::kit
