#include "core/search/text_folding.h"

#include "core/search/code_points.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace sotto {

namespace {

// Canonical combining classes (Unicode Standard, table 3-11 and UCD field 3).
constexpr int kKanaVoicingClass = 8;
constexpr int kViramaClass = 9;
constexpr int kLastFixedPositionClass = 36; // 10-36: Hebrew, Arabic and Syriac points
constexpr int kThaiToneClass = 107;
constexpr int kLaoToneClass = 122;
constexpr int kFirstAttachedClass = 200; // 200-240: everything placed above, below or across a letter

/// Unicode's data for characters that an older Qt may not know are not used at all.
bool isKnown(char32_t character)
{
    const auto version = QChar::unicodeVersion(character);
    return version != QChar::Unicode_Unassigned && version <= QChar::Unicode_14_0;
}

/// Diacritics; other marks are vowels and the like, without which the word is another.
bool isDiacritic(int combiningClass)
{
    return (combiningClass > 0 && combiningClass < kKanaVoicingClass)
        || (combiningClass > kViramaClass && combiningClass <= kLastFixedPositionClass)
        || combiningClass == kThaiToneClass || combiningClass == kLaoToneClass || combiningClass >= kFirstAttachedClass;
}

bool isInvisible(char32_t character)
{
    switch (character) {
    case 0x034f: // combining grapheme joiner
    case 0x0640: // Arabic tatweel
    case 0x115f: // Hangul fillers
    case 0x1160:
    case 0x17b4: // Khmer inherent vowels
    case 0x17b5:
    case 0x180b: // Mongolian variation selectors
    case 0x180c:
    case 0x180d:
    case 0x180f: return true;
    default: return (character >= 0xfe00 && character <= 0xfe0f) || (character >= 0xe0100 && character <= 0xe01ef);
    }
}

/// What becomes another text beyond case and marks. Looked up after case folding.
struct Replacement {
    char16_t from;
    std::u16string_view to;
};
constexpr Replacement kReplacements[] = {
    {u'\u00df', u"ss"},
    {u'\u00e6', u"ae"},
    {u'\u00f0', u"d"},
    {u'\u00f8', u"o"},
    {u'\u00fe', u"th"},
    {u'\u0111', u"d"},
    {u'\u0127', u"h"},
    {u'\u0131', u"i"},
    {u'\u0142', u"l"},
    {u'\u0153', u"oe"},
    {u'\u0167', u"t"},
    {u'\u0237', u"j"},
    // Hebrew: final kaf, mem, nun, pe, tsadi; geresh, gershayim
    {u'\u05da', u"\u05db"},
    {u'\u05dd', u"\u05de"},
    {u'\u05df', u"\u05e0"},
    {u'\u05e3', u"\u05e4"},
    {u'\u05e5', u"\u05e6"},
    {u'\u05f3', u"'"},
    {u'\u05f4', u"\""},
    // Arabic: teh marbuta, alef maksura, alef wasla, keheh, heh goal, Farsi yeh, ae
    {u'\u0629', u"\u0647"},
    {u'\u0649', u"\u064a"},
    {u'\u0671', u"\u0627"},
    {u'\u06a9', u"\u0643"},
    {u'\u06c1', u"\u0647"},
    {u'\u06cc', u"\u064a"},
    {u'\u06d5', u"\u0647"},
    // dashes and quotes as phones type them
    {u'\u2010', u"-"},
    {u'\u2012', u"-"},
    {u'\u2013', u"-"},
    {u'\u2014', u"-"},
    {u'\u2015', u"-"},
    {u'\u2018', u"'"},
    {u'\u2019', u"'"},
    {u'\u201a', u"'"},
    {u'\u201b', u"'"},
    {u'\u201c', u"\""},
    {u'\u201d', u"\""},
    {u'\u201e', u"\""},
    {u'\u201f', u"\""},
    {u'\u2212', u"-"},
};

const Replacement *replacementOf(char32_t character)
{
    const auto *const found = std::lower_bound(std::begin(kReplacements), std::end(kReplacements), character,
                                               [](const Replacement &entry, char32_t c) { return entry.from < c; });
    return found != std::end(kReplacements) && found->from == character ? found : nullptr;
}

/// Cyrillic letters that only look like a letter with a diacritic (CLDR's root collation agrees).
char16_t cyrillicLetter(char16_t base, char32_t mark)
{
    if (mark == 0x0306 && base == u'\u0438')
        return u'\u0439'; // й
    if (mark == 0x0306 && base == u'\u0443')
        return u'\u045e'; // ў
    if (mark == 0x0308 && base == u'\u0456')
        return u'\u0457'; // ї
    return 0;
}

/// A kana with its voicing as one character; 0 when there is none.
char16_t voicedKana(char16_t base, char32_t mark)
{
    const QString pair = QString(QChar(base)) + QChar(char16_t(mark));
    const QString composed = pair.normalized(QString::NormalizationForm_C, QChar::Unicode_14_0);
    return composed.size() == 1 ? composed.at(0).unicode() : char16_t(0);
}

bool isHangulSyllable(char32_t character) { return character >= 0xac00 && character <= 0xd7a3; }

/// Hangul is kept in whole syllables (Unicode Standard, section 3.12). 0 when the two do not join.
char16_t joinedHangul(char16_t first, char32_t second)
{
    constexpr int kVowels = 21, kFinals = 28;
    if (first >= 0x1100 && first <= 0x1112 && second >= 0x1161 && second <= 0x1175)
        return char16_t(0xac00 + ((first - 0x1100) * kVowels + (int(second) - 0x1161)) * kFinals);
    if (isHangulSyllable(first) && (first - 0xac00) % kFinals == 0 && second > 0x11a7 && second <= 0x11c2)
        return char16_t(first + (int(second) - 0x11a7));
    return 0;
}

/// Characters that are their own folding and take no mark.
bool foldsToItself(char32_t character)
{
    return (character >= 0x4e00 && character <= 0x9fff) || isHangulSyllable(character);
}

/// Kana that are their own folding; a voicing mark may follow.
bool isPlainKana(char32_t character)
{
    return (character >= 0x3041 && character <= 0x3096) || (character >= 0x30a1 && character <= 0x30fe);
}

/// Folds one character after the other into `m_text`.
class Folder {
public:
    explicit Folder(qsizetype size, std::vector<std::uint32_t> *origins) : m_origins(origins)
    {
        m_text.reserve(size);
        if (m_origins)
            m_origins->reserve(std::size_t(size));
    }

