#pragma once
#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <utility>

namespace sotto::relay {

/// Reads along with a client's WebSocket stream (RFC 6455) before anything buffers it: frame headers only, payloads are
/// skipped. It refuses what Qt's WebSocket would take: unmasked frames, text, extensions' bits, huge or endless
/// messages, swarms of fragments and control frames; and it says where the last whole frame ends, so that half a frame
/// is never handed on. Knows no socket and no clock. One thread.
class FrameGuard {
public:
    struct Limits {
        std::uint64_t maxMessageBytes = 256 * 1024; ///< payload of one message, all its fragments together
        int maxFragments = 64;
    };
    enum class Verdict {
        Fine,
        Malformed, ///< reserved bits or opcodes, a control frame that is fragmented or too long, wrong order
        Unmasked,  ///< clients must mask (RFC 6455 5.1)
        NotBinary, ///< a text message
        TooLarge,
        TooManyFragments,
    };

    explicit FrameGuard(Limits limits) : m_limits(limits) { }

    /// Takes the next bytes of the stream. After anything but Fine the stream is refused for good.
    Verdict take(ByteView bytes);
    /// How many of the bytes taken so far lie in whole frames.
    std::uint64_t completeBytes() const { return m_completeBytes; }
    /// Whether a message has begun that has not ended: a part of a frame, or fragments that wait for the last one.
    bool isInsideMessage() const { return m_headerSize > 0 || m_payloadLeft > 0 || m_fragments > 0; }
    /// Whole messages (with all their fragments, control frames not counted) seen since the last call.
    int takeMessages() { return std::exchange(m_messages, 0); }
    /// Control frames (ping, pong, close) seen since the last call.
    int takeControlFrames() { return std::exchange(m_controlFrames, 0); }

private:
    Verdict takeHeaderByte(std::uint8_t byte);
    Verdict beginFrame();
    Verdict checkDataFrame(int opcode, std::uint64_t length);
    void endFrame();

    Limits m_limits;
    std::array<std::uint8_t, 14> m_header{};
    std::uint8_t m_headerSize = 0;
    std::uint8_t m_headerWanted = 2;
    bool m_inPayload = false;
    bool m_isLast = true;
    bool m_isControl = false;
    std::uint64_t m_payloadLeft = 0;
    std::uint64_t m_messageBytes = 0; ///< of the fragments of an unfinished message
    int m_fragments = 0;              ///< of an unfinished message
    int m_controlFrames = 0;
    int m_messages = 0;
    std::uint64_t m_takenBytes = 0;
    std::uint64_t m_completeBytes = 0;
    Verdict m_verdict = Verdict::Fine;
};

} // namespace sotto::relay
