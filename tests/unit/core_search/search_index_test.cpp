#include "core/search/search_index.h"
#include "core/search/search_terms.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "tests/kit/test_main.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <map>
#include <random>
#include <set>

namespace sotto {

namespace {

/// Texts in memory, as a table would hold them.
class Texts final : public TextSource {
public:
    Result<std::optional<QString>> text(std::int64_t row) override
    {
        ++reads;
        const auto found = rows.find(row);
        return found == rows.end() ? std::optional<QString>() : std::optional<QString>(found->second);
    }
    Result<std::vector<SearchableText>> newestBefore(std::int64_t row, int count) override
    {
        std::vector<SearchableText> found;
        for (auto at = rows.lower_bound(row); at != rows.begin() && int(found.size()) < count;) {
            --at;
            found.push_back({at->first, at->second});
        }
        reads += int(found.size());
        return found;
    }
    std::map<std::int64_t, QString> rows;
    int reads = 0;
};

std::vector<std::int64_t> bruteForce(const SearchQuery &query, const Texts &texts)
{
    std::vector<std::int64_t> found;
    for (auto row = texts.rows.rbegin(); row != texts.rows.rend(); ++row) {
        if (query.matches(row->second))
            found.push_back(row->first);
    }
    return found;
}

} // namespace

class SearchIndexTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void findsTheNewestFirstPageByPage();
    void foldsWhatItFinds();
    void findsOneAndTwoIdeographs();
    void falseCandidatesAreNotHits();
    void rowsThatAreGoneAreSkipped();
    void candidatesAreBounded();
    void oneLetterIsReadForInBoundedSteps();
    void agreesWithReadingEverything();
    void listsOverManyPagesSurviveDeleting();
    void aRolledBackTextIsNotFound();
    void T172_aDeletedTextLeavesNoTermBehind();
    void T172_aDeletedTextLeavesNoTermBehindInTheLog();
    void hostileTextsAndQueriesAreTaken();

private:
    void add(std::int64_t row, const QString &text);
    void remove(std::int64_t row);
    std::vector<std::int64_t> find(QStringView query, const SearchLimits &limits = {});
    bool shadowTablesHold(const QByteArray &bytes);
    std::set<QByteArray> vocabulary();
    void checkIntegrity();

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<Database> m_database;
    std::unique_ptr<SearchIndex> m_index;
    Texts m_texts;
};

void SearchIndexTest::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    const Bytes key(Database::kKeyBytes, '\x11');
    Database::Options options;
    options.key = ByteView(key);
    options.synchronous = Database::Synchronous::Normal; // speed; no test pulls the plug
    auto opened = Database::open(m_directory->filePath(QStringLiteral("search.db")), options);
    QVERIFY(opened);
    m_database = std::move(opened).value();
    QVERIFY(createSearchSchema(*m_database));
    m_index = std::make_unique<SearchIndex>(*m_database);
    m_texts = Texts();
}

void SearchIndexTest::cleanup()
{
    m_index.reset();
    m_database.reset();
}

void SearchIndexTest::add(std::int64_t row, const QString &text)
{
    QVERIFY(m_index->add(row, text));
    m_texts.rows[row] = text;
}

void SearchIndexTest::remove(std::int64_t row)
{
    QVERIFY(m_index->remove(row, m_texts.rows.at(row)));
    m_texts.rows.erase(row);
}

std::vector<std::int64_t> SearchIndexTest::find(QStringView query, const SearchLimits &limits)
{
    const auto page = m_index->find(SearchQuery::parse(query), limits, m_texts);
    return page ? page->rows : std::vector<std::int64_t>{-1};
}

bool SearchIndexTest::shadowTablesHold(const QByteArray &bytes)
{
    for (const auto *const sql : {"SELECT block FROM message_search_data", "SELECT term FROM message_search_idx"}) {
        const auto blocks = m_database->prepare(sql).collect([](Row &row) { return row.bytes(0); });
        if (!blocks)
            qFatal("the shadow tables cannot be read");
        for (const Bytes &block : *blocks) {
            if (block.contains(bytes))
                return true;
        }
    }
    return false;
}

/// Every term of the index, as FTS5 itself reads them.
std::set<QByteArray> SearchIndexTest::vocabulary()
{
    const auto made = m_database->execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary"
                                          " USING fts5vocab(main, message_search, row)");
    const auto terms = m_database->prepare("SELECT CAST(term AS BLOB) FROM temp.vocabulary").collect([](Row &row) {
        return row.bytes(0);
    });
    if (!made || !terms)
        qFatal("the vocabulary cannot be read");
    return {terms->begin(), terms->end()};
}

