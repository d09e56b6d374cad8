// sqlite_helper open FILE     opens FILE with a fixed key; prints "opened" or the error's name
// sqlite_helper write FILE N  adds rows to FILE in transactions of ten, prints the number after each commit, and is
//                             killed before the Nth write point
// sqlite_helper lock DIR      locks DIR, prints "locked" or the error's name, then waits for the end of its input
#include "core/sqlite/database.h"
#include "core/sqlite/instance_lock.h"
#include "core/sqlite/transaction.h"
#include "tests/kit/fault_vfs.h"

#include <cstdio>

namespace {
int report(const char *text)
{
    std::printf("%s\n", text);
    std::fflush(stdout);
    return 0;
}

int writeUntilKilled(const QString &path, int writePoint)
{
    sotto::kit::FaultVfs disk;
    const sotto::Bytes key(sotto::Database::kKeyBytes, 'k');
    sotto::Database::Options options;
    options.key = key;
    disk.failWriteAfter(writePoint, sotto::kit::Fault::Kill);
    const auto database = sotto::Database::open(path, options);
    if (!database)
        return report(name(database.error().code));
    const char *create = "CREATE TABLE IF NOT EXISTS thing (n INTEGER PRIMARY KEY, b BLOB NOT NULL) STRICT";
    bool works = bool((*database)->execute(create));
    for (int committed = 10; works && committed <= 1000; committed += 10) {
        auto transaction = sotto::Transaction::begin(**database);
        for (int i = 0; transaction && i < 10; ++i) {
            const sotto::Bytes content(3000, 'x');
            works = works && (*database)->prepare("INSERT INTO thing (b) VALUES (?)").with(content).run();
        }
        works = works && transaction && transaction->commit();
        if (works)
            report(QByteArray::number(committed).constData());
    }
    return works ? 0 : 1;
}

int openDatabase(const QString &path)
{
    const sotto::Bytes key(sotto::Database::kKeyBytes, 'k');
    sotto::Database::Options options;
    options.key = key;
    const auto database = sotto::Database::open(path, options);
    return report(database ? "opened" : name(database.error().code));
}

int lockDirectory(const QString &path)
{
    const auto lock = sotto::InstanceLock::acquire(path);
    report(lock ? "locked" : name(lock.error().code));
    while (lock && std::getchar() != EOF) { }
    return 0;
}
} // namespace

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    const std::string_view command(argv[1]);
    const QString path = QString::fromLocal8Bit(argv[2]);
    if (command == "write" && argc == 4)
        return writeUntilKilled(path, QByteArray(argv[3]).toInt());
    return command == "open" ? openDatabase(path) : lockDirectory(path);
}
