#include "core/search/search_query.h"

#include "core/search/code_points.h"
#include "core/search/search_terms.h"

#include <algorithm>

namespace sotto {

namespace {

/// Each term costs a list to read; this many already leave hardly a false candidate.
constexpr std::size_t kMaxTerms = 24;

/// One or two letters of a script with spaces.
bool isShortWord(const QString &word)
{
    int characters = 0;
    for (CodePoints each(word); each.hasNext(); ++characters) {
        if (characters == 2 || !isInSpacedWord(each.next()))
            return false;
    }
    return true;
}

bool startsWord(QStringView folded, qsizetype at) { return at == 0 || !isInSpacedWord(characterBefore(folded, at)); }

/// Distinct terms, and not more than are useful: evenly taken from all, so that each part of the query counts.
std::vector<QByteArray> thinned(std::vector<QByteArray> terms)
{
    std::sort(terms.begin(), terms.end());
    terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
    if (terms.size() <= kMaxTerms)
        return terms;
    std::vector<QByteArray> some;
    for (std::size_t i = 0; i < kMaxTerms; ++i)
        some.push_back(terms[i * terms.size() / kMaxTerms]);
    return some;
}

} // namespace

SearchQuery SearchQuery::parse(QStringView input)
{
    SearchQuery query;
    const QString folded = fold(input.left(kMaxCharacters)).left(kMaxCharacters);
    std::vector<QByteArray> terms;
    for (const QString &text : folded.split(QChar::Space, Qt::SkipEmptyParts)) {
        const bool known = std::any_of(query.m_words.begin(), query.m_words.end(),
                                       [&](const Word &word) { return word.text == text; });
        if (known)
            continue;
        if (query.m_words.size() == std::size_t(kMaxWords))
            break;
        query.m_words.push_back({text, isShortWord(text)});
        auto own = termsOf(text, TermUse::Query);
        if (own.empty())
            own = termsOf(text, TermUse::Index);
        terms.insert(terms.end(), own.begin(), own.end());
    }
    query.m_terms = thinned(std::move(terms));
    return query;
}

qsizetype SearchQuery::find(QStringView folded, const Word &word, qsizetype from)
{
    qsizetype at = folded.indexOf(word.text, from);
    while (at >= 0 && word.atWordStart && !startsWord(folded, at))
        at = folded.indexOf(word.text, at + 1);
    return at;
}

bool SearchQuery::matches(QStringView text) const
{
    if (isEmpty())
        return false;
    const QString folded = fold(text);
    return std::all_of(m_words.begin(), m_words.end(), [&](const Word &word) { return find(folded, word, 0) >= 0; });
}

std::vector<TextRange> SearchQuery::highlights(QStringView text) const
{
    const FoldedText folded = foldWithOrigins(text);
    std::vector<TextRange> found;
    for (const Word &word : m_words) {
        qsizetype at = find(folded.text, word, 0);
        if (at < 0)
            return {};
        for (; at >= 0; at = find(folded.text, word, at + word.text.size()))
            found.push_back(folded.original({at, at + word.text.size()}));
    }
    std::sort(found.begin(), found.end(), [](const TextRange &a, const TextRange &b) { return a.begin < b.begin; });
    std::vector<TextRange> merged;
    for (const TextRange &range : found) {
        if (!merged.empty() && range.begin <= merged.back().end)
            merged.back().end = std::max(merged.back().end, range.end);
        else
            merged.push_back(range);
    }
    return merged;
}

} // namespace sotto
