#pragma once
#include "core/base/bytes.h"

#include <functional>

namespace sotto {

/// Cuts a stream of bytes into lines without ever holding more than one line's limit.
class LineSplitter {
public:
    /// What becomes of a line.
    struct Sink {
        std::function<void(const Bytes &)> line; ///< without its end ("\n" or "\r\n")
        std::function<void()> tooLong;           ///< once for each line over the limit, at its end
    };
    /// `limit` is in bytes, without the line's end.
    LineSplitter(qsizetype limit, Sink sink) : m_limit(limit), m_sink(std::move(sink)) { }

    /// The next bytes of the stream, cut anywhere.
    void feed(ByteView bytes);
    /// The stream is over: what has no line's end is the last line.
    void end();

private:
    void add(ByteView part);
    void finishLine();

    qsizetype m_limit;
    Sink m_sink;
    Bytes m_line;
    bool m_tooLong = false;
};

} // namespace sotto
