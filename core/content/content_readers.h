#pragma once
// Private to core/content: what its decoders have in common. Each reader returns nothing for a value that cannot be.
#include "core/content/content.h"
#include "core/content/proto/content.pb.h"
#include "core/wire/limits.h"
#include "core/wire/proto_values.h"

#include <limits>

namespace sotto::content {

namespace pb = ::sotto::content::v1;

using wire::bytesOf;
using wire::idOf;
using wire::optionalBytes;
using wire::optionalId;
using wire::parse;
using wire::readAll;
using wire::serialise;
using wire::textOf;

/// Whether a bytes field holds a key of 32 bytes.
inline bool isKey(const std::string &bytes) { return bytes.size() == 32; }

/// Whether the database can store a count, version or number of a peer's choosing.
inline bool isStorable(std::uint64_t number) { return number <= std::uint64_t(std::numeric_limits<qint64>::max()); }
/// A time that can be added to and subtracted from without overflow: 2^52 ms are 142,000 years.
inline std::optional<Timestamp> timeOf(qint64 ms)
{
    constexpr qint64 kFarthest = qint64(1) << 52;
    return ms >= -kFarthest && ms <= kFarthest ? std::optional(Timestamp{ms}) : std::nullopt;
}

/// A time of a hybrid clock, which only grows: not before 1970, not after the year 9999.
inline std::optional<Timestamp> hybridTimeOf(qint64 ms)
{
    return ms >= 0 && ms <= wire::kMaxTimeMs ? std::optional(Timestamp{ms}) : std::nullopt;
}

/// Fills the message.
void putSync(const ContactSync &from, pb::ContactSync *to);
/// A state that exists, about an account.
std::optional<ContactSync> takeSync(const pb::ContactSync &from);
/// Fills the message.
void putSetting(const SyncSetting &from, pb::SyncSetting *to);
/// A time that can be one.
std::optional<SyncSetting> takeSetting(const pb::SyncSetting &from);

} // namespace sotto::content
