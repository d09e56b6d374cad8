#include "tests/simulation/month_size.h"

#include <algorithm>

namespace sotto::simulation {

namespace {

int fromEnvironment(const char *name, int fallback)
{
    bool isNumber = false;
    const int number = qEnvironmentVariableIntValue(name, &isNumber);
    return isNumber && number > 0 ? number : fallback;
}

} // namespace

MonthSize MonthSize::of(int accounts, int days, int messages)
{
    const MonthSize whole;
    MonthSize size;
    size.accounts = std::max(accounts, 4);
    size.days = days;
    size.messages = messages;
    size.circlesADay = size.accounts < 20 ? 2 : whole.circlesADay;
    // By desktop and by day, as in the whole month.
    const auto share = [&](int number) {
        return std::max(1, int(std::int64_t(number) * size.accounts * days / (whole.accounts * whole.days)));
    };
    size.restarts = share(whole.restarts);
    size.kills = share(whole.kills);
    const auto part = [&](int number) { return (number * size.accounts + whole.accounts - 1) / whole.accounts; };
    size.longAbsences = days >= 17 ? part(whole.longAbsences) : 0;
    size.longestAbsences = days >= 34 ? part(whole.longestAbsences) : 0;
    return size;
}

MonthSize MonthSize::orAsTheEnvironmentSays() const
{
    const int people = fromEnvironment("SOTTO_MONTH_ACCOUNTS", accounts);
    const int length = fromEnvironment("SOTTO_MONTH_DAYS", days);
    const int written = fromEnvironment("SOTTO_MONTH_MESSAGES", messages);
    MonthSize size = *this;
    if (people != accounts || length != days || written != messages)
        size = of(people, length, written);
    size.seed = seed;
    if (fromEnvironment("SOTTO_MONTH_CALM", 0) > 0) {
        size.restarts = size.kills = size.longAbsences = size.longestAbsences = 0;
        size.drop = size.duplicate = size.delay = size.hostilePart = 0;
    }
    return size;
}

QString MonthSize::toText() const
{
    return QStringLiteral("seed %1: %2 accounts with two desktops, %3 days, %4 messages, %5 restarts, %6 kills, %7+%8"
                          " absences")
        .arg(seed)
        .arg(accounts)
        .arg(days)
        .arg(messages)
        .arg(restarts)
        .arg(kills)
        .arg(longAbsences)
        .arg(longestAbsences);
}

} // namespace sotto::simulation
