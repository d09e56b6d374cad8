#pragma once
#include "core/crypto/group_cipher.h"
#include "core/crypto/signal/unit_of_work.h"

struct sender_key_record;
struct sender_key_message;

namespace sotto::native {

/// A distribution message as the library reads it. It carries no proof of its own: the pairwise session does.
struct Distribution {
    std::uint32_t chainId = 0;
    std::uint32_t iteration = 0;
    CurvePublicKey signingKey;

    /// InvalidProtobuf, InvalidVersion, Legacy; InvalidKey for an unusable signing key or a chain key of another size.
    static Result<Distribution, CryptoError> parse(SignalContext &context, ByteView distribution);
};

/// A group message as the library reads it; its signature is not checked yet.
class GroupFrame {
public:
    static Result<GroupFrame, CryptoError> parse(SignalContext &context, ByteView frame);
    GroupFrame(GroupFrame &&other) noexcept;
    GroupFrame &operator=(GroupFrame &&) = delete;
    ~GroupFrame();

    /// Which chain it says it belongs to, and its place there.
    std::uint32_t chainId() const;
    std::uint32_t iteration() const;
    sender_key_message *raw() const { return m_message; }

private:
    explicit GroupFrame(sender_key_message *message) : m_message(message) { }
    sender_key_message *m_message;
};

/// A sender key record as the library reads it.
class SenderKeyRecord {
public:
    /// StoreFailed for bytes that are no record.
    static Result<SenderKeyRecord, CryptoError> load(SignalContext &context, ByteView record);
    SenderKeyRecord(SenderKeyRecord &&other) noexcept;
    SenderKeyRecord &operator=(SenderKeyRecord &&) = delete;
    ~SenderKeyRecord();

    struct Chain {
        std::uint32_t iteration = 0; ///< of the next message
        CurvePublicKey signingKey;
        bool isOwn = false; ///< we hold the private signing key
    };
    /// The chain with this id; nothing when the record does not remember it.
    std::optional<Chain> chain(std::uint32_t id) const;
    /// Whether the newest chain is one that we send with.
    bool isOwn() const;

private:
    explicit SenderKeyRecord(sender_key_record *record) : m_record(record) { }
    sender_key_record *m_record;
};

// The library's operations. They read and write `unit` only; on an error what is in `unit` is to be thrown away.

/// The distribution message of the unit's own chain, which is made when there is none.
Result<Bytes, CryptoError> createDistribution(UnitOfWork &unit);
/// Adds the chain of a distribution message to the unit's record.
Result<Done, CryptoError> processDistribution(UnitOfWork &unit, ByteView distribution);
/// Encrypts with the unit's own chain.
Result<Bytes, CryptoError> encryptGroup(UnitOfWork &unit, ByteView plaintext);
/// Verifies and decrypts with the unit's chains.
Result<SecretBytes, CryptoError> decryptGroup(UnitOfWork &unit, const GroupFrame &frame);

} // namespace sotto::native
