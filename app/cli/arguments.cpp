#include "app/cli/arguments.h"

#include <QCommandLineParser>
#include <algorithm>
#include <iterator>
#include <span>

namespace sotto {

namespace {

struct OptionRule {
    const char *name;
    const char *value; ///< what follows it; null: nothing does
};

constexpr OptionRule kOfEveryCommand[] = {{"profile", "DIR"}, {"passphrase-file", "FILE"}, {"json", nullptr}};

constexpr OptionRule kOfSomeCommands[] = {
    {"name", "N"},    {"address", "HOST:PORT"}, {"about", "TEXT"},   {"picture", "FILE"}, {"handle", "H"},
    {"save", "FILE"}, {"confirm", nullptr},     {"unlock", "FILE"},  {"follow", nullptr}, {"limit", "N"},
    {"number", "N"},  {"qr", nullptr},          {"for-me", nullptr},
};

struct CommandRule {
    CliCommand command;
    const char *name;
    const char *words; ///< for the usage
    int fewest;
    int most;            ///< negative: any number
    const char *options; ///< those of kOfSomeCommands it takes, with a space between
    const char *what;
};

constexpr CommandRule kCommands[] = {
    {CliCommand::Register, "register", "INVITE --name N [--handle H]", 1, 1, "name handle",
     "make an account on the invite's relay"},
    {CliCommand::RecoveryKit, "recovery-kit", "[--save FILE | --confirm | --unlock FILE|-]", 0, 0,
     "save confirm unlock", "show the recovery kit, confirm that you wrote it down, or set a new passphrase with it"},
    {CliCommand::Invite, "invite", "", 0, 0, "", "make an invite link for one person"},
    {CliCommand::Relay, "relay", "[--address HOST:PORT]...", 0, 0, "address",
     "which relay, and whether its clock and ours agree; --address says where else it is"},
    {CliCommand::Proxy, "proxy", "[URL|system|none|-]", 0, 1, "",
     "the way to the relay: socks5://HOST:PORT or http://HOST:PORT; - reads it from standard input"},
    {CliCommand::Profile, "profile", "[PERSON | --name N | --about TEXT | --picture FILE|none]", 0, 1,
     "name about picture", "what you, or a contact, show of yourselves; or change it"},
    {CliCommand::Privacy, "privacy", "[read-receipts|typing|presence on|off]", 0, 2, "", "what contacts may know"},
    {CliCommand::WhoAmI, "whoami", "", 0, 0, "", "name, handle and id of this account"},
    {CliCommand::Link, "link", "", 0, 0, "", "a link by which others can add you"},
    {CliCommand::Add, "add", "@handle|LINK", 1, 1, "", "ask somebody to be a contact"},
    {CliCommand::Requests, "requests", "", 0, 0, "", "who asked to be a contact"},
    {CliCommand::Accept, "accept", "PERSON", 1, 1, "", "answer a request with yes"},
    {CliCommand::Block, "block", "PERSON", 1, 1, "", "hear no more of somebody"},
    {CliCommand::Remove, "remove", "PERSON", 1, 1, "", "take somebody out of your contacts and delete the chat"},
    {CliCommand::Verify, "verify", "PERSON [--qr] [--number N | --confirm]", 1, 1, "qr number confirm",
     "the safety number; --number compares it with theirs (digits or code), --confirm says that you did"},
    {CliCommand::Alarms, "alarms", "[PERSON seen|send]", 0, 2, "",
     "what is wrong with device lists; seen: not to be shown again, send: write to the devices that are known"},
    {CliCommand::Send, "send", "PERSON TEXT|-", 2, 2, "", "send a text; - reads it from standard input"},
    {CliCommand::Reply, "reply", "PERSON MESSAGE TEXT", 3, 3, "", "answer a message; read --json shows their ids"},
    {CliCommand::Edit, "edit", "PERSON MESSAGE TEXT", 3, 3, "", "change your own words, for 24 hours"},
    {CliCommand::Delete, "delete", "PERSON MESSAGE [--for-me]", 2, 2, "for-me",
     "take your own words back for everybody, for 48 hours; or delete any message for yourself"},
    {CliCommand::React, "react", "PERSON MESSAGE EMOJI|none", 3, 3, "", "put an emoji beside a message"},
    {CliCommand::Star, "star", "PERSON MESSAGE on|off", 3, 3, "", "put a star on a message"},
    {CliCommand::Starred, "starred", "[--limit N]", 0, 0, "limit", "messages with a star"},
    {CliCommand::Unread, "unread", "PERSON on|off", 2, 2, "", "mark a chat for coming back to it"},
    {CliCommand::Timer, "timer", "PERSON [off|30s|5m|1h|1d|1w]", 1, 2, "",
     "how long messages written from now on stay, for both of you"},
    {CliCommand::Draft, "draft", "PERSON [TEXT|-]", 1, 2, "", "what you have begun to write; an empty TEXT forgets it"},
    {CliCommand::Forward, "forward", "PERSON MESSAGE TO", 3, 3, "", "send the words of a message to somebody else"},
    {CliCommand::Info, "info", "PERSON MESSAGE", 2, 2, "", "how far a message has come and when; its earlier words"},
    {CliCommand::Read, "read", "PERSON [--follow] [--limit N]", 1, 1, "follow limit",
     "show a chat and mark it read; --follow waits for more"},
    {CliCommand::Chats, "chats", "", 0, 0, "", "list the chats"},
    {CliCommand::Search, "search", "WORDS [--limit N]", 1, -1, "limit", "find messages that have all words"},
    {CliCommand::Status, "status", "", 0, 0, "", "connection and counts"},
    {CliCommand::Doctor, "doctor", "", 0, 0, "", "check this installation"},
    {CliCommand::Rpc, "rpc", "", 0, 0, "", "JSON-RPC 2.0, one object a line on standard input and output"},
};

QCommandLineOption optionFrom(const OptionRule &rule)
{
    QCommandLineOption option(QString::fromLatin1(rule.name));
    if (rule.value)
        option.setValueName(QString::fromLatin1(rule.value));
    return option;
}

/// What is wrong with the number of words and with the options; nothing when they fit the command.
std::optional<QString> problemWith(const CommandRule &rule, const QCommandLineParser &given, int words)
{
    const QString name = QString::fromLatin1(rule.name);
    if (words < rule.fewest || (rule.most >= 0 && words > rule.most))
        return QStringLiteral("usage: sotto-cli %1 %2").arg(name, QString::fromLatin1(rule.words)).trimmed();
    const QStringList taken = QString::fromLatin1(rule.options).split(u' ');
    for (const QString &option : given.optionNames()) {
        const bool isOfEvery =
            std::any_of(std::begin(kOfEveryCommand), std::end(kOfEveryCommand),
                        [&](const OptionRule &every) { return option == QLatin1String(every.name); });
        if (!isOfEvery && !taken.contains(option))
            return QStringLiteral("%1 does not take --%2").arg(name, option);
    }
    return std::nullopt;
}

/// Options that were given nothing, as in --name=; only a text about oneself may be empty.
std::optional<QString> emptyOption(const QCommandLineParser &given)
{
    for (const auto &rules :
         {std::span<const OptionRule>(kOfEveryCommand), std::span<const OptionRule>(kOfSomeCommands)}) {
        for (const OptionRule &rule : rules) {
            const QString name = QString::fromLatin1(rule.name);
            if (rule.value && given.isSet(name) && given.value(name).isEmpty() && name != QStringLiteral("about"))
                return QStringLiteral("--%1 needs a value").arg(name);
        }
    }
    return std::nullopt;
}

/// What a single rule cannot say.
std::optional<QString> problemWith(const Arguments &arguments, const QCommandLineParser &given)
{
    if (arguments.command == CliCommand::Register && arguments.name.isEmpty())
        return QStringLiteral("register needs --name");
    if (int(arguments.confirm) + int(!arguments.saveTo.isEmpty()) + int(!arguments.unlockWith.isEmpty()) > 1)
        return QStringLiteral("recovery-kit takes one of --save, --confirm and --unlock");
    if (arguments.command == CliCommand::Profile && !arguments.words.isEmpty() && changesProfile(arguments))
        return QStringLiteral("only your own profile can be changed");
    if (arguments.command == CliCommand::Privacy && arguments.words.size() == 1)
        return QStringLiteral("on or off?");
    if (arguments.command == CliCommand::Alarms && arguments.words.size() == 1)
        return QStringLiteral("seen or send?");
    if (given.isSet(QStringLiteral("number")) && arguments.number.isEmpty())
        return QStringLiteral("--number is what they show you: 60 digits, or the link in their QR code");
    const bool isSwitch = arguments.command == CliCommand::Star || arguments.command == CliCommand::Unread;
    if (isSwitch && !isOn(arguments.words.last()))
        return QStringLiteral("on or off?");
    if (arguments.command == CliCommand::Verify && arguments.confirm && !arguments.number.isEmpty())
        return QStringLiteral("verify takes one of --number and --confirm");
    if (given.isSet(QStringLiteral("limit")) && (arguments.limit < 1 || arguments.limit > 1000))
        return QStringLiteral("--limit is a number from 1 to 1000");
    return std::nullopt;
}

Arguments argumentsFrom(const QCommandLineParser &given)
{
    const auto value = [&](const char *name) { return given.value(QString::fromLatin1(name)); };
    const auto isSet = [&](const char *name) { return given.isSet(QString::fromLatin1(name)); };
    Arguments arguments;
    arguments.profile = value("profile");
    if (isSet("passphrase-file"))
        arguments.passphraseFile = value("passphrase-file");
    arguments.json = isSet("json");
    arguments.name = value("name");
    arguments.handle = value("handle");
    arguments.saveTo = value("save");
    arguments.confirm = isSet("confirm");
    arguments.number = value("number");
    arguments.showQr = isSet("qr");
    arguments.unlockWith = value("unlock");
    arguments.addresses = given.values(QStringLiteral("address"));
    if (isSet("about"))
        arguments.about = value("about");
    arguments.picture = value("picture");
    arguments.follow = isSet("follow");
    arguments.forMe = isSet("for-me");
    if (isSet("limit"))
        arguments.limit = value("limit").toInt(); // 0 for what is no number
    return arguments;
}

} // namespace

Result<Arguments, QString> parseArguments(const QStringList &line)
{
    QCommandLineParser parser;
    const QCommandLineOption help(QStringList{QStringLiteral("help"), QStringLiteral("h")});
    const QCommandLineOption version(QStringLiteral("version"));
    parser.addOptions({help, version});
    for (const OptionRule &rule : kOfEveryCommand)
        parser.addOption(optionFrom(rule));
    for (const OptionRule &rule : kOfSomeCommands)
        parser.addOption(optionFrom(rule));
    if (!parser.parse(QStringList{QStringLiteral("sotto-cli")} + line))
        return parser.errorText();

    Arguments arguments = argumentsFrom(parser);
    if (parser.isSet(help) || parser.isSet(version)) {
        arguments.command = parser.isSet(help) ? CliCommand::Help : CliCommand::Version;
        return arguments;
    }
    arguments.words = parser.positionalArguments();
    if (arguments.words.isEmpty())
        return QStringLiteral("what shall I do? sotto-cli --help has the list");
    const QString wanted = arguments.words.takeFirst();
    const auto rule = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const CommandRule &r) { return wanted == QLatin1String(r.name); });
    if (rule == std::end(kCommands))
        return QStringLiteral("%1 is not a command; sotto-cli --help has the list").arg(wanted);
    arguments.command = rule->command;
    if (auto problem = problemWith(*rule, parser, int(arguments.words.size())))
        return std::move(*problem);
    if (auto problem = emptyOption(parser))
        return std::move(*problem);
    if (auto problem = problemWith(arguments, parser))
        return std::move(*problem);
    return arguments;
}

