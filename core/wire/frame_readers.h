#pragma once
// Private to the decoders: what requests, responses and pushes have in common. Each reader returns nothing for a value
// that cannot be (an id of the wrong length, an unknown kind); the whole frame is then Invalid. Lengths and counts were
// checked on the raw bytes.
#include "core/wire/frame.h"
#include "core/wire/limits.h"
#include "core/wire/proto/relay.pb.h"
#include "core/wire/proto_values.h"

namespace sotto::wire {

namespace pb = ::sotto::relay::v1;

/// A body and signatures of 64 bytes each.
std::optional<SignedEntry> takeEntry(const pb::SignedEntry &from);
/// All of them, or nothing.
std::optional<std::vector<SignedEntry>> takeEntries(const google::protobuf::RepeatedPtrField<pb::SignedEntry> &from);
/// A class that exists.
std::optional<MailClass> takeClass(pb::MailClass from);
/// A kind that exists.
std::optional<CopyKind> takeKind(pb::CopyKind from);
/// Never nothing: a code of a newer relay is Unspecified, and still says that it refused.
std::optional<RelayError> takeError(const pb::Error &from);
/// All of them, or nothing.
std::optional<std::vector<DeviceId>> takeDevices(const google::protobuf::RepeatedField<std::uint32_t> &from);
/// With at least one target.
std::optional<Submit> takeSubmit(const pb::Submit &from);
/// What a client asks (request_decode.cpp).
std::optional<RequestBody> takeRequest(const pb::Request &from);
/// What a relay answers (response_decode.cpp).
std::optional<ResponseBody> takeResponse(const pb::Response &from);
/// What a relay says unasked (response_decode.cpp).
std::optional<Push> takePush(const pb::Push &from);

} // namespace sotto::wire
