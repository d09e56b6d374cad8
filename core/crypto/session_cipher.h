#pragma once
#include "core/base/ids.h"
#include "core/crypto/crypto_core.h"
#include "core/crypto/jump_limiter.h"
#include "core/crypto/key_store.h"
#include "core/crypto/remote_bundle.h"

namespace sotto {

/// Largest session record there may be; no message is accepted that would make one larger.
inline constexpr qsizetype kMaxSessionRecordBytes = 256 * 1024;
/// States of earlier sessions that are kept for mail under way, and for how long.
inline constexpr int kMaxArchivedStates = 4;
inline constexpr Milliseconds kArchivedStateLife = std::chrono::hours(30 * 24);
/// Largest message that is decrypted; the relay's frame limit.
inline constexpr qsizetype kMaxRatchetFrameBytes = 256 * 1024;

/// The two kinds of pairwise message.
enum class RatchetFrameType {
    Signal, ///< in a running session
    PreKey, ///< starts a session
};

/// A message of a pairwise session as it travels.
struct RatchetFrame {
    RatchetFrameType type = RatchetFrameType::Signal;
    Bytes bytes; ///< as the Signal protocol writes it
    friend bool operator==(const RatchetFrame &, const RatchetFrame &) = default;
};

/// Pairwise sessions: the double ratchet with Sotto's gates in front of it. One object per account. Core thread, each
/// call inside the caller's transaction: what it writes belongs with the message row, the dedupe row and the outbox
/// row. A refused call has written nothing, except after StoreFailed: roll back.
class SessionCipher {
public:
    /// `core` and the stores outlive the cipher.
    SessionCipher(CryptoCore &core, KeyStores stores);
    ~SessionCipher();
    SessionCipher(const SessionCipher &) = delete;
    SessionCipher &operator=(const SessionCipher &) = delete;

    /// Builds a new session from a verified bundle; a running one is archived. Then at most kMaxArchivedStates
    /// archived states are left, none older than kArchivedStateLife, none of another identity.
    /// InvalidKey (shape or signature), UntrustedIdentity, RandomFailed, StoreFailed.
    Result<Done, CryptoError> processBundle(const DeviceAddress &peer, const RemoteBundle &bundle);

    /// Encrypts once and steps the ratchet. Store the frame in the same transaction and send those bytes again when
    /// needed; never encrypt the same thing twice. NoSession also for a session that the peer has not answered within
    /// kArchivedStateLife; UntrustedIdentity when the device log names another key than the session's.
    Result<RatchetFrame, CryptoError> encrypt(const DeviceAddress &peer, ByteView plaintext);

    /// Checks the gates, decrypts, steps the ratchet, destroys a one-time prekey that was used. Duplicate is never
    /// proof of anything: compare innerHash() with the hashes of messages that were accepted.
    Result<SecretBytes, CryptoError> decrypt(const DeviceAddress &peer, RatchetFrameType type, ByteView frame);

    /// Whether encrypt() would find a session.
    Result<bool, CryptoError> hasSession(const DeviceAddress &peer);
    /// Puts the running session among the archived ones: the next encrypt() answers NoSession, mail under way still
    /// opens. NoSession when there is none.
    Result<Done, CryptoError> archive(const DeviceAddress &peer);
    /// Forgets all states. What was built by prekey messages cannot be built again by the same ones.
    Result<Done, CryptoError> remove(const DeviceAddress &peer);
    /// Bytes of the stored record, 0 for none.
    Result<qsizetype, CryptoError> recordBytes(const DeviceAddress &peer);
    /// Our ratchet key in the running session, 33 bytes: what the frames name that we send now. Nothing when there is
    /// no running session.
    Result<std::optional<Bytes>, CryptoError> sendingRatchetKey(const DeviceAddress &peer);
    /// How many archived states the record holds.
    Result<int, CryptoError> archivedStates(const DeviceAddress &peer);

    /// SHA-256 of the signal message in a frame, without the outer part of a prekey message, which anybody can alter:
    /// what deduplication compares. InvalidProtobuf, InvalidVersion, Legacy.
    static Result<Hash256, CryptoError> innerHash(CryptoCore &core, RatchetFrameType type, ByteView frame);

    /// The ratchet key of its sender that a frame names, 33 bytes; empty for one that cannot be read. Its MAC is not
    /// checked.
    static Bytes frameRatchetKey(CryptoCore &core, RatchetFrameType type, ByteView frame);

    /// What is remembered about far jumps; in memory only.
    JumpLimiter &jumpLimiter() { return m_limiter; }

private:
    CryptoCore &m_core;
    KeyStores m_stores;
    JumpLimiter m_limiter;
};

} // namespace sotto
