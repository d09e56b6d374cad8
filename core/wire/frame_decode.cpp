#include "core/wire/frame.h"

#include "core/wire/limits.h"
#include "core/wire/proto/relay.pb.h"
#include "core/wire/proto/relay_schema.h"

namespace sotto::wire {

namespace {

namespace pb = ::sotto::relay::v1;
namespace rules = ::sotto::wire::schema::relay;

// The readers below return nothing for a value that cannot be (an id of the wrong length, an unknown kind): the whole
// frame is then Invalid. Lengths and counts were checked on the raw bytes.

Bytes bytesOf(const std::string &from) { return Bytes(from.data(), qsizetype(from.size())); }
QString textOf(const std::string &from) { return QString::fromUtf8(from.data(), qsizetype(from.size())); }
template <class Id> std::optional<Id> idOf(const std::string &from)
{
    return Id::fromBytes(ByteView(from.data(), qsizetype(from.size())));
}

/// An optional byte string that, when there, has exactly `size` bytes.
bool takeOptional(const std::string &from, qsizetype size, std::optional<Bytes> *to)
{
    if (from.empty())
        return true;
    if (qsizetype(from.size()) != size)
        return false;
    *to = bytesOf(from);
    return true;
}

template <class Items, class Reader> auto takeAll(const Items &items, Reader read)
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

std::optional<SignedEntry> take(const pb::SignedEntry &from)
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
    return takeAll(from, [](const pb::SignedEntry &entry) { return take(entry); });
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

std::optional<RelayError> take(const pb::Error &from)
{
    // A code of a newer relay still says that it refused.
    const bool known = from.code() >= pb::ERROR_UNSPECIFIED && from.code() <= pb::ERROR_HELLO_EXPIRED;
    return RelayError{known ? RelayErrorCode(from.code()) : RelayErrorCode::Unspecified, textOf(from.detail()),
                      from.retry_after_ms()};
}

std::optional<Copy> take(const pb::Copy &from)
{
    const auto device = DeviceId::from(from.device());
    const auto kind = takeKind(from.kind());
    if (!device || !kind || from.ciphertext().empty())
        return std::nullopt;
    return Copy{*device, *kind, bytesOf(from.sealed_sender()), bytesOf(from.ciphertext())};
}

std::optional<Target> take(const pb::Target &from)
{
    const auto account = idOf<AccountId>(from.account());
    auto copies = takeAll(from.copies(), [](const pb::Copy &copy) { return take(copy); });
    if (!account || !copies)
        return std::nullopt;
    Target target{*account, from.log_version(), std::nullopt, std::move(*copies)};
    if (!takeOptional(from.token(), kDeliveryTokenBytes, &target.token))
        return std::nullopt;
    return target;
}

std::optional<Submit> take(const pb::Submit &from)
{
    const auto id = idOf<SubmitId>(from.submit_id());
    const auto mailClass = takeClass(from.mail_class());
    auto targets = takeAll(from.targets(), [](const pb::Target &target) { return take(target); });
    if (!id || !mailClass || !targets || targets->empty() || from.submit_seq() == 0)
        return std::nullopt;
    return Submit{from.submit_seq(), *id, *mailClass, from.ttl_s(), bytesOf(from.payload()), std::move(*targets)};
}

std::optional<DeviceAddress> take(const pb::DeviceRef &from)
{
    const auto account = idOf<AccountId>(from.account());
    const auto device = DeviceId::from(from.device());
    if (!account || !device)
        return std::nullopt;
    return DeviceAddress{*account, *device};
}

std::optional<Accepted> take(const pb::Accepted &from)
{
    auto dormant = takeAll(from.dormant(), [](const pb::DeviceRef &device) { return take(device); });
    if (!dormant)
        return std::nullopt;
    return Accepted{{from.relay_time_ms()}, std::move(*dormant), {from.kept_until_ms()}};
}

std::optional<std::vector<DeviceId>> takeDevices(const google::protobuf::RepeatedField<std::uint32_t> &from)
{
    return takeAll(from, [](std::uint32_t number) { return DeviceId::from(number); });
}

std::optional<StaleDevices> take(const pb::StaleDevices &from)
{
    auto accounts = takeAll(from.accounts(), [](const pb::StaleAccount &account) -> std::optional<StaleAccount> {
        const auto id = idOf<AccountId>(account.account());
        auto missing = takeDevices(account.missing());
        auto extra = takeDevices(account.extra());
        if (!id || !missing || !extra)
            return std::nullopt;
        return StaleAccount{*id, account.log_version(), std::move(*missing), std::move(*extra)};
    });
    if (!accounts)
        return std::nullopt;
    return StaleDevices{std::move(*accounts)};
}

std::optional<Envelope> take(const pb::Envelope &from)
{
    const auto mailClass = takeClass(from.mail_class());
    const auto kind = takeKind(from.kind());
    if (!mailClass || !kind || from.seq() == 0)
        return std::nullopt;
    return Envelope{from.seq(),
                    {from.relay_time_ms()},
                    *mailClass,
                    *kind,
                    bytesOf(from.sealed_sender()),
                    bytesOf(from.ciphertext()),
                    bytesOf(from.payload())};
}

std::optional<RequestBody> takeRegister(const pb::Register &from)
{
    const auto secret = idOf<InviteSecret>(from.invite_secret());
    auto genesis = take(from.genesis());
    auto bundle = take(from.bundle());
    auto preKeys = takeEntries(from.prekeys());
    const auto token = idOf<Hash256>(from.delivery_token_hash());
    if (!secret || !genesis || !bundle || !preKeys || !token)
        return std::nullopt;
    return Register{*secret, std::move(*genesis), std::move(*bundle), std::move(*preKeys), textOf(from.handle()),
                    *token};
}

std::optional<RequestBody> takeSubmitBatch(const pb::SubmitBatch &from)
{
    auto submits = takeAll(from.submits(), [](const pb::Submit &submit) { return take(submit); });
    if (!submits)
        return std::nullopt;
    return SubmitBatch{std::move(*submits)};
}

std::optional<RequestBody> takeAppendLog(const pb::AppendLog &from)
{
    auto entry = take(from.entry());
    auto preKeys = takeEntries(from.prekeys());
    if (!entry || !preKeys)
        return std::nullopt;
    AppendLog append{std::move(*entry), std::nullopt, std::move(*preKeys)};
    if (from.has_bundle()) {
        append.bundle = take(from.bundle());
        if (!append.bundle)
            return std::nullopt;
    }
    return append;
}

std::optional<RequestBody> takeFetchBundles(const pb::FetchBundles &from)
{
    const auto account = idOf<AccountId>(from.account());
    auto devices = takeDevices(from.devices());
    if (!account || !devices)
        return std::nullopt;
    FetchBundles fetch{*account, std::move(*devices), std::nullopt};
    if (!takeOptional(from.token(), kDeliveryTokenBytes, &fetch.token))
        return std::nullopt;
    return fetch;
}

std::optional<RequestBody> takeFetchProfile(const pb::FetchProfile &from)
{
    const auto account = idOf<AccountId>(from.account());
    FetchProfile fetch{account.value_or(AccountId({})), std::nullopt};
    if (!account || !takeOptional(from.token(), kDeliveryTokenBytes, &fetch.token))
        return std::nullopt;
    return fetch;
}

std::optional<RequestBody> takePresence(const pb::PublishPresence &from)
{
    PublishPresence publish;
    if (!takeOptional(from.topic(), kPresenceTopicBytes, &publish.topic))
        return std::nullopt;
    return publish;
}

std::optional<RequestBody> takeWatch(const pb::WatchPresence &from)
{
    WatchPresence watch;
    for (const std::string &topic : from.topics()) {
        if (qsizetype(topic.size()) != kPresenceTopicBytes)
            return std::nullopt;
        watch.topics.push_back(bytesOf(topic));
    }
    return watch;
}

template <class Body> std::optional<RequestBody> asRequest(std::optional<Body> body)
{
    if (!body)
        return std::nullopt;
    return RequestBody(std::move(*body));
}

std::optional<RequestBody> takeBody(const pb::Request &from)
{
    switch (from.what_case()) {
    case pb::Request::kRegister: return takeRegister(from.register_());
    case pb::Request::kSubmit: return asRequest(take(from.submit()));
    case pb::Request::kSubmitBatch: return takeSubmitBatch(from.submit_batch());
    case pb::Request::kFetchLog:
        if (const auto account = idOf<AccountId>(from.fetch_log().account()))
            return FetchLog{*account, from.fetch_log().from_version()};
        return std::nullopt;
    case pb::Request::kAppendLog: return takeAppendLog(from.append_log());
    case pb::Request::kFetchBundles: return takeFetchBundles(from.fetch_bundles());
    case pb::Request::kPublishBundle:
        if (auto bundle = take(from.publish_bundle().bundle()))
            return PublishBundle{std::move(*bundle)};
        return std::nullopt;
    case pb::Request::kPublishPrekeys:
        if (auto preKeys = takeEntries(from.publish_prekeys().prekeys()))
            return PublishPreKeys{std::move(*preKeys)};
        return std::nullopt;
    case pb::Request::kLookupHandle: return LookupHandle{textOf(from.lookup_handle().handle())};
    case pb::Request::kSetTokens:
        if (const auto hash = idOf<Hash256>(from.set_tokens().delivery_token_hash()))
            return SetTokens{*hash};
        return std::nullopt;
    case pb::Request::kPutProfile: return PutProfile{bytesOf(from.put_profile().sealed_profile())};
    case pb::Request::kFetchProfile: return takeFetchProfile(from.fetch_profile());
    case pb::Request::kCreateInvite:
        if (const auto hash = idOf<Hash256>(from.create_invite().secret_hash()))
            return CreateInvite{*hash};
        return std::nullopt;
    case pb::Request::kPublishPresence: return takePresence(from.publish_presence());
    case pb::Request::kWatchPresence: return takeWatch(from.watch_presence());
    case pb::Request::WHAT_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<ResponseBody> takeBatchReply(const pb::SubmitBatchReply &from)
{
    SubmitBatchReply batch;
    for (const pb::SubmitReply &reply : from.replies()) {
        switch (reply.what_case()) {
        case pb::SubmitReply::kError: batch.replies.push_back(*take(reply.error())); break;
        case pb::SubmitReply::kAccepted:
            if (auto accepted = take(reply.accepted()))
                batch.replies.push_back(std::move(*accepted));
            else
                return std::nullopt;
            break;
        case pb::SubmitReply::kStaleDevices:
            if (auto stale = take(reply.stale_devices()))
                batch.replies.push_back(std::move(*stale));
            else
                return std::nullopt;
            break;
        case pb::SubmitReply::WHAT_NOT_SET: return std::nullopt;
        }
    }
    return batch;
}

std::optional<ResponseBody> takeBundles(const pb::Bundles &from)
{
    Bundles bundles;
    for (const pb::DeviceBundle &one : from.bundles()) {
        const auto device = DeviceId::from(one.device());
        auto bundle = take(one.bundle());
        if (!device || !bundle)
            return std::nullopt;
        DeviceBundle result{*device, std::move(*bundle), std::nullopt};
        if (one.has_one_time_prekey()) {
            result.oneTimePreKey = take(one.one_time_prekey());
            if (!result.oneTimePreKey)
                return std::nullopt;
        }
        bundles.bundles.push_back(std::move(result));
    }
    return bundles;
}

template <class Body> std::optional<ResponseBody> asResponse(std::optional<Body> body)
{
    if (!body)
        return std::nullopt;
    return ResponseBody(std::move(*body));
}

std::optional<ResponseBody> takeBody(const pb::Response &from)
{
    switch (from.what_case()) {
    case pb::Response::kError: return asResponse(take(from.error()));
    case pb::Response::kOk: return Ok{};
    case pb::Response::kAccepted: return asResponse(take(from.accepted()));
    case pb::Response::kStaleDevices: return asResponse(take(from.stale_devices()));
    case pb::Response::kSubmitBatch: return takeBatchReply(from.submit_batch());
    case pb::Response::kLog:
        if (auto entries = takeEntries(from.log().entries()))
            return Log{std::move(*entries), from.log().head_version()};
        return std::nullopt;
    case pb::Response::kBundles: return takeBundles(from.bundles());
    case pb::Response::kPrekeyCount: return PreKeyCount{from.prekey_count().one_time_prekeys()};
    case pb::Response::kHandleFound: {
        HandleFound found;
        if (!from.handle_found().account().empty()) {
            found.account = idOf<AccountId>(from.handle_found().account());
            if (!found.account)
                return std::nullopt;
        }
        return found;
    }
    case pb::Response::kProfile: return Profile{bytesOf(from.profile().sealed_profile())};
    case pb::Response::kRegistered:
        if (const auto account = idOf<AccountId>(from.registered().account()))
            return Registered{*account};
        return std::nullopt;
    case pb::Response::kInviteCreated: return InviteCreated{{from.invite_created().expires_ms()}};
    case pb::Response::WHAT_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<Push> takePush(const pb::Push &from)
{
    switch (from.what_case()) {
    case pb::Push::kDeliver:
        if (auto envelopes = takeAll(from.deliver().envelopes(), [](const pb::Envelope &e) { return take(e); }))
            return Deliver{std::move(*envelopes)};
        return std::nullopt;
    case pb::Push::kQueueDrained: return QueueDrained{from.queue_drained().seq()};
    case pb::Push::kPresence:
        if (qsizetype(from.presence().topic().size()) != kPresenceTopicBytes)
            return std::nullopt;
        return Presence{bytesOf(from.presence().topic()), from.presence().online(), {from.presence().last_seen_ms()}};
    case pb::Push::kLogChanged:
        if (const auto account = idOf<AccountId>(from.log_changed().account()))
            return LogChanged{*account, from.log_changed().version()};
        return std::nullopt;
    case pb::Push::kNotice: return Notice{textOf(from.notice().text())};
    case pb::Push::kEphemeral: return EphemeralArrived{bytesOf(from.ephemeral().sealed())};
    case pb::Push::kOwnDevices:
        if (auto devices = takeDevices(from.own_devices().connected()))
            return OwnDevices{std::move(*devices)};
        return std::nullopt;
    case pb::Push::WHAT_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

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
    Ephemeral ephemeral{account.value_or(AccountId({})), std::nullopt, bytesOf(from.sealed())};
    if (!account || !takeOptional(from.token(), kDeliveryTokenBytes, &ephemeral.token))
        return std::nullopt;
    return ephemeral;
}

std::optional<Frame> takeFrame(const pb::Frame &from)
{
    switch (from.kind_case()) {
    case pb::Frame::kHello:
        if (auto entry = take(from.hello()))
            return HelloFrame{std::move(*entry)};
        return std::nullopt;
    case pb::Frame::kAuthenticate: return takeAuthenticate(from.authenticate());
    case pb::Frame::kWelcome: return takeWelcome(from.welcome());
    case pb::Frame::kRequest:
        if (auto body = takeBody(from.request()))
            return Request{from.request().id(), std::move(*body)};
        return std::nullopt;
    case pb::Frame::kResponse:
        if (auto body = takeBody(from.response()))
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
        if (auto error = take(from.goodbye().error()))
            return Goodbye{std::move(*error)};
        return std::nullopt;
    case pb::Frame::KIND_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

/// Scans, then parses; the message is only read when both agree that it is one.
template <class Message> Result<Done, WireError> parse(ByteView bytes, const MessageRule &rule, Message *message)
{
    if (const auto scanned = scan(bytes, rule); !scanned)
        return scanned.error();
    if (!message->ParseFromArray(bytes.data(), int(bytes.size())))
        return WireError::Malformed;
    return Done{};
}

} // namespace

Result<Frame, WireError> decodeFrame(ByteView bytes)
{
    if (bytes.size() > kMaxFrameBytes)
        return WireError::TooLarge;
    pb::Frame message;
    if (const auto parsed = parse(bytes, rules::kFrame, &message); !parsed)
        return parsed.error();
    auto frame = takeFrame(message);
    if (!frame)
        return WireError::Invalid;
    return std::move(*frame);
}

Result<Hello, WireError> decodeHello(ByteView body)
{
    pb::Hello message;
    if (const auto parsed = parse(body, rules::kHello, &message); !parsed)
        return parsed.error();
    const auto key = idOf<RelayKey>(message.relay_key());
    auto spki = takeAll(message.tls_spki(), [](const std::string &hash) { return idOf<Hash256>(hash); });
    if (!key || !spki || spki->empty() || qsizetype(message.nonce().size()) != kNonceBytes)
        return WireError::Invalid;
    const auto &limits = message.limits();
    Hello hello{*key,
                textOf(message.name()),
                bytesOf(message.nonce()),
                {message.time_ms()},
                std::move(*spki),
                Limits{limits.frame_bytes(), limits.window_frames(), limits.window_bytes(), limits.queue_days(),
                       limits.members_invite()},
                message.protocol_major(),
                message.protocol_minor(),
                message.features(),
                std::nullopt};
    if (message.has_relay_info()) {
        hello.relayInfo = take(message.relay_info());
        if (!hello.relayInfo)
            return WireError::Invalid;
    }
    return hello;
}

Result<RelayInfo, WireError> decodeRelayInfo(ByteView body)
{
    pb::RelayInfo message;
    if (const auto parsed = parse(body, rules::kRelayInfo, &message); !parsed)
        return parsed.error();
    RelayInfo info{{}, std::nullopt, message.version()};
    for (const std::string &address : message.addresses())
        info.addresses.push_back(textOf(address));
    if (!message.next_relay_key().empty()) {
        info.nextRelayKey = idOf<RelayKey>(message.next_relay_key());
        if (!info.nextRelayKey)
            return WireError::Invalid;
    }
    return info;
}

Result<Submit, WireError> decodeSubmit(ByteView bytes)
{
    pb::Submit message;
    if (const auto parsed = parse(bytes, rules::kSubmit, &message); !parsed)
        return parsed.error();
    auto submit = take(message);
    if (!submit)
        return WireError::Invalid;
    return std::move(*submit);
}

} // namespace sotto::wire
