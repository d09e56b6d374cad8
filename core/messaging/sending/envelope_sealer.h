#pragma once
#include "core/content/content.h"
#include "core/crypto/crypto_error.h"
#include "core/wire/frame.h"

#include <vector>

namespace sotto {

class Random;
class SealedSender;
class SessionCipher;

/// A device that gets a copy, as its account's verified log names it.
struct RecipientDevice {
    DeviceId device;
    Bytes sealingKey;                     ///< SEK, 32 bytes
    std::optional<Bytes> ephemeralSecret; ///< to be handed over with this copy
    std::uint64_t streamStart = 0;        ///< first counter of our stream that it was sent; 0: none
    std::uint64_t lastCounter = 0;        ///< in content without a counter: Header::lastCounter
};

/// An account whose active devices get copies.
struct RecipientAccount {
    AccountId account;
    std::uint64_t logVersion = 0;
    std::optional<Bytes> token;
    std::vector<RecipientDevice> devices;
    std::optional<AccountId> peerAccount; ///< in copies to own devices: whom the conversation is with
};

/// Encrypts content for devices: payload, ratchet, sealed sender. Core thread, inside the caller's transaction.
class EnvelopeSealer {
public:
    /// All outlive the sealer.
    EnvelopeSealer(SessionCipher &sessions, SealedSender &senders, Random &random)
        : m_sessions(sessions), m_senders(senders), m_random(random)
    { }

    /// Where a body goes: into the message itself, or encrypted once into `*payload` when it is larger than
    /// content::kMaxInlineBodyBytes. RandomFailed.
    Result<std::variant<Bytes, content::PayloadRef>, CryptoError> place(const Bytes &body, Bytes *payload);

    /// Whether there is a session with a device.
    Result<bool, CryptoError> canSealFor(const DeviceAddress &device);
    /// One copy for each of `to`'s devices of the same message. NoSession names no device: make sure of sessions first.
    Result<wire::Target, CryptoError> seal(const content::Inner &message, const RecipientAccount &to);

private:
    Result<wire::Copy, CryptoError> sealCopy(content::Inner message, const AccountId &account,
                                             const RecipientDevice &device);

    SessionCipher &m_sessions;
    SealedSender &m_senders;
    Random &m_random;
};

} // namespace sotto
