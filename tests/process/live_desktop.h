#pragma once
#include "core/client/client.h"
#include "tests/kit/memory_secret_store.h"

#include <QStringList>
#include <memory>

namespace sotto::kit {

/// A desktop with the real core, clock and randomness, for a relay that is a process. Its profile lies in a folder; the
/// keychain is in memory. Methods that fail end the test program with a sentence.
class LiveDesktop {
public:
    explicit LiveDesktop(QString directory);

    Client &client() const { return *m_client; }
    AccountId account() const { return m_client->account()->account; }
    const QString &directory() const { return m_directory; }

    /// Makes an account and waits until the desktop has caught up.
    void registersWith(const QString &invite, const QString &name, const QString &handle = {});
    /// Becomes a further desktop of the account on `trusted`.
    void joins(const LiveDesktop &trusted);
    /// In the outbox when this returns.
    MessageId writesTo(const AccountId &person, const QString &text);
    /// The texts of the conversation with `person`, oldest first; requests and acceptances are not among them.
    QStringList textsWith(const AccountId &person) const;
    /// Whether it knows `person` as an accepted contact.
    bool knows(const AccountId &person) const;

private:
    QString m_directory;
    MemorySecretStore m_keychain;
    RealClock m_clock;
    SystemRandom m_random;
    std::unique_ptr<Client> m_client;
};

} // namespace sotto::kit
