#pragma once
#include "core/ledger/device_log.h"
#include "server/store/store.h"

namespace sotto::relay {

/// What a signed request of registration or device log comes to, once everything signed in it was verified.
struct VerifiedRegistration {
    AccountId account;
    NewDevice device;
};

/// Verifies genesis, bundle and one-time prekeys of a registration (T044, T054). Costs a signature check each: at most
/// about 15 ms with 200 prekeys. Pure; any thread.
Result<VerifiedRegistration, LedgerError> verifyRegistration(const wire::Register &request, Timestamp now);

/// An entry that may be appended, and the account's active devices after it.
struct VerifiedAppend {
    LogAppend change;
    std::vector<wire::DeviceKeys> devices;
};

/// Verifies the next entry of a log of the relay, with the bundle and prekeys of a device that it adds. Devices that a
/// recovery brings back have no bundle until they publish one. Pure; any thread.
Result<VerifiedAppend, LedgerError> verifyAppend(const AccountId &account, AccountKey key,
                                                 const std::vector<LoggedEntry> &log, const wire::AppendLog &request,
                                                 Timestamp now);

/// Who is active after a log that the relay has stored; signatures are not checked again.
Result<std::vector<wire::DeviceKeys>, LedgerError> activeDevices(const AccountId &account,
                                                                 const std::vector<LoggedEntry> &log);
/// Verifies one-time prekeys of a device with these keys.
Result<Done, LedgerError> verifyPreKeys(const std::vector<wire::SignedEntry> &preKeys, const wire::DeviceKeys &keys);

} // namespace sotto::relay
