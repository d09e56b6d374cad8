#pragma once
#include <QString>
#include <QStringView>
#include <cstdint>
#include <vector>

namespace sotto {

/// A part of a text in UTF-16 units, as QString counts: [begin, end).
struct TextRange {
    qsizetype begin = 0;
    qsizetype end = 0;
    friend bool operator==(const TextRange &, const TextRange &) = default;
};

/// A folded text that still knows where each of its units came from.
struct FoldedText {
    QString text;
    /// One for each unit of `text`: where its character begins in the original. Never decreases.
    std::vector<std::uint32_t> origins;
    qsizetype originalSize = 0;

    /// The part of the original that became `folded` (not empty, inside `text`), with the marks that belong to it.
    TextRange original(TextRange folded) const;
};

/// Marks of one letter that folding keeps; more than that is no writing. Later ones are dropped.
inline constexpr int kMaxKeptMarks = 16;

/// `text` as search compares it: two texts that a reader takes for the same word become equal.
/// - compatibility forms become plain ones (NFKD: width, ligatures, superscripts, presentation forms), digits of every
///   script become 0-9, white space and control characters become spaces, typographic quotes and dashes plain ones;
/// - case is folded; ß → ss, æ → ae, œ → oe, þ → th, ø ł đ ð ħ ŧ ı ȷ lose what Unicode does not call a mark; ς → σ;
/// - diacritics go: Latin, Greek and Cyrillic accents (ё → е), Arabic harakat, hamza, madda and tatweel, Hebrew niqqud
///   and cantillation, nukta, tone marks of Thai and Lao; invisible characters (joiners, soft hyphen, selectors) go;
/// - Arabic ى ی → ي, ک → ك, ة ہ ە → ه, ٱ → ا; Hebrew final letters become the ordinary ones;
/// - kept, because they spell another letter there: vowel signs and viramas of Indic and South-East Asian scripts, kana
///   voicing (か is not が), and Cyrillic й, ў, ї. Precomposed and decomposed spelling fold to the same text.
/// Folding what is folded changes nothing. Time is linear in the text, whatever it holds. Pure: any thread.
/// Characters newer than Unicode 14 stay as they are, so that an index keeps its meaning when Qt's tables grow.
QString fold(QStringView text);

/// The same, with the way back for highlighting.
FoldedText foldWithOrigins(QStringView text);

/// Whether a folded character is a letter, digit or kept mark: what a word is made of.
bool isWordCharacter(char32_t character);

} // namespace sotto
