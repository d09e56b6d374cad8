#include "core/crypto/prekey_frame.h"

#include "core/base/check.h"
#include "core/primitives/hash.h"

#include <QtEndian>

namespace sotto {

namespace {
constexpr unsigned kVersion = 3;

/// Fields of PreKeySignalMessage (WhisperTextProtocol.proto of libsignal-protocol-c 2.3.3).
enum Field { PreKeyId = 1, BaseKey = 2, IdentityKey = 3, Message = 4, RegistrationId = 5, SignedPreKeyId = 6 };
constexpr unsigned kVarintType = 0;
constexpr unsigned kBytesType = 2;

/// Reads protobuf from the front of a view.
class Reader {
public:
    explicit Reader(ByteView bytes) : m_rest(bytes) { }
    bool atEnd() const { return m_rest.isEmpty(); }

    /// A number of at most 32 bits in its shortest encoding.
    std::optional<std::uint32_t> number()
    {
        std::uint64_t value = 0;
        for (int i = 0; i < 5 && i < m_rest.size(); ++i) {
            const auto byte = std::uint8_t(m_rest[i]);
            value |= std::uint64_t(byte & 0x7f) << (7 * i);
            if (byte & 0x80)
                continue;
            const bool isShortest = byte != 0 || i == 0;
            m_rest = m_rest.sliced(i + 1);
            if (!isShortest || value > 0xffffffff)
                return std::nullopt;
            return std::uint32_t(value);
        }
        return std::nullopt;
    }

    std::optional<ByteView> bytes()
    {
        const auto size = number();
        if (!size || qsizetype(*size) > m_rest.size())
            return std::nullopt;
        const ByteView result = m_rest.first(qsizetype(*size));
        m_rest = m_rest.sliced(qsizetype(*size));
        return result;
    }

private:
    ByteView m_rest;
};

/// What the fields held; absent ones are empty.
struct Fields {
    std::optional<std::uint32_t> preKeyId, registrationId, signedPreKeyId;
    std::optional<ByteView> baseKey, identityKey, message;
};

template <class T> bool setOnce(std::optional<T> &slot, const std::optional<T> &value)
{
    const bool isFirst = !slot.has_value();
    slot = value;
    return isFirst && value.has_value();
}

/// Reads one field. Unknown ones end the reading: nobody who speaks version 3 writes any.
bool readField(Reader &reader, Fields &fields)
{
    const auto key = reader.number();
    if (!key)
        return false;
    switch (*key) {
    case PreKeyId << 3 | kVarintType: return setOnce(fields.preKeyId, reader.number());
    case RegistrationId << 3 | kVarintType: return setOnce(fields.registrationId, reader.number());
    case SignedPreKeyId << 3 | kVarintType: return setOnce(fields.signedPreKeyId, reader.number());
    case BaseKey << 3 | kBytesType: return setOnce(fields.baseKey, reader.bytes());
    case IdentityKey << 3 | kBytesType: return setOnce(fields.identityKey, reader.bytes());
    case Message << 3 | kBytesType: return setOnce(fields.message, reader.bytes());
    }
    return false;
}

/// The fields of the whole message; nothing when a byte of it is not understood.
std::optional<Fields> readFields(ByteView message)
{
    Reader reader(message);
    Fields fields;
    while (!reader.atEnd()) {
        const bool understood = readField(reader, fields);
        if (refuseUnless(Check::PreKeyFrameStrict, understood))
            return std::nullopt;
        if (!understood) // only with the check switched off
            break;
    }
    return fields;
}
} // namespace

Bytes PreKeyFrame::headerHash() const
{
    std::array<char, 13> numbers;
    qToBigEndian(registrationId, numbers.data());
    numbers[4] = preKeyId ? 1 : 0;
    qToBigEndian(preKeyId.value_or(0), numbers.data() + 5);
    qToBigEndian(signedPreKeyId, numbers.data() + 9);
    return blake2b256({ByteView(numbers), baseKey.view(), identityKey.view()}).toBytes().first(kPreKeyHeaderHashBytes);
}

Result<PreKeyFrame, CryptoError> PreKeyFrame::parse(ByteView frame)
{
    if (frame.isEmpty())
        return CryptoError::InvalidProtobuf;
    const auto versionByte = std::uint8_t(frame.front());
    const unsigned version = versionByte >> 4;
    if (version < kVersion)
        return CryptoError::Legacy;
    if (version > kVersion)
        return CryptoError::InvalidVersion;

    const std::optional<Fields> fields = readFields(frame.sliced(1));
    if (!fields || !fields->registrationId || !fields->signedPreKeyId || !fields->baseKey || !fields->identityKey
        || !fields->message || fields->message->isEmpty()) {
        return CryptoError::InvalidProtobuf;
    }
    if (refuseUnless(Check::PreKeyFrameStrict, std::uint8_t(fields->message->front()) == versionByte))
        return CryptoError::InvalidVersion;
    // X25519 ignores the highest bit of a key; nobody sets it.
    const bool isCanonical = fields->baseKey->isEmpty() || (std::uint8_t(fields->baseKey->back()) & 0x80) == 0;
    if (refuseUnless(Check::PreKeyFrameStrict, isCanonical))
        return CryptoError::InvalidKey;
    const auto baseKey = usableCurveKey(*fields->baseKey);
    const auto identityKey = usableCurveKey(*fields->identityKey);
    if (!baseKey || !identityKey)
        return CryptoError::InvalidKey;
    return PreKeyFrame{*fields->registrationId, fields->preKeyId, *fields->signedPreKeyId, *baseKey, *identityKey,
                       *fields->message};
}

} // namespace sotto
