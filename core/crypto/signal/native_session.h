#pragma once
#include "core/crypto/session_cipher.h"
#include "core/crypto/signal/unit_of_work.h"

struct session_record;
struct session_state;
struct signal_message;

namespace sotto::native {

/// A signal message as the library reads it; its MAC is not checked yet.
class SignalFrame {
public:
    /// InvalidProtobuf, InvalidVersion, Legacy, InvalidKey.
    static Result<SignalFrame, CryptoError> parse(SignalContext &context, ByteView frame);
    SignalFrame(SignalFrame &&other) noexcept;
    SignalFrame &operator=(SignalFrame &&) = delete;
    ~SignalFrame();

    const CurvePublicKey &ratchetKey() const { return m_ratchetKey; }
    std::uint32_t counter() const { return m_counter; }
    signal_message *raw() const { return m_message; }

private:
    SignalFrame(signal_message *message, const CurvePublicKey &ratchetKey, std::uint32_t counter);
    signal_message *m_message;
    CurvePublicKey m_ratchetKey;
    std::uint32_t m_counter;
};

/// A session record as the library reads it: the current state (index 0) and the archived ones (1 and on), newest
/// first.
class SessionRecord {
public:
    /// CorruptRecord for bytes that are no record: the library would silently start afresh.
    static Result<SessionRecord, CryptoError> load(SignalContext &context, ByteView record);
    SessionRecord(SessionRecord &&other) noexcept;
    SessionRecord &operator=(SessionRecord &&) = delete;
    ~SessionRecord();

    /// What identifies a state.
    struct State {
        CurvePublicKey baseKey;
        CurvePublicKey remoteIdentity;
    };
    /// The current state; nothing when the record has none (archived).
    std::optional<State> current() const;
    std::vector<State> archived() const;
    int archivedCount() const;
    /// Our ratchet key of the current state; nothing without one.
    std::optional<CurvePublicKey> sendingRatchetKey() const;

    /// Where the chain of a frame's ratchet key is.
    struct Chain {
        int state = 0;
        std::uint32_t index = 0; ///< counter of the next message
    };
    std::optional<Chain> chainOf(const SignalFrame &frame) const;
    enum class Mac {
        Right,
        Wrong,
        KeyUsed, ///< a counter behind its chain whose key is not kept: it was read, or skipped too long ago
    };
    /// What a frame's MAC is under a state, found without changing anything and without the library's key derivations:
    /// one HMAC a step, or the key that was kept when the message was skipped.
    Mac macOf(SignalContext &context, int state, const SignalFrame &frame) const;

    /// Drops an archived state (index 1, 2, …).
    void removeArchived(int index);
    /// Puts the current state among the archived ones. Other when the library cannot.
    Result<Done, CryptoError> archiveCurrent();
    Result<SecretBytes, CryptoError> serialized() const;

private:
    explicit SessionRecord(session_record *record) : m_record(record) { }
    session_state *state(int index) const;
    session_record *m_record;
};

// The library's operations. They read and write `unit` only; on an error what is in `unit` is to be thrown away.

/// Builds a session. The shapes of the bundle's keys and signature have been checked.
Result<Done, CryptoError> processBundle(UnitOfWork &unit, const RemoteBundle &bundle);
Result<RatchetFrame, CryptoError> encrypt(UnitOfWork &unit, ByteView plaintext);
Result<SecretBytes, CryptoError> decryptSignal(UnitOfWork &unit, const SignalFrame &frame);
Result<SecretBytes, CryptoError> decryptPreKey(UnitOfWork &unit, ByteView frame);

} // namespace sotto::native