void SearchIndexTest::checkIntegrity()
{
    QVERIFY(m_database->execute("INSERT INTO message_search(message_search) VALUES ('integrity-check')"));
}

void SearchIndexTest::findsTheNewestFirstPageByPage()
{
    for (int row = 1; row <= 120; ++row)
        add(row, row % 3 == 0 ? QStringLiteral("see you at noon") : QStringLiteral("see you tomorrow"));
    SearchLimits limits;
    limits.hits = 15;
    std::vector<std::int64_t> all;
    for (int pages = 0; pages < 4; ++pages) {
        const auto page = m_index->find(SearchQuery::parse(u"noon"), limits, m_texts);
        QVERIFY(page);
        all.insert(all.end(), page->rows.begin(), page->rows.end());
        if (!page->continueBefore)
            break;
        limits.before = *page->continueBefore;
    }
    QCOMPARE(all.size(), std::size_t(40));
    QCOMPARE(all.front(), std::int64_t(120));
    QVERIFY(std::is_sorted(all.rbegin(), all.rend()));
    QCOMPARE(all, bruteForce(SearchQuery::parse(u"noon"), m_texts));
}

void SearchIndexTest::foldsWhatItFinds()
{
    add(1, QStringLiteral("Die STRASSE ist gesperrt"));
    add(2, QStringLiteral("Grüße aus der Straße"));
    add(3, QStringLiteral("Ёлка стоит"));
    add(4, QStringLiteral("مُحَمَّدٌ"));
    add(5, QStringLiteral("ＨＥＬＬＯ"));
    add(6, QStringLiteral("שָׁלוֹם"));
    QCOMPARE(find(u"straße"), (std::vector<std::int64_t>{2, 1}));
    QCOMPARE(find(u"GRUSSE"), (std::vector<std::int64_t>{2}));
    QCOMPARE(find(u"елка"), (std::vector<std::int64_t>{3}));
    QCOMPARE(find(u"محمد"), (std::vector<std::int64_t>{4}));
    QCOMPARE(find(u"hello"), (std::vector<std::int64_t>{5}));
    QCOMPARE(find(u"שלום"), (std::vector<std::int64_t>{6}));
}

void SearchIndexTest::findsOneAndTwoIdeographs()
{
    add(1, QStringLiteral("我们今天去上海"));
    add(2, QStringLiteral("今我天们"));
    add(3, QStringLiteral("明日は東京です"));
    add(4, QStringLiteral("오늘은 한글날"));
    m_texts.reads = 0;
    QCOMPARE(find(u"今天"), (std::vector<std::int64_t>{1}));
    QCOMPARE(find(u"東京"), (std::vector<std::int64_t>{3}));
    QCOMPARE(find(u"です"), (std::vector<std::int64_t>{3}));
    QCOMPARE(find(u"한글"), (std::vector<std::int64_t>{4}));
    QCOMPARE(find(u"海"), (std::vector<std::int64_t>{1}));
    QCOMPARE(m_texts.reads, 5); // the index gave the rows, nothing was scanned
}

void SearchIndexTest::falseCandidatesAreNotHits()
{
    add(1, QStringLiteral("abcd bcde"));
    QCOMPARE(find(u"abcde"), std::vector<std::int64_t>());
    add(2, QStringLiteral("xabcdex"));
    QCOMPARE(find(u"abcde"), (std::vector<std::int64_t>{2}));
    QCOMPARE(find(u"a;b"), std::vector<std::int64_t>());
    add(3, QStringLiteral("a{b")); // shares its term's form with the next
    QCOMPARE(find(u"a;b"), std::vector<std::int64_t>());
    add(4, QStringLiteral("a;b"));
    QCOMPARE(find(u"a;b"), (std::vector<std::int64_t>{4}));
}

void SearchIndexTest::rowsThatAreGoneAreSkipped()
{
    add(1, QStringLiteral("hidden words"));
    add(2, QStringLiteral("shown words"));
    m_texts.rows.erase(2);
    QCOMPARE(find(u"words"), (std::vector<std::int64_t>{1}));
}

