#include "core/crypto/session_row.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

namespace {
// version 1 | flags | identity 33 | last chain: ratchet key 33, next counter 4 (zeros for none) | notes n
// | n × (base key 33 | since 8 | header hash 16) | record; numbers big-endian
constexpr unsigned char kVersion = 1;
constexpr unsigned char kHasCurrentFlag = 1;
constexpr unsigned char kIsAnsweredFlag = 2;
constexpr unsigned char kHasChainFlag = 4;
constexpr qsizetype kChainAt = 2 + kCurvePublicKeyBytes;
constexpr qsizetype kHeadBytes = kChainAt + kCurvePublicKeyBytes + 4 + 1;
constexpr qsizetype kNoteBytes = kCurvePublicKeyBytes + 8 + kPreKeyHeaderHashBytes;
} // namespace

const SessionRow::StateNote *SessionRow::noteOf(const CurvePublicKey &baseKey) const
{
    const auto at =
        std::find_if(notes.begin(), notes.end(), [&](const StateNote &note) { return note.baseKey == baseKey; });
    return at == notes.end() ? nullptr : &*at;
}

SecretBytes SessionRow::serialized() const
{
    Q_ASSERT(notes.size() < 256);
    SecretBytes result = SecretBytes::zeros(kHeadBytes + kNoteBytes * qsizetype(notes.size()) + record.size());
    unsigned char *to = result.data();
    const auto put = [&to](ByteView bytes) { to = std::copy(bytes.begin(), bytes.end(), to); };
    *to++ = kVersion;
    *to++ = static_cast<unsigned char>((hasCurrent ? kHasCurrentFlag : 0) | (isAnswered ? kIsAnsweredFlag : 0)
                                       | (lastChain ? kHasChainFlag : 0));
    put(identity.view());
    if (lastChain) {
        put(lastChain->ratchetKey.view());
        qToBigEndian(lastChain->nextCounter, to);
        to += 4;
    } else {
        to += kCurvePublicKeyBytes + 4;
    }
    *to++ = static_cast<unsigned char>(notes.size());
    for (const StateNote &note : notes) {
        Q_ASSERT(note.headerHash.size() == kPreKeyHeaderHashBytes);
        put(note.baseKey.view());
        qToBigEndian(note.since.ms, to);
        to += 8;
        put(note.headerHash);
    }
    put(record.view());
    return result;
}

Result<SessionRow, CryptoError> SessionRow::parse(ByteView stored)
{
    if (stored.size() <= kHeadBytes || std::uint8_t(stored[0]) != kVersion)
        return CryptoError::StoreFailed;
    const auto flags = std::uint8_t(stored[1]);
    const auto identity = CurvePublicKey::fromBytes(stored.sliced(2, kCurvePublicKeyBytes));
    const auto count = qsizetype(std::uint8_t(stored[kHeadBytes - 1]));
    if (!identity || stored.size() <= kHeadBytes + count * kNoteBytes)
        return CryptoError::StoreFailed;
    SessionRow row{*identity, (flags & kHasCurrentFlag) != 0, (flags & kIsAnsweredFlag) != 0, {}, {}, {}};
    if (flags & kHasChainFlag) {
        row.lastChain = {*CurvePublicKey::fromBytes(stored.sliced(kChainAt, kCurvePublicKeyBytes)),
                         qFromBigEndian<quint32>(stored.data() + kChainAt + kCurvePublicKeyBytes)};
    }
    row.notes.reserve(std::size_t(count));
    for (qsizetype i = 0; i < count; ++i) {
        const ByteView note = stored.sliced(kHeadBytes + i * kNoteBytes, kNoteBytes);
        row.notes.push_back({*CurvePublicKey::fromBytes(note.first(kCurvePublicKeyBytes)),
                             {qFromBigEndian<qint64>(note.data() + kCurvePublicKeyBytes)},
                             note.last(kPreKeyHeaderHashBytes).toByteArray()});
    }
    row.record = SecretBytes::copyOf(stored.sliced(kHeadBytes + count * kNoteBytes));
    return row;
}

} // namespace sotto
