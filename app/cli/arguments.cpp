#include "app/cli/arguments.h"

#include <algorithm>
#include <iterator>

namespace sotto {

namespace {

/// Bits of the options that only some commands take.
enum Option : unsigned {
    kNone = 0,
    kName = 1,
    kHandle = 2,
    kSave = 4,
    kConfirm = 8,
    kFollow = 16,
    kLimit = 32,
    kUnlock = 64
};

struct CommandRule {
    CliCommand command;
    const char *name;
    const char *words; ///< for the usage
    int fewest;
    int most; ///< negative: any number
    unsigned options;
    const char *what;
};

constexpr CommandRule kCommands[] = {
    {CliCommand::Register, "register", "INVITE --name N [--handle H]", 1, 1, kName | kHandle,
     "make an account on the invite's relay"},
    {CliCommand::RecoveryKit, "recovery-kit", "[--save FILE | --confirm | --unlock FILE|-]", 0, 0,
     kSave | kConfirm | kUnlock,
     "show the recovery kit, confirm that you wrote it down, or set a new passphrase with it"},
    {CliCommand::Invite, "invite", "", 0, 0, kNone, "make an invite link for one person"},
    {CliCommand::Relay, "relay", "", 0, 0, kNone, "which relay, and whether its clock and ours agree"},
    {CliCommand::WhoAmI, "whoami", "", 0, 0, kNone, "name, handle and id of this account"},
    {CliCommand::Link, "link", "", 0, 0, kNone, "a link by which others can add you"},
    {CliCommand::Add, "add", "@handle|LINK", 1, 1, kNone, "ask somebody to be a contact"},
    {CliCommand::Requests, "requests", "", 0, 0, kNone, "who asked to be a contact"},
    {CliCommand::Accept, "accept", "PERSON", 1, 1, kNone, "answer a request with yes"},
    {CliCommand::Block, "block", "PERSON", 1, 1, kNone, "hear no more of somebody"},
    {CliCommand::Send, "send", "PERSON TEXT|-", 2, 2, kNone, "send a text; - reads it from standard input"},
    {CliCommand::Read, "read", "PERSON [--follow] [--limit N]", 1, 1, kFollow | kLimit,
     "show a chat and mark it read; --follow waits for more"},
    {CliCommand::Chats, "chats", "", 0, 0, kNone, "list the chats"},
    {CliCommand::Search, "search", "WORDS [--limit N]", 1, -1, kLimit, "find messages that have all words"},
    {CliCommand::Status, "status", "", 0, 0, kNone, "connection and counts"},
    {CliCommand::Doctor, "doctor", "", 0, 0, kNone, "check this installation"},
    {CliCommand::Rpc, "rpc", "", 0, 0, kNone, "JSON-RPC 2.0, one object a line on standard input and output"},
};

/// Reads options and words one after another.
class Reader {
public:
    explicit Reader(const QStringList &line) : m_line(line) { }

    std::optional<QString> read()
    {
        while (m_at < m_line.size()) {
            const QString word = m_line[m_at++];
            if (!m_onlyWords && word == QStringLiteral("--"))
                m_onlyWords = true;
            else if (m_onlyWords || !word.startsWith(u'-') || word == QStringLiteral("-"))
                m_words.append(word);
            else if (auto problem = readOption(word))
                return problem;
        }
        return std::nullopt;
    }