void SearchIndexTest::candidatesAreBounded()
{
    add(1, QStringLiteral("abcde"));
    for (int row = 2; row <= 300; ++row)
        add(row, QStringLiteral("abcd bcde"));
    SearchLimits limits;
    limits.candidates = 100;
    m_texts.reads = 0;
    std::vector<std::int64_t> all;
    int pages = 0;
    for (std::optional<std::int64_t> before = limits.before; before; ++pages) {
        limits.before = *before;
        const auto page = m_index->find(SearchQuery::parse(u"abcde"), limits, m_texts);
        QVERIFY(page);
        QVERIFY(m_texts.reads <= 100 * (pages + 1));
        all.insert(all.end(), page->rows.begin(), page->rows.end());
        before = page->continueBefore;
    }
    QCOMPARE(pages, 3);
    QCOMPARE(all, (std::vector<std::int64_t>{1}));
}

void SearchIndexTest::oneLetterIsReadForInBoundedSteps()
{
    for (int row = 1; row <= 1000; ++row)
        add(row, row % 400 == 0 ? QStringLiteral("z?") : QStringLiteral("text %1").arg(row));
    SearchLimits limits;
    limits.candidates = 500;
    const auto newest = m_index->find(SearchQuery::parse(u"z"), limits, m_texts);
    QVERIFY(newest);
    QCOMPARE(newest->rows, (std::vector<std::int64_t>{800}));
    QCOMPARE(m_texts.reads, 500);
    limits.before = *newest->continueBefore;
    limits.candidates = 5000;
    const auto rest = m_index->find(SearchQuery::parse(u"z"), limits, m_texts);
    QVERIFY(rest);
    QCOMPARE(rest->rows, (std::vector<std::int64_t>{400}));
    QVERIFY(!rest->continueBefore);
}

/// Any mixture of adding and removing, in transactions of any size: the same rows as reading every text gives.
void SearchIndexTest::agreesWithReadingEverything()
{
    static const QString alphabet = QStringLiteral("aabbcdeeß жй.'0你你好が한😀   ");
    std::mt19937 random(5);
    const auto randomText = [&](int most) {
        QString text;
        for (int length = 1 + int(random() % unsigned(most)); length > 0; --length)
            text += alphabet.at(qsizetype(random() % unsigned(alphabet.size())));
        return text;
    };
    std::int64_t last = 0;
    for (int round = 0; round < 60; ++round) {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        for (int i = int(random() % 60); i > 0; --i)
            add(++last, randomText(40));
        for (int i = int(random() % 40); i > 0 && !m_texts.rows.empty(); --i) {
            const auto some = m_texts.rows.lower_bound(std::int64_t(random() % unsigned(last)) + 1);
            if (some != m_texts.rows.end())
                remove(some->first);
        }
        QVERIFY(transaction->commit());
        SearchLimits everything;
        everything.hits = everything.candidates = 1000000;
        for (int i = 0; i < 20; ++i) {
            const QString words = randomText(i % 2 == 0 ? 4 : 8);
            const auto query = SearchQuery::parse(words);
            QVERIFY2(find(words, everything) == bruteForce(query, m_texts), qPrintable(words));
        }
        if (round % 10 == 0)
            checkIntegrity();
    }
}

/// Terms of nearly every row fill many pages; deleting rewrites those in the middle.
void SearchIndexTest::listsOverManyPagesSurviveDeleting()
{
    std::mt19937 random(7);
    constexpr int kRows = 20000, kBatch = 500;
    for (int row = 1; row <= kRows;) {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        for (int i = 0; i < kBatch; ++i, ++row)
            add(row, QStringLiteral("the common 我们 %1").arg(random() % 5000, 4, 36, QLatin1Char('x')));
        QVERIFY(transaction->commit());
    }
    const auto removeRange = [&](std::int64_t from, std::int64_t to, std::int64_t step) {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        for (std::int64_t row = from; step > 0 ? row < to : row > to; row += step) {
            if (m_texts.rows.contains(row))
                remove(row);
        }
        QVERIFY(transaction->commit());
        checkIntegrity();
    };
    const auto checkAll = [&] {
        SearchLimits everything;
        everything.hits = everything.candidates = kRows;
        for (const auto *const query : {u"common", u"我们", u"the common", u"们", u"x1", u"xx1z"})
            QVERIFY2(find(query, everything) == bruteForce(SearchQuery::parse(query), m_texts),
                     qPrintable(QStringView(query).toString()));
    };
    removeRange(5000, 9000, 1); // a whole stretch
    checkAll();
    removeRange(10000, 20000, 7); // here and there
    checkAll();
    removeRange(4000, 1, -3); // downwards
    checkAll();
    while (true) {
        const auto merged = m_index->mergeSome(200);
        QVERIFY(merged);
        if (!*merged)
            break;
    }
    checkIntegrity();
    checkAll();
    removeRange(1, kRows + 1, 1); // all that is left
    QCOMPARE(find(u"common"), std::vector<std::int64_t>());
    QVERIFY(vocabulary().empty());
}

