#include "core/wire/frame.h"

#include "core/wire/proto/relay.pb.h"
#include "core/wire/proto_values.h"

namespace sotto::wire {

namespace {

namespace pb = ::sotto::relay::v1;

std::string textOf(const QString &text) { return text.toStdString(); }

void put(const SignedEntry &from, pb::SignedEntry *to)
{
    to->set_body(bytesOf(from.body));
    to->set_signature(bytesOf(from.signature));
    for (const Bytes &proof : from.proofs)
        to->add_proofs(bytesOf(proof));
}

void put(const RelayError &from, pb::Error *to)
{
    to->set_code(pb::ErrorCode(from.code));
    to->set_detail(from.detail.toUtf8().left(200).toStdString());
    to->set_retry_after_ms(from.retryAfterMs);
}

void put(const Submit &from, pb::Submit *to)
{
    to->set_submit_seq(from.submitSeq);
    to->set_submit_id(bytesOf(from.submitId));
    to->set_mail_class(pb::MailClass(from.mailClass));
    to->set_ttl_s(from.ttlSeconds);
    if (!from.payload.isEmpty())
        to->set_payload(bytesOf(from.payload));
    for (const Target &target : from.targets) {
        auto *t = to->add_targets();
        t->set_account(bytesOf(target.account));
        t->set_log_version(target.logVersion);
        if (target.token)
            t->set_token(bytesOf(*target.token));
        t->set_partial(target.partial);
        for (const Copy &copy : target.copies) {
            auto *c = t->add_copies();
            c->set_device(copy.device.number());
            c->set_kind(pb::CopyKind(copy.kind));
            c->set_sealed_sender(bytesOf(copy.sealedSender));
            c->set_ciphertext(bytesOf(copy.ciphertext));
        }
    }
}

void put(const Accepted &from, pb::Accepted *to)
{
    to->set_relay_time_ms(from.relayTime.ms);
    to->set_kept_until_ms(from.keptUntil.ms);
    for (const DeviceAddress &address : from.dormant) {
        auto *d = to->add_dormant();
        d->set_account(bytesOf(address.account));
        d->set_device(address.device.number());
    }
}

void put(const StaleDevices &from, pb::StaleDevices *to)
{
    for (const StaleAccount &account : from.accounts) {
        auto *a = to->add_accounts();
        a->set_account(bytesOf(account.account));
        a->set_log_version(account.logVersion);
        for (const DeviceId device : account.missing)
            a->add_missing(device.number());
        for (const DeviceId device : account.extra)
            a->add_extra(device.number());
    }
}

/// Fills the request's member that fits the body.
struct RequestWriter {
    pb::Request *to;

    void operator()(const Register &from) const
    {
        auto *r = to->mutable_register_();
        r->set_invite_secret(bytesOf(from.inviteSecret));
        put(from.genesis, r->mutable_genesis());
        put(from.bundle, r->mutable_bundle());
        for (const SignedEntry &key : from.preKeys)
            put(key, r->add_prekeys());
        r->set_handle(textOf(from.handle));
        r->set_delivery_token_hash(bytesOf(from.deliveryTokenHash));
    }
    void operator()(const Submit &from) const { put(from, to->mutable_submit()); }
    void operator()(const SubmitBatch &from) const
    {
        auto *batch = to->mutable_submit_batch();
        for (const Submit &submit : from.submits)
            put(submit, batch->add_submits());
    }
    void operator()(const FetchLog &from) const
    {
        to->mutable_fetch_log()->set_account(bytesOf(from.account));
        to->mutable_fetch_log()->set_from_version(from.fromVersion);
    }
    void operator()(const AppendLog &from) const
    {
        auto *append = to->mutable_append_log();
        put(from.entry, append->mutable_entry());
        if (from.bundle)
            put(*from.bundle, append->mutable_bundle());
        for (const SignedEntry &key : from.preKeys)
            put(key, append->add_prekeys());
    }
    void operator()(const FetchBundles &from) const
    {
        auto *fetch = to->mutable_fetch_bundles();
        fetch->set_account(bytesOf(from.account));
        for (const DeviceId device : from.devices)
            fetch->add_devices(device.number());
        if (from.token)
            fetch->set_token(bytesOf(*from.token));
    }
    void operator()(const PublishBundle &from) const
    {
        put(from.bundle, to->mutable_publish_bundle()->mutable_bundle());
    }
    void operator()(const PublishPreKeys &from) const
    {
        auto *publish = to->mutable_publish_prekeys();
        for (const SignedEntry &key : from.preKeys)
            put(key, publish->add_prekeys());
    }
    void operator()(const LookupHandle &from) const { to->mutable_lookup_handle()->set_handle(textOf(from.handle)); }
    void operator()(const SetTokens &from) const
    {
        to->mutable_set_tokens()->set_delivery_token_hash(bytesOf(from.deliveryTokenHash));
        to->mutable_set_tokens()->set_end_previous(from.endPrevious);
    }
    void operator()(const PutProfile &from) const
    {
        to->mutable_put_profile()->set_sealed_profile(bytesOf(from.sealedProfile));
    }
    void operator()(const FetchProfile &from) const
    {
        to->mutable_fetch_profile()->set_account(bytesOf(from.account));
        if (from.token)
            to->mutable_fetch_profile()->set_token(bytesOf(*from.token));
    }
    void operator()(const CreateInvite &from) const
    {
        to->mutable_create_invite()->set_secret_hash(bytesOf(from.secretHash));
    }
    void operator()(const PublishPresence &from) const
    {
        auto *publish = to->mutable_publish_presence();
        if (from.topic)
            publish->set_topic(bytesOf(*from.topic));
    }
    void operator()(const WatchPresence &from) const
    {
        auto *watch = to->mutable_watch_presence();
        for (const Bytes &topic : from.topics)
            watch->add_topics(bytesOf(topic));
    }
};

/// Fills the response's member that fits the body.
struct ResponseWriter {
    pb::Response *to;