    void take(char32_t character, qsizetype position);
    /// For a character whose folding is known beforehand; the same as `take`.
    void takeFolded(QStringView folded, qsizetype position);
    QString result() && { return std::move(m_text); }

private:
    void takeDecomposed(char32_t character);
    void takeMark(char32_t mark, int combiningClass);
    void startLetter(char32_t character);
    void append(char16_t unit);
    void keepMark(char32_t mark, int combiningClass);
    bool hasBase() const { return m_base >= 0; }

    QString m_text;
    std::vector<std::uint32_t> *m_origins;
    qsizetype m_position = 0;         ///< of the character being folded, in the original
    std::uint32_t m_letterOrigin = 0; ///< of the letter that marks join
    qsizetype m_base = -1;            ///< index in m_text of that letter; -1 when no mark can change it
    int m_keptMarks = 0;
};

void Folder::append(char16_t unit)
{
    m_text.append(QChar(unit));
    if (m_origins)
        m_origins->push_back(m_letterOrigin);
}

void Folder::take(char32_t character, qsizetype position)
{
    m_position = position;
    if (foldsToItself(character) || isPlainKana(character)) {
        m_letterOrigin = std::uint32_t(position);
        m_keptMarks = 0;
        append(char16_t(character));
        m_base = m_text.size() - 1;
        return;
    }
    takeDecomposed(character);
}

void Folder::takeFolded(QStringView folded, qsizetype position)
{
    if (folded.isEmpty())
        return;
    m_letterOrigin = std::uint32_t(position);
    m_keptMarks = 0;
    for (const QChar unit : folded)
        append(unit.unicode());
    m_base = m_text.size() - 1;
}

void Folder::takeDecomposed(char32_t character)
{
    if (!isKnown(character)) {
        startLetter(character);
        return;
    }
    const auto category = QChar::category(character);
    if (category == QChar::Other_Control || QChar::isSpace(character)) {
        startLetter(U' ');
        return;
    }
    if (category == QChar::Other_Format || category == QChar::Mark_Enclosing || isInvisible(character))
        return;
    if (const int combiningClass = QChar::combiningClass(character); combiningClass != 0) {
        // Some marks decompose into two; none of them into anything but marks.
        const QString parts = QChar::decomposition(character);
        if (parts.isEmpty()) {
            takeMark(character, combiningClass);
            return;
        }
        for (CodePoints part(parts); part.hasNext();)
            takeDecomposed(part.next());
        return;
    }
    const QString parts = isHangulSyllable(character) ? QString() : QChar::decomposition(character);
    // Spacing accents decompose into a space and a mark; they must not split a word.
    if (parts.isEmpty() || parts.at(0) == QChar::Space) {
        startLetter(character);
        return;
    }
    for (CodePoints part(parts); part.hasNext();)
        takeDecomposed(part.next());
}

void Folder::takeMark(char32_t mark, int combiningClass)
{
    char16_t joined = 0;
    if (hasBase()) { // kept marks between do not block: their classes are all between the two that join
        const char16_t base = m_text.at(m_base).unicode();
        joined = combiningClass == kKanaVoicingClass ? voicedKana(base, mark) : cyrillicLetter(base, mark);
    }
    if (joined != 0)
        m_text[m_base] = QChar(joined);
    else if (combiningClass != kKanaVoicingClass && !isDiacritic(combiningClass))
        keepMark(mark, combiningClass);
}

/// Kept marks stand in canonical order, whatever order they came in.
void Folder::keepMark(char32_t mark, int combiningClass)
{
    if (m_keptMarks >= kMaxKeptMarks)
        return;
    qsizetype at = m_text.size();
    for (int left = m_keptMarks; left > 0; --left) {
        const char32_t before = characterBefore(m_text, at);
        if (int(QChar::combiningClass(before)) <= combiningClass)
            break;
        at -= QChar::requiresSurrogates(before) ? 2 : 1;
    }
    const QString units = QString::fromUcs4(&mark, 1);
    m_text.insert(at, units);
    if (m_origins)
        m_origins->insert(m_origins->end(), std::size_t(units.size()), m_letterOrigin);
    ++m_keptMarks;
}

void Folder::startLetter(char32_t character)
{
    const char16_t joined = m_text.isEmpty() ? char16_t(0) : joinedHangul(m_text.back().unicode(), character);
    if (joined != 0) {
        m_text.back() = QChar(joined);
        return;
    }
    m_letterOrigin = std::uint32_t(m_position);
    m_keptMarks = 0;
    if (isKnown(character)) {
        if (const int digit = QChar::digitValue(character);
            digit >= 0 && QChar::category(character) == QChar::Number_DecimalDigit)
            character = char32_t('0' + digit);
        else
            character = QChar::toCaseFolded(character);
    }
    if (const auto *replacement = replacementOf(character)) {
        for (const char16_t unit : replacement->to)
            append(unit);
    } else if (QChar::requiresSurrogates(character)) {
        append(QChar::highSurrogate(character));
        append(QChar::lowSurrogate(character));
    } else {
        append(char16_t(character));
    }
    m_base = m_text.size() - 1;
}

/// The folding of one of the characters most texts are made of, so that it costs one look-up.
struct QuickFold {
    bool usable = false;
    std::uint8_t units = 0;
    QChar to[2];
    QStringView view() const { return QStringView(to, units); }
};
constexpr char32_t kQuickEnd = 0x700; // Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic
using QuickFolds = std::array<QuickFold, kQuickEnd>;

QuickFolds makeQuickFolds()
{
    QuickFolds all;
    for (char32_t character = 0; character < kQuickEnd; ++character) {
        if (QChar::combiningClass(character) != 0)
            continue; // depends on what it follows
        Folder folder(4, nullptr);
        folder.take(character, 0);
        const QString folded = std::move(folder).result();
        if (folded.size() > 2)
            continue;
        QuickFold &quick = all[character];
        quick.usable = true;
        quick.units = std::uint8_t(folded.size());
        std::copy(folded.begin(), folded.end(), quick.to);
    }
    return all;
}

QString foldInto(QStringView text, std::vector<std::uint32_t> *origins)
{
    static const QuickFolds quickFolds = makeQuickFolds();
    Folder folder(text.size(), origins);
    for (CodePoints characters(text); characters.hasNext();) {
        const qsizetype position = characters.position();
        const char32_t character = characters.next();
        if (character < kQuickEnd && quickFolds[character].usable)
            folder.takeFolded(quickFolds[character].view(), position);
        else
            folder.take(character, position);
    }
    return std::move(folder).result();
}

} // namespace

TextRange FoldedText::original(TextRange folded) const
{
    const std::uint32_t first = origins[std::size_t(folded.begin)];
    const std::uint32_t last = origins[std::size_t(folded.end - 1)];
    const auto next = std::upper_bound(origins.begin() + folded.end - 1, origins.end(), last);
    return {qsizetype(first), next == origins.end() ? originalSize : qsizetype(*next)};
}

QString fold(QStringView text) { return foldInto(text, nullptr); }

FoldedText foldWithOrigins(QStringView text)
{
    FoldedText folded;
    folded.text = foldInto(text, &folded.origins);
    folded.originalSize = text.size();
    return folded;
}

bool isWordCharacter(char32_t character)
{
    if (character < 0x80)
        return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9');
    return isKnown(character) && (QChar::isLetterOrNumber(character) || QChar::isMark(character));
}

} // namespace sotto
