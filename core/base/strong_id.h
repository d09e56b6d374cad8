#pragma once
#include "core/base/bytes.h"

#include <QHashFunctions>
#include <QString>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>

namespace sotto {

/// An identifier of `Size` bytes. Ids of different kinds neither convert nor compare; there is no default value, so an
/// id that exists is one somebody chose. Text form: lower-case hex.
template <class Tag, std::size_t Size> class StrongId {
public:
    static constexpr std::size_t kSize = Size;

    explicit StrongId(const std::array<std::uint8_t, Size> &bytes) : m_bytes(bytes) { }

    /// The id in exactly `Size` raw bytes; nothing for any other length.
    static std::optional<StrongId> fromBytes(ByteView bytes)
    {
        if (std::size_t(bytes.size()) != Size)
            return std::nullopt;
        std::array<std::uint8_t, Size> copy;
        std::memcpy(copy.data(), bytes.data(), Size);
        return StrongId(copy);
    }
    /// The id in its text form; nothing unless it is exactly 2·Size lower-case hex digits.
    static std::optional<StrongId> fromHex(QStringView text)
    {
        if (std::size_t(text.size()) != 2 * Size)
            return std::nullopt;
        for (const QChar c : text) {
            if (!(c >= u'0' && c <= u'9') && !(c >= u'a' && c <= u'f'))
                return std::nullopt;
        }
        return fromBytes(QByteArray::fromHex(text.toLatin1()));
    }

    const std::array<std::uint8_t, Size> &bytes() const { return m_bytes; }
    Bytes toBytes() const { return Bytes(reinterpret_cast<const char *>(m_bytes.data()), qsizetype(Size)); }
    ByteView view() const { return ByteView(reinterpret_cast<const char *>(m_bytes.data()), qsizetype(Size)); }
    QString toHex() const { return QString::fromLatin1(toBytes().toHex()); }

    friend auto operator<=>(const StrongId &, const StrongId &) = default;
    friend bool operator==(const StrongId &, const StrongId &) = default;
    friend std::size_t qHash(const StrongId &id, std::size_t seed = 0)
    {
        return qHashBits(id.m_bytes.data(), Size, seed);
    }

private:
    std::array<std::uint8_t, Size> m_bytes;
};

} // namespace sotto

template <class Tag, std::size_t Size> struct std::hash<sotto::StrongId<Tag, Size>> {
    std::size_t operator()(const sotto::StrongId<Tag, Size> &id) const noexcept { return qHash(id); }
};
