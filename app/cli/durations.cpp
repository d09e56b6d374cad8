#include "app/cli/durations.h"

#include <limits>

namespace sotto {

namespace {

struct Unit {
    char16_t letter;
    std::uint32_t seconds;
    const char *name;
};

/// Largest first.
constexpr Unit kUnits[] = {{u'w', 7 * 24 * 3600, "week"},
                           {u'd', 24 * 3600, "day"},
                           {u'h', 3600, "hour"},
                           {u'm', 60, "minute"},
                           {u's', 1, "second"}};

} // namespace

std::optional<std::uint32_t> timerFrom(const QString &word)
{
    if (word == QStringLiteral("off"))
        return 0;
    if (word.size() < 2)
        return std::nullopt;
    bool isNumber = false;
    const std::uint64_t count = word.chopped(1).toUInt(&isNumber);
    for (const Unit &unit : kUnits) {
        const std::uint64_t seconds = count * unit.seconds;
        if (word.back() == unit.letter && isNumber && count > 0 && seconds <= std::numeric_limits<std::uint32_t>::max())
            return std::uint32_t(seconds);
    }
    return std::nullopt;
}

QString timerText(std::uint32_t seconds)
{
    for (const Unit &unit : kUnits) {
        if (seconds == 0 || seconds % unit.seconds != 0)
            continue;
        const std::uint32_t count = seconds / unit.seconds;
        return QStringLiteral("%1 %2%3").arg(count).arg(QLatin1String(unit.name),
                                                        count == 1 ? QString() : QStringLiteral("s"));
    }
    return QStringLiteral("off");
}

} // namespace sotto
