#include "core/search/text_folding.h"
#include "tests/kit/test_main.h"

#include <QElapsedTimer>
#include <QTest>
#include <algorithm>
#include <random>

namespace sotto {

namespace {

/// Every character that can stand in a text.
template <class Visit> void forEachCharacter(Visit visit)
{
    for (char32_t character = 0; character <= 0x10ffff; ++character) {
        if (!QChar::isSurrogate(character))
            visit(character);
    }
}

QString oneCharacter(char32_t character) { return QString::fromUcs4(&character, 1); }

/// Letters and marks of many scripts in any order, hostile sequences included.
QString randomText(std::mt19937 &random)
{
    static const char32_t starts[] = {0x20,   0xc0,   0x300,  0x370,  0x400,  0x590,  0x600,  0x900,
                                      0xe00,  0xf70,  0x1100, 0x1e00, 0x3040, 0x3090, 0x30a0, 0x4e00,
                                      0xac00, 0xfb00, 0xfe70, 0xff00, 0xd800, 0x1f600};
    QString text;
    for (int i = int(random() % 40); i > 0; --i) {
        const char32_t start = starts[random() % std::size(starts)];
        const char32_t character = start + char32_t(random() % 0x90);
        if (QChar::isSurrogate(character))
            text += QChar(char16_t(character));
        else
            text += oneCharacter(character);
    }
    return text;
}

} // namespace

class TextFoldingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalForAReader_data();
    void equalForAReader();
    void different_data();
    void different();
    void readsAsWritten();
    void foldingTwiceChangesNothing();
    void spellingsOfOneCharacterFoldAlike();
    void spellingsOfATextFoldAlike();
    void originsLeadBack();
    void marksBelongToTheirLetter();
    void hostileMarksCostLinearTime();
};

void TextFoldingTest::equalForAReader_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    const auto row = [](const char *name, const char *one, const char *other) {
        QTest::newRow(name) << QString::fromUtf8(one) << QString::fromUtf8(other);
    };
    row("case", "Hello", "hELLO");
    row("umlaut", "Grüße", "GRUSSE");
    row("capital sharp s", "STRAẞE", "strasse");
    row("French", "Œuvre déjà ÇA", "oeuvre deja ca");
    row("Polish", "Łódź", "lodz");
    row("Danish", "Rødgrød på Ærø", "rodgrod pa aero");
    row("Vietnamese", "Đường phố Huế", "duong pho hue");
    row("Turkish", "ISTANBUL ıstanbul", "İstanbul istanbul");
    row("Russian yo", "Ёлка ещё", "елка еще");
    row("Russian stress", "за́мок", "замок");
    row("Greek", "Ὀδυσσεύς ΟΔΟΣ", "οδυσσευσ οδος");
    row("Arabic harakat", "مُحَمَّدٌ", "محمد");
    row("Arabic alef and hamza", "أإآٱا", "ااااا");
    row("Arabic tatweel", "سـلــام", "سلام");
    row("Arabic presentation forms", "ﺳﻼﻡ", "سلام");
    row("Persian letters", "کتابی", "كتابي");
    row("Persian joiner", "می\u200cخواهم", "میخواهم");
    row("Arabic digits", "٠١٢٣٤٥٦٧٨٩ ۴۲", "0123456789 42");
    row("Hebrew niqqud", "שָׁלוֹם", "שלום");
    row("Hebrew cantillation", "בְּרֵאשִׁ֖ית", "בראשית");
    row("Hebrew final letters", "שלומ", "שלום");
    row("Hindi nukta", "ज़मीन", "जमीन");
    row("Thai tones", "น้ำ", "นำ");
    row("full width", "ＡＢＣ１２３！", "abc123!");
    row("half width kana", "ｶﾀｶﾅ ﾊﾟﾝ ｶﾞ", "カタカナ パン ガ");
    row("kana decomposed", "か\u3099", "が");
    row("Hangul decomposed", "\u1112\u1161\u11ab\u1100\u1173\u11af", "한글");
    row("ligature", "ﬁnd", "find");
    row("superscript", "m²", "m2");
    row("enclosed", "①②", "12");
    row("quotes", "don’t “x”", "don't \"x\"");
    row("soft hyphen", "co\u00adoperate", "cooperate");
    row("emoji style", "❤\ufe0f", "❤");
    row("no-break and wide space", "a\u00a0b\u3000c", "a b c");
    row("line break", "a\nb\tc", "a b c");
    row("strike through", "s\u0336e\u0336c", "sec");
}

void TextFoldingTest::equalForAReader()
{
    QFETCH(QString, one);
    QFETCH(QString, other);
    QCOMPARE(fold(one), fold(other));
}

void TextFoldingTest::different_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    const auto row = [](const char *name, const char *one, const char *other) {
        QTest::newRow(name) << QString::fromUtf8(one) << QString::fromUtf8(other);
    };
    row("Cyrillic short i", "мой", "мои");
    row("Cyrillic short i decomposed", "мои\u0306", "мои");
    row("Ukrainian yi", "їжак", "іжак");
    row("Belarusian short u", "воўк", "воук");
    row("kana voicing", "かき", "がき");
    row("kana half voicing", "パン", "バン");
    row("Hindi vowels", "की", "कु");
    row("Hindi virama", "क्त", "कत");
    row("Thai vowels", "กิน", "กุน");
    row("letters", "cat", "cut");
}

