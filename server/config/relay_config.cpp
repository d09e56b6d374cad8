#include "server/config/relay_config.h"

#include "core/base/bytes.h"

#include <QFile>
#include <QHostAddress>

// Header-only, because the built library has only the functions that throw.
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
// A file such as "[" and a line's end fails assertions of toml++ 3.3 and is a plain parse error without them, as in a
// release build.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

namespace sotto::relay {

namespace {

const Setting *findSetting(const QString &table, const QString &key)
{
    for (const Setting &setting : settings()) {
        if (table == QLatin1String(setting.table) && key == QLatin1String(setting.key))
            return &setting;
    }
    return nullptr;
}

bool isTable(const QString &path)
{
    for (const Setting &setting : settings()) {
        const QLatin1String table(setting.table);
        if (table == path || QString(table).startsWith(path + u'.'))
            return true;
    }
    return false;
}

QString numberText(double number) { return QString::number(number, 'g', 12); }

/// What is wrong with a value, or nothing; then it has been set.
using Complaint = std::optional<QString>;

Complaint setNumber(RelayConfig &config, const Setting &setting, double value)
{
    if (!(value >= setting.least && value <= setting.most)) // so that nan is refused too
        return QStringLiteral("has to be from %1 to %2").arg(numberText(setting.least), numberText(setting.most));
    if (const auto *whole = std::get_if<std::int64_t RelayConfig::*>(&setting.member)) {
        if (value != std::floor(value))
            return QStringLiteral("has to be a whole number");
        config.*(*whole) = std::int64_t(value);
    } else {
        config.*std::get<double RelayConfig::*>(setting.member) = value;
    }
    return std::nullopt;
}

Complaint setList(RelayConfig &config, const Setting &setting, const QStringList &items)
{
    if (items.size() > qsizetype(setting.most))
        return QStringLiteral("has at most %1 items").arg(numberText(setting.most));
    config.*std::get<QStringList RelayConfig::*>(setting.member) = items;
    return std::nullopt;
}

Complaint setText(RelayConfig &config, const Setting &setting, const QString &text)
{
    const QLatin1String key(setting.key);
    if (key == QLatin1String("listen") && !parseListenAddress(text))
        return QStringLiteral("has to be ADDRESS:PORT with an IP address, such as \"[::]:7744\"");
    if (key == QLatin1String("event_loop") && text != QLatin1String("epoll") && text != QLatin1String("stock"))
        return QStringLiteral("has to be \"epoll\" or \"stock\"");
    if (key == QLatin1String("name") && (text.isEmpty() || text.toUtf8().size() > 128))
        return QStringLiteral("has to have 1 to 128 bytes");
    config.*std::get<QString RelayConfig::*>(setting.member) = text;
    return std::nullopt;
}

Complaint setFromToml(RelayConfig &config, const Setting &setting, const toml::node &node)
{
    if (std::holds_alternative<bool RelayConfig::*>(setting.member)) {
        const auto value = node.value_exact<bool>();
        if (!value)
            return QStringLiteral("has to be true or false");
        config.*std::get<bool RelayConfig::*>(setting.member) = *value;
        return std::nullopt;
    }
    if (std::holds_alternative<QString RelayConfig::*>(setting.member)) {
        const auto value = node.value_exact<std::string>();
        return value ? setText(config, setting, QString::fromStdString(*value))
                     : Complaint(QStringLiteral("has to be a text in quotes"));
    }
    if (std::holds_alternative<QStringList RelayConfig::*>(setting.member)) {
        const toml::array *array = node.as_array();
        QStringList items;
        for (std::size_t i = 0; array && i < array->size(); ++i) {
            if (const auto item = (*array)[i].value_exact<std::string>())
                items.append(QString::fromStdString(*item));
            else
                array = nullptr;
        }
        return array ? setList(config, setting, items) : Complaint(QStringLiteral("has to be a list of texts"));
    }
    if (!node.is_number())
        return QStringLiteral("has to be a number");
    return setNumber(config, setting, *node.value<double>());
}

Complaint setFromText(RelayConfig &config, const Setting &setting, const QString &text)
{
    if (const auto *flag = std::get_if<bool RelayConfig::*>(&setting.member)) {
        if (text != QLatin1String("true") && text != QLatin1String("false"))
            return QStringLiteral("has to be true or false");
        config.*(*flag) = text == QLatin1String("true");
        return std::nullopt;
    }
    if (std::holds_alternative<QString RelayConfig::*>(setting.member))
        return setText(config, setting, text);
    if (std::holds_alternative<QStringList RelayConfig::*>(setting.member))
        return setList(config, setting, text.split(u',', Qt::SkipEmptyParts));
    bool isNumber = false;
    const double value = text.toDouble(&isNumber);
    return isNumber ? setNumber(config, setting, value) : Complaint(QStringLiteral("has to be a number"));
}

/// Goes through a file's tables and collects the first mistake.
class FileReader {
public:
    FileReader(RelayConfig base, QString name, ConfigScope scope)
        : m_config(std::move(base)), m_name(std::move(name)), m_scope(scope)
    { }
    Result<RelayConfig> read(const toml::table &root)
    {
        readTable(root, {});
        if (m_mistake)
            return *m_mistake;
        return std::move(m_config);
    }
    Error mistake(const toml::source_region &where, const QString &what) const
    {
        return Error(ErrorCode::Malformed, QStringLiteral("%1:%2: %3").arg(m_name).arg(where.begin.line).arg(what));
    }

private:
    void readTable(const toml::table &table, const QString &path)
    {
        for (const auto &[keyNode, node] : table) {
            if (m_mistake)
                return;
            const QString key = QString::fromUtf8(keyNode.str().data(), qsizetype(keyNode.str().size()));
            const QString fullPath = path.isEmpty() ? key : path + u'.' + key;
            if (const toml::table *child = node.as_table(); child && isTable(fullPath))
                readTable(*child, fullPath);
            else
                readValue(path, key, node, keyNode.source());
        }
    }
    void readValue(const QString &table, const QString &key, const toml::node &node, const toml::source_region &where)
    {
        const Setting *setting = findSetting(table, key);
        if (!setting) {
            m_mistake = mistake(where, QStringLiteral("there is no setting %1 in [%2]").arg(key, table));
        } else if (m_scope == ConfigScope::LimitsOnly && !table.startsWith(QLatin1String("limits."))) {
            m_mistake = mistake(where, QStringLiteral("a limits file sets [limits.…] only"));
        } else if (const Complaint complaint = setFromToml(m_config, *setting, node)) {
            m_mistake = mistake(where, QStringLiteral("%1 %2").arg(key, *complaint));
        }
    }

