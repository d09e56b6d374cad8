// Folding and the terms of the index. The input is a query, a line's end, a text. Folding what is folded changes
// nothing, its way back stays inside the text, and a text that a query matches has all its terms in the index.
#include "core/search/search_query.h"
#include "core/search/search_terms.h"

#include <algorithm>
#include <cstdlib>

using namespace sotto;

namespace {
void require(bool condition)
{
    if (!condition)
        std::abort();
}

void folding(const QString &text)
{
    const FoldedText folded = foldWithOrigins(text);
    require(folded.text == fold(text));
    require(fold(folded.text) == folded.text);
    require(folded.origins.size() == std::size_t(folded.text.size()));
    require(std::is_sorted(folded.origins.begin(), folded.origins.end()));
    require(folded.origins.empty() || qsizetype(folded.origins.back()) < text.size());
}

void finding(const QString &input, const QString &text)
{
    const SearchQuery query = SearchQuery::parse(input);
    qsizetype end = 0;
    for (const TextRange &range : query.highlights(text)) {
        require(range.begin >= end && range.begin < range.end && range.end <= text.size());
        end = range.end;
    }
    if (!query.matches(text))
        return;
    const auto indexed = termsOf(fold(text), TermUse::Index);
    for (const QByteArray &term : query.terms())
        require(std::find(indexed.begin(), indexed.end(), term) != indexed.end());
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    const qsizetype cut = bytes.indexOf('\n');
    const QString query = QString::fromUtf8(bytes.left(std::max<qsizetype>(cut, 0)));
    const QString text = QString::fromUtf8(bytes.mid(cut + 1));
    folding(text);
    finding(query, text);
    return 0;
}