std::optional<bool> isOn(const QString &word)
{
    if (word == QStringLiteral("on"))
        return true;
    return word == QStringLiteral("off") ? std::optional(false) : std::nullopt;
}

bool changesProfile(const Arguments &arguments)
{
    return !arguments.name.isEmpty() || arguments.about || !arguments.picture.isEmpty();
}

bool runsUntilStopped(const Arguments &arguments) { return arguments.command == CliCommand::Rpc || arguments.follow; }

QString usageText()
{
    constexpr int kCallColumns = 40;
    QString text = QStringLiteral("usage: sotto-cli [--profile DIR] [--passphrase-file FILE] [--json] COMMAND …\n\n");
    for (const CommandRule &rule : kCommands) {
        const QString call = QStringLiteral("%1 %2").arg(QLatin1String(rule.name), QLatin1String(rule.words)).trimmed();
        const QString gap = call.size() > kCallColumns ? u'\n' + QString(kCallColumns + 4, u' ') : QStringLiteral("  ");
        text += QStringLiteral("  %1%2%3\n").arg(call, -kCallColumns).arg(gap, QLatin1String(rule.what));
    }
    text +=
        QStringLiteral("\nPERSON is @handle or an id. After -- everything is a word, as in: send @bob -- --dashes--\n"
                       "--help and --version say this and the version. The passphrase comes from\n"
                       "--passphrase-file, else from SOTTO_PASSPHRASE, else the database key is kept in the\n"
                       "system's keychain.\n");
    return text;
}

} // namespace sotto