    RelayConfig m_config;
    const QString m_name;
    const ConfigScope m_scope;
    std::optional<Error> m_mistake;
};

QString valueText(const RelayConfig &config, const Setting &setting)
{
    if (const auto *flag = std::get_if<bool RelayConfig::*>(&setting.member))
        return config.*(*flag) ? QStringLiteral("true") : QStringLiteral("false");
    if (const auto *whole = std::get_if<std::int64_t RelayConfig::*>(&setting.member))
        return QString::number(config.*(*whole));
    if (const auto *number = std::get_if<double RelayConfig::*>(&setting.member))
        return numberText(config.*(*number));
    if (const auto *text = std::get_if<QString RelayConfig::*>(&setting.member))
        return QStringLiteral("\"%1\"").arg(config.*(*text));
    const QStringList &items = config.*std::get<QStringList RelayConfig::*>(setting.member);
    return items.isEmpty() ? QStringLiteral("[]") : QStringLiteral("[\"%1\"]").arg(items.join(QLatin1String("\", \"")));
}

/// Where the first byte of a well-formed text is that may not reach toml++ 3.3, or -1. That has undefined behaviour
/// where others than ASCII stand outside of comments and texts in quotes (found by tests/fuzz); TOML 1.0 allows them
/// there no more than control characters. Refused as well are texts over several lines, in which it has the same
/// trouble and which no setting needs.
qsizetype unreadableByte(const QByteArray &text)
{
    enum { Plain, Comment, Basic, Literal } where = Plain;
    for (qsizetype at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool isControl = std::uint8_t(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
        const ByteView rest = ByteView(text).sliced(at);
        if (isControl || c == 0x7f || (where == Plain && std::uint8_t(c) > 0x7f) || rest.startsWith("\"\"\"")
            || rest.startsWith("'''")) {
            return at;
        }
        if (c == '\n')
            where = Plain;
        else if (where == Plain)
            where = c == '#' ? Comment : c == '"' ? Basic : c == '\'' ? Literal : Plain;
        else if ((where == Basic && c == '"') || (where == Literal && c == '\''))
            where = Plain;
        else if (where == Basic && c == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\'))
            ++at;
    }
    return -1;
}

/// `text` with an underscore, which may stand in keys as in texts, for each byte that is not ASCII.
QByteArray asciiOnly(QByteArray text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return std::uint8_t(c) > 0x7f; }, '_');
    return text;
}

} // namespace

Result<RelayConfig> applyConfigText(RelayConfig base, const QByteArray &text, const QString &name, ConfigScope scope)
{
    if (const auto bad = unreadableByte(text); bad >= 0) {
        const auto line = 1 + text.first(bad).count('\n');
        return Error(ErrorCode::Malformed,
                     QStringLiteral("%1:%2: has a character that does not belong here").arg(name).arg(line));
    }
    FileReader reader(std::move(base), name, scope);
    const auto parse = [](const QByteArray &source) {
        return toml::parse(std::string_view(source.constData(), std::size_t(source.size())));
    };
    // Where a text is not well formed toml++ does not see the quotes that we see, so that letters in them are outside
    // for it: it is asked about the text without them first.
    toml::parse_result parsed = parse(asciiOnly(text));
    if (parsed)
        parsed = parse(text);
    if (!parsed) {
        const std::string_view what = parsed.error().description();
        return reader.mistake(parsed.error().source(), QString::fromUtf8(what.data(), qsizetype(what.size())));
    }
    return reader.read(parsed.table());
}

Result<RelayConfig> applyConfigFile(RelayConfig base, const QString &path, ConfigScope scope)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::NotFound, QStringLiteral("cannot read %1: %2").arg(path, file.errorString()));
    return applyConfigText(std::move(base), file.readAll(), path, scope);
}

