#pragma once
#include "core/crypto/key_store.h"

#include <map>

namespace sotto::kit {

/// All key stores of one device in memory, behind the same interfaces as the product's. What they hold is a value: a
/// copy is a snapshot, assigning it restores. Failures can be played.
class MemoryKeyStores final : public SessionStore,
                              public PreKeyStore,
                              public SignedPreKeyStore,
                              public IdentityStore,
                              public SenderKeyStore,
                              public TombstoneStore {
public:
    /// How peers' identity keys are judged.
    enum class Trust {
        OnFirstUse, ///< remembered with the first session, then binding
        PinnedOnly, ///< only what `pins` holds, as with device logs
    };

    struct TimedRecord {
        Bytes record;
        Timestamp madeAt;
        friend bool operator==(const TimedRecord &, const TimedRecord &) = default;
    };

    /// Everything stored.
    struct Content {
        Bytes identityPrivate;
        std::uint32_t registrationId = 0;
        std::map<DeviceAddress, Bytes> sessions;
        std::map<std::uint32_t, TimedRecord> preKeys;
        std::map<std::uint32_t, TimedRecord> signedPreKeys;
        std::map<DeviceAddress, CurvePublicKey> pins;
        std::map<DeviceAddress, std::uint32_t> registrationIds;
        std::map<SenderKeyName, Bytes> senderKeys;
        std::map<std::pair<DeviceAddress, Hash256>, std::uint32_t> tombstones;
        friend bool operator==(const Content &, const Content &) = default;
    };

    explicit MemoryKeyStores(Trust trust) : m_trust(trust) { }

    /// The stores as a cipher takes them.
    KeyStores all() { return {*this, *this, *this, *this, *this, *this}; }
    Content content;
    /// The write that fails, counted from now; negative: none. Reads fail when failReads is set.
    int failingWrite = -1;
    bool failReads = false;

    Result<std::optional<SecretBytes>> loadSession(const DeviceAddress &peer) override;
    Result<Done> storeSession(const DeviceAddress &peer, ByteView record, Timestamp now) override;
    Result<Done> removeSession(const DeviceAddress &peer) override;

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
    Result<bool> isTrusted(const DeviceAddress &peer, const CurvePublicKey &key) override;
    Result<Done> rememberIdentity(const DeviceAddress &peer, const CurvePublicKey &key) override;
    Result<std::optional<std::uint32_t>> registrationId(const DeviceAddress &peer) override;

    Result<std::optional<SecretBytes>> loadSenderKey(const SenderKeyName &name) override;
    Result<Done> storeSenderKey(const SenderKeyName &name, ByteView record, Timestamp now) override;
    Result<Done> removeSenderKey(const SenderKeyName &name) override;

    Result<bool> hasTombstone(const DeviceAddress &peer, const Hash256 &baseKey) override;
    Result<Done> addTombstone(const DeviceAddress &peer, const Hash256 &baseKey, std::uint32_t signedPreKeyId,
                              Timestamp now) override;
    Result<Done> removeTombstonesOf(std::uint32_t signedPreKeyId) override;

private:
    bool writeFails() { return failingWrite >= 0 && failingWrite-- == 0; }
    template <class Map, class Key> Result<Done> put(Map &map, const Key &key, typename Map::mapped_type value);
    template <class Map, class Key> Result<Done> erase(Map &map, const Key &key);

    Trust m_trust;
};

} // namespace sotto::kit
