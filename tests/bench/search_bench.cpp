// Measures the full-text search of core/search on an encrypted database: speed of find, cost of add and remove, sizes.
// usage: search_bench [--messages N] [--queries N] [--directory DIR] [--automerge N] [--smoke]
// Prints one line a figure. With --smoke (20,000 messages, for CI) it fails when a figure is over three times its bar,
// in wall time or in processor time.
#include "core/search/search_index.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "tests/bench/figures.h"
#include "tests/bench/search_corpus.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <unistd.h>

namespace sotto::bench {

namespace {

constexpr int kBatch = 100; // as the inbox commits
constexpr std::uint64_t kSeed = 20260101;
/// What the slowest kind of query takes with 20,000 messages, p95.
constexpr double kSmokeProcessorMilliseconds = 4;
const Bytes kKey(Database::kKeyBytes, '\x42');

// Stands for core/storage's table: the same kinds of columns and indexes.
constexpr char kSchema[] = R"(
    CREATE TABLE messages(
        id INTEGER PRIMARY KEY AUTOINCREMENT, message_id BLOB NOT NULL, conversation_id INTEGER NOT NULL,
        sender BLOB NOT NULL, sender_device INTEGER NOT NULL, sent_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
        state INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX messages_message_id ON messages(message_id);
    CREATE INDEX messages_conversation ON messages(conversation_id, sent_ms);
)";

std::unique_ptr<Database> openDatabase(const QString &path, Database::Mode mode, int cacheKibibytes = 4096)
{
    Database::Options options;
    options.key = ByteView(kKey);
    options.mode = mode;
    options.cacheKibibytes = cacheKibibytes;
    return must(Database::open(path, options));
}

class MessageTexts final : public TextSource {
public:
    explicit MessageTexts(Database &database) : m_database(database) { }
    Result<std::optional<QString>> text(std::int64_t row) override
    {
        ++reads;
        return m_database.prepare("SELECT body FROM messages WHERE id = ?").with(row).first([](Row &found) {
            return found.text(0);
        });
    }
    Result<std::vector<SearchableText>> newestBefore(std::int64_t row, int count) override
    {
        return m_database.prepare("SELECT id, body FROM messages WHERE id < ? ORDER BY id DESC LIMIT ?")
            .with(row, count)
            .collect([](Row &found) {
                return SearchableText{found.integer(0), found.text(1)};
            });
    }
    std::int64_t reads = 0;

private:
    Database &m_database;
};

struct Load {
    std::int64_t textBytes = 0;
    double wallSeconds = 0;
    double cpuSecondsSpent = 0; ///< text generation excluded
    double addSeconds = 0;
};

/// Appends `count` messages in transactions of kBatch, with or without the index.
Load append(Database &database, Corpus &corpus, int count, bool indexed)
{
    Load load;
    SearchIndex index(database);
    static std::mt19937_64 random(kSeed);
    for (int done = 0; done < count; done += kBatch) {
        std::vector<QString> texts;
        for (int i = 0; i < std::min(kBatch, count - done); ++i)
            texts.push_back(corpus.next());
        const double cpuBefore = cpuSeconds();
        QElapsedTimer timer;
        timer.start();
        auto transaction = must(Transaction::begin(database));
        for (const QString &text : texts) {
            QByteArray id(16, '\0'), sender(32, char(random() % 50));
            for (char &byte : id)
                byte = char(random());
            load.textBytes += text.toUtf8().size();
            must(database
                     .prepare("INSERT INTO messages(message_id, conversation_id, sender, sender_device, sent_ms,"
                              " received_ms, state, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                     .with(id, int(random() % 50), sender, 17, 1760000000000 + done, 1760000000100 + done, 2, text)
                     .run());
            if (!indexed)
                continue;
            QElapsedTimer adding;
            adding.start();
            must(index.add(database.lastInsertId(), text));
            load.addSeconds += double(adding.nsecsElapsed()) * 1e-9;
        }
        must(transaction.commit());
        load.wallSeconds += double(timer.nsecsElapsed()) * 1e-9;
        load.cpuSecondsSpent += cpuSeconds() - cpuBefore;
    }
    return load;
}

std::int64_t number(Database &database, std::string_view sql) { return must(database.prepare(sql).number()); }

/// Wall time is what counts; processor time shows what a busy machine added to it.
struct Times {
    std::vector<double> milliseconds, processor;
    int hits = 0, unfinished = 0;
    std::int64_t reads = 0;
};

double quantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[std::size_t(q * double(values.size() - 1))];
}

/// Takes the time from its making to `addTo`.
class Stopwatch {
public:
    Stopwatch() : m_processor(cpuSeconds()) { m_wall.start(); }
    void addTo(Times &times) const
    {
        times.milliseconds.push_back(double(m_wall.nsecsElapsed()) * 1e-6);
        times.processor.push_back((cpuSeconds() - m_processor) * 1e3);
    }

private:
    double m_processor;
    QElapsedTimer m_wall;
};

void timeOne(Database &database, const QString &query, Times &times)
{
    MessageTexts source(database);
    const Stopwatch watch;
    const auto page = must(SearchIndex(database).find(SearchQuery::parse(query), {}, source));
    watch.addTo(times);
    times.hits += int(page.rows.size());
    times.unfinished += page.continueBefore && page.rows.size() < 50 ? 1 : 0;
    times.reads += source.reads;
}

void report(const QString &name, const Times &times)
{
    const double count = double(times.milliseconds.size());
    std::printf("%-36s p50 %7.2f  p95 %7.2f  worst %7.2f ms wall; p95 %6.2f  worst %6.2f ms processor"
                "  (%.0f: %.1f hits, %.1f texts read, %d cut)\n",
                qPrintable(name), quantile(times.milliseconds, 0.5), quantile(times.milliseconds, 0.95),
                quantile(times.milliseconds, 1), quantile(times.processor, 0.95), quantile(times.processor, 1), count,
                double(times.hits) / count, double(times.reads) / count, times.unfinished);
    std::fflush(stdout);
}

/// Queries of one kind, the same for every run.
struct QuerySet {
    QString name;
    QStringList queries;
    double barMilliseconds = 0; ///< p95; 0: no bar
};

bool isCjk(QChar c) { return c.unicode() >= 0x3041 && c.unicode() <= 0xd7a3; }

std::vector<QuerySet> makeQueries(Database &database, int count)
{
    std::mt19937_64 random(kSeed * 3);
    const auto below = [&](qsizetype bound) {
        return qsizetype(random() % std::uint64_t(std::max<qsizetype>(bound, 1)));
    };
    const std::int64_t messages = number(database, "SELECT max(id) FROM messages");
    const auto anyText = [&] {
        return *must(database.prepare("SELECT body FROM messages WHERE id = ?")
                         .with(std::int64_t(1 + random() % std::uint64_t(messages)))
                         .first([](Row &row) { return row.text(0); }));
    };
    QuerySet substrings{QStringLiteral("substring, 3-12 characters"), {}, 20};
    QuerySet threeOnly{QStringLiteral("substring, 3 characters"), {}, 20};
    QuerySet words{QStringLiteral("two words of one message"), {}, 20};
    QuerySet pairs{QStringLiteral("two CJK characters"), {}, 50};
    QuerySet longer{QStringLiteral("CJK, 3-6 characters"), {}, 20};
    QuerySet absent{QStringLiteral("absent: shuffled words, 6-12"), {}, 20};
    QuerySet absentPairs{QStringLiteral("two CJK characters, random"), {}, 50};
    while (substrings.queries.size() < count) {
        const QString text = anyText();
        const qsizetype length = 3 + below(10);
        const QString part = text.mid(below(text.size() - length), length).trimmed();
        if (part.size() >= 3)
            substrings.queries += part;
        if (part.size() >= 3 && !part.left(3).contains(QChar::Space) && threeOnly.queries.size() < count)
            threeOnly.queries += part.left(3);
        QString letters = part + anyText().left(8);
        letters.remove(QChar::Space);
        std::shuffle(letters.begin(), letters.end(), random);
        if (letters.size() >= 6 && absent.queries.size() < count)
            absent.queries += letters.left(12);
    }
    while (words.queries.size() < count) {
        const QStringList all = anyText().split(QChar::Space);
        if (all.size() > 3)
            words.queries += all.at(below(all.size())) + QChar::Space + all.at(below(all.size()));
    }
    while (pairs.queries.size() < count) {
        const QString text = anyText();
        const qsizetype at = below(text.size() - 6);
        const qsizetype length = 3 + below(4);
        if (text.size() < at + 6 || !isCjk(text.at(at)) || !isCjk(text.at(at + 1)))
            continue;
        pairs.queries += text.mid(at, 2);
        if (std::all_of(text.begin() + at, text.begin() + at + length, isCjk))
            longer.queries += text.mid(at, length);
        absentPairs.queries += QString(QChar(char16_t(0x4e00 + random() % 3000))) + text.at(at);
    }
    QuerySet common{QStringLiteral("commonest words and parts"), {}, 20};
    common.queries =
        QStringLiteral(
            "the you that ing ich nicht sch que est что это при ение الله ال هذا 진짜 오늘 的 我们 です ありがとう "
            "今天 谢谢 https example.org :30 thing and und ist ein der")
            .split(QChar::Space);
    common.queries.removeAll(QStringLiteral("ال"));
    common.queries.removeAll(QStringLiteral("的"));
    QuerySet hostile{QStringLiteral("hostile: common terms, no hit"), {}, 0};
    hostile.queries =
        QStringLiteral("theingthe andyouthat whatthehave tonightathe nichtscheineich eindersist yquelosqueest "
                       "чтоэтокак сегодняприветчто اليومهذا的我不 我们今天的我们 ですますした")
            .split(QChar::Space);
    QuerySet single{QStringLiteral("one character"), {}, 0};
    single.queries = QStringLiteral("e z я 我 猫 ! é 龘").split(QChar::Space);
    return {substrings, threeOnly, words, common, absent, pairs, absentPairs, longer, hostile, single};
}

void forgetFile(const QString &path)
{
    const int file = ::open(QFile::encodeName(path).constData(), O_RDONLY);
    if (file < 0)
        return;
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    ::close(file);
}

int run(const QString &directory, int messages, int queries, int automerge, bool smoke)
{
    const QString path = directory + QStringLiteral("/search.db");
    Bars bars(smoke);
    const QString plainPath = directory + QStringLiteral("/plain.db");
    {
        Corpus corpus(kSeed);
        const auto plain = openDatabase(plainPath, Database::Mode::Writer);
        must(plain->execute(kSchema));
        const Load load = append(*plain, corpus, messages, false);
        must(plain->checkpoint());
        std::printf("without index: %.1f us CPU, %.1f us wall a message\n", load.cpuSecondsSpent * 1e6 / messages,
                    load.wallSeconds * 1e6 / messages);
    }
    Corpus corpus(kSeed); // the same messages again
    auto database = openDatabase(path, Database::Mode::Writer);
    must(database->execute(kSchema));
    must(createSearchSchema(*database));
    if (automerge > 0)
        must(database->prepare("INSERT INTO message_search(message_search, rank) VALUES ('automerge', ?)")
                 .with(automerge)
                 .run());
    std::int64_t textBytes = 0;
    for (int part = 0; part < 10; ++part) {
        const Load load = append(*database, corpus, messages / 10, true);
        textBytes += load.textBytes;
        const double micros = load.cpuSecondsSpent * 1e6 / double(messages / 10);
        std::printf("with index, part %d: %.1f us CPU, %.1f us wall a message, of it add() %.1f us\n", part, micros,
                    load.wallSeconds * 1e6 / double(messages / 10), load.addSeconds * 1e6 / double(messages / 10));
        std::fflush(stdout);
    }
    must(database->checkpoint());
    const double fileBytes = double(QFile(path).size());
    const double segments = double(number(*database, "SELECT count(DISTINCT segid) FROM message_search_idx"));
    const double indexBytes = fileBytes - double(QFile(plainPath).size());
    std::printf("text %.1f MB (%.1f bytes a message), file %.1f MB, index %.1f MB, %.0f segments\n",
                double(textBytes) / 1e6, double(textBytes) / messages, fileBytes / 1e6, indexBytes / 1e6, segments);
    bars.atMost("search: indexes / text", indexBytes / double(textBytes), 3, "times");

    auto reader = openDatabase(path, Database::Mode::Reader);
    for (const QuerySet &set : makeQueries(*reader, queries)) {
        Times warm, cold;
        for (const QString &query : set.queries)
            timeOne(*reader, query, warm);
        report(set.name, warm);
        for (qsizetype i = 0; i < std::min<qsizetype>(set.queries.size(), queries / 5); ++i) {
            forgetFile(path);
            const auto fresh = openDatabase(path, Database::Mode::Reader);
            timeOne(*fresh, set.queries.at(i), cold);
        }
        report(QStringLiteral("  cold: ") + set.name, cold);
        if (set.barMilliseconds == 0)
            continue;
        const std::string what = "search: " + set.name.toStdString() + ", p95";
        bars.atMost(what.c_str(), quantile(warm.milliseconds, 0.95), set.barMilliseconds, "ms");
        if (smoke)
            bars.atMost((what + " CPU").c_str(), quantile(warm.processor, 0.95), kSmokeProcessorMilliseconds, "ms");
    }
    reader.reset();

    // Deleting: single messages, each its own transaction as a person does it, then a whole chat at once.
    SearchIndex index(*database);
    MessageTexts source(*database);
    std::mt19937_64 random(kSeed * 7);
    const auto removeRow = [&](std::int64_t row) {
        if (const auto text = must(source.text(row))) {
            must(index.remove(row, *text));
            must(database->prepare("DELETE FROM messages WHERE id = ?").with(row).run());
        }
    };
    Times single;
    for (int i = 0; i < 200; ++i) {
        const Stopwatch watch;
        auto transaction = must(Transaction::begin(*database));
        removeRow(std::int64_t(1 + random() % std::uint64_t(messages)));
        must(transaction.commit());
        watch.addTo(single);
    }
    report(QStringLiteral("remove one message"), single);
    // Its messages lie anywhere between those of others, and go in the order of their rows.
    for (const int chat : {100, 1000}) {
        const std::int64_t distance = messages / chat / 2;
        Times all;
        const Stopwatch watch;
        auto transaction = must(Transaction::begin(*database));
        for (int i = 0; i < chat; ++i)
            removeRow(1 + i * distance + std::int64_t(random() % std::uint64_t(distance)));
        must(transaction.commit());
        watch.addTo(all);
        std::printf("remove %d messages in one transaction: %.2f ms wall, %.2f ms processor each\n", chat,
                    all.milliseconds[0] / chat, all.processor[0] / chat);
    }
    return bars.allHold() ? 0 : 1;
}

} // namespace

} // namespace sotto::bench

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    const QCommandLineOption messages(QStringLiteral("messages"), {}, QStringLiteral("N"), QStringLiteral("1000000"));
    const QCommandLineOption queries(QStringLiteral("queries"), {}, QStringLiteral("N"), QStringLiteral("500"));
    const QCommandLineOption directory(QStringLiteral("directory"), {}, QStringLiteral("DIR"));
    const QCommandLineOption smoke(QStringLiteral("smoke"));
    const QCommandLineOption automerge(QStringLiteral("automerge"), {}, QStringLiteral("N"), QStringLiteral("0"));
    parser.addOptions({messages, queries, directory, automerge, smoke});
    parser.process(application);
    const QTemporaryDir own;
    const bool isSmoke = parser.isSet(smoke);
    return sotto::bench::run(parser.isSet(directory) ? parser.value(directory) : own.path(),
                             isSmoke ? 20000 : parser.value(messages).toInt(),
                             isSmoke ? 50 : parser.value(queries).toInt(), parser.value(automerge).toInt(), isSmoke);
}
