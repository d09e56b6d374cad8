#include "app/cli/line_splitter.h"

namespace sotto {

void LineSplitter::feed(ByteView bytes)
{
    for (qsizetype newline = bytes.indexOf('\n'); newline >= 0; newline = bytes.indexOf('\n')) {
        add(bytes.first(newline));
        finishLine();
        bytes = bytes.sliced(newline + 1);
    }
    add(bytes);
}

void LineSplitter::end()
{
    if (!m_line.isEmpty() || m_tooLong)
        finishLine();
}

void LineSplitter::add(ByteView part)
{
    if (m_tooLong || part.isEmpty())
        return;
    constexpr qsizetype kCarriageReturn = 1; // it may turn out to belong to the line's end
    if (m_line.size() + part.size() > m_limit + kCarriageReturn) {
        m_tooLong = true;
        m_line.clear();
        return;
    }
    m_line.append(part.data(), part.size());
}

void LineSplitter::finishLine()
{
    Bytes line = std::exchange(m_line, {});
    if (line.endsWith('\r'))
        line.chop(1);
    if (std::exchange(m_tooLong, false) || line.size() > m_limit)
        m_sink.tooLong();
    else
        m_sink.line(line);
}

} // namespace sotto
