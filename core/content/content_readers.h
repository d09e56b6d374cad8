#pragma once
// Private to core/content: what its decoders have in common. Each reader returns nothing for a value that cannot be.
#include "core/content/content.h"
#include "core/content/proto/content.pb.h"
#include "core/wire/proto_values.h"

namespace sotto::content {

namespace pb = ::sotto::content::v1;

using wire::bytesOf;
using wire::idOf;
using wire::optionalId;
using wire::parse;
using wire::serialise;
using wire::textOf;

/// Whether a bytes field holds a key of 32 bytes.
inline bool isKey(const std::string &bytes) { return bytes.size() == 32; }

/// Fills the message.
void putSync(const ContactSync &from, pb::ContactSync *to);
/// A state that exists, about an account.
std::optional<ContactSync> takeSync(const pb::ContactSync &from);

} // namespace sotto::content
