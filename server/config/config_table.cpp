#include "server/config/relay_config.h"

namespace sotto::relay {

namespace {
using C = RelayConfig;
constexpr double kMany = 1e9;

const Setting kSettings[] = {
    {"relay", "name", &C::name, 0, 0, "what clients show for this relay, at most 128 bytes"},
    {"relay", "listen", &C::listen, 0, 0, "IP address and port; port 0 takes a free one"},
    {"relay", "public", &C::publicAddresses, 0, 4,
     "\"host:port\" under which clients reach the relay; none: the machine's own addresses"},
    {"relay", "workers", &C::workers, 0, 64, "threads for connections; 0: one less than the machine has cores"},
    {"relay", "event_loop", &C::eventLoop, 0, 0, "\"epoll\", or \"stock\" for Qt's own"},
    {"relay", "members_invite", &C::membersInvite, 0, 0, "whether members may invite others"},
    {"relay", "invite_days", &C::inviteDays, 1, 365, "days until an invite expires"},

    {"tls", "here", &C::tlsHere, 0, 0,
     "false only behind a proxy on this machine that ends TLS; name its certificate under proxy_certificates"},
    {"tls", "certificate", &C::certificateFile, 0, 0, "PEM file; empty: one that the relay makes itself"},
    {"tls", "key", &C::keyFile, 0, 0, "PEM file of its private key"},
    {"tls", "proxy_certificates", &C::proxyCertificateFiles, 0, 3,
     "PEM files of certificates that clients may see instead, of a proxy or the next one of this relay"},

    {"limits.connections", "total", &C::connections, 1, 1e6, "connections at a time"},
    {"limits.connections", "unauthenticated", &C::unauthenticated, 1, 1e6,
     "of these, not authenticated yet; one more ends the oldest of them"},
    {"limits.connections", "unauthenticated_per_address", &C::unauthenticatedPerAddress, 1, 1e6,
     "the same for one IPv4 address or IPv6 /64"},
    {"limits.connections", "unauthenticated_per_network", &C::unauthenticatedPerNetwork, 1, 1e6,
     "the same for one IPv6 /48"},
    {"limits.connections", "authenticated_per_address", &C::authenticatedPerAddress, 1, 1e6,
     "authenticated connections of one address"},
    {"limits.connections", "handshakes_per_second", &C::handshakesPerSecond, 0.01, kMany,
     "new connections of one address, in the long run"},
    {"limits.connections", "handshakes_at_once", &C::handshakesAtOnce, 1, kMany, "and at once after a rest"},

    {"limits.memory", "megabytes", &C::memoryMegabytes, 0, 1e9,
     "memory over which connections are ended, first those not authenticated; 0: half of the machine's"},

    {"limits.sockets", "handshake_seconds", &C::handshakeSeconds, 1, 3600,
     "seconds from the accept to the upgrade's end"},
    {"limits.sockets", "upgrade_bytes", &C::upgradeBytes, 1024, 65'536, "bytes of the HTTP upgrade request"},
    {"limits.sockets", "message_seconds", &C::messageSeconds, 1, 3600,
     "seconds from a message's first byte to its last"},
    {"limits.sockets", "stall_seconds", &C::stallSeconds, 1, 3600,
     "seconds a client may read nothing while bytes wait"},
    {"limits.sockets", "control_frames_per_second", &C::controlFramesPerSecond, 0.1, kMany,
     "pings and pongs of a client"},
    {"limits.sockets", "control_frames_at_once", &C::controlFramesAtOnce, 2, kMany, "and at once after a rest"},
    {"limits.sockets", "inbound_bytes_per_second", &C::inboundBytesPerSecond, 1000, 1e12,
     "bytes read from a client; over it they wait"},
    {"limits.sockets", "inbound_bytes_at_once", &C::inboundBytesAtOnce, 300'000, 1e12, "and at once after a rest"},

    {"limits.sessions", "role_seconds", &C::roleSeconds, 1, 3600, "seconds until a client says who it is"},
    {"limits.sessions", "register_seconds", &C::registerSeconds, 1, 3600, "seconds for a registration"},
    {"limits.sessions", "unauthenticated_frames", &C::unauthenticatedFrames, 1, 1000, "frames before authentication"},
    {"limits.sessions", "requests_in_flight", &C::requestsInFlight, 1, 1e6,
     "requests of a device without an answer yet"},
    {"limits.sessions", "window_frames", &C::windowFrames, 1, 4096, "envelopes sent to a device and not acknowledged"},
    {"limits.sessions", "window_bytes", &C::windowBytes, 131'072, 1e8, "the same in bytes"},

    {"limits.requests", "submits_per_second", &C::submitsPerSecond, 0.001, kMany, "message submits of a device"},
    {"limits.requests", "submits_at_once", &C::submitsAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "small_copies_per_second", &C::smallCopiesPerSecond, 0.001, kMany,
     "copies of receipts, keys and own-device sync of a device"},
    {"limits.requests", "small_copies_at_once", &C::smallCopiesAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "bundles_per_hour", &C::bundlesPerHour, 0.001, kMany, "key bundles fetched by a device"},
    {"limits.requests", "bundles_at_once", &C::bundlesAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "lookups_per_hour", &C::lookupsPerHour, 0.001, kMany, "handles looked up by a device"},
    {"limits.requests", "lookups_at_once", &C::lookupsAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "log_entries_per_hour", &C::logEntriesPerHour, 0.001, kMany, "device log entries of a device"},
    {"limits.requests", "log_entries_at_once", &C::logEntriesAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "publish_per_second", &C::publishPerSecond, 0.001, kMany,
     "bundles, prekeys, tokens, profiles and presence set by a device"},
    {"limits.requests", "publish_at_once", &C::publishAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "fetches_per_second", &C::fetchesPerSecond, 0.001, kMany,
     "logs and profiles of others fetched by a device"},
    {"limits.requests", "fetches_at_once", &C::fetchesAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "invites_per_hour", &C::invitesPerHour, 0.001, kMany, "invites made by a device"},
    {"limits.requests", "invites_at_once", &C::invitesAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "ephemeral_per_second", &C::ephemeralPerSecond, 0.001, kMany, "typing frames of a device"},
    {"limits.requests", "ephemeral_at_once", &C::ephemeralAtOnce, 1, kMany, "and at once after a rest"},
    {"limits.requests", "one_time_keys_per_hour", &C::oneTimeKeysPerHour, 0.001, kMany,
     "one-time keys handed out of one device's store"},
    {"limits.requests", "one_time_keys_at_once", &C::oneTimeKeysAtOnce, 1, kMany, "and at once after a rest"},

    {"limits.invites", "per_member", &C::memberInvites, 0, 10'000,
     "invites of one member within per_member_days, used ones too"},
    {"limits.invites", "per_member_days", &C::memberInviteDays, 1, 365, "the days that count for per_member"},
    {"limits.invites", "new_member_waits_days", &C::newMemberWaitsDays, 0, 365,
     "days until somebody whom a member invited may invite; those the operator invited need not wait"},

    {"limits.queues", "days", &C::queueDays, 1, 365, "days mail waits for its device"},
    {"limits.queues", "rows", &C::queueRows, 1, kMany, "waiting messages of a device"},
    {"limits.queues", "small_rows", &C::queueSmallRows, 1, kMany, "waiting receipts and status of a device"},
    {"limits.queues", "bytes", &C::queueBytes, 1e6, 1e12, "waiting bytes of a device"},
    {"limits.queues", "dormant_days", &C::dormantDays, 1, 30, "days without connection until a device is dormant"},
    {"limits.queues", "dormant_when_full_days", &C::dormantWhenFullDays, 1, 30, "the same with a full queue"},
    {"limits.queues", "stranger_rows", &C::strangerRows, 1, kMany, "waiting messages of strangers for a device"},
    {"limits.queues", "stranger_bytes", &C::strangerBytes, 4096, 1e12, "the same in bytes"},
    {"limits.queues", "stranger_submits_per_day", &C::strangerSubmitsPerDay, 1, kMany,
     "messages of a stranger to one person"},
};
} // namespace

std::span<const Setting> settings() { return kSettings; }

} // namespace sotto::relay
