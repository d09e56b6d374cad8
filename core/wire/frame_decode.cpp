#include "core/wire/frame_readers.h"
#include "core/wire/proto/relay_schema.h"

namespace sotto::wire {

namespace {

namespace rules = ::sotto::wire::schema::relay;

std::optional<Frame> takeAuthenticate(const pb::Authenticate &from)
{
    const auto account = idOf<AccountId>(from.account());
    const auto device = DeviceId::from(from.device());
    if (!account || !device || from.signature().size() != 64)
        return std::nullopt;
    return Authenticate{*account, *device, bytesOf(from.signature())};
}

std::optional<Frame> takeWelcome(const pb::Welcome &from)
{
    auto connected = takeDevices(from.own_devices_connected());
    if (!connected)
        return std::nullopt;
    return Welcome{from.last_acked_seq(),   from.last_submit_seq(), std::move(*connected), from.queued(),
                   from.one_time_prekeys(), from.gap_before_seq(),  from.log_version()};
}

std::optional<Frame> takeEphemeral(const pb::Ephemeral &from)
{
    const auto account = idOf<AccountId>(from.account());
    const auto token = optionalBytes(from.token(), kDeliveryTokenBytes);
    if (!account || !token)
        return std::nullopt;
    return Ephemeral{*account, *token, bytesOf(from.sealed())};
}

std::optional<Frame> takeFrame(const pb::Frame &from)
{
    switch (from.kind_case()) {
    case pb::Frame::kHello:
        if (auto entry = takeEntry(from.hello()))
            return HelloFrame{std::move(*entry)};
        return std::nullopt;
    case pb::Frame::kAuthenticate: return takeAuthenticate(from.authenticate());
    case pb::Frame::kWelcome: return takeWelcome(from.welcome());
    case pb::Frame::kRequest:
        if (auto body = takeRequest(from.request()))
            return Request{from.request().id(), std::move(*body)};
        return std::nullopt;
    case pb::Frame::kResponse:
        if (auto body = takeResponse(from.response()))
            return Response{from.response().id(), std::move(*body)};
        return std::nullopt;
    case pb::Frame::kAcknowledge: {
        const auto &seqs = from.acknowledge().seqs();
        return Acknowledge{std::vector<std::uint64_t>(seqs.begin(), seqs.end())};
    }
    case pb::Frame::kPush:
        if (auto push = takePush(from.push()))
            return std::move(*push);
        return std::nullopt;
    case pb::Frame::kEphemeral: return takeEphemeral(from.ephemeral());
    case pb::Frame::kGoodbye:
        if (auto error = takeError(from.goodbye().error()))
            return Goodbye{std::move(*error)};
        return std::nullopt;
    case pb::Frame::KIND_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<SignedEntry> takeEntry(const pb::SignedEntry &from)
{
    SignedEntry entry{bytesOf(from.body()), bytesOf(from.signature()), {}};
    if (entry.body.isEmpty() || entry.signature.size() != 64)
        return std::nullopt;
    for (const std::string &proof : from.proofs()) {
        if (proof.size() != 64)
            return std::nullopt;
        entry.proofs.push_back(bytesOf(proof));
    }
    return entry;
}

std::optional<std::vector<SignedEntry>> takeEntries(const google::protobuf::RepeatedPtrField<pb::SignedEntry> &from)
{
    return readAll(from, takeEntry);
}

std::optional<MailClass> takeClass(pb::MailClass from)
{
    if (from < pb::MAIL_MESSAGE || from > pb::MAIL_STATUS)
        return std::nullopt;
    return MailClass(from);
}

std::optional<CopyKind> takeKind(pb::CopyKind from)
{
    if (from < pb::COPY_PREKEY || from > pb::COPY_SEALED)
        return std::nullopt;
    return CopyKind(from);
}

std::optional<RelayError> takeError(const pb::Error &from)
{
    const bool known = from.code() >= pb::ERROR_UNSPECIFIED && from.code() <= pb::ERROR_HELLO_EXPIRED;
    return RelayError{known ? RelayErrorCode(from.code()) : RelayErrorCode::Unspecified, textOf(from.detail()),
                      from.retry_after_ms()};
}

std::optional<std::vector<DeviceId>> takeDevices(const google::protobuf::RepeatedField<std::uint32_t> &from)
{
    return readAll(from, [](std::uint32_t number) { return DeviceId::from(number); });
}

Result<Frame, WireError> decodeFrame(ByteView bytes)
{
    const auto message = parse<pb::Frame>(bytes, rules::kFrame, kMaxFrameBytes);
    if (!message)
        return message.error();
    auto frame = takeFrame(*message);
    if (!frame)
        return WireError::Invalid;
    return std::move(*frame);
}

Result<Hello, WireError> decodeHello(ByteView body)
{
    const auto message = parse<pb::Hello>(body, rules::kHello, kMaxFrameBytes);
    if (!message)
        return message.error();
    const auto key = idOf<RelayKey>(message->relay_key());
    auto spki = readAll(message->tls_spki(), [](const std::string &hash) { return idOf<Hash256>(hash); });
    const bool hasTime = message->time_ms() >= 0 && message->time_ms() <= kMaxTimeMs;
    if (!key || !spki || spki->empty() || !hasTime || qsizetype(message->nonce().size()) != kNonceBytes)
        return WireError::Invalid;
    const auto &limits = message->limits();
    Hello hello{*key,
                textOf(message->name()),
                bytesOf(message->nonce()),
                {message->time_ms()},
                std::move(*spki),
                Limits{limits.frame_bytes(), limits.window_frames(), limits.window_bytes(), limits.queue_days(),
                       limits.members_invite()},
                message->protocol_major(),
                message->protocol_minor(),
                message->features(),
                std::nullopt};
    if (message->has_relay_info()) {
        hello.relayInfo = takeEntry(message->relay_info());
        if (!hello.relayInfo)
            return WireError::Invalid;
    }
    return hello;
}

Result<RelayInfo, WireError> decodeRelayInfo(ByteView body)
{
    const auto message = parse<pb::RelayInfo>(body, rules::kRelayInfo, kMaxFrameBytes);
    if (!message)
        return message.error();
    const auto nextKey = optionalId<RelayKey>(message->next_relay_key());
    if (!nextKey)
        return WireError::Invalid;
    RelayInfo info{{}, *nextKey, message->version()};
    for (const std::string &address : message->addresses())
        info.addresses.push_back(textOf(address));
    return info;
}

Result<Submit, WireError> decodeSubmit(ByteView bytes)
{
    const auto message = parse<pb::Submit>(bytes, rules::kSubmit, kMaxFrameBytes);
    if (!message)
        return message.error();
    auto submit = takeSubmit(*message);
    if (!submit)
        return WireError::Invalid;
    return std::move(*submit);
}

} // namespace sotto::wire
