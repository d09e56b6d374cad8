#pragma once
#include "core/client/client.h"
#include "server/root/relay.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/memory_secret_store.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/tampering_transport.h"

#include <QStringList>
#include <QTemporaryDir>
#include <functional>
#include <memory>
#include <vector>

namespace sotto::kit {

class World;

/// One desktop of a person: a profile on disk and, while it runs, its client.
struct Desktop {
    QString directory;
    std::unique_ptr<MemorySecretStore> keychain = std::make_unique<MemorySecretStore>();
    Tampering tampering; ///< what the relay does to this desktop's frames
    std::unique_ptr<Client> client;
};

/// Somebody in a story, with one desktop or more. Methods wait until what they say has happened; a wait that does not
/// end fails the test program with what was waited for.
class Person {
public:
    Person(World &world, QString name);

    QString name() const { return m_name; }
    AccountId account() const { return *m_account; }
    Client &desktop(std::size_t number = 0) const { return *m_desktops.at(number)->client; }
    std::size_t desktops() const { return m_desktops.size(); }
    const QString &directory(std::size_t number = 0) const { return m_desktops.at(number)->directory; }
    MemorySecretStore &keychain(std::size_t number = 0) const { return *m_desktops.at(number)->keychain; }
    /// What the relay makes of the frames between it and one desktop; may be changed at any time.
    Tampering &line(std::size_t number = 0) const { return m_desktops.at(number)->tampering; }
    /// Profiles made from now on are locked with what this returns instead of the keychain.
    void locksWith(std::function<SecretBytes()> passphrase) { m_passphrase = std::move(passphrase); }

    /// Makes the account with an invite, on the first desktop, and goes online.
    void registersWith(const QString &invite, const QString &handle = {});
    /// A further desktop by a real entry in the device log; online afterwards.
    Person &addDesktop();

    /// Writes from a desktop; returns the message's id at once, it is only in the outbox.
    MessageId writesTo(const Person &other, const QString &text, std::size_t fromDesktop = 0);
    /// The conversation with `other` as one desktop shows it, a line a message: "Alice: Hello".
    QStringList sees(const Person &other, std::size_t onDesktop = 0) const;
    /// The delivery of an own message as one desktop shows it.
    Delivery deliveryOf(const Person &to, const MessageId &message, std::size_t onDesktop = 0) const;
    /// Opens the conversation on one desktop: everything in it is read.
    void reads(const Person &other, std::size_t onDesktop = 0);

    /// All desktops disconnect; profiles stay open.
    void goesOffline();
    void comesBack();
    /// Closes a desktop's client and opens its profile again, as after quitting and starting the program.
    void restarts(std::size_t desktop);
    void closes(std::size_t desktop);
    void opens(std::size_t desktop);
    /// Which of the words lie in the decrypted pages of a desktop's database or its log.
    std::vector<QByteArray> findsOnDisk(const std::vector<QByteArray> &words, std::size_t desktop) const;
    /// Opens the profile and does not connect.
    void opensOffline(std::size_t desktop);

private:
    std::unique_ptr<Desktop> newDesktop();
    void open(Desktop &desktop);

    World *m_world;
    QString m_name;
    std::function<SecretBytes()> m_passphrase;
    std::optional<AccountId> m_account;
    std::vector<std::unique_ptr<Desktop>> m_desktops;
};

/// A real relay on loopback with its threads and database, a clock the test turns, seeded randomness.
class World {
public:
    explicit World(std::uint64_t seed = 1);
    ~World();

    /// Registers with an invite of the operator, with two desktops.
    Person join(const QString &name, const QString &handle = {});
    /// Registers with an invite that `inviter` made, with two desktops; both are contacts afterwards.
    Person joinInvitedBy(Person &inviter, const QString &name, const QString &handle = {});
    QString operatorInvite();

    relay::Relay &relay() { return *m_relay; }
    /// Stops the relay; start() brings it back with the same data at the same port.
    void stopRelay();
    void startRelay();

    FakeClock &clock() { return m_clock; }
    SeededRandom &random() { return m_random; }
    QString folder() const { return m_folder.path(); }
    /// Virtual time goes by, with everything that is due in it.
    void passes(Milliseconds time);
    /// Runs the event loop, and virtual time slowly, until `condition` holds.
    void until(const std::function<bool()> &condition, const char *what);
    /// Runs the event loop while virtual time stands still, until `condition` holds: for answers of the relay, which
    /// works in real time and may be slow.
    void standsStillUntil(const std::function<bool()> &condition, const char *what);
    /// The value of a task once it is there.
    template <class T> T wait(Task<T> task, const char *what)
    {
        until([&task] { return task.isFinished(); }, what);
        T value = std::move(const_cast<T &>(task.result()));
        return value;
    }

private:
    QTemporaryDir m_folder;
    FakeClock m_clock;
    SeededRandom m_random;
    std::unique_ptr<relay::Relay> m_relay;
    std::uint16_t m_port = 0;
};

} // namespace sotto::kit