    void operator()(const RelayError &from) const { put(from, to->mutable_error()); }
    void operator()(const Ok &) const { to->mutable_ok(); }
    void operator()(const Accepted &from) const { put(from, to->mutable_accepted()); }
    void operator()(const StaleDevices &from) const { put(from, to->mutable_stale_devices()); }
    void operator()(const SubmitBatchReply &from) const
    {
        auto *batch = to->mutable_submit_batch();
        for (const SubmitReply &reply : from.replies) {
            auto *r = batch->add_replies();
            if (const auto *error = std::get_if<RelayError>(&reply))
                put(*error, r->mutable_error());
            else if (const auto *accepted = std::get_if<Accepted>(&reply))
                put(*accepted, r->mutable_accepted());
            else
                put(std::get<StaleDevices>(reply), r->mutable_stale_devices());
        }
    }
    void operator()(const Log &from) const
    {
        auto *log = to->mutable_log();
        for (const SignedEntry &entry : from.entries)
            put(entry, log->add_entries());
        log->set_head_version(from.headVersion);
    }
    void operator()(const Bundles &from) const
    {
        auto *bundles = to->mutable_bundles();
        for (const DeviceBundle &bundle : from.bundles) {
            auto *b = bundles->add_bundles();
            b->set_device(bundle.device.number());
            put(bundle.bundle, b->mutable_bundle());
            if (bundle.oneTimePreKey)
                put(*bundle.oneTimePreKey, b->mutable_one_time_prekey());
        }
    }
    void operator()(const PreKeyCount &from) const
    {
        to->mutable_prekey_count()->set_one_time_prekeys(from.oneTimePreKeys);
    }
    void operator()(const HandleFound &from) const
    {
        auto *found = to->mutable_handle_found();
        if (from.account)
            found->set_account(bytesOf(*from.account));
    }
    void operator()(const Profile &from) const
    {
        to->mutable_profile()->set_sealed_profile(bytesOf(from.sealedProfile));
    }
    void operator()(const Registered &from) const { to->mutable_registered()->set_account(bytesOf(from.account)); }
    void operator()(const InviteCreated &from) const { to->mutable_invite_created()->set_expires_ms(from.expires.ms); }
};

/// Fills the push's member that fits.
struct PushWriter {
    pb::Push *to;