    Arguments arguments;
    QStringList m_words;
    unsigned m_given = kNone;
    bool m_help = false;
    bool m_version = false;

private:
    /// A flag or an option with a value, as "--name value" or "--name=value"; the problem if it is none.
    std::optional<QString> readOption(const QString &word)
    {
        const qsizetype equals = word.indexOf(u'=');
        const QString name = equals < 0 ? word : word.first(equals);
        if (equals < 0 && readFlag(name))
            return std::nullopt;
        QString *const value = valueOf(name);
        const bool isLimit = name == QStringLiteral("--limit");
        if (!value && !isLimit && name != QStringLiteral("--passphrase-file"))
            return QStringLiteral("%1 is not an option").arg(name);
        QString text = equals < 0 ? QString() : word.sliced(equals + 1);
        if (equals < 0) {
            if (m_at >= m_line.size())
                return QStringLiteral("%1 needs a value").arg(name);
            text = m_line[m_at++];
        }
        if (text.isEmpty())
            return QStringLiteral("%1 needs a value").arg(name);
        if (isLimit)
            return readLimit(text);
        if (value)
            *value = text;
        else
            arguments.passphraseFile = text;
        return std::nullopt;
    }
    bool readFlag(const QString &name)
    {
        if (name == QStringLiteral("--json"))
            arguments.json = true;
        else if (name == QStringLiteral("--confirm"))
            arguments.confirm = m_given |= kConfirm;
        else if (name == QStringLiteral("--follow"))
            arguments.follow = m_given |= kFollow;
        else if (name == QStringLiteral("--help") || name == QStringLiteral("-h"))
            m_help = true;
        else if (name == QStringLiteral("--version"))
            m_version = true;
        else
            return false;
        return true;
    }
    QString *valueOf(const QString &name)
    {
        if (name == QStringLiteral("--profile"))
            return &arguments.profile;
        if (name == QStringLiteral("--name"))
            return m_given |= kName, &arguments.name;
        if (name == QStringLiteral("--handle"))
            return m_given |= kHandle, &arguments.handle;
        if (name == QStringLiteral("--save"))
            return m_given |= kSave, &arguments.saveTo;
        if (name == QStringLiteral("--unlock"))
            return m_given |= kUnlock, &arguments.unlockWith;
        return nullptr;
    }
    std::optional<QString> readLimit(const QString &text)
    {
        bool isNumber = false;
        arguments.limit = text.toInt(&isNumber);
        if (!isNumber || arguments.limit < 1 || arguments.limit > 1000)
            return QStringLiteral("--limit is a number from 1 to 1000");
        m_given |= kLimit;
        return std::nullopt;
    }

    const QStringList &m_line;
    qsizetype m_at = 0;
    bool m_onlyWords = false;
};

std::optional<QString> checkAgainst(const CommandRule &rule, const Reader &reader)
{
    const QString name = QString::fromLatin1(rule.name);
    const int words = int(reader.arguments.words.size());
    if (words < rule.fewest || (rule.most >= 0 && words > rule.most))
        return QStringLiteral("usage: sotto-cli %1 %2").arg(name, QString::fromLatin1(rule.words)).trimmed();
    if ((reader.m_given & ~rule.options) != 0)
        return QStringLiteral("%1 does not take one of these options").arg(name);
    if (rule.command == CliCommand::Register && reader.arguments.name.isEmpty())
        return QStringLiteral("register needs --name");
    const Arguments &given = reader.arguments;
    if (int(given.confirm) + int(!given.saveTo.isEmpty()) + int(!given.unlockWith.isEmpty()) > 1)
        return QStringLiteral("recovery-kit takes one of --save, --confirm and --unlock");
    return std::nullopt;
}

} // namespace

Result<Arguments, QString> parseArguments(const QStringList &line)
{
    Reader reader(line);
    if (auto problem = reader.read())
        return std::move(*problem);
    if (reader.m_help || reader.m_version) {
        reader.arguments.command = reader.m_help ? CliCommand::Help : CliCommand::Version;
        return std::move(reader.arguments);
    }
    if (reader.m_words.isEmpty())
        return QStringLiteral("what shall I do? sotto-cli --help has the list");
    const QString wanted = reader.m_words.takeFirst();
    const auto rule = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [&](const CommandRule &r) { return wanted == QLatin1String(r.name); });
    if (rule == std::end(kCommands))
        return QStringLiteral("%1 is not a command; sotto-cli --help has the list").arg(wanted);
    reader.arguments.command = rule->command;
    reader.arguments.words = reader.m_words;
    if (auto problem = checkAgainst(*rule, reader))
        return std::move(*problem);
    return std::move(reader.arguments);
}

bool runsUntilStopped(const Arguments &arguments) { return arguments.command == CliCommand::Rpc || arguments.follow; }

QString usageText()
{
    QString text = QStringLiteral("usage: sotto-cli [--profile DIR] [--passphrase-file FILE] [--json] COMMAND …\n\n");
    for (const CommandRule &rule : kCommands) {
        const QString call = QStringLiteral("%1 %2").arg(QLatin1String(rule.name), QLatin1String(rule.words)).trimmed();
        text += QStringLiteral("  %1  %2\n").arg(call, -40).arg(QLatin1String(rule.what));
    }
    text += QStringLiteral("\nPERSON is @handle or an id. The passphrase comes from --passphrase-file, else from "
                           "SOTTO_PASSPHRASE, else the\n"
                           "database key is kept in the system's keychain.\n");
    return text;
}

} // namespace sotto
