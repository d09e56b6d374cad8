// What a relay answers and pushes.
#include "core/wire/frame_readers.h"

namespace sotto::wire {

namespace {

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
    auto dormant = readAll(from.dormant(), [](const pb::DeviceRef &device) { return take(device); });
    if (!dormant)
        return std::nullopt;
    return Accepted{{from.relay_time_ms()}, std::move(*dormant), {from.kept_until_ms()}};
}

std::optional<StaleDevices> take(const pb::StaleDevices &from)
{
    auto accounts = readAll(from.accounts(), [](const pb::StaleAccount &account) -> std::optional<StaleAccount> {
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

std::optional<ResponseBody> takeBatchReply(const pb::SubmitBatchReply &from)
{
    SubmitBatchReply batch;
    for (const pb::SubmitReply &reply : from.replies()) {
        switch (reply.what_case()) {
        case pb::SubmitReply::kError: batch.replies.push_back(*takeError(reply.error())); break;
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
        auto bundle = takeEntry(one.bundle());
        if (!device || !bundle)
            return std::nullopt;
        DeviceBundle result{*device, std::move(*bundle), std::nullopt};
        if (one.has_one_time_prekey()) {
            result.oneTimePreKey = takeEntry(one.one_time_prekey());
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

} // namespace

std::optional<ResponseBody> takeResponse(const pb::Response &from)
{
    switch (from.what_case()) {
    case pb::Response::kError: return asResponse(takeError(from.error()));
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
    case pb::Response::kHandleFound:
        if (const auto account = optionalId<AccountId>(from.handle_found().account()))
            return HandleFound{*account};
        return std::nullopt;
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
        if (auto envelopes = readAll(from.deliver().envelopes(), [](const pb::Envelope &e) { return take(e); }))
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

} // namespace sotto::wire
