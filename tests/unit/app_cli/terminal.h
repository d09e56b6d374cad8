#pragma once
#include "app/cli/cli_runner.h"
#include "tests/kit/world.h"

#include <QJsonObject>
#include <functional>

namespace sotto::kit {

/// What one command said.
struct Said {
    ExitCode code = ExitCode::Failed;
    QStringList lines;   ///< standard output
    QStringList remarks; ///< standard error
    QJsonObject json() const;
};

/// Somebody at a terminal: one profile, one command after another, each as a process of its own would do it.
class Terminal {
public:
    /// A profile of its own in the world's folder.
    Terminal(World &world, const QString &name);
    /// On a desktop that somebody has and that is closed. The person outlives it.
    Terminal(World &world, const Person &person, std::size_t desktop);

    Said operator()(const QStringList &words);
    /// Words without spaces.
    Said operator()(const char *words) { return (*this)(QString::fromUtf8(words).split(u' ')); }
    /// A command that goes on until it is stopped; `whileItRuns` is played meanwhile, with its lines so far.
    Said following(const QStringList &words,
                   const std::function<void(const QStringList &lines, CliRunner &runner)> &whileItRuns);
    ClientEnvironment environment();
    void losesKeychain() { m_hasKeychain = false; }
    const QString &profile() const { return m_profile; }
    /// What the relay makes of the frames between it and this profile.
    Tampering &line() { return m_borrowedLine ? *m_borrowedLine : m_line; }

private:
    World &m_world;
    QString m_profile;
    MemorySecretStore m_keychain;
    Tampering m_line;
    MemorySecretStore *m_borrowedKeychain = nullptr; ///< of a person's desktop
    Tampering *m_borrowedLine = nullptr;
    bool m_hasKeychain = true;
};

/// What to type to register.
QStringList registering(const QString &invite, const char *name, const char *handle = nullptr);

/// Alice, invited by the operator, and Bob, invited by her.
struct TwoTerminals {
    TwoTerminals();
    World world;
    Terminal alice{world, QStringLiteral("alice")};
    Terminal bob{world, QStringLiteral("bob")};
};

} // namespace sotto::kit
