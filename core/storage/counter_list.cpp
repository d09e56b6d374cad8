#include "core/storage/counter_list.h"

#include <QtEndian>

namespace sotto {

Bytes encodeCounters(const std::vector<std::uint64_t> &counters)
{
    Bytes bytes(qsizetype(counters.size()) * 8, Qt::Uninitialized);
    char *place = bytes.data();
    for (const std::uint64_t counter : counters) {
        qToBigEndian(counter, place);
        place += 8;
    }
    return bytes;
}

std::optional<std::vector<std::uint64_t>> decodeCounters(ByteView bytes)
{
    if (bytes.size() % 8 != 0)
        return std::nullopt;
    std::vector<std::uint64_t> counters;
    counters.reserve(std::size_t(bytes.size() / 8));
    for (qsizetype at = 0; at < bytes.size(); at += 8) {
        const auto counter = qFromBigEndian<std::uint64_t>(bytes.data() + at);
        if (!counters.empty() && counter <= counters.back())
            return std::nullopt;
        counters.push_back(counter);
    }
    return counters;
}

QString countersToText(const std::vector<std::uint64_t> &counters)
{
    QString text;
    for (const std::uint64_t counter : counters)
        text += (text.isEmpty() ? QStringLiteral(",") : QString()) + QString::number(counter) + u',';
    return text;
}

std::optional<std::vector<std::uint64_t>> countersFromText(const QString &text)
{
    std::vector<std::uint64_t> counters;
    if (text.isEmpty())
        return counters;
    if (!text.startsWith(u',') || !text.endsWith(u',') || text.size() < 3)
        return std::nullopt;
    for (const QString &number : text.mid(1, text.size() - 2).split(u',')) {
        bool isNumber = false;
        const std::uint64_t counter = number.toULongLong(&isNumber);
        if (!isNumber || (!counters.empty() && counter <= counters.back()))
            return std::nullopt;
        counters.push_back(counter);
    }
    return counters;
}

} // namespace sotto
