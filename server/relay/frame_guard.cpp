#include "server/relay/frame_guard.h"

#include "core/base/check.h"

#include <algorithm>

namespace sotto::relay {

namespace {
constexpr std::uint8_t kFinalBit = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kOpcodeBits = 0x0f;
constexpr std::uint8_t kMaskBit = 0x80;
constexpr std::uint8_t kLengthBits = 0x7f;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;
constexpr std::uint8_t kMaskBytes = 4;
constexpr std::uint64_t kMaxControlBytes = 125;

enum Opcode { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };
} // namespace

FrameGuard::Verdict FrameGuard::take(ByteView bytes)
{
    qsizetype at = 0;
    while (at < bytes.size() && m_verdict == Verdict::Fine) {
        if (!m_inPayload) {
            ++m_takenBytes;
            m_verdict = takeHeaderByte(std::uint8_t(bytes[at++]));
        } else {
            const std::uint64_t part = std::min(m_payloadLeft, std::uint64_t(bytes.size() - at));
            m_payloadLeft -= part;
            m_takenBytes += part;
            at += qsizetype(part);
        }
        if (m_inPayload && m_payloadLeft == 0 && m_verdict == Verdict::Fine)
            endFrame();
    }
    return m_verdict;
}

FrameGuard::Verdict FrameGuard::takeHeaderByte(std::uint8_t byte)
{
    m_header[m_headerSize++] = byte;
    if (m_headerSize == 2) {
        if (refuseUnless(Check::UnmaskedFrame, (byte & kMaskBit) != 0))
            return Verdict::Unmasked;
        const std::uint8_t length = byte & kLengthBits;
        const int lengthBytes = length == kLength16 ? 2 : length == kLength64 ? 8 : 0;
        m_headerWanted = std::uint8_t(2 + lengthBytes + kMaskBytes);
    }
    return m_headerSize < m_headerWanted ? Verdict::Fine : beginFrame();
}

FrameGuard::Verdict FrameGuard::beginFrame()
{
    std::uint64_t length = m_header[1] & kLengthBits;
    if (length >= kLength16) {
        const std::size_t lengthBytes = length == kLength16 ? 2 : 8;
        length = 0;
        for (std::size_t i = 0; i < lengthBytes; ++i)
            length = length << 8 | m_header[2 + i];
    }
    if (m_header[0] & kReservedBits)
        return Verdict::Malformed;
    const int opcode = m_header[0] & kOpcodeBits;
    m_isLast = (m_header[0] & kFinalBit) != 0;
    m_isControl = opcode >= Close;
    m_payloadLeft = length;
    m_inPayload = true;
    if (!m_isControl)
        return checkDataFrame(opcode, length);
    ++m_controlFrames;
    return opcode > Pong || !m_isLast || length > kMaxControlBytes ? Verdict::Malformed : Verdict::Fine;
}

FrameGuard::Verdict FrameGuard::checkDataFrame(int opcode, std::uint64_t length)
{
    if (opcode == Text)
        return Verdict::NotBinary;
    const bool continues = m_fragments > 0;
    if (opcode > Binary || continues != (opcode == Continuation))
        return Verdict::Malformed;
    // Compared before the sum is made: a length near 2^64 must not wrap around.
    if (refuseUnless(Check::MessageSize, length <= m_limits.maxMessageBytes - m_messageBytes))
        return Verdict::TooLarge;
    m_messageBytes += length;
    const bool fewEnough = ++m_fragments <= m_limits.maxFragments;
    return refuseUnless(Check::FragmentCount, fewEnough) ? Verdict::TooManyFragments : Verdict::Fine;
}

void FrameGuard::endFrame()
{
    m_inPayload = false;
    m_headerSize = 0;
    m_headerWanted = 2;
    m_completeBytes = m_takenBytes;
    if (!m_isControl && m_isLast) {
        m_fragments = 0;
        m_messageBytes = 0;
        ++m_messages;
    }
}

} // namespace sotto::relay
