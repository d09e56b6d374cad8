#pragma once
#include "core/crypto/crypto_core.h"
#include "core/crypto/jump_limiter.h"
#include "core/crypto/key_store.h"

namespace sotto {

/// What became of a distribution message.
enum class DistributionOutcome {
    Accepted,
    Ignored, ///< of a chain we have, not newer than what we have of it: nothing was changed
};

/// Sender keys: one chain per (group, sending device), with Sotto's gates in front of it. One object per account. Core
/// thread, inside the caller's transaction, as SessionCipher.
class GroupCipher {
public:
    /// Chain ids that are remembered per sender where distributions carry no generation.
    static constexpr int kMaxKnownChains = 1024;

    /// `core` and the stores outlive the cipher.
    GroupCipher(CryptoCore &core, KeyStores stores);
    ~GroupCipher();
    GroupCipher(const GroupCipher &) = delete;
    GroupCipher &operator=(const GroupCipher &) = delete;

    /// The distribution message of our own chain at its current iteration; makes the chain when there is none.
    Result<Bytes, CryptoError> createDistribution(const SenderKeyName &own);
    /// Forgets our own chain: the next createDistribution() starts another (rotation).
    Result<Done, CryptoError> forgetChain(const SenderKeyName &own);

    /// Takes a distribution message, which came over a pairwise session from exactly that device. Refused: a
    /// generation not above the last (StaleDistribution), a known chain id with another signing key
    /// (DistributionKeyChanged), a chain that was replaced before (ReplayedDistribution), our own chain. Without a
    /// generation (crypto-agent only) up to kMaxKnownChains chain ids are remembered.
    Result<DistributionOutcome, CryptoError> processDistribution(const SenderKeyName &name, ByteView distribution,
                                                                 std::optional<std::uint32_t> generation);

    /// Encrypts once with our own chain; NoSession when there is none.
    Result<Bytes, CryptoError> encrypt(const SenderKeyName &own, ByteView plaintext);
    /// Verifies, decrypts, steps the chain. NeedsRetry for a jump over the limits. Duplicate as in SessionCipher.
    Result<SecretBytes, CryptoError> decrypt(const SenderKeyName &name, ByteView frame);

    /// What is remembered about far jumps; in memory only.
    JumpLimiter &jumpLimiter() { return m_limiter; }

private:
    CryptoCore &m_core;
    KeyStores m_stores;
    JumpLimiter m_limiter;
};

} // namespace sotto
