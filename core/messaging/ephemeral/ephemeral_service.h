#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/crypto/ephemeral_cipher.h"
#include "core/wire/frame.h"

#include <QObject>
#include <functional>
#include <memory>
#include <unordered_map>

namespace sotto {

class DeviceDirectory;
class RelayClient;
struct Storage;

/// Typing: frames that never touch a ratchet and are never queued. Core thread.
class EphemeralService : public QObject {
    Q_OBJECT
public:
    /// A peer that says nothing more for so long has stopped typing.
    static constexpr Milliseconds kTypingLasts{10'000};
    /// At most one typing frame a conversation goes out in this time.
    static constexpr Milliseconds kTypingEvery{4'000};
    /// The peers' secrets are read again for an unknown frame at most this often.
    static constexpr Milliseconds kReloadEvery{1'000};
    /// How long one of our secrets is in use.
    static constexpr Milliseconds kSecretUse = std::chrono::hours(7 * 24);

    /// `token` gives the delivery token of an account; all outlive the service.
    EphemeralService(Storage &storage, DeviceDirectory &directory, RelayClient &relay, Clock &clock, Random &random,
                     const DeviceAddress &self, std::function<std::optional<Bytes>(const AccountId &)> token);

    /// Whether typing is told; reciprocal: who does not tell sees nobody type from now on.
    void setTellsTyping(bool tells);
    /// Makes sure that there is a secret of this week. In no transaction.
    Result<Done> renewSecretIfDue();
    /// Tells `to` that we type now. Dropped when offline or told just before.
    void tellTyping(const AccountId &to);
    /// A frame from the relay.
    void take(const wire::EphemeralArrived &frame);
    /// A message of theirs came: they no longer type it.
    void stopTyping(const AccountId &account);
    /// Whether somebody types to us now.
    bool isTyping(const AccountId &account) const { return m_typing.contains(account); }

Q_SIGNALS:
    /// A contact started or stopped typing to us, also because kTypingLasts ran out.
    void typingChanged(const sotto::AccountId &account, bool typing);

private:
    using KeyId = StrongId<struct EphemeralKeyIdTag, 8>;
    struct PeerKey {
        DeviceAddress sender;
        EphemeralCipher cipher;
    };
    static KeyId keyId(ByteView secret);
    const PeerKey *peerKey(const KeyId &id);
    void loadPeerKeys();
    void setTyping(const AccountId &account, bool typing);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    RelayClient &m_relay;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    std::function<std::optional<Bytes>(const AccountId &)> m_token;
    std::unordered_map<KeyId, std::unique_ptr<PeerKey>> m_peerKeys;
    std::optional<Milliseconds> m_peerKeysLoaded;
    std::unordered_map<AccountId, std::unique_ptr<Timer>> m_typing; ///< who types now
    std::unordered_map<AccountId, Milliseconds> m_told;
    bool m_tellsTyping = true;
};

} // namespace sotto
