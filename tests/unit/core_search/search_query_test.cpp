#include "core/search/search_query.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

namespace {

bool hits(QStringView query, QStringView text) { return SearchQuery::parse(query).matches(text); }

/// The text with its highlights in brackets.
QString marked(QStringView query, const QString &text)
{
    const auto ranges = SearchQuery::parse(query).highlights(text);
    QString shown = text;
    for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
        shown.insert(range->end, QLatin1Char(']'));
        shown.insert(range->begin, QLatin1Char('['));
    }
    return shown;
}

} // namespace

class SearchQueryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyWordMustBeThereInAnyOrder()
    {
        QVERIFY(hits(u"world hello", u"Hello, wide world"));
        QVERIFY(!hits(u"world hallo", u"Hello, wide world"));
        QVERIFY(hits(u"orl", u"Hello, wide world"));
    }
    void oneOrTwoLettersMatchWhereAWordBegins()
    {
        QVERIFY(hits(u"wo", u"hello world"));
        QVERIFY(!hits(u"or", u"hello world"));
        QVERIFY(hits(u"ok", u"(OK)"));
        QVERIFY(hits(u"i", u"so am I"));
        QVERIFY(!hits(u"l", u"hello world"));
        QVERIFY(hits(u"ab", u"我abc"));
    }
    void punctuationAndIdeographsMatchAnywhere()
    {
        QVERIFY(hits(u":)", u"nice:)"));
        QVERIFY(hits(u"们", u"我们今天"));
        QVERIFY(hits(u"们今", u"我们今天"));
        QVERIFY(!hits(u"我今", u"我们今天"));
    }
    void anEmptyQueryHitsNothing()
    {
        QVERIFY(SearchQuery::parse(u"").isEmpty());
        QVERIFY(SearchQuery::parse(u" \n\u00ad ").isEmpty());
        QVERIFY(!hits(u"  ", u"text"));
    }
    void highlightsAreShownInTheOriginal()
    {
        QCOMPARE(marked(u"strasse", QStringLiteral("Die Straße, die STRASSE")),
                 QStringLiteral("Die [Straße], die [STRASSE]"));
        QCOMPARE(marked(u"еще", QStringLiteral("Ещё раз")), QStringLiteral("[Ещё] раз"));
        QCOMPARE(marked(u"محمد", QStringLiteral("مُحَمَّدٌ هنا")), QStringLiteral("[مُحَمَّدٌ] هنا"));
        QCOMPARE(marked(u"ell llo", QStringLiteral("hello")), QStringLiteral("h[ello]"));
        QCOMPARE(marked(u"his", QStringLiteral("Fußhistorie")), QStringLiteral("Fuß[his]torie"));
        QCOMPARE(marked(u"none", QStringLiteral("hello")), QStringLiteral("hello"));
        QCOMPARE(marked(u"wo", QStringLiteral("two words")), QStringLiteral("two [wo]rds"));
    }
    void theIndexIsAskedForWhatItHas()
    {
        QCOMPARE(SearchQuery::parse(u"Hello").terms().size(), std::size_t(3));
        QCOMPARE(SearchQuery::parse(u"你好").terms(), std::vector<QByteArray>{QByteArray("你好")});
        QCOMPARE(SearchQuery::parse(u"He").terms(), std::vector<QByteArray>{QByteArray("he")});
        QCOMPARE(SearchQuery::parse(u"he hello he").terms().size(), std::size_t(4));
        QVERIFY(SearchQuery::parse(u"x").terms().empty());
        QCOMPARE(SearchQuery::parse(u"好").terms(), std::vector<QByteArray>{QByteArray("好")});
        QVERIFY(SearchQuery::parse(u"...").terms().size() == 1);
    }
    void aHugeQueryIsCut()
    {
        QString words;
        for (int i = 0; i < 100000; ++i)
            words += QString::number(i * 7919) + QLatin1Char(' ');
        const auto query = SearchQuery::parse(words);
        QVERIFY(query.terms().size() <= 24);
        QVERIFY(query.matches(words));
    }
};

SOTTO_TEST(SearchQueryTest)

} // namespace sotto

#include "search_query_test.moc"