void TextFoldingTest::different()
{
    QFETCH(QString, one);
    QFETCH(QString, other);
    QVERIFY2(fold(one) != fold(other), qPrintable(fold(one)));
}

void TextFoldingTest::readsAsWritten()
{
    QCOMPARE(fold(u"Grüße aus Łódź, Ёлка!"), QStringLiteral("grusse aus lodz, елка!"));
    QCOMPARE(fold(u"你好，世界"), QStringLiteral("你好,世界"));
    QCOMPARE(fold(u"がぱ ヴ 한글"), QStringLiteral("がぱ ヴ 한글"));
    QCOMPARE(fold(u""), QString());
    QCOMPARE(fold(QString(QChar(0xd800)) + QLatin1Char('A')), QStringLiteral("\ufffda"));
}

void TextFoldingTest::foldingTwiceChangesNothing()
{
    forEachCharacter([](char32_t character) {
        const QString once = fold(oneCharacter(character));
        if (fold(once) != once)
            QFAIL(qPrintable(QStringLiteral("U+%1").arg(uint(character), 4, 16)));
    });
    std::mt19937 random(1);
    for (int i = 0; i < 20000; ++i) {
        const QString once = fold(randomText(random));
        QCOMPARE(fold(once), once);
    }
}

void TextFoldingTest::spellingsOfOneCharacterFoldAlike()
{
    forEachCharacter([](char32_t character) {
        const QString text = oneCharacter(character);
        const QString folded = fold(text);
        const bool alike = folded == fold(text.normalized(QString::NormalizationForm_D, QChar::Unicode_14_0))
            && folded == fold(text.normalized(QString::NormalizationForm_C, QChar::Unicode_14_0));
        if (!alike)
            QFAIL(qPrintable(QStringLiteral("U+%1").arg(uint(character), 4, 16)));
    });
}

void TextFoldingTest::spellingsOfATextFoldAlike()
{
    std::mt19937 random(2);
    for (int i = 0; i < 20000; ++i) {
        const QString text = randomText(random);
        QCOMPARE(fold(text.normalized(QString::NormalizationForm_D, QChar::Unicode_14_0)),
                 fold(text.normalized(QString::NormalizationForm_C, QChar::Unicode_14_0)));
        QCOMPARE(fold(text.normalized(QString::NormalizationForm_D, QChar::Unicode_14_0)), fold(text));
    }
}

void TextFoldingTest::originsLeadBack()
{
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
        const QString text = randomText(random);
        const FoldedText folded = foldWithOrigins(text);
        QCOMPARE(folded.text, fold(text));
        QCOMPARE(qsizetype(folded.origins.size()), folded.text.size());
        QVERIFY(std::is_sorted(folded.origins.begin(), folded.origins.end()));
        for (qsizetype at = 0; at < folded.text.size(); ++at) {
            const TextRange range = folded.original({at, at + 1});
            QVERIFY(range.begin < range.end);
            QVERIFY(range.end <= text.size());
        }
    }
}

void TextFoldingTest::marksBelongToTheirLetter()
{
    const FoldedText folded = foldWithOrigins(u"xe\u0301\u0323y");
    QCOMPARE(folded.text, QStringLiteral("xey"));
    QCOMPARE(folded.original({1, 2}), (TextRange{1, 4}));
    QCOMPARE(folded.original({2, 3}), (TextRange{4, 5}));
    const FoldedText sharp = foldWithOrigins(u"Fuß!");
    QCOMPARE(sharp.original({3, 4}), (TextRange{2, 3})); // the second s
    const FoldedText digraph = foldWithOrigins(u"\u1112\u1161\u11ab!");
    QCOMPARE(digraph.original({0, 1}), (TextRange{0, 3}));
}

void TextFoldingTest::hostileMarksCostLinearTime()
{
    // Stripped, kept in the wrong order, and expanding characters; a quadratic fold would take minutes.
    QString stripped = QStringLiteral("a"), kept = QStringLiteral("\u0f40"), expanding;
    for (int i = 0; i < 300000; ++i) {
        stripped += QChar(0x0301);
        kept += i % 2 == 0 ? QChar(0x0f74) : QChar(0x0f71); // Tibetan vowels, classes 132 and 129
        expanding += QChar(0xfdfa);
    }
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(fold(stripped), QStringLiteral("a"));
    QCOMPARE(fold(kept).size(), qsizetype(1 + kMaxKeptMarks));
    QCOMPARE(fold(expanding).size(), qsizetype(18 * 300000));
    QVERIFY2(timer.elapsed() < 20000, qPrintable(QString::number(timer.elapsed())));
    QCOMPARE(foldWithOrigins(stripped).original({0, 1}), (TextRange{0, stripped.size()}));
}

SOTTO_TEST(TextFoldingTest)

} // namespace sotto

#include "text_folding_test.moc"
