#pragma once
#include "core/account/own_device.h"
#include "core/content/content.h"
#include "core/crypto/sealed_sender.h"
#include "core/wire/frame.h"

namespace sotto {

/// Requests for repair in sealed copies: signed by the device, sealed to the other's SEK, without a session and so
/// without forward secrecy (protocol 3 "Sealed copies"). Core thread.
class SealedRetryBox {
public:
    /// All outlive it; `device` is this one.
    SealedRetryBox(const OwnDevice &device, SealedSender &senders, Random &random)
        : m_device(device), m_senders(senders), m_random(random)
    { }

    /// The copy of a request for `content.to`, whose keys its log names. RandomFailed; InvalidKey; InvalidArgument for
    /// content that no sealed copy holds.
    Result<wire::Copy, CryptoError> seal(const content::SealedContent &content, const MessageId &id,
                                         const wire::DeviceKeys &to);

    /// What a sealed copy asks for, when the device with `keys` that its verified sender names has signed it for this
    /// one. Refused (SealedSignature, SealedParties, SealedRetryOnly), Malformed.
    Result<content::Retry> open(ByteView ciphertext, const DeviceAddress &sender, const wire::DeviceKeys &keys);

private:
    const OwnDevice &m_device;
    SealedSender &m_senders;
    Random &m_random;
};

} // namespace sotto
