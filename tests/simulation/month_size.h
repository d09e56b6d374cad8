#pragma once
#include <QString>
#include <cstdint>

namespace sotto::simulation {

/// How large a simulated month is and what goes wrong in it; as made, the whole month of T211.
struct MonthSize {
    std::uint64_t seed = 1;
    int accounts = 50;     ///< at least 4; two desktops each
    int days = 36;         ///< so that somebody can be away for more than 30 of them
    int messages = 20'000; ///< everything that people write or do to messages, not receipts and typing
    int circlesADay = 4;   ///< times a day at which some people are online
    int restarts = 200;
    int kills = 50;
    int longAbsences = 10;    ///< over 14 days
    int longestAbsences = 3;  ///< over 30 days
    double drop = 0.05;       ///< of all copies of mail
    double duplicate = 0.05;  ///< of all copies of mail
    double delay = 0.05;      ///< of all copies of mail
    double hostilePart = 0.2; ///< of the people; their relay also alters, replays, misdates and loses requests

    /// The same proportions for fewer people and days; absences over 30 days only when there are 33 days.
    static MonthSize of(int accounts, int days, int messages);
    /// What the environment says instead: SOTTO_MONTH_ACCOUNTS, _DAYS and _MESSAGES, and SOTTO_MONTH_CALM=1 for a
    /// month without faults.
    MonthSize orAsTheEnvironmentSays() const;
    QString toText() const;
};

} // namespace sotto::simulation