    void operator()(const Deliver &from) const
    {
        auto *deliver = to->mutable_deliver();
        for (const Envelope &envelope : from.envelopes) {
            auto *e = deliver->add_envelopes();
            e->set_seq(envelope.seq);
            e->set_relay_time_ms(envelope.relayTime.ms);
            e->set_mail_class(pb::MailClass(envelope.mailClass));
            e->set_kind(pb::CopyKind(envelope.kind));
            e->set_sealed_sender(bytesOf(envelope.sealedSender));
            e->set_ciphertext(bytesOf(envelope.ciphertext));
            if (!envelope.payload.isEmpty())
                e->set_payload(bytesOf(envelope.payload));
        }
    }
    void operator()(const QueueDrained &from) const { to->mutable_queue_drained()->set_seq(from.seq); }
    void operator()(const Presence &from) const
    {
        auto *presence = to->mutable_presence();
        presence->set_topic(bytesOf(from.topic));
        presence->set_online(from.online);
        presence->set_last_seen_ms(from.lastSeen.ms);
    }
    void operator()(const LogChanged &from) const
    {
        to->mutable_log_changed()->set_account(bytesOf(from.account));
        to->mutable_log_changed()->set_version(from.version);
    }
    void operator()(const Notice &from) const { to->mutable_notice()->set_text(textOf(from.text)); }
    void operator()(const EphemeralArrived &from) const { to->mutable_ephemeral()->set_sealed(bytesOf(from.sealed)); }
    void operator()(const OwnDevices &from) const
    {
        auto *own = to->mutable_own_devices();
        for (const DeviceId device : from.connected)
            own->add_connected(device.number());
    }
};

/// Fills the frame's member that fits.
struct FrameWriter {
    pb::Frame *to;

    void operator()(const HelloFrame &from) const { put(from.hello, to->mutable_hello()); }
    void operator()(const Authenticate &from) const
    {
        auto *a = to->mutable_authenticate();
        a->set_account(bytesOf(from.account));
        a->set_device(from.device.number());
        a->set_signature(bytesOf(from.signature));
    }
    void operator()(const Welcome &from) const
    {
        auto *w = to->mutable_welcome();
        w->set_last_acked_seq(from.lastAckedSeq);
        w->set_last_submit_seq(from.lastSubmitSeq);
        for (const DeviceId device : from.ownDevicesConnected)
            w->add_own_devices_connected(device.number());
        w->set_queued(from.queued);
        w->set_one_time_prekeys(from.oneTimePreKeys);
        w->set_gap_before_seq(from.gapBeforeSeq);
        w->set_log_version(from.logVersion);
    }
    void operator()(const Request &from) const
    {
        to->mutable_request()->set_id(from.id);
        std::visit(RequestWriter{to->mutable_request()}, from.body);
    }
    void operator()(const Response &from) const
    {
        to->mutable_response()->set_id(from.id);
        std::visit(ResponseWriter{to->mutable_response()}, from.body);
    }
    void operator()(const Acknowledge &from) const
    {
        auto *acknowledge = to->mutable_acknowledge();
        for (const std::uint64_t seq : from.seqs)
            acknowledge->add_seqs(seq);
    }
    void operator()(const Push &from) const { std::visit(PushWriter{to->mutable_push()}, from); }
    void operator()(const Ephemeral &from) const
    {
        auto *e = to->mutable_ephemeral();
        e->set_account(bytesOf(from.account));
        if (from.token)
            e->set_token(bytesOf(*from.token));
        e->set_sealed(bytesOf(from.sealed));
    }
    void operator()(const Goodbye &from) const { put(from.error, to->mutable_goodbye()->mutable_error()); }
};

} // namespace

Bytes encode(const Frame &frame)
{
    pb::Frame message;
    std::visit(FrameWriter{&message}, frame);
    return serialise(message);
}

Bytes encode(const Hello &hello)
{
    pb::Hello message;
    message.set_relay_key(bytesOf(hello.relayKey));
    message.set_name(textOf(hello.name));
    message.set_nonce(bytesOf(hello.nonce));
    message.set_time_ms(hello.time.ms);
    for (const Hash256 &spki : hello.tlsSpki)
        message.add_tls_spki(bytesOf(spki));
    auto *limits = message.mutable_limits();
    limits->set_frame_bytes(hello.limits.frameBytes);
    limits->set_window_frames(hello.limits.windowFrames);
    limits->set_window_bytes(hello.limits.windowBytes);
    limits->set_queue_days(hello.limits.queueDays);
    limits->set_members_invite(hello.limits.membersInvite);
    message.set_protocol_major(hello.protocolMajor);
    message.set_protocol_minor(hello.protocolMinor);
    message.set_features(hello.features);
    if (hello.relayInfo)
        put(*hello.relayInfo, message.mutable_relay_info());
    return serialise(message);
}

Bytes encode(const RelayInfo &info)
{
    pb::RelayInfo message;
    for (const QString &address : info.addresses)
        message.add_addresses(textOf(address));
    if (info.nextRelayKey)
        message.set_next_relay_key(bytesOf(*info.nextRelayKey));
    message.set_version(info.version);
    return serialise(message);
}

Bytes encode(const Submit &submit)
{
    pb::Submit message;
    put(submit, &message);
    return serialise(message);
}

} // namespace sotto::wire
