// sqlite_helper open FILE     opens FILE with a fixed key; prints "opened" or the error's name
// sqlite_helper lock DIR      locks DIR, prints "locked" or the error's name, then waits for the end of its input
#include "core/sqlite/database.h"
#include "core/sqlite/instance_lock.h"

#include <cstdio>

namespace {
int report(const char *text)
{
    std::printf("%s\n", text);
    std::fflush(stdout);
    return 0;
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
    if (argc != 3)
        return 2;
    const QString path = QString::fromLocal8Bit(argv[2]);
    return std::string_view(argv[1]) == "open" ? openDatabase(path) : lockDirectory(path);
}
