#pragma once
#include "tests/kit/world.h"
#include "tests/simulation/doings.h"

#include <map>

namespace sotto::simulation {

/// What a desktop shows of a chat, a line a message: everything that is the same for both people, and apart from it
/// what only the desktops of one person share.
struct Transcript {
    std::map<MessageId, QString> shared;
    std::map<MessageId, QString> own;
    std::set<MessageId> takenBack;
    int lost = 0;        ///< lines that say that something is not there
    int unreadable = 0;  ///< placeholders
    int twice = 0;       ///< messages that stand there more than once
    int undelivered = 0; ///< own texts of which no receipt came
    int failed = 0;      ///< own texts that were refused for good
};

Transcript transcriptOf(const kit::Person &who, std::size_t desktop, const AccountId &with);

/// What is wrong between two people's four transcripts, in words; empty when they agree and have everything that the
/// diary demands.
QStringList differences(const kit::Person &one, const kit::Person &other, const Diary &diary);
/// The same of the notes to self of one person.
QStringList differencesOfNotes(const kit::Person &who, const Diary &diary);

} // namespace sotto::simulation
