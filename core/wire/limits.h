#pragma once
#include <QtGlobal>
#include <chrono>
#include <cstdint>

// The protocol's fixed sizes (core/docs/protocol.md). What an operator may change is in server/config.
namespace sotto::wire {

inline constexpr qsizetype kMaxFrameBytes = 256 * 1024;
inline constexpr qsizetype kMaxPayloadBytes = 96 * 1024;
inline constexpr qsizetype kMaxCiphertextBytes = 4096;
inline constexpr qsizetype kMaxSealedSenderBytes = 256;
inline constexpr qsizetype kMaxEphemeralBytes = 512;
inline constexpr qsizetype kMaxProfileBytes = 32 * 1024;
inline constexpr int kMaxCopiesPerTarget = 32;
inline constexpr int kMaxSubmitsPerBatch = 64;
inline constexpr int kMaxDevicesPerAccount = 10;
inline constexpr int kMaxPreKeysPerUpload = 200;
inline constexpr int kMaxLogEntriesPerReply = 64;
inline constexpr int kWindowFrames = 64;
inline constexpr qsizetype kWindowBytes = 256 * 1024;
inline constexpr qsizetype kNonceBytes = 32;
inline constexpr qsizetype kDeliveryTokenBytes = 16;
/// What a contact link carries so that a request shows that it came by it.
inline constexpr qsizetype kContactLinkSecretBytes = 16;
inline constexpr qsizetype kPresenceTopicBytes = 32;
/// Times in frames and entries are from 1970 to the end of the year 9999, so that sums with them cannot overflow.
inline constexpr std::int64_t kMaxTimeMs = 253'402'300'799'999;
/// A Hello may be answered for this long, by the relay's clock.
inline constexpr std::chrono::seconds kHelloLife{30};
inline constexpr std::chrono::seconds kPingInterval{30};
inline constexpr std::chrono::seconds kDeadAfter{60};
inline constexpr std::uint32_t kProtocolMajor = 1;
inline constexpr std::uint32_t kProtocolMinor = 0;
inline constexpr const char *kSubprotocol = "sotto.v1";

} // namespace sotto::wire
