#pragma once
#include <QChar>
#include <QStringView>

namespace sotto {

/// Walks a text by characters instead of UTF-16 units; a lone surrogate reads as U+FFFD. The text must outlive it.
class CodePoints {
public:
    explicit CodePoints(QStringView text) : m_text(text) { }

    bool hasNext() const { return m_position < m_text.size(); }
    /// Where the next character begins, in units.
    qsizetype position() const { return m_position; }
    /// The next character. Only when there is one.
    char32_t next()
    {
        const QChar unit = m_text[m_position++];
        if (!unit.isSurrogate())
            return unit.unicode();
        if (unit.isHighSurrogate() && hasNext() && m_text[m_position].isLowSurrogate())
            return QChar::surrogateToUcs4(unit, m_text[m_position++]);
        return QChar::ReplacementCharacter;
    }

private:
    QStringView m_text;
    qsizetype m_position = 0;
};

/// The character that ends just before `position`; U+FFFD for a lone surrogate. `position` is at least 1.
inline char32_t characterBefore(QStringView text, qsizetype position)
{
    const QChar unit = text[position - 1];
    if (unit.isLowSurrogate() && position >= 2 && text[position - 2].isHighSurrogate())
        return QChar::surrogateToUcs4(text[position - 2], unit);
    return unit.isSurrogate() ? char32_t(QChar::ReplacementCharacter) : char32_t(unit.unicode());
}

} // namespace sotto
