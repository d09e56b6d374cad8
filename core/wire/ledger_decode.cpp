#include "core/wire/ledger_entry.h"

#include "core/wire/frame_readers.h"
#include "core/wire/proto/ledger.pb.h"
#include "core/wire/proto/ledger_schema.h"
#include "core/wire/proto/relay_schema.h"

namespace sotto::wire {

namespace {
namespace ledger = ::sotto::ledger::v1;
namespace rules = ::sotto::wire::schema::ledger;

constexpr qsizetype kSignatureBytes = 64;

// The readers below return nothing for a value that cannot be; the whole message is then Invalid.

std::optional<DeviceKeys> take(const ledger::DeviceKeys &from)
{
    const auto device = DeviceId::from(from.device());
    const auto identity = idOf<CurveKey>(from.identity_key());
    const auto signing = idOf<SigningKey>(from.signing_key());
    const auto sealing = idOf<SealingKey>(from.sealing_key());
    if (!device || !identity || !signing || !sealing || (from.suites() & kSuiteClassic) == 0)
        return std::nullopt;
    return DeviceKeys{*device, *identity, *signing, *sealing, from.suites()};
}

std::optional<LogOperation> take(const ledger::Genesis &from)
{
    const auto root = idOf<CurveKey>(from.account_root());
    const auto wrap = idOf<SealingKey>(from.recovery_wrap());
    const auto device = take(from.device());
    if (!root || !wrap || !device || qsizetype(from.salt().size()) != kGenesisSaltBytes)
        return std::nullopt;
    return Genesis{*root, *wrap, bytesOf(from.salt()), *device};
}

std::optional<LogOperation> take(const ledger::SetRecovery &from)
{
    if (from.account_root().empty() && from.recovery_wrap().empty())
        return SetRecovery{};
    const auto root = idOf<CurveKey>(from.account_root());
    const auto wrap = idOf<SealingKey>(from.recovery_wrap());
    if (!root || !wrap)
        return std::nullopt;
    return SetRecovery{RecoveryKeys{*root, *wrap}};
}

std::optional<LogOperation> take(const ledger::Recover &from)
{
    const auto hash = idOf<Hash256>(from.base_hash());
    if (!hash || from.base_version() == 0 || from.claim().empty())
        return std::nullopt;
    Recover recover{from.base_version(), *hash, bytesOf(from.claim()), {}};
    for (const std::uint32_t number : from.revoked()) {
        const auto device = DeviceId::from(number);
        if (!device)
            return std::nullopt;
        recover.revoked.push_back(*device);
    }
    return recover;
}

std::optional<LogOperation> takeOperation(const ledger::LogEntry &from)
{
    switch (from.operation_case()) {
    case ledger::LogEntry::kGenesis: return take(from.genesis());
    case ledger::LogEntry::kAddDevice:
        if (from.add_device().claim().empty())
            return std::nullopt;
        return AddDevice{bytesOf(from.add_device().claim())};
    case ledger::LogEntry::kRevokeDevice: {
        const auto device = DeviceId::from(from.revoke_device().device());
        if (!device)
            return std::nullopt;
        return RevokeDevice{*device};
    }
    case ledger::LogEntry::kSetRecovery: return take(from.set_recovery());
    case ledger::LogEntry::kRecover: return take(from.recover());
    case ledger::LogEntry::kClose: return Close{};
    case ledger::LogEntry::OPERATION_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

/// Whether exactly the fields are there that this kind of entry has.
bool hasItsFields(const ledger::LogEntry &entry)
{
    const bool isGenesis = entry.has_genesis();
    return entry.account().empty() == isGenesis && entry.previous().empty() == isGenesis
        && (entry.actor() == 0) == entry.has_recover() && entry.epoch() >= 1 && entry.version() >= 1
        && (!isGenesis || (entry.epoch() == 1 && entry.version() == 1));
}

bool isPreKeyId(std::uint32_t id) { return id >= 1 && id <= kMaxPreKeyId; }
} // namespace

Result<LogEntry, WireError> decodeLogEntry(ByteView body)
{
    const auto from = parse<ledger::LogEntry>(body, rules::kLogEntry, kMaxLogEntryBytes);
    if (!from)
        return from.error();
    auto operation = takeOperation(*from);
    if (!operation || !hasItsFields(*from) || from->time_ms() < 0 || from->time_ms() > kMaxTimeMs)
        return WireError::Invalid;
    LogEntry entry{
        std::nullopt,      from->epoch(),        from->version(), std::nullopt, DeviceId::from(from->actor()),
        {from->time_ms()}, std::move(*operation)};
    entry.account = idOf<AccountId>(from->account());
    entry.previous = idOf<Hash256>(from->previous());
    const bool isGenesis = from->has_genesis();
    if (!isGenesis && (!entry.account || !entry.previous))
        return WireError::Invalid;
    if (!entry.actor && from->actor() != 0)
        return WireError::Invalid;
    return entry;
}

Result<DeviceClaim, WireError> decodeDeviceClaim(ByteView bytes)
{
    const auto from = parse<ledger::DeviceClaim>(bytes, rules::kDeviceClaim, kMaxLogEntryBytes);
    if (!from)
        return from.error();
    const auto account = idOf<AccountId>(from->account());
    const auto previous = idOf<Hash256>(from->previous());
    const auto keys = take(from->device());
    if (!account || !previous || !keys)
        return WireError::Invalid;
    return DeviceClaim{*account, *previous, *keys};
}

Result<PreKeyBundle, WireError> decodePreKeyBundle(ByteView body)
{
    const auto from = parse<ledger::PreKeyBundle>(body, rules::kPreKeyBundle, kMaxBundleBytes);
    if (!from)
        return from.error();
    const auto account = idOf<AccountId>(from->account());
    const auto device = DeviceId::from(from->device());
    const auto identity = idOf<CurveKey>(from->identity_key());
    const auto signedPreKey = idOf<CurveKey>(from->signed_prekey());
    if (!account || !device || !identity || !signedPreKey || !isPreKeyId(from->signed_prekey_id())
        || from->registration_id() < 1 || from->registration_id() > kMaxRegistrationId
        || qsizetype(from->signed_prekey_signature().size()) != kSignatureBytes) {
        return WireError::Invalid;
    }
    PreKeyBundle bundle{{*account, *device},      from->registration_id(), *identity,
                        from->signed_prekey_id(), *signedPreKey,           bytesOf(from->signed_prekey_signature()),
                        {from->expires_ms()},     from->suites(),          {}};
    for (const ledger::KemKey &kem : from->kem_keys())
        bundle.kemKeys.push_back({kem.suite(), kem.id(), bytesOf(kem.key()), bytesOf(kem.signature())});
    return bundle;
}

Result<OneTimePreKey, WireError> decodeOneTimePreKey(ByteView body)
{
    const auto from = parse<ledger::OneTimePreKey>(body, rules::kOneTimePreKey, kMaxOneTimePreKeyBytes);
    if (!from)
        return from.error();
    const auto device = DeviceId::from(from->device());
    const auto key = idOf<CurveKey>(from->key());
    if (!device || !key || !isPreKeyId(from->id()))
        return WireError::Invalid;
    return OneTimePreKey{*device, from->id(), *key};
}

Result<SignedEntry, WireError> decodeSignedEntry(ByteView bytes)
{
    const auto from =
        parse<::sotto::relay::v1::SignedEntry>(bytes, ::sotto::wire::schema::relay::kSignedEntry, kMaxFrameBytes);
    if (!from)
        return from.error();
    auto entry = takeEntry(*from);
    if (!entry)
        return WireError::Invalid;
    return std::move(*entry);
}

} // namespace sotto::wire
