#pragma once
#include <QByteArray>
#include <QStringView>
#include <vector>

namespace sotto {

/// Which terms of a word stand in the index.
enum class TermUse {
    Index, ///< everything a query could ask for
    Query, ///< what every text that contains the word must have; nothing for the shortest words
};

/// The terms of `folded` text, in order, repetitions included. They never cross white space and are
/// - three neighbouring characters of ordinary scripts,
/// - two neighbours of which one is written without spaces between words (Han, kana, Hangul, Bopomofo, Yi): a trigram
///   would leave two-character queries, the usual ones there, to a scan,
/// - one pictograph,
/// - for the index also what the shortest queries ask for: the first two characters of each word, each single character
///   of the scripts without spaces.
/// A term is UTF-8 of letters and digits; ASCII punctuation is written as Latin-1 characters, so that
/// FTS5's "ascii" tokenizer takes a term whole.
std::vector<QByteArray> termsOf(QStringView folded, TermUse use);

/// The terms of TermUse::Index with a space between, as the index stores a text. Empty when it has none.
QByteArray indexedForm(QStringView folded);

/// Whether the folded character is part of a word of a script that has spaces between words.
bool isInSpacedWord(char32_t character);

/// Whether the character belongs to a script written without spaces, so that pairs of it are indexed.
bool isIdeographic(char32_t character);

} // namespace sotto
