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

Result<Done, LedgerError> verifyPreKeys(const std::vector<wire::SignedEntry> &preKeys, const wire::DeviceKeys &keys)
{
    for (const wire::SignedEntry &preKey : preKeys) {
        if (const auto verified = verifyOneTimePreKey(preKey, keys); !verified)
            return verified.error();
    }
    return Done{};
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

Result<LogAppend, LedgerError> verifyAppend(const AccountId &account, AccountKey key,
                                            const std::vector<LoggedEntry> &log, const wire::AppendLog &request,
                                            Timestamp now)
{
    auto replayed = replay(account, log);
    if (!replayed)
        return replayed.error();
    const std::vector<wire::DeviceKeys> before = replayed->state().devices;
    LogAppend append{key, replayed->version(), request.entry, std::nullopt, {}, false};
    if (const auto applied = replayed->appendAtRelay(request.entry, now); !applied)
        return applied.error();
    append.closes = replayed->state().isClosed;
    if (append.closes)
        return append; // takes all devices with it
    for (const wire::DeviceKeys &device : before) {
        if (!replayed->device(device.device))
            append.revoked.push_back(device.device);
    }
    const auto isNew = [&before](DeviceId device) {
        return std::none_of(before.begin(), before.end(), [device](const auto &old) { return old.device == device; });
    };
    for (const wire::DeviceKeys &device : replayed->state().devices) {
        if (!isNew(device.device))
            continue;
        if (!request.bundle)
            return LedgerError::Malformed; // nobody could write to it
        auto added = verifyDevice(account, device, *request.bundle, request.preKeys, now);
        if (!added)
            return added.error();
        append.added = std::move(*added);
    }
    return append;
}

Result<Done, LedgerError> verifyOwnBundle(const DeviceAddress &device, const std::vector<LoggedEntry> &log,
                                          const wire::SignedEntry &bundle, Timestamp now)
{
    const auto replayed = replay(device.account, log);
    if (!replayed)
        return replayed.error();
    const wire::DeviceKeys *const keys = replayed->device(device.device);
    if (!keys)
        return LedgerError::UnknownDevice;
    const auto verified = verifyBundle(bundle, device.account, *keys, now);
    if (!verified)
        return verified.error();
    return Done{};
}

Result<Done, LedgerError> verifyOwnPreKeys(const DeviceAddress &device, const std::vector<LoggedEntry> &log,
                                           const std::vector<wire::SignedEntry> &preKeys)
{
    const auto replayed = replay(device.account, log);
    if (!replayed)
        return replayed.error();
    const wire::DeviceKeys *const keys = replayed->device(device.device);
    if (!keys)
        return LedgerError::UnknownDevice;
    return verifyPreKeys(preKeys, *keys);
}

} // namespace sotto::relay
