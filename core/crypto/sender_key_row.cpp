#include "core/crypto/sender_key_row.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

namespace {
// version 1 | has generation 1 | generation 4, big-endian | known chains n, 2 bytes | n × id 4 | record
constexpr unsigned char kVersion = 1;
constexpr qsizetype kHeadBytes = 8;
constexpr qsizetype kIdBytes = 4;
} // namespace

SecretBytes SenderKeyRow::serialized() const
{
    Q_ASSERT(knownChains.size() < 65536);
    const auto ids = qsizetype(knownChains.size());
    SecretBytes result = SecretBytes::zeros(kHeadBytes + ids * kIdBytes + record.size());
    unsigned char *const to = result.data();
    to[0] = kVersion;
    to[1] = generation ? 1 : 0;
    qToBigEndian(generation.value_or(0), to + 2);
    qToBigEndian(quint16(ids), to + 6);
    for (qsizetype i = 0; i < ids; ++i)
        qToBigEndian(knownChains[std::size_t(i)], to + kHeadBytes + i * kIdBytes);
    std::copy_n(record.data(), record.size(), to + kHeadBytes + ids * kIdBytes);
    return result;
}

Result<SenderKeyRow, CryptoError> SenderKeyRow::parse(ByteView stored)
{
    if (stored.size() <= kHeadBytes || std::uint8_t(stored[0]) != kVersion)
        return CryptoError::StoreFailed;
    const auto ids = qsizetype(qFromBigEndian<quint16>(stored.data() + 6));
    if (stored.size() <= kHeadBytes + ids * kIdBytes)
        return CryptoError::StoreFailed;
    SenderKeyRow row;
    if (stored[1] != 0)
        row.generation = qFromBigEndian<quint32>(stored.data() + 2);
    for (qsizetype i = 0; i < ids; ++i)
        row.knownChains.push_back(qFromBigEndian<quint32>(stored.data() + kHeadBytes + i * kIdBytes));
    row.record = SecretBytes::copyOf(stored.sliced(kHeadBytes + ids * kIdBytes));
    return row;
}

} // namespace sotto
