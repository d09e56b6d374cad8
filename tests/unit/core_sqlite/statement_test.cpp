#include "core/sqlite/statement.h"

#include "core/sqlite/database.h"
#include "tests/kit/test_main.h"

#include <QTemporaryDir>
#include <QTest>

namespace sotto {

class StatementTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_directory;
    std::unique_ptr<Database> m_database;

private Q_SLOTS:
    void init()
    {
        static int count = 0;
        auto opened = Database::open(m_directory.filePath(QStringLiteral("%1.db").arg(++count)), {});
        QVERIFY(opened);
        m_database = std::move(*opened);
        QVERIFY(m_database->execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, n INTEGER, r REAL, t TEXT, b BLOB)"
                                    " STRICT; CREATE UNIQUE INDEX thing_text ON thing (t)"));
    }
    void cleanup() { m_database.reset(); }

    void storesAndReadsEveryType()
    {
        const AccountId account = *AccountId::fromBytes(Bytes(32, 'a'));
        auto insert = m_database->prepare("INSERT INTO thing (n, r, t, b) VALUES (:n, :r, :t, :b)");
        insert.bind(":n", Timestamp{1234});
        insert.bind(":r", 0.5);
        insert.bind(":t", QStringLiteral("жёлтый\0x"));
        insert.bind(":b", account);
        const auto changed = insert.run();
        QVERIFY(changed);
        QCOMPARE(*changed, 1);
        auto select = m_database->prepare("SELECT n, r, t, b FROM thing WHERE id = ?").with(m_database->lastInsertId());
        const auto stepped = select.step();
        QVERIFY(stepped);
        QCOMPARE(*stepped, Statement::Step::Row);
        Row row = select.row();
        QCOMPARE(row.time(0), Timestamp{1234});
        QCOMPARE(row.real(1), 0.5);
        QCOMPARE(row.text(2), QStringLiteral("жёлтый\0x"));
        QCOMPARE(row.id<AccountId>(3), account);
        QVERIFY(!row.isCorrupt());
    }
    void emptyIsNotNull()
    {
        QVERIFY(m_database->prepare("INSERT INTO thing (t, b) VALUES (?, ?)").with(QString(), Bytes()).run());
        auto select = m_database->prepare("SELECT t IS NULL, b IS NULL, n FROM thing");
        const auto nulls = select.first([](Row &row) {
            return std::array{row.boolean(0), row.boolean(1), row.isNull(2), !row.optionalInteger(2).has_value()};
        });
        QVERIFY(nulls);
        QCOMPARE(nulls->value(), (std::array{false, false, true, true}));
    }
    void absentOptionalsAreNull()
    {
        const std::optional<Timestamp> never;
        QVERIFY(m_database->prepare("INSERT INTO thing (n, b) VALUES (?, ?)").with(never, nullptr).run());
        QCOMPARE(m_database->prepare("SELECT count(*) FROM thing WHERE n IS NULL AND b IS NULL").number().valueOr(0),
                 1);
    }
    void aWrongTypeOrLengthIsCorrupt()
    {
        QVERIFY(m_database->prepare("INSERT INTO thing (n, b) VALUES (?, ?)").with(7, Bytes(31, 'a')).run());
        const auto id = m_database->prepare("SELECT b FROM thing").first([](Row &row) { return row.id<AccountId>(0); });
        QVERIFY(!id);
        QCOMPARE(id.error().code, ErrorCode::Corrupt);
        const auto text = m_database->prepare("SELECT n FROM thing").collect([](Row &row) { return row.text(0); });
        QVERIFY(!text);
        QCOMPARE(text.error().code, ErrorCode::Corrupt);
        const auto flag = m_database->prepare("SELECT n FROM thing").first([](Row &row) { return row.boolean(0); });
        QVERIFY(!flag);
        const auto device = m_database->prepare("SELECT 0").first([](Row &row) { return row.device(0); });
        QVERIFY(!device);
    }
    void aNumberThatDoesNotFitIsRefused()
    {
        static constexpr char kInsert[] = "INSERT INTO thing (n) VALUES (?)";
        const auto refused = m_database->prepare(kInsert).with(std::uint64_t(1) << 63).run();
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        QVERIFY(m_database->prepare(kInsert).with((std::uint64_t(1) << 63) - 1).run());
        QCOMPARE(m_database->prepare("SELECT count(*) FROM thing").number().valueOr(0), 1);
    }
    void aDuplicateKeyAlreadyExists()
    {
        const auto insert = [&] {
            return m_database->prepare("INSERT INTO thing (t) VALUES (?)").with(QStringLiteral("once")).run();
        };
        QVERIFY(insert());
        const auto second = insert();
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::AlreadyExists);
        QVERIFY(!second.error().detail.contains(QStringLiteral("once"))); // no stored value in an error
    }
    void aMistakeInTheSqlIsReportedWhenRun()
    {
        auto statement = m_database->prepare("SELECT nothing FROM nowhere");
        const auto stepped = statement.step();
        QVERIFY(!stepped);
        QCOMPARE(stepped.error().code, ErrorCode::Internal);
    }
    void canRunInsideItself()
    {
        for (int n = 0; n < 3; ++n)
            QVERIFY(m_database->prepare("INSERT INTO thing (n) VALUES (?)").with(n).run());
        const auto query = [&] { return m_database->prepare("SELECT n FROM thing ORDER BY n"); };
        const auto sums = query().collect([&](Row &outer) {
            std::int64_t sum = outer.integer(0) * 100;
            const auto inner = query().collect([](Row &row) { return row.integer(0); });
            for (const auto n : *inner)
                sum += n;
            return sum;
        });
        QVERIFY(sums);
        QCOMPARE(*sums, (std::vector<std::int64_t>{3, 103, 203}));
    }
    void aCachedStatementForgetsItsBindings()
    {
        static constexpr char kInsert[] = "INSERT INTO thing (t) VALUES (?)";
        QVERIFY(m_database->prepare(kInsert).with(QStringLiteral("first")).run());
        QVERIFY(m_database->prepare(kInsert).run()); // nothing bound: null, not "first"
        QCOMPARE(m_database->prepare("SELECT count(*) FROM thing WHERE t IS NULL").number().valueOr(0), 1);
    }
    void firstAnswersNothingForNoRow()
    {
        const auto none = m_database->prepare("SELECT n FROM thing").first([](Row &row) { return row.integer(0); });
        QVERIFY(none);
        QVERIFY(!none->has_value());
    }
};

SOTTO_TEST(StatementTest)

} // namespace sotto

#include "statement_test.moc"
