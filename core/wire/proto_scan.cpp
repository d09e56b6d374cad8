#include "core/wire/proto_scan.h"

#include "core/base/check.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace sotto::wire {

namespace {

constexpr std::size_t kMaxFieldsPerMessage = 64;

/// Reads protobuf's wire format from the front of a byte range.
class Reader {
public:
    explicit Reader(ByteView bytes) : m_at(bytes.begin()), m_end(bytes.end()) { }
    bool atEnd() const { return m_at == m_end; }

    std::optional<std::uint64_t> varint()
    {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (m_at == m_end)
                return std::nullopt;
            const auto byte = std::uint8_t(*m_at++);
            if (shift == 63 && byte > 1)
                return std::nullopt;
            value |= std::uint64_t(byte & 0x7f) << shift;
            if (!(byte & 0x80))
                return value;
        }
        return std::nullopt;
    }
    std::optional<ByteView> bytes(std::uint64_t length)
    {
        if (length > std::uint64_t(m_end - m_at))
            return std::nullopt;
        const ByteView view(m_at, qsizetype(length));
        m_at += length;
        return view;
    }

private:
    const char *m_at;
    const char *m_end;
};

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

Result<Done, WireError> scanMessage(ByteView bytes, const MessageRule &rule, int depth);

/// Counts what has been seen of each field of one message.
class Tally {
public:
    explicit Tally(const MessageRule &rule) : m_rule(rule) { }

    Result<Done, WireError> add(const FieldRule &field, std::uint64_t items)
    {
        const auto index = std::size_t(&field - m_rule.fields.data());
        m_counts[index] += items;
        if (field.repeated) {
            if (m_counts[index] > field.maxItems)
                return WireError::TooLarge;
            return Done{};
        }
        if (refuseUnless(Check::DuplicateSingularField, m_counts[index] == 1))
            return WireError::Duplicate;
        if (field.oneof != 0) {
            const std::uint32_t bit = 1u << field.oneof;
            if (refuseUnless(Check::DuplicateSingularField, !(m_oneofs & bit)))
                return WireError::Duplicate;
            m_oneofs |= bit;
        }
        return Done{};
    }

private:
    const MessageRule &m_rule;
    std::array<std::uint64_t, kMaxFieldsPerMessage> m_counts{};
    std::uint32_t m_oneofs = 0;
};

const FieldRule *find(const MessageRule &rule, std::uint32_t number)
{
    const auto at = std::ranges::lower_bound(rule.fields, number, {}, &FieldRule::number);
    return at != rule.fields.end() && at->number == number ? &*at : nullptr;
}

std::uint32_t wireTypeOf(FieldKind kind)
{
    switch (kind) {
    case FieldKind::Varint:
    case FieldKind::Natural: return kVarint;
    case FieldKind::Fixed64: return kFixed64;
    case FieldKind::Fixed32: return kFixed32;
    case FieldKind::Bytes:
    case FieldKind::Message: return kLength;
    }
    return kLength;
}

/// Steps over one value; for a length-delimited one, returns its content.
Result<ByteView, WireError> skipValue(Reader &reader, std::uint32_t wireType)
{
    switch (wireType) {
    case kVarint:
        if (!reader.varint())
            return WireError::Malformed;
        return ByteView();
    case kFixed64:
        if (!reader.bytes(8))
            return WireError::Malformed;
        return ByteView();
    case kFixed32:
        if (!reader.bytes(4))
            return WireError::Malformed;
        return ByteView();
    case kLength: {
        const auto length = reader.varint();
        if (!length)
            return WireError::Malformed;
        const auto content = reader.bytes(*length);
        if (!content)
            return WireError::Malformed;
        return *content;
    }
    default: // groups
        return WireError::Malformed;
    }
}

bool isNatural(std::uint64_t value) { return value <= std::uint64_t(std::numeric_limits<std::int64_t>::max()); }

/// A field of kind Natural that is not packed.
Result<Done, WireError> scanNatural(Reader &reader)
{
    const auto value = reader.varint();
    if (!value)
        return WireError::Malformed;
    if (refuseUnless(Check::NumberRange, isNatural(*value)))
        return WireError::Invalid;
    return Done{};
}

/// How many numbers a packed repeated field holds.
Result<std::uint64_t, WireError> countPacked(ByteView content, FieldKind kind)
{
    if (kind == FieldKind::Fixed64 || kind == FieldKind::Fixed32) {
        const int size = kind == FieldKind::Fixed64 ? 8 : 4;
        if (content.size() % size != 0)
            return WireError::Malformed;
        return std::uint64_t(content.size() / size);
    }
    Reader reader(content);
    std::uint64_t count = 0;
    while (!reader.atEnd()) {
        const auto value = reader.varint();
        if (!value)
            return WireError::Malformed;
        if (refuseUnless(Check::NumberRange, kind != FieldKind::Natural || isNatural(*value)))
            return WireError::Invalid;
        ++count;
    }
    return count;
}

Result<Done, WireError> scanField(const FieldRule &field, std::uint32_t wireType, Reader &reader, Tally &tally,
                                  int depth)
{
    const bool isNumber = field.kind != FieldKind::Bytes && field.kind != FieldKind::Message;
    const bool packed = field.repeated && isNumber && wireType == kLength;
    if (!packed && wireType != wireTypeOf(field.kind))
        return WireError::Malformed;
    if (field.kind == FieldKind::Natural && !packed) {
        const auto scanned = scanNatural(reader);
        return scanned ? tally.add(field, 1) : scanned;
    }
    const auto content = skipValue(reader, wireType);
    if (!content)
        return content.error();
    if (packed) {
        const auto count = countPacked(*content, field.kind);
        if (!count)
            return count.error();
        return tally.add(field, *count);
    }
    if (field.maxBytes != 0 && std::uint64_t(content->size()) > field.maxBytes)
        return WireError::TooLarge;
    if (const auto counted = tally.add(field, 1); !counted)
        return counted.error();
    if (field.kind == FieldKind::Message)
        return scanMessage(*content, *field.message, depth + 1);
    return Done{};
}

Result<Done, WireError> scanMessage(ByteView bytes, const MessageRule &rule, int depth)
{
    if (depth > kMaxDepth)
        return WireError::TooDeep;
    Q_ASSERT(rule.fields.size() <= kMaxFieldsPerMessage);
    Reader reader(bytes);
    Tally tally(rule);
    while (!reader.atEnd()) {
        const auto tag = reader.varint();
        if (!tag || *tag > 0xffffffffu || (*tag >> 3) == 0)
            return WireError::Malformed;
        const auto number = std::uint32_t(*tag >> 3);
        const auto wireType = std::uint32_t(*tag & 7);
        if (const FieldRule *field = find(rule, number)) {
            if (const auto scanned = scanField(*field, wireType, reader, tally, depth); !scanned)
                return scanned.error();
            continue;
        }
        if (refuseUnless(Check::UnknownCriticalField, !isCritical(number)))
            return WireError::UnknownCritical;
        if (const auto skipped = skipValue(reader, wireType); !skipped)
            return skipped.error();
    }
    return Done{};
}

} // namespace

const char *name(WireError error)
{
    switch (error) {
    case WireError::Malformed: return "malformed";
    case WireError::TooLarge: return "too_large";
    case WireError::TooDeep: return "too_deep";
    case WireError::Duplicate: return "duplicate";
    case WireError::UnknownCritical: return "unknown_critical";
    case WireError::Invalid: return "invalid";
    }
    return "malformed";
}

Result<Done, WireError> scan(ByteView bytes, const MessageRule &rule) { return scanMessage(bytes, rule, 1); }

} // namespace sotto::wire
