#include "core/search/search_terms.h"
#include "core/search/text_folding.h"
#include "tests/kit/test_main.h"

#include <QTest>
#include <algorithm>
#include <random>

namespace sotto {

namespace {

QStringList indexed(QStringView text)
{
    QStringList terms;
    for (const QByteArray &term : termsOf(text, TermUse::Index))
        terms += QString::fromUtf8(term);
    return terms;
}

} // namespace

class SearchTermsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ordinaryWordsGiveTrigramsAndTheirBeginning()
    {
        QCOMPARE(indexed(u"hello we"),
                 (QStringList{QStringLiteral("he"), QStringLiteral("hel"), QStringLiteral("ell"), QStringLiteral("llo"),
                              QStringLiteral("we")}));
        QCOMPARE(indexed(u"a b"), QStringList());
    }
    void scriptsWithoutSpacesGivePairsAndSingles()
    {
        QCOMPARE(indexed(u"你好吗"),
                 (QStringList{QStringLiteral("你"), QStringLiteral("好"), QStringLiteral("你好"), QStringLiteral("吗"),
                              QStringLiteral("好吗")}));
        QCOMPARE(indexed(u"t恤x"), (QStringList{QStringLiteral("恤"), QStringLiteral("t恤"), QStringLiteral("恤x")}));
        QCOMPARE(termsOf(u"你好", TermUse::Query), std::vector<QByteArray>{QByteArray("你好")});
        QVERIFY(termsOf(u"你", TermUse::Query).empty());
    }
    void aPictographIsATerm() { QCOMPARE(indexed(u"ok😀"), (QStringList{QStringLiteral("ok"), QStringLiteral("😀")})); }
    void punctuationNeverSplitsATerm()
    {
        for (char16_t mark = 0x21; mark < 0x7f; ++mark) {
            const QString text = fold(QString(QStringLiteral("a%1b")).arg(QChar(mark)));
            const auto terms = termsOf(text, TermUse::Query);
            QCOMPARE(terms.size(), std::size_t(1));
            for (const char byte : terms[0]) {
                const bool plain = (byte & 0x80) || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
                QVERIFY(plain);
            }
        }
    }
    void theIndexedFormIsTheTermsInARow()
    {
        const QString text = fold(u"Grüße, 我们 don't 😀😀 x");
        QByteArray joined;
        for (const QByteArray &term : termsOf(text, TermUse::Index))
            joined += (joined.isEmpty() ? "" : " ") + term;
        QCOMPARE(indexedForm(text), joined);
        QCOMPARE(indexedForm(u""), QByteArray());
    }
    /// The property the whole search stands on: what contains a word has its terms.
    void aTextHasTheTermsOfEachOfItsParts()
    {
        static const QString alphabet = QStringLiteral("abcdeß жй.,'-0你好が한😀❤🎉x");
        const auto characters = alphabet.toUcs4();
        std::mt19937 random(4);
        for (int i = 0; i < 20000; ++i) {
            QList<uint> drawn;
            for (int length = 1 + int(random() % 30); length > 0; --length)
                drawn += characters.at(qsizetype(random() % std::size_t(characters.size())));
            const qsizetype from = qsizetype(random() % std::size_t(drawn.size()));
            const QList<uint> part = drawn.mid(from, 1 + qsizetype(random() % 8));
            const auto toText = [](const QList<uint> &codes) {
                return fold(QString::fromUcs4(reinterpret_cast<const char32_t *>(codes.constData()), codes.size()));
            };
            const auto all = termsOf(toText(drawn), TermUse::Index);
            for (const QString &word : toText(part).split(QChar::Space, Qt::SkipEmptyParts)) {
                for (const QByteArray &term : termsOf(word, TermUse::Query))
                    QVERIFY(std::find(all.begin(), all.end(), term) != all.end());
            }
        }
    }
};

SOTTO_TEST(SearchTermsTest)

} // namespace sotto

#include "search_terms_test.moc"
