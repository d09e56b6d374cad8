#pragma once
#include "core/crypto/key_store.h"
#include "core/storage/pin_repository.h"

namespace sotto {

class Database;

/// All key stores of crypto in one database. Records carry a hash; a row that does not match it answers Corrupt. On the
/// core thread, inside the caller's transaction.
class KeyStoreDb final : public SessionStore,
                         public PreKeyStore,
                         public SignedPreKeyStore,
                         public IdentityStore,
                         public SenderKeyStore,
                         public TombstoneStore {
public:
    /// `own` is this device's identity; `database` outlives the store.
    KeyStoreDb(Database &database, LocalIdentity own)
        : m_database(database), m_pins(database), m_own(std::move(own)) { }

    KeyStores stores() { return {*this, *this, *this, *this, *this, *this}; }

    Result<std::optional<SecretBytes>> loadSession(const DeviceAddress &peer) override;
    Result<Done> storeSession(const DeviceAddress &peer, ByteView record, Timestamp now) override;
    Result<Done> removeSession(const DeviceAddress &peer) override;

    /// Devices of an account with which there is a session.
    Result<std::vector<DeviceId>> sessionDevices(const AccountId &account);

    /// How many sessions a device has built with prekey messages after `after`, up to and with `until`, as far as their
    /// tombstones stand.
    Result<std::int64_t> sessionsBuiltBetween(const DeviceAddress &peer, Timestamp after, Timestamp until);

    Result<std::optional<SecretBytes>> loadPreKey(std::uint32_t id) override;
    Result<Done> storePreKey(std::uint32_t id, ByteView record, Timestamp madeAt) override;
    Result<Done> removePreKey(std::uint32_t id) override;
    Result<int> countPreKeys() override;
    Result<Done> removePreKeysMadeBefore(Timestamp limit) override;
    Result<Done> keepNewestPreKeys(int count) override;

    Result<std::optional<SecretBytes>> loadSignedPreKey(std::uint32_t id) override;
    Result<Done> storeSignedPreKey(std::uint32_t id, ByteView record, Timestamp madeAt) override;
    Result<Done> removeSignedPreKey(std::uint32_t id) override;
    Result<std::vector<SignedPreKeyRow>> signedPreKeys() override;

    Result<LocalIdentity> localIdentity() override;
    /// Whether the pinned log names the device, not revoked, with this key.
    Result<bool> isTrusted(const DeviceAddress &peer, const CurvePublicKey &key) override;
    Result<Done> rememberIdentity(const DeviceAddress &peer, const CurvePublicKey &key) override;
    /// Follows from the pinned identity key.
    Result<std::optional<std::uint32_t>> registrationId(const DeviceAddress &peer) override;

    Result<std::optional<SecretBytes>> loadSenderKey(const SenderKeyName &name) override;
    Result<Done> storeSenderKey(const SenderKeyName &name, ByteView record, Timestamp now) override;
    Result<Done> removeSenderKey(const SenderKeyName &name) override;

    Result<bool> hasTombstone(const DeviceAddress &peer, const Hash256 &baseKey) override;
    Result<Done> addTombstone(const DeviceAddress &peer, const Hash256 &baseKey, std::uint32_t signedPreKeyId,
                              Timestamp now) override;
    Result<Done> removeTombstonesOf(std::uint32_t signedPreKeyId) override;

private:
    Database &m_database;
    PinRepository m_pins;
    LocalIdentity m_own;
};

} // namespace sotto
