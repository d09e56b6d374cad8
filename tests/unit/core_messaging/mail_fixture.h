#pragma once
#include "core/client/account_parts.h"
#include "core/client/text_index.h"
#include "core/crypto/crypto_core.h"
#include "core/sqlite/database.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/loop_relay.h"
#include "tests/kit/seeded_random.h"

#include <QTemporaryDir>
#include <memory>

namespace sotto::kit {

/// One desktop: a database, keys and everything that mail passes through.
struct Desk {
    std::unique_ptr<Database> database;
    std::unique_ptr<CryptoCore> core;
    std::unique_ptr<TextIndex> index;
    std::unique_ptr<Storage> storage;
    std::unique_ptr<AccountParts> parts;

    bool isOpen() const { return parts != nullptr; }
    /// Forgets everything that is in memory, as when the program dies.
    void close();

    DeviceAddress address() const { return parts->device.address; }
    AccountId account() const { return address().account; }
};

/// Two people whose mail the test carries by hand, as it likes. Their relay answers what the test says once they are
/// online.
class MailFixture {
public:
    MailFixture();

    Desk &alice() { return m_alice; }
    Desk &bob() { return m_bob; }
    /// Bob's folder, for copies of it while his desk is closed.
    QString bobsFolder() const { return m_folder.filePath(QStringLiteral("Bob")); }
    /// Bob's desk again, out of `folder`: his own or a copy.
    void openBob(const QString &folder);
    FakeClock &clock() { return m_clock; }
    SeededRandom &random() { return m_random; }
    LoopRelay &relay() { return m_relay; }
    /// From now on the relay takes every submit, and has neither bundles nor anything else to say.
    void relayAccepts();
    /// The same with another answer to a submit.
    void relaySays(const wire::ResponseBody &toSubmits);
    /// Connects a desk to the relay and wires it as Client does.
    void goOnline(Desk &desk);
    /// Somebody else with an account; nobody knows of them.
    Desk makeDesk(const QString &name);
    /// `to` pins the log of `from`.
    void introduce(Desk &from, Desk &to);
    /// `from` has a session with `to`, which has the keys.
    void buildSession(Desk &from, Desk &to);
    /// What the relay answers for the log of a desk's account.
    wire::Log logOf(Desk &desk);

    /// What `desk` has the other person down as.
    void setState(Desk &desk, const AccountId &person, ContactState state);
    ContactState stateOf(Desk &desk, const AccountId &person);
    /// A header as an honest desktop of `from` writes it to `to`.
    content::Header header(const Desk &from, const Desk &to, std::uint64_t counter);
    /// Encrypts and seals a message from Alice to Bob; `claimed` is the id in the sealed sender.
    wire::Envelope post(const content::Header &header, const content::Body &body,
                        std::optional<MessageId> claimed = std::nullopt);
    /// The same with the bytes of a body that this version cannot write.
    wire::Envelope postRaw(const content::Header &header, const Bytes &body);
    /// The same from somebody else's desk.
    wire::Envelope postFrom(Desk &from, const content::Header &header, const Bytes &body);
    /// The same as the bytes of a whole Inner.
    wire::Envelope postInner(Desk &from, const MessageId &claimed, const Bytes &inner);
    /// Bob's inbox takes it.
    void deliver(const wire::Envelope &envelope);
    /// What Bob has stored of Alice, oldest first.
    QStringList bobSees();

private:
    Desk openDesk(const QString &folder);

    QTemporaryDir m_folder;
    FakeClock m_clock;
    SeededRandom m_random;
    LoopRelay m_relay{m_clock, m_random};
    Desk m_alice;
    Desk m_bob;
    std::uint64_t m_seq = 0;
};

} // namespace sotto::kit
