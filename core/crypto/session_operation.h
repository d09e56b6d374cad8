#pragma once
#include "core/crypto/prekey_frame.h"
#include "core/crypto/session_cipher.h"
#include "core/crypto/session_row.h"
#include "core/crypto/signal/native_session.h"

namespace sotto {

/// Ids that a prekey of ours can have: 1 to 0xFFFFFE. The library never deletes 0xFFFFFF (security.md A1.4-10).
constexpr bool isOrdinaryPreKeyId(std::uint32_t id) { return id >= 1 && id < 0xffffff; }

/// One call of SessionCipher: loads the peer's row, passes the gates, lets the library work on a copy, and writes to
/// the stores only when all of it has succeeded.
class SessionOperation {
public:
    static Result<std::unique_ptr<SessionOperation>, CryptoError> start(CryptoCore &core, const KeyStores &stores,
                                                                        const DeviceAddress &peer);

    /// As SessionCipher's function of that name; keys and signature of the bundle have their shapes.
    Result<Done, CryptoError> processBundle(const RemoteBundle &bundle, const CurvePublicKey &identity);
    /// As SessionCipher's function of that name.
    Result<RatchetFrame, CryptoError> encrypt(ByteView plaintext);
    /// decrypt() of a signal message.
    Result<SecretBytes, CryptoError> decryptSignal(ByteView frame, JumpLimiter &limiter);
    /// decrypt() of a prekey message.
    Result<SecretBytes, CryptoError> decryptPreKey(ByteView frame, JumpLimiter &limiter);
    /// As SessionCipher's function of that name.
    Result<Done, CryptoError> archive();

    /// Done when encrypt() may use the session: there is one, of a trusted identity, answered or young.
    Result<Done, CryptoError> checkSending();
    Result<int, CryptoError> archivedStates();
    /// As SessionCipher's function of that name.
    Result<std::optional<Bytes>, CryptoError> sendingRatchetKey();

private:
    SessionOperation(CryptoCore &core, const KeyStores &stores, const DeviceAddress &peer);

    /// What the gate found out about a frame.
    struct Passed {
        bool isBigJump = false;
        bool mayChangeStates = false;  ///< another state may have become the current one
        std::uint32_t nextCounter = 0; ///< of the frame's chain, once the frame is decrypted
    };
    Result<Passed, CryptoError> passGate(const native::SignalFrame &frame, JumpLimiter &limiter);
    Result<Done, CryptoError> passNewSessionGate(const PreKeyFrame &frame, const native::SignalFrame &message,
                                                 JumpLimiter &limiter);
    Result<Done, CryptoError> checkIdentity(const CurvePublicKey &identity);
    /// StoreFailed for a broken record, which the library would take for a fresh one (A1.4-8).
    Result<Done, CryptoError> checkRecord();
    Result<Done, CryptoError> checkRegistration(const PreKeyFrame &frame);

    /// Brings the row's notes in line with the record after its states may have changed, and drops archived states
    /// that are too many, too old, too large or of another identity. `headerHash` belongs to a state that is new.
    Result<Done, CryptoError> noteStates(const Bytes &headerHash);
    /// Drops the oldest archived states until the record is comfortably small.
    Result<Done, CryptoError> keepComfortable(native::SessionRecord &record, int archived, bool isChanged);
    Result<Done, CryptoError> store();
    Bytes limiterKey() const;

    CryptoCore &m_core;
    const KeyStores &m_stores;
    DeviceAddress m_peer;
    std::optional<SessionRow> m_row;
    native::UnitOfWork m_unit;
};

} // namespace sotto
