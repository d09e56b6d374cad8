#include "core/account/account_maker.h"

#include "core/account/device_directory.h"
#include "core/account/log_stamp.h"
#include "core/account/prekey_upload.h"
#include "core/account/profile_keys.h"
#include "core/crypto/recovery_kit.h"
#include "core/ledger/log_builder.h"
#include "core/primitives/hash.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/key_store_db.h"
#include "core/storage/storage.h"

namespace sotto {

namespace {

constexpr qsizetype kProfileKeyBytes = 32;

Error asError(CryptoError error)
{
    return error == CryptoError::RandomFailed ? Error(ErrorCode::RandomFailed)
                                              : Error(ErrorCode::Internal, QString::fromLatin1(name(error)));
}

} // namespace

Result<Done> AccountMaker::make(const wire::Invite &invite, const QString &displayName, const QString &handle,
                                Timestamp relayNow)
{
    const Timestamp now = m_clock.now();
    const auto stamp = logStamp(relayNow, now, std::nullopt);
    if (!stamp)
        return stamp.error();
    const auto kit = RecoveryKit::make(m_random);
    const auto keys = DeviceKeys::make(m_random);
    const auto device = makeDeviceId(m_random);
    const auto profileKey = SecretBytes::random(kProfileKeyBytes, m_random);
    if (!kit || !keys || !device || !profileKey)
        return ErrorCode::RandomFailed;
    const X25519KeyPair identity = keys->identity.x25519();
    const DeviceKeyPairs pairs{*device, identity, keys->signing, keys->sealing};
    const X25519KeyPair recoveryWrap = kit->recoveryWrap();
    const auto genesis =
        makeGenesis(pairs, kit->accountRoot(), *wire::SealingKey::fromBytes(recoveryWrap.publicKey), *stamp, m_random);
    if (!genesis)
        return ErrorCode::RandomFailed;
    const AccountId account = accountIdOf(genesis->body);
    const auto log = DeviceLog::fromGenesis(account, *genesis, now);
    if (!log)
        return Error(ErrorCode::Internal, QString::fromLatin1(name(log.error())));

    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const OwnAccount own{{account, *device}, displayName, QString(), Bytes(), handle, {0}};
    const auto created = m_storage.ownAccount.create(
        own, {keys->toSecret(), profileKey->clone(), kit->backupRoot(), SecretBytes::copyOf(kit->secret())});
    if (!created)
        return created.error();
    const auto related = m_storage.relay.store({invite.relayKey, std::nullopt, QString(), 0, invite.addresses});
    if (!related)
        return related.error();
    if (const auto pinned = storeLog(m_storage.pins, *log); !pinned)
        return pinned.error();
    const auto kept = Settings(m_storage.settings).set(kPendingInvite, wire::inviteLink(invite));
    if (!kept)
        return kept.error();
    return transaction->commit();
}

Result<wire::Register> AccountMaker::registration(const wire::Invite &invite, Timestamp relayNow)
{
    const auto own = m_storage.ownAccount.load();
    if (!own)
        return own.error();
    if (!*own)
        return ErrorCode::NotFound;
    const auto secret = m_storage.ownAccount.deviceKeys();
    const auto profileKey = m_storage.ownAccount.profileKey();
    const auto entries = m_storage.pins.entries((*own)->address.account);
    if (!secret || !profileKey || !entries || entries->empty())
        return ErrorCode::Corrupt;
    auto keys = DeviceKeys::fromSecret(secret->view());
    const auto genesis = wire::decodeSignedEntry(entries->front().entry);
    if (!keys || !genesis)
        return ErrorCode::Corrupt;
    const OwnDevice device{(*own)->address, std::move(*keys)};
    KeyStoreDb keyStore(m_storage.database, device.localIdentity());
    PreKeys preKeys(m_core, keyStore.stores());
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    auto upload = makeFirstUpload(preKeys, device, kFirstPreKeys, relayNow);
    if (!upload)
        return asError(upload.error());
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return wire::Register{invite.secret,   *genesis,
                          *upload->bundle, std::move(upload->oneTimePreKeys),
                          (*own)->handle,  sha256(deliveryTokenOf(profileKey->view()))};
}

Result<Done> AccountMaker::finish(Timestamp relayNow)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto registered = m_storage.ownAccount.setRegistered(relayNow); !registered)
        return registered.error();
    return transaction->commit();
}

} // namespace sotto
