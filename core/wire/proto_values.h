#pragma once
// Private to the decoders and encoders of core/wire and core/content: between Sotto's values and protobuf's fields.
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/strong_id.h"
#include "core/wire/proto_scan.h"

#include <QString>
#include <optional>
#include <string>
#include <vector>

namespace sotto::wire {

/// A field's value from a view of bytes.
inline std::string bytesOf(ByteView bytes) { return std::string(bytes.data(), std::size_t(bytes.size())); }
/// A field's value from an id.
template <class Tag, std::size_t Size> std::string bytesOf(const StrongId<Tag, Size> &id) { return bytesOf(id.view()); }
/// A bytes field's value.
inline Bytes bytesOf(const std::string &from) { return Bytes(from.data(), qsizetype(from.size())); }
/// A string field's value; not UTF-8 becomes replacement characters.
inline QString textOf(const std::string &from) { return QString::fromUtf8(from.data(), qsizetype(from.size())); }

/// The id in a bytes field; nothing when its length is another.
template <class Id> std::optional<Id> idOf(const std::string &from)
{
    return Id::fromBytes(ByteView(from.data(), qsizetype(from.size())));
}

/// A field that may be absent: nothing when it is there and cannot be, otherwise the value or its absence.
template <class Id> std::optional<std::optional<Id>> optionalId(const std::string &from)
{
    if (from.empty())
        return std::optional<Id>();
    const auto id = idOf<Id>(from);
    return id ? std::optional<std::optional<Id>>(id) : std::nullopt;
}

/// As optionalId(), for plain bytes that have exactly `size` bytes when they are there.
inline std::optional<std::optional<Bytes>> optionalBytes(const std::string &from, qsizetype size)
{
    if (from.empty())
        return std::optional<Bytes>();
    if (qsizetype(from.size()) != size)
        return std::nullopt;
    return std::optional<Bytes>(bytesOf(from));
}

/// What `read` makes of each item; nothing when it makes nothing of one.
template <class Items, class Reader> auto readAll(const Items &items, Reader read)
{
    using Value = typename decltype(read(*items.begin()))::value_type;
    std::optional<std::vector<Value>> all(std::in_place);
    all->reserve(std::size_t(items.size()));
    for (const auto &item : items) {
        auto value = read(item);
        if (!value)
            return std::optional<std::vector<Value>>();
        all->push_back(std::move(*value));
    }
    return all;
}

/// The encoded message.
template <class Message> Bytes serialise(const Message &message)
{
    Bytes bytes(qsizetype(message.ByteSizeLong()), Qt::Uninitialized);
    message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t *>(bytes.data()));
    return bytes;
}

/// Scans, then parses: the message is only read when both agree that it is one. TooLarge over `maxBytes`.
template <class Message> Result<Message, WireError> parse(ByteView bytes, const MessageRule &rule, qsizetype maxBytes)
{
    if (bytes.size() > maxBytes)
        return WireError::TooLarge;
    if (const auto scanned = scan(bytes, rule); !scanned)
        return scanned.error();
    Message message;
    if (!message.ParseFromArray(bytes.data(), int(bytes.size())))
        return WireError::Malformed;
    return message;
}

} // namespace sotto::wire
