#pragma once
#include "core/crypto/curve_key.h"

#include <optional>

namespace sotto {

/// The outer part of a prekey message, read strictly: the library checks the MAC of the signal message inside only, so
/// whatever else is there could be altered unnoticed.
struct PreKeyFrame {
    std::uint32_t registrationId = 0;
    std::optional<std::uint32_t> preKeyId;
    std::uint32_t signedPreKeyId = 0;
    CurvePublicKey baseKey;
    CurvePublicKey identityKey;
    ByteView inner; ///< the signal message; valid as long as the frame

    /// A hash of everything but the signal message.
    Bytes headerHash() const;

    /// Reads a frame: protocol version 3, the version byte of the signal message inside (which its MAC covers), each
    /// known field once, no other field, shortest encodings, canonical base key (PreKeyFrameStrict), usable keys.
    /// Legacy, InvalidVersion, InvalidProtobuf, InvalidKey.
    static Result<PreKeyFrame, CryptoError> parse(ByteView frame);
};

/// Size of PreKeyFrame::headerHash().
inline constexpr qsizetype kPreKeyHeaderHashBytes = 16;

} // namespace sotto
