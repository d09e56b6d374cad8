#pragma once
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/wire/frame.h"
#include "core/wire/links.h"

namespace sotto {

class CryptoCore;
struct Storage;

/// Makes an account on this desktop: recovery kit, device keys, genesis entry, profile key, first prekeys. All of it is
/// in the database before the relay hears of it, so a crash in between goes on with the same account. `relayNow` is the
/// time of the relay's Hello. Core thread.
class AccountMaker {
public:
    /// One-time prekeys that go with the registration.
    static constexpr int kFirstPreKeys = 100;

    /// All outlive the maker.
    AccountMaker(Storage &storage, CryptoCore &core, Clock &clock, Random &random)
        : m_storage(storage), m_core(core), m_clock(clock), m_random(random)
    { }

    /// Makes the account and keeps it with the invite; in one transaction. AlreadyExists when there is one; Refused
    /// when the clocks differ (log_stamp.h).
    Result<Done> make(const wire::Invite &invite, const QString &displayName, const QString &handle,
                      Timestamp relayNow);
    /// What the relay is asked: the same account each time, with prekeys made for this try.
    Result<wire::Register> registration(const wire::Invite &invite, Timestamp relayNow);
    /// The relay has taken it. The invite stays until its maker has been written to (ContactService::addInviter).
    Result<Done> finish(Timestamp relayNow);

private:
    Storage &m_storage;
    CryptoCore &m_core;
    Clock &m_clock;
    Random &m_random;
};

} // namespace sotto
