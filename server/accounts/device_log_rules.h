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

/// Verifies the next entry of a log of the relay, with the bundle and prekeys of a device that it adds. Pure; any
/// thread.
Result<LogAppend, LedgerError> verifyAppend(const AccountId &account, AccountKey key,
                                            const std::vector<LoggedEntry> &log, const wire::AppendLog &request,
                                            Timestamp now);

/// Verifies a bundle of a device that stands in the log.
Result<Done, LedgerError> verifyOwnBundle(const DeviceAddress &device, const std::vector<LoggedEntry> &log,
                                          const wire::SignedEntry &bundle, Timestamp now);
/// Verifies one-time prekeys of a device that stands in the log.
Result<Done, LedgerError> verifyOwnPreKeys(const DeviceAddress &device, const std::vector<LoggedEntry> &log,
                                           const std::vector<wire::SignedEntry> &preKeys);

} // namespace sotto::relay
