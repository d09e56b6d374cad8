// migration_helper make FILE COUNT   writes a file of schema 0 with COUNT messages
// migration_helper migrate FILE [N]  lifts FILE to the present schema; a line after each batch, "done" at the end; is
//                                    killed before the Nth write point
#include "core/client/schema.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/migrations.h"
#include "tests/kit/fault_vfs.h"

#include <cstdio>
#include <string_view>

namespace {

using namespace sotto;

int fail(const Error &error)
{
    std::fprintf(stderr, "%s: %s\n", name(error.code), qPrintable(error.detail));
    return 1;
}

Result<std::unique_ptr<Database>> openDatabase(const QString &path)
{
    const Bytes key(Database::kKeyBytes, 'k');
    Database::Options options;
    options.key = key;
    return Database::open(path, options);
}

/// Words that are short, long, frequent and rare; "numberN." is in message N alone.
QString textOf(int number)
{
    static const QStringList words{QStringLiteral("see"),     QStringLiteral("you"),       QStringLiteral("tomorrow"),
                                   QStringLiteral("Grüße"),   QStringLiteral("meeting"),   QStringLiteral("картошка"),
                                   QStringLiteral("perhaps"), QStringLiteral("at noon"),   QStringLiteral("今天"),
                                   QStringLiteral("keys"),    QStringLiteral("Weinkeller")};
    QString text = QStringLiteral("number%1.").arg(number);
    for (int i = 0; i < 2 + number % 5; ++i)
        text += u' ' + words[(number * 7 + i * 3) % words.size()];
    return text;
}

Result<Done> insertMessages(Database &database, int count)
{
    const auto parents = database.execute("INSERT INTO account (account_id) VALUES (zeroblob(32));"
                                          "INSERT INTO conversation VALUES (1, zeroblob(32), 1, 0, 0, NULL, 0, 0, 0, 0,"
                                          " '')");
    if (!parents)
        return parents.error();
    for (int number = 1; number <= count; ++number) {
        Bytes id = Bytes::number(number);
        id.resize(16, ' ');
        const auto inserted =
            database
                .prepare("INSERT INTO message (conversation, sender, device, inner_id, counter, client_ms, sort_ms,"
                         " kind, state, text) VALUES (1, 1, 1, ?1, ?2, ?2, ?2, 0, 2, ?3)")
                .with(id, number, textOf(number))
                .run();
        if (!inserted)
            return inserted.error();
    }
    return Done{};
}

int make(const QString &path, int count)
{
    const auto database = openDatabase(path);
    if (!database)
        return fail(database.error());
    auto transaction = Transaction::begin(**database);
    if (!transaction)
        return fail(transaction.error());
    if (const auto tables = createTables(**database); !tables)
        return fail(tables.error());
    if (const auto inserted = insertMessages(**database, count); !inserted)
        return fail(inserted.error());
    if (const auto committed = transaction->commit(); !committed)
        return fail(committed.error());
    return 0;
}

int migrateFile(const QString &path, int killAt)
{
    kit::FaultVfs disk;
    disk.failWriteAfter(killAt, kit::Fault::Kill);
    const auto database = openDatabase(path);
    if (!database)
        return fail(database.error());
    const auto migrated = migrate(**database, clientMigrations(), [](int version) {
        std::printf("%d\n", version);
        std::fflush(stdout);
    });
    if (!migrated)
        return fail(migrated.error());
    std::printf("done\n");
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const QString path = QString::fromLocal8Bit(argv[2]);
    if (std::string_view(argv[1]) == "make" && argc == 4)
        return make(path, QByteArray(argv[3]).toInt());
    return migrateFile(path, argc == 4 ? QByteArray(argv[3]).toInt() : 0);
}
