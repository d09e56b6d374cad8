#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstdint>
#include <span>

namespace sotto::wire {

/// Why bytes are not a message we accept.
enum class WireError {
    Malformed,       ///< not protobuf, cut short, or a field of the wrong type
    TooLarge,        ///< a length or count over its limit
    TooDeep,         ///< nested deeper than kMaxDepth
    Duplicate,       ///< a singular field, or two members of one oneof
    UnknownCritical, ///< a field this version would have to understand: the writer is newer
    Invalid,         ///< well-formed, but a value that cannot be (an id of 31 bytes, an unknown kind)
};

/// Stable lower-case name.
const char *name(WireError error);

/// What stands behind a tag. Message is a length-delimited field that is scanned in turn, Natural a varint of at most
/// 2^63 - 1: a uint64 field, because a database holds no more.
enum class FieldKind : std::uint8_t { Varint, Natural, Fixed64, Fixed32, Bytes, Message };

struct MessageRule;

/// What may stand under one field number; generated from the .proto file.
struct FieldRule {
    std::uint32_t number;
    FieldKind kind;
    bool repeated;
    std::uint8_t oneof;     ///< members of one oneof share a number; 0 for none
    std::uint32_t maxBytes; ///< of each value of a string or bytes field
    std::uint32_t maxItems; ///< of a repeated field
    const MessageRule *message;
};

/// The fields of one message, ascending by number.
struct MessageRule {
    std::span<const FieldRule> fields;
};

inline constexpr int kMaxDepth = 8;

/// Checks raw bytes against `rule` before any parser allocates: wire types, limits, depth, duplicates, critical fields,
/// numbers that cannot be stored
/// (protocol.md, introduction). Unknown fields that are not critical pass. Any thread.
Result<Done, WireError> scan(ByteView bytes, const MessageRule &rule);

/// Whether a reader that does not know this field must refuse.
constexpr bool isCritical(std::uint32_t fieldNumber)
{
    return fieldNumber <= 15 || (fieldNumber >= 1001 && fieldNumber <= 1999);
}

} // namespace sotto::wire
