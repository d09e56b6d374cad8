// What a client asks.
#include "core/wire/frame_readers.h"

namespace sotto::wire {

namespace {

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
    const auto token = optionalBytes(from.token(), kDeliveryTokenBytes);
    auto copies = readAll(from.copies(), [](const pb::Copy &copy) { return take(copy); });
    if (!account || !token || !copies)
        return std::nullopt;
    return Target{*account, from.log_version(), *token, std::move(*copies), from.partial()};
}

std::optional<RequestBody> takeRegister(const pb::Register &from)
{
    const auto secret = idOf<InviteSecret>(from.invite_secret());
    auto genesis = takeEntry(from.genesis());
    auto bundle = takeEntry(from.bundle());
    auto preKeys = takeEntries(from.prekeys());
    const auto token = idOf<Hash256>(from.delivery_token_hash());
    if (!secret || !genesis || !bundle || !preKeys || !token)
        return std::nullopt;
    return Register{*secret, std::move(*genesis), std::move(*bundle), std::move(*preKeys), textOf(from.handle()),
                    *token};
}

std::optional<RequestBody> takeSubmitBatch(const pb::SubmitBatch &from)
{
    auto submits = readAll(from.submits(), [](const pb::Submit &submit) { return takeSubmit(submit); });
    if (!submits)
        return std::nullopt;
    return SubmitBatch{std::move(*submits)};
}

std::optional<RequestBody> takeAppendLog(const pb::AppendLog &from)
{
    auto entry = takeEntry(from.entry());
    auto preKeys = takeEntries(from.prekeys());
    if (!entry || !preKeys)
        return std::nullopt;
    AppendLog append{std::move(*entry), std::nullopt, std::move(*preKeys)};
    if (from.has_bundle()) {
        append.bundle = takeEntry(from.bundle());
        if (!append.bundle)
            return std::nullopt;
    }
    return append;
}

std::optional<RequestBody> takeFetchBundles(const pb::FetchBundles &from)
{
    const auto account = idOf<AccountId>(from.account());
    const auto token = optionalBytes(from.token(), kDeliveryTokenBytes);
    auto devices = takeDevices(from.devices());
    if (!account || !token || !devices)
        return std::nullopt;
    return FetchBundles{*account, std::move(*devices), *token};
}

std::optional<RequestBody> takeFetchProfile(const pb::FetchProfile &from)
{
    const auto account = idOf<AccountId>(from.account());
    const auto token = optionalBytes(from.token(), kDeliveryTokenBytes);
    if (!account || !token)
        return std::nullopt;
    return FetchProfile{*account, *token};
}

std::optional<RequestBody> takePresence(const pb::PublishPresence &from)
{
    const auto topic = optionalBytes(from.topic(), kPresenceTopicBytes);
    if (!topic)
        return std::nullopt;
    return PublishPresence{*topic};
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

} // namespace

std::optional<Submit> takeSubmit(const pb::Submit &from)
{
    const auto id = idOf<SubmitId>(from.submit_id());
    const auto mailClass = takeClass(from.mail_class());
    auto targets = readAll(from.targets(), [](const pb::Target &target) { return take(target); });
    if (!id || !mailClass || !targets || targets->empty() || from.submit_seq() == 0)
        return std::nullopt;
    return Submit{from.submit_seq(), *id, *mailClass, from.ttl_s(), bytesOf(from.payload()), std::move(*targets)};
}

std::optional<RequestBody> takeRequest(const pb::Request &from)
{
    switch (from.what_case()) {
    case pb::Request::kRegister: return takeRegister(from.register_());
    case pb::Request::kSubmit: return asRequest(takeSubmit(from.submit()));
    case pb::Request::kSubmitBatch: return takeSubmitBatch(from.submit_batch());
    case pb::Request::kFetchLog:
        if (const auto account = idOf<AccountId>(from.fetch_log().account()))
            return FetchLog{*account, from.fetch_log().from_version()};
        return std::nullopt;
    case pb::Request::kAppendLog: return takeAppendLog(from.append_log());
    case pb::Request::kFetchBundles: return takeFetchBundles(from.fetch_bundles());
    case pb::Request::kPublishBundle:
        if (auto bundle = takeEntry(from.publish_bundle().bundle()))
            return PublishBundle{std::move(*bundle)};
        return std::nullopt;
    case pb::Request::kPublishPrekeys:
        if (auto preKeys = takeEntries(from.publish_prekeys().prekeys()))
            return PublishPreKeys{std::move(*preKeys)};
        return std::nullopt;
    case pb::Request::kLookupHandle: return LookupHandle{textOf(from.lookup_handle().handle())};
    case pb::Request::kSetTokens:
        if (const auto hash = idOf<Hash256>(from.set_tokens().delivery_token_hash()))
            return SetTokens{*hash, from.set_tokens().end_previous()};
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

} // namespace sotto::wire
