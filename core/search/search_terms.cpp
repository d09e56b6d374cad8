#include "core/search/search_terms.h"

#include "core/search/code_points.h"
#include "core/search/text_folding.h"

#include <array>

namespace sotto {

namespace {

enum class Kind { Space, Ordinary, Ideographic, Pictograph };

bool isPictograph(char32_t character)
{
    return (character >= 0x1f000 && character <= 0x1faff) || (character >= 0x2600 && character <= 0x27bf);
}

struct Character {
    char32_t code = U' ';
    Kind kind = Kind::Space;
    bool inWord = false; ///< a letter or digit of an ordinary script
};

Character classify(char32_t code)
{
    if (code == U' ')
        return {};
    if (isIdeographic(code))
        return {code, Kind::Ideographic, false};
    if (isPictograph(code))
        return {code, Kind::Pictograph, false};
    return {code, Kind::Ordinary, isWordCharacter(code)};
}

/// UTF-8, except that ASCII punctuation becomes a two-byte character of Latin-1: the tokenizer would split at it. Two
/// characters may share a form; hits are confirmed on the text.
void appendCharacter(QByteArray &term, char32_t code)
{
    const bool alphanumeric = (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z');
    if (code < 0x80 && alphanumeric) {
        term.append(char(code));
    } else if (code < 0x80) {
        term.append(char(0xc2));
        term.append(char(0x80 | (code & 0x3f)));
    } else if (code < 0x800) {
        term.append(char(0xc0 | (code >> 6)));
        term.append(char(0x80 | (code & 0x3f)));
    } else if (code < 0x10000) {
        term.append(char(0xe0 | (code >> 12)));
        term.append(char(0x80 | ((code >> 6) & 0x3f)));
        term.append(char(0x80 | (code & 0x3f)));
    } else {
        term.append(char(0xf0 | (code >> 18)));
        term.append(char(0x80 | ((code >> 12) & 0x3f)));
        term.append(char(0x80 | ((code >> 6) & 0x3f)));
        term.append(char(0x80 | (code & 0x3f)));
    }
}

bool makeIdeographicPair(Kind left, Kind right)
{
    const auto canPair = [](Kind kind) { return kind == Kind::Ideographic || kind == Kind::Ordinary; };
    return (left == Kind::Ideographic || right == Kind::Ideographic) && canPair(left) && canPair(right);
}

/// Calls `emitTerm(characters, count)` for each term; the window slides over the text once.
template <class Emit> void forEachTerm(QStringView folded, TermUse use, Emit emitTerm)
{
    std::array<Character, 3> window; // the newest is last
    const auto slide = [&](const Character &next) {
        window = {window[1], window[2], next};
        const auto &[first, second, third] = window;
        if (third.kind == Kind::Pictograph || (use == TermUse::Index && third.kind == Kind::Ideographic))
            emitTerm(&window[2], 1);
        if (makeIdeographicPair(second.kind, third.kind))
            emitTerm(&window[1], 2);
        if (use == TermUse::Index && third.inWord && second.inWord && !first.inWord)
            emitTerm(&window[1], 2);
        if (first.kind == Kind::Ordinary && second.kind == Kind::Ordinary && third.kind == Kind::Ordinary)
            emitTerm(&window[0], 3);
    };
    for (CodePoints characters(folded); characters.hasNext();)
        slide(classify(characters.next()));
}

} // namespace

/// Unicode blocks: CJK, kana, Hangul, Bopomofo, Yi, radicals.
bool isIdeographic(char32_t c)
{
    if (c < 0x1100)
        return false;
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3041 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7a3)
        || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x3005 && c <= 0x3007) || (c >= 0x3021 && c <= 0x3029)
        || (c >= 0x3100 && c <= 0x312f) || (c >= 0x31a0 && c <= 0x31bf) || (c >= 0x31f0 && c <= 0x31ff)
        || (c >= 0xa000 && c <= 0xa4cf) || (c >= 0x1100 && c <= 0x11ff) || (c >= 0x2e80 && c <= 0x2fdf)
        || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff);
}

bool isInSpacedWord(char32_t character) { return classify(character).inWord; }

std::vector<QByteArray> termsOf(QStringView folded, TermUse use)
{
    std::vector<QByteArray> terms;
    forEachTerm(folded, use, [&](const Character *characters, int count) {
        QByteArray term;
        for (int i = 0; i < count; ++i)
            appendCharacter(term, characters[i].code);
        terms.push_back(term);
    });
    return terms;
}

QByteArray indexedForm(QStringView folded)
{
    QByteArray form;
    form.reserve(folded.size() * 6);
    forEachTerm(folded, TermUse::Index, [&](const Character *characters, int count) {
        for (int i = 0; i < count; ++i)
            appendCharacter(form, characters[i].code);
        form.append(' ');
    });
    if (!form.isEmpty())
        form.chop(1);
    return form;
}

} // namespace sotto
