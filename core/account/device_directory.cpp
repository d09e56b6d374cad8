#include "core/account/device_directory.h"

#include "core/base/logging.h"
#include "core/net/relay_client.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/pin_repository.h"

namespace sotto {

namespace {

constexpr std::size_t kMaxCachedLogs = 4096;

DirectoryError directoryError(const RequestError &error)
{
    if (error.isRefusal(wire::RelayErrorCode::NotFound))
        return DirectoryError::NotFound;
    return error.kind == RequestError::Kind::Offline ? DirectoryError::Offline : DirectoryError::Later;
}

} // namespace

const char *name(DirectoryError error)
{
    switch (error) {
    case DirectoryError::Offline: return "offline";
    case DirectoryError::Later: return "later";
    case DirectoryError::NotFound: return "not_found";
    case DirectoryError::NotGenuine: return "not_genuine";
    case DirectoryError::StoreFailed: return "store_failed";
    }
    return "store_failed";
}

Result<Done> storeLog(PinRepository &pins, const DeviceLog &log)
{
    const LogPin head = log.head();
    std::vector<PinnedEntry> entries;
    for (const StoredLogEntry &entry : log.entries())
        entries.push_back({wire::encode(entry.entry), entry.seenAt});
    std::vector<PinnedDevice> devices;
    for (const wire::DeviceKeys &keys : log.state().devices)
        devices.push_back({keys.device, CurvePublicKey(keys.identityKey.bytes()), keys.signingKey.toBytes(),
                           keys.sealingKey.toBytes(), false});
    return pins.store({log.account(), head.epoch, head.version, head.hash}, 0, entries, devices);
}

DeviceDirectory::DeviceDirectory(Database &database, PinRepository &pins, RelayClient &relay, Clock &clock)
    : m_database(database), m_pins(pins), m_relay(relay), m_clock(clock)
{ }

Result<const DeviceLog *> DeviceDirectory::find(const AccountId &account)
{
    if (const auto cached = m_cache.find(account); cached != m_cache.end())
        return &cached->second;
    auto stored = load(account);
    if (!stored)
        return stored.error();
    if (!*stored)
        return nullptr;
    if (m_cache.size() >= kMaxCachedLogs)
        m_cache.clear();
    return &m_cache.emplace(account, std::move(**stored)).first->second;
}

Result<const wire::DeviceKeys *> DeviceDirectory::findDevice(const DeviceAddress &address)
{
    const auto log = find(address.account);
    if (!log)
        return log.error();
    return *log ? (*log)->device(address.device) : nullptr;
}

Result<std::optional<DeviceLog>> DeviceDirectory::load(const AccountId &account)
{
    const auto rows = m_pins.entries(account);
    if (!rows)
        return rows.error();
    if (rows->empty())
        return std::optional<DeviceLog>();
    std::vector<StoredLogEntry> entries;
    for (const PinnedEntry &row : *rows) {
        auto entry = wire::decodeSignedEntry(row.entry);
        if (!entry)
            return ErrorCode::Corrupt;
        entries.push_back({std::move(*entry), row.seenAt});
    }
    auto log = DeviceLog::fromStored(account, entries);
    if (!log)
        return ErrorCode::Corrupt;
    return std::optional<DeviceLog>(std::move(*log));
}

Result<Done> DeviceDirectory::adopt(const DeviceLog &log)
{
    if (const auto stored = storeLog(m_pins, log); !stored)
        return stored.error();
    m_cache.insert_or_assign(log.account(), log);
    return Done{};
}

Task<Result<Done, DirectoryError>> DeviceDirectory::ensure(AccountId account)
{
    const auto pinned = find(account);
    if (!pinned)
        co_return DirectoryError::StoreFailed;
    if (*pinned)
        co_return Done{};
    const auto refreshed = co_await refresh(account);
    co_return refreshed;
}

Task<Result<Done, DirectoryError>> DeviceDirectory::refresh(AccountId account)
{
    const auto fetched = co_await fetch(account);
    const auto pinned = find(account);
    if (!fetched && fetched.error() == DirectoryError::NotGenuine && pinned && *pinned)
        Q_EMIT logRefused(account);
    co_return fetched;
}

Task<Result<Done, DirectoryError>> DeviceDirectory::fetch(AccountId account)
{
    for (;;) {
        const auto pinned = find(account);
        if (!pinned)
            co_return DirectoryError::StoreFailed;
        const std::uint64_t next = *pinned ? (*pinned)->version() + 1 : 1;
        const wire::FetchLog request{account, next};
        const auto reply = co_await m_relay.fetchLog(request);
        if (!reply)
            co_return directoryError(reply.error());
        const auto present = find(account);
        if (!present)
            co_return DirectoryError::StoreFailed;
        if (*present && (*present)->version() >= next)
            continue; // somebody else fetched it meanwhile
        if (reply->headVersion + 1 < next) {
            qCWarning(lcAccount, "the relay serves an older device log than we have pinned");
            co_return DirectoryError::NotGenuine;
        }
        if (reply->entries.empty()) {
            const bool known = next > 1;
            if (!known)
                co_return DirectoryError::NotFound;
            co_return Done{};
        }
        const auto extended = extend(account, reply->entries);
        if (!extended)
            co_return extended.error();
        const auto grown = find(account);
        if (!grown || !*grown)
            co_return DirectoryError::StoreFailed;
        if ((*grown)->version() >= reply->headVersion)
            co_return Done{};
    }
}

Result<std::vector<LogChange>, DirectoryError> DeviceDirectory::verified(
    const AccountId &account, std::optional<DeviceLog> &log, const std::vector<wire::SignedEntry> &entries) const
{
    std::vector<LogChange> changes;
    for (const wire::SignedEntry &entry : entries) {
        if (!log) {
            auto started = DeviceLog::fromGenesis(account, entry, m_clock.now());
            if (!started) {
                qCWarning(lcAccount, "a device log is refused: %s", name(started.error()));
                return DirectoryError::NotGenuine;
            }
            log.emplace(std::move(*started));
            continue;
        }
        auto change = log->append(entry, m_clock.now());
        if (!change) {
            qCWarning(lcAccount, "a device log entry is refused: %s", name(change.error()));
            return DirectoryError::NotGenuine;
        }
        changes.push_back(*change);
    }
    return changes;
}

Result<Done, DirectoryError> DeviceDirectory::extend(const AccountId &account,
                                                     const std::vector<wire::SignedEntry> &entries)
{
    const auto pinned = find(account);
    if (!pinned)
        return DirectoryError::StoreFailed;
    std::optional<DeviceLog> log;
    if (*pinned)
        log.emplace(**pinned);
    auto changes = verified(account, log, entries);
    if (!changes)
        return changes.error();
    auto transaction = Transaction::begin(m_database);
    const bool isPinned = transaction && adopt(*log) && (!m_consequences || m_consequences(*log, *changes));
    if (!isPinned || !transaction->commit()) {
        m_cache.erase(account);
        return DirectoryError::StoreFailed;
    }
    Q_EMIT logExtended(account, *changes);
    return Done{};
}

} // namespace sotto
