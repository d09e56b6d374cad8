#include "tests/simulation/inspection.h"

#include "core/sqlite/database.h"
#include "core/sqlite/statement.h"
#include "core/storage/profile_key.h"

#include <QDir>
#include <QFile>

namespace sotto::simulation {

namespace {

constexpr const char *kTables[] = {
    "account", "own_account",       "contact", "conversation", "stream",       "stream_start",
    "gap",     "gap_mark",          "repair",  "resend",       "resend_count", "peer_device",
    "wiped",   "pending_reference", "message", "outbox",       "tally",        "log_pin"};

QString rowsOf(Database &database, const QByteArray &table)
{
    const auto columns = database
                             .prepare("SELECT group_concat('quote(' || name || ')', ' || '' | '' || ') FROM"
                                      " pragma_table_info(?)")
                             .with(QString::fromLatin1(table))
                             .first([](Row &row) { return row.text(0); });
    if (!columns || !*columns)
        return {};
    const auto names = database.prepare("SELECT group_concat(name, ' | ') FROM pragma_table_info(?)")
                           .with(QString::fromLatin1(table))
                           .first([](Row &row) { return row.text(0); });
    QString text = QStringLiteral("\n== %1\n%2\n").arg(QString::fromLatin1(table), names->value_or(QString()));
    const QByteArray sql = "SELECT " + (*columns)->toUtf8() + " FROM " + table;
    const auto rows = database.prepare(sql.toStdString()).collect([](Row &row) { return row.text(0); });
    for (const QString &row : rows.valueOr({}))
        text += row.left(600) + u'\n';
    return text;
}

} // namespace

void writeDown(kit::World &world, const kit::Person &who, std::size_t desktop, const QString &folder)
{
    const auto key = world.wait(unlockProfile(who.directory(desktop), &who.keychain(desktop), std::nullopt), "the key");
    const auto database = key ? Database::open(who.directory(desktop) + QStringLiteral("/sotto.db"),
                                               {.key = key->view(), .create = Database::Create::Never})
                              : Result<std::unique_ptr<Database>>(key.error());
    QDir().mkpath(folder);
    QFile file(QStringLiteral("%1/%2-%3.txt").arg(folder, who.name()).arg(desktop));
    if (!database || !file.open(QIODevice::WriteOnly))
        qFatal("a database cannot be written down");
    for (const char *table : kTables)
        file.write(rowsOf(**database, table).toUtf8());
}

} // namespace sotto::simulation
