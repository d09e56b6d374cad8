#include "tests/unit/app_cli/terminal.h"

#include "core/net/websocket_transport.h"

#include <QJsonDocument>

namespace sotto::kit {

QJsonObject Said::json() const { return QJsonDocument::fromJson(lines.join(u'\n').toUtf8()).object(); }

Terminal::Terminal(World &world, const QString &name) : m_world(world), m_profile(world.folder() + u'/' + name) { }

Terminal::Terminal(World &world, const Person &person, std::size_t desktop)
    : m_world(world),
      m_profile(person.directory(desktop)),
      m_borrowedKeychain(&person.keychain(desktop)),
      m_borrowedLine(&person.line(desktop))
{ }

Said Terminal::operator()(const QStringList &words)
{
    auto arguments = parseArguments(QStringList{QStringLiteral("--profile"), m_profile} + words);
    if (!arguments)
        return {ExitCode::Usage, {}, {arguments.error()}};
    Said said;
    const auto into = [](QStringList &list) {
        return [&list](const Bytes &line) { list.append(QString::fromUtf8(line).trimmed()); };
    };
    Output output(arguments->json ? Output::Form::Json : Output::Form::Text, into(said.lines), into(said.remarks));
    CliRunner runner(environment(), output);
    said.code = m_world.wait(runner.run(std::move(*arguments)), "a command");
    return said;
}

Said Terminal::following(const QStringList &words,
                         const std::function<void(const QStringList &lines, CliRunner &runner)> &whileItRuns)
{
    auto arguments = parseArguments(QStringList{QStringLiteral("--profile"), m_profile} + words);
    Said said;
    Output output(
        Output::Form::Text, [&said](const Bytes &line) { said.lines.append(QString::fromUtf8(line).trimmed()); },
        [](const Bytes &) {});
    CliRunner runner(environment(), output);
    auto task = runner.run(std::move(*arguments));
    whileItRuns(said.lines, runner);
    runner.stop();
    said.code = m_world.wait(std::move(task), "a command that is stopped");
    return said;
}

ClientEnvironment Terminal::environment()
{
    MemorySecretStore *const keychain = m_borrowedKeychain ? m_borrowedKeychain : &m_keychain;
    ClientEnvironment environment{m_world.clock(), m_world.random(), m_hasKeychain ? keychain : nullptr};
    environment.proxy.kind = ProxySettings::Kind::None;
    environment.passphraseCost = Argon2Parameters::floor();
    environment.transports = tamperingTransports(WebSocketTransport::factory(), line());
    return environment;
}

QStringList registering(const QString &invite, const char *name, const char *handle)
{
    QStringList words{QStringLiteral("register"), invite, QStringLiteral("--name"), QString::fromLatin1(name)};
    if (handle)
        words += {QStringLiteral("--handle"), QString::fromLatin1(handle)};
    return words;
}

TwoTerminals::TwoTerminals()
{
    alice(registering(world.operatorInvite(), "Alice", "alice"));
    bob(registering(alice("invite").lines.value(0), "Bob", "bob"));
}

} // namespace sotto::kit