Result<RelayConfig> applyEnvironment(RelayConfig base, const QProcessEnvironment &environment)
{
    for (const Setting &setting : settings()) {
        const QString name = QStringLiteral("SOTTO_RELAY_%1_%2")
                                 .arg(QLatin1String(setting.table), QLatin1String(setting.key))
                                 .replace(u'.', u'_')
                                 .toUpper();
        if (!environment.contains(name))
            continue;
        if (const Complaint complaint = setFromText(base, setting, environment.value(name)))
            return Error(ErrorCode::Malformed, QStringLiteral("%1 %2").arg(name, *complaint));
    }
    return base;
}

QString defaultConfigText()
{
    const RelayConfig defaults;
    QString text =
        QStringLiteral("# Configuration of sotto-relay. Every line shows its default; remove the # to change it.\n"
                       "# The environment overrides this file: SOTTO_RELAY_RELAY_NAME, SOTTO_RELAY_TLS_HERE …\n");
    QLatin1String table;
    for (const Setting &setting : settings()) {
        if (table != QLatin1String(setting.table)) {
            table = QLatin1String(setting.table);
            text += QStringLiteral("\n[%1]\n").arg(table);
        }
        const QString explanation = QString::fromUtf8(setting.explanation);
        text += QStringLiteral("# %1\n# %2 = %3\n")
                    .arg(explanation, QLatin1String(setting.key), valueText(defaults, setting));
    }
    return text;
}

Result<ListenAddress> parseListenAddress(const QString &text)
{
    const qsizetype colon = text.lastIndexOf(u':');
    bool isNumber = false;
    const uint port = text.mid(colon + 1).toUInt(&isNumber);
    QString host = text.left(std::max<qsizetype>(colon, 0));
    if (host.startsWith(u'[') && host.endsWith(u']'))
        host = host.mid(1, host.size() - 2);
    else if (host.contains(u':'))
        host.clear(); // IPv6 without brackets: the port could be a part of it
    if (colon < 0 || !isNumber || port > 65'535 || QHostAddress(host).isNull())
        return Error(ErrorCode::InvalidArgument, QStringLiteral("%1 is not ADDRESS:PORT").arg(text));
    return ListenAddress{host, std::uint16_t(port)};
}

} // namespace sotto::relay
