#include "server/accounts/device_log_rules.h"

#include "core/ledger/bundle.h"

namespace sotto::relay {

namespace {

Result<DeviceLog, LedgerError> replay(const AccountId &account, const std::vector<LoggedEntry> &log)
{
    std::vector<StoredLogEntry> entries;
    entries.reserve(log.size());
    for (const LoggedEntry &entry : log)
        entries.push_back({entry.entry, entry.seenAt});
    return DeviceLog::fromStored(account, entries); // the relay verified each when it came
}

Result<NewDevice, LedgerError> verifyDevice(const AccountId &account, const wire::DeviceKeys &keys,
                                            const wire::SignedEntry &bundle,
                                            const std::vector<wire::SignedEntry> &preKeys, Timestamp now)
{
    if (const auto verified = verifyBundle(bundle, account, keys, now); !verified)
        return verified.error();
    if (const auto verified = verifyPreKeys(preKeys, keys); !verified)
        return verified.error();
    return NewDevice{keys.device, keys.signingKey.toBytes(), bundle, preKeys};
}

} // namespace

Result<Done, LedgerError> verifyPreKeys(const std::vector<wire::SignedEntry> &preKeys, const wire::DeviceKeys &keys)
{
    for (const wire::SignedEntry &preKey : preKeys) {
        if (const auto verified = verifyOneTimePreKey(preKey, keys); !verified)
            return verified.error();
    }
    return Done{};
}

Result<VerifiedRegistration, LedgerError> verifyRegistration(const wire::Register &request, Timestamp now)
{
    const AccountId account = accountIdOf(request.genesis.body);
    const auto log = DeviceLog::fromGenesis(account, request.genesis, now);
    if (!log)
        return log.error();
    auto device = verifyDevice(account, log->state().devices.front(), request.bundle, request.preKeys, now);
    if (!device)
        return device.error();
    return VerifiedRegistration{account, std::move(*device)};
}

Result<VerifiedAppend, LedgerError> verifyAppend(const AccountId &account, AccountKey key,
                                                 const std::vector<LoggedEntry> &log, const wire::AppendLog &request,
                                                 Timestamp now)
{
    auto replayed = replay(account, log);
    if (!replayed)
        return replayed.error();
    const std::vector<wire::DeviceKeys> before = replayed->state().devices;
    VerifiedAppend append{{key, replayed->version(), request.entry, std::nullopt, {}, false, {}}, {}};
    const auto applied = replayed->appendAtRelay(request.entry, now);
    if (!applied)
        return applied.error();
    append.change.closes = replayed->state().isClosed;
    if (append.change.closes)
        return append; // takes all devices with it
    append.devices = replayed->state().devices;
    for (const wire::DeviceKeys &device : before) {
        if (!replayed->device(device.device))
            append.change.revoked.push_back(device.device);
    }
    const auto isNew = [&before](DeviceId device) {
        return std::none_of(before.begin(), before.end(), [device](const auto &old) { return old.device == device; });
    };
    for (const wire::DeviceKeys &device : append.devices) {
        if (!isNew(device.device))
            continue;
        if (applied->device != device.device) {
            append.change.restored.push_back(device.device); // a recovery voids its revocation
            continue;
        }
        if (!request.bundle)
            return LedgerError::Malformed; // nobody could write to it
        auto added = verifyDevice(account, device, *request.bundle, request.preKeys, now);
        if (!added)
            return added.error();
        append.change.added = std::move(*added);
    }
    return append;
}

Result<std::vector<wire::DeviceKeys>, LedgerError> activeDevices(const AccountId &account,
                                                                 const std::vector<LoggedEntry> &log)
{
    const auto replayed = replay(account, log);
    if (!replayed)
        return replayed.error();
    return replayed->state().devices;
}

} // namespace sotto::relay