void SearchIndexTest::aRolledBackTextIsNotFound()
{
    add(1, QStringLiteral("kept words"));
    {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        QVERIFY(m_index->add(2, u"lost words"));
        auto savepoint = Savepoint::begin(*m_database);
        QVERIFY(savepoint);
        QVERIFY(m_index->add(3, u"also lost words"));
    }
    m_texts.rows[2] = m_texts.rows[3] = QStringLiteral("words");
    QCOMPARE(find(u"words"), (std::vector<std::int64_t>{1}));
    checkIntegrity();
}

void SearchIndexTest::T172_aDeletedTextLeavesNoTermBehind()
{
    // Alone, at the end and at the beginning of its segment and its page; in old segments and in the newest.
    const QStringList secrets{QStringLiteral("ŋqzəŋ"), QStringLiteral("ѫѭѯѱ"), QStringLiteral("龘靐齉"),
                              QStringLiteral("🧬")};
    std::int64_t last = 0;
    std::vector<std::int64_t> secretRows;
    std::mt19937 random(6);
    for (int batch = 0; batch < 40; ++batch) {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        for (int i = 0; i < 50; ++i) {
            const bool secret = batch % 8 == 3 && i == 20;
            const QString text =
                secret ? secrets.join(QChar::Space) : QStringLiteral("ordinary words %1 and more").arg(random(), 0, 25);
            add(++last, text);
            if (secret)
                secretRows.push_back(last);
        }
        QVERIFY(transaction->commit());
    }
    QVERIFY(shadowTablesHold("靐"));
    QVERIFY(vocabulary().contains(QByteArray("ѫѭѯ")));
    for (const std::int64_t row : secretRows)
        remove(row);
    QVERIFY(m_database->checkpoint());
    for (const QString &secret : secrets) {
        for (const QByteArray &term : termsOf(secret, TermUse::Index)) {
            QVERIFY2(term.size() < 4 || !shadowTablesHold(term.mid(1)), term.constData());
            QVERIFY2(!vocabulary().contains(term), term.constData());
        }
        QCOMPARE(find(secret), std::vector<std::int64_t>());
    }
    QVERIFY(!find(u"ordinary").empty());
    checkIntegrity();
}

void SearchIndexTest::T172_aDeletedTextLeavesNoTermBehindInTheLog()
{
    add(1, QStringLiteral("ordinary words"));
    add(2, QStringLiteral("龘靐齉"));
    remove(2);
    QVERIFY(m_database->checkpoint());
    QFile log(m_directory->filePath(QStringLiteral("search.db-wal")));
    QCOMPARE(log.size(), qint64(0));
    QVERIFY(!shadowTablesHold("龘"));
}

void SearchIndexTest::hostileTextsAndQueriesAreTaken()
{
    QString marks = QStringLiteral("a"), distinct;
    for (int i = 0; i < 10000; ++i)
        marks += QChar(0x0300 + i % 0x60);
    for (int i = 0; i < 20000; ++i)
        distinct += QChar(char16_t(0x4e00 + i));
    add(1, marks);
    add(2, distinct);
    add(3, QString(65536, QLatin1Char('a')));
    add(4, QStringLiteral("\" OR * NEAR(a b) ^terms:x' -- \\ %_"));
    add(5, QString(QChar(u'\0')) + QStringLiteral("after\0zero"));
    add(6, QString(100, QChar(0xd800)) + QStringLiteral("lone"));
    QCOMPARE(find(distinct.mid(5000, 40)), (std::vector<std::int64_t>{2}));
    QCOMPARE(find(QString(100, QLatin1Char('a'))), (std::vector<std::int64_t>{3}));
    QCOMPARE(find(u"\" OR * near(a"), (std::vector<std::int64_t>{4}));
    QCOMPARE(find(u"terms:x'"), (std::vector<std::int64_t>{4}));
    QCOMPARE(find(u"%_"), (std::vector<std::int64_t>{4}));
    QCOMPARE(find(u"after"), (std::vector<std::int64_t>{5}));
    QCOMPARE(find(u"lone"), (std::vector<std::int64_t>{6}));
    for (std::int64_t row = 1; row <= 6; ++row)
        remove(row);
    checkIntegrity();
    QVERIFY(!shadowTablesHold("aaa"));
}

SOTTO_TEST(SearchIndexTest)

} // namespace sotto

#include "search_index_test.moc"
