#pragma once
#include "core/search/text_folding.h"

#include <QByteArray>
#include <vector>

namespace sotto {

/// What somebody typed into the search field, understood: a text is a hit when it contains every word, folded (see
/// text_folding.h). A word matches anywhere, also inside a longer one; only one or two letters of a script with spaces
/// match at the start of a word, because anywhere would be nearly everywhere. Pure value: any thread.
class SearchQuery {
public:
    /// More words, or longer input after folding, is not looked at.
    static constexpr int kMaxWords = 16;
    static constexpr int kMaxCharacters = 256;

    /// Never fails: input without words gives an empty query.
    static SearchQuery parse(QStringView input);

    /// No words: nothing matches.
    bool isEmpty() const { return m_words.empty(); }
    /// Whether a text of ours is a hit.
    bool matches(QStringView text) const;
    /// Where the words stand in the text as it is shown; in order, not overlapping. Empty when it is no hit.
    std::vector<TextRange> highlights(QStringView text) const;
    /// Distinct index terms that every hit has. Empty when the query can only be answered by reading texts: one
    /// letter, or one or two marks of punctuation.
    const std::vector<QByteArray> &terms() const { return m_terms; }

private:
    struct Word {
        QString text;
        bool atWordStart = false;
    };
    static qsizetype find(QStringView folded, const Word &word, qsizetype from);

    std::vector<Word> m_words;
    std::vector<QByteArray> m_terms;
};

} // namespace sotto
