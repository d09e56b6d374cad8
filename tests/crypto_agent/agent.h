#pragma once
#include "core/crypto/crypto_core.h"
#include "core/crypto/group_cipher.h"
#include "core/crypto/prekeys.h"
#include "core/crypto/session_cipher.h"
#include "tests/crypto_agent/memory_key_stores.h"
#include "tests/crypto_agent/request.h"

#include <QHash>
#include <QSet>

namespace sotto::kit {

/// The crypto core, line by line: each request answers with one JSON object. README.md has the operations.
class CryptoAgent {
public:
    /// Longest line that is read as a request.
    static constexpr qsizetype kMaxLineBytes = 8 * 1024 * 1024;

    /// `core` outlives the agent.
    explicit CryptoAgent(CryptoCore &core);
    ~CryptoAgent();

    /// The answer to a line (without line end), one line without line end. Never fails otherwise.
    QByteArray answer(ByteView line);

private:
    /// The fields of a good answer, or why there is none.
    using Answer = Result<QJsonObject, CryptoError>;
    using Operation = Answer (CryptoAgent::*)(const Request &);

    /// What snapshot keeps.
    struct State {
        std::optional<DeviceAddress> self;
        MemoryKeyStores::Content keys;
        QSet<Bytes> accepted; ///< peer and inner hash of every message that was decrypted
        JumpLimiter sessionJumps;
        JumpLimiter groupJumps;
    };

    Answer init(const Request &request);
    Answer bundle(const Request &request);
    Answer processBundle(const Request &request);
    Answer encrypt(const Request &request);
    Answer decrypt(const Request &request);
    Answer archive(const Request &request);
    Answer deleteSession(const Request &request);
    Answer forgetIdentity(const Request &request);
    Answer info(const Request &request);
    Answer snapshot(const Request &request);
    Answer restore(const Request &request);
    Answer createSenderKey(const Request &request);
    Answer rotateSenderKey(const Request &request);
    Answer processSenderKey(const Request &request);
    Answer encryptSenderKey(const Request &request);
    Answer decryptSenderKey(const Request &request);
    Answer fingerprint(const Request &request);
    Answer sign(const Request &request);
    Answer verify(const Request &request);
    Answer agree(const Request &request);

    static const QHash<QString, Operation> &operations();
    std::optional<SenderKeyName> ownChain(const Request &request) const;
    Result<SignedPreKey, CryptoError> signedPreKey(std::uint32_t id);
    Result<OneTimePreKey, CryptoError> oneTimePreKey(std::uint32_t id);

    CryptoCore &m_core;
    MemoryKeyStores m_stores{MemoryKeyStores::Trust::OnFirstUse};
    SessionCipher m_sessions;
    GroupCipher m_groups;
    PreKeys m_preKeys;
    std::optional<DeviceAddress> m_self;
    QSet<Bytes> m_accepted;
    QHash<QString, State> m_snapshots;
};

} // namespace sotto::kit
