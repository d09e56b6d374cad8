#include "server/root/command_line.h"

#include "server/ops/addresses.h"

#include <QCommandLineParser>
#include <QFileInfo>

namespace sotto::relay {

namespace {
using Command = CommandLine::Command;

struct NamedCommand {
    const char *name;
    Command command;
    const char *options; ///< those it takes, with a space between
};
constexpr NamedCommand kCommands[] = {
    {"run", Command::Run, "data config limits listen public"},
    {"invite", Command::Invite, "data count"},
    {"users", Command::Users, "data"},
    {"status", Command::Status, "data"},
    {"config", Command::Config, ""},
};

Error mistake(const QString &text) { return Error(ErrorCode::InvalidArgument, text); }

QCommandLineOption option(const char *name, const char *value)
{
    QCommandLineOption result(QString::fromLatin1(name));
    if (value)
        result.setValueName(QString::fromLatin1(value));
    return result;
}

Result<NamedCommand> commandOf(const QStringList &words)
{
    if (words.isEmpty())
        return mistake(QStringLiteral("say what to do: run, invite, users, status or config"));
    if (words.size() > 1)
        return mistake(QStringLiteral("one command at a time: what is %1?").arg(words[1]));
    for (const NamedCommand &known : kCommands) {
        if (words.first() == QLatin1String(known.name))
            return known;
    }
    return mistake(
        QStringLiteral("there is no command %1: say run, invite, users, status or config").arg(words.first()));
}
/// An option that belongs to another command would do nothing: better said than left out.
Result<Done> checkOptions(const NamedCommand &command, const QStringList &given)
{
    const QStringList taken = QString::fromLatin1(command.options).split(u' ');
    for (const QString &option : given) {
        if (!taken.contains(option))
            return mistake(QStringLiteral("%1 does not take --%2").arg(QLatin1String(command.name), option));
    }
    return Done{};
}
} // namespace

Result<CommandLine> parseCommandLine(const QStringList &words, const QProcessEnvironment &environment,
                                     const QString &defaultDataDirectory)
{
    const QCommandLineOption data = option("data", "DIR");
    const QCommandLineOption config = option("config", "FILE");
    const QCommandLineOption limits = option("limits", "FILE");
    const QCommandLineOption listen = option("listen", "ADDRESS:PORT");
    const QCommandLineOption publicAddress = option("public", "HOST[:PORT]");
    const QCommandLineOption count = option("count", "N");
    const QCommandLineOption help(QStringList{QStringLiteral("help"), QStringLiteral("h")});
    const QCommandLineOption version = option("version", nullptr);
    QCommandLineParser parser;
    parser.addOptions({data, config, limits, listen, publicAddress, count, help, version});
    if (!parser.parse(QStringList{QStringLiteral("sotto-relay")} + words))
        return mistake(parser.errorText());

    CommandLine result;
    if (parser.isSet(help) || parser.isSet(version)) {
        result.command = parser.isSet(help) ? Command::Help : Command::Version;
        return result;
    }
    const auto command = commandOf(parser.positionalArguments());
    if (!command)
        return command.error();
    if (const auto fitting = checkOptions(*command, parser.optionNames()); !fitting)
        return fitting.error();
    result.command = command->command;
    const QString fromEnvironment = environment.value(QStringLiteral("SOTTO_RELAY_DATA"));
    result.dataDirectory = parser.isSet(data) ? parser.value(data)
        : fromEnvironment.isEmpty()           ? defaultDataDirectory
                                              : fromEnvironment;
    result.configFile = parser.value(config);
    result.limitsFile = parser.value(limits);
    result.listen = parser.value(listen);
    result.publicAddresses = parser.values(publicAddress);
    if (parser.isSet(count)) {
        result.count = parser.value(count).toInt();
        if (result.count < 1 || result.count > 1000)
            return mistake(QStringLiteral("--count has to be 1 to 1000"));
    }
    return result;
}

QString usage()
{
    return QStringLiteral(
        "sotto-relay run [--data DIR] [--listen ADDRESS:PORT] [--public HOST[:PORT]] [--config FILE] [--limits FILE]\n"
        "    Runs a relay; on a fresh machine it needs no configuration. Prints \"ready ADDRESS:PORT\" once it "
        "accepts.\n"
        "sotto-relay [--data DIR] invite [--count N]    invite links of the relay that runs, one a line\n"
        "sotto-relay [--data DIR] users                 its accounts\n"
        "sotto-relay [--data DIR] status                how it does\n"
        "sotto-relay config                             the configuration file with every default, to start from\n");
}

Result<RelayConfig> effectiveConfig(const CommandLine &commandLine, const QProcessEnvironment &environment)
{
    RelayConfig config;
    const QString usual = commandLine.dataDirectory + QStringLiteral("/relay.toml");
    const QString file = !commandLine.configFile.isEmpty() ? commandLine.configFile
        : QFileInfo::exists(usual)                         ? usual
                                                           : QString();
    if (!file.isEmpty()) {
        auto read = applyConfigFile(std::move(config), file, ConfigScope::Everything);
        if (!read)
            return read.error();
        config = std::move(*read);
    }
    if (!commandLine.limitsFile.isEmpty()) {
        auto read = applyConfigFile(std::move(config), commandLine.limitsFile, ConfigScope::LimitsOnly);
        if (!read)
            return read.error();
        config = std::move(*read);
    }
    auto withEnvironment = applyEnvironment(std::move(config), environment);
    if (!withEnvironment)
        return withEnvironment.error();
    config = std::move(*withEnvironment);
    if (!commandLine.listen.isEmpty()) {
        if (const auto address = parseListenAddress(commandLine.listen); !address)
            return address.error();
        config.listen = commandLine.listen;
    }
    for (const QString &text : commandLine.publicAddresses) {
        constexpr std::uint16_t kAnyPort = 1;
        if (publicAddress(text, kAnyPort).isEmpty()) {
            return mistake(QStringLiteral("--public %1 is not HOST or HOST:PORT: a name or an address under which "
                                          "others reach this machine")
                               .arg(text));
        }
    }
    if (!commandLine.publicAddresses.isEmpty())
        config.publicAddresses = commandLine.publicAddresses;
    return config;
}

} // namespace sotto::relay
