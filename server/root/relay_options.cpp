#include "server/root/relay_options.h"

#include "core/wire/limits.h"

namespace sotto::relay {

namespace {
constexpr double kSecondsPerHour = 3600;
/// What a connection may hold beside a full window (security.md, outbound cap).
constexpr qsizetype kBesideWindowBytes = 256 * 1024;

Milliseconds seconds(std::int64_t count) { return std::chrono::seconds(count); }
Milliseconds days(std::int64_t count) { return std::chrono::hours(24 * count); }
} // namespace

ConnectionLimits connectionLimits(const RelayConfig &config)
{
    return {int(config.unauthenticatedPerAddress),
            int(config.authenticatedPerAddress),
            Rate{config.handshakesPerSecond, config.handshakesAtOnce},
            int(config.unauthenticated),
            int(config.connections),
            int(config.unauthenticatedPerNetwork)};
}

std::int64_t memoryLimit(const RelayConfig &config)
{
    return config.memoryMegabytes == 0 ? defaultMemoryLimit() : config.memoryMegabytes * 1'000'000;
}

SocketLimits socketLimits(const RelayConfig &config)
{
    SocketLimits limits;
    limits.handshakeDeadline = seconds(config.handshakeSeconds);
    limits.maxUpgradeBytes = config.upgradeBytes;
    limits.messageDeadline = seconds(config.messageSeconds);
    limits.stallDeadline = seconds(config.stallSeconds);
    limits.controlFrames = {config.controlFramesPerSecond, config.controlFramesAtOnce};
    limits.inboundBytes = {config.inboundBytesPerSecond, config.inboundBytesAtOnce};
    limits.outboundPauseBytes = config.windowBytes + kBesideWindowBytes;
    limits.outboundHardBytes = 4 * limits.outboundPauseBytes;
    return limits;
}

SessionLimits sessionLimits(const RelayConfig &config)
{
    SessionLimits limits;
    limits.roleDeadline = seconds(config.roleSeconds);
    limits.registerDeadline = seconds(config.registerSeconds);
    limits.unauthenticatedFrames = int(config.unauthenticatedFrames);
    limits.requestsInFlight = int(config.requestsInFlight);
    limits.mail = {int(config.windowFrames), config.windowBytes, config.windowBytes + kBesideWindowBytes};
    return limits;
}

RequestLimits requestLimits(const RelayConfig &config)
{
    RequestLimits limits;
    limits.submit = {config.submitsPerSecond, config.submitsAtOnce};
    limits.smallCopies = {config.smallCopiesPerSecond, config.smallCopiesAtOnce};
    limits.fetchBundles = {config.bundlesPerHour / kSecondsPerHour, config.bundlesAtOnce};
    limits.lookupHandle = {config.lookupsPerHour / kSecondsPerHour, config.lookupsAtOnce};
    limits.appendLog = {config.logEntriesPerHour / kSecondsPerHour, config.logEntriesAtOnce};
    limits.publish = {config.publishPerSecond, config.publishAtOnce};
    limits.fetch = {config.fetchesPerSecond, config.fetchesAtOnce};
    limits.createInvite = {config.invitesPerHour / kSecondsPerHour, config.invitesAtOnce};
    limits.ephemeral = {config.ephemeralPerSecond, config.ephemeralAtOnce};
    limits.oneTimeKeysPerTarget = {config.oneTimeKeysPerHour / kSecondsPerHour, config.oneTimeKeysAtOnce};
    limits.oneTimeKeysToStrangers = {limits.oneTimeKeysPerTarget.perSecond / 2, limits.oneTimeKeysPerTarget.burst / 2};
    return limits;
}

QueueLimits queueLimits(const RelayConfig &config)
{
    QueueLimits limits;
    limits.rows = config.queueRows;
    limits.smallRows = config.queueSmallRows;
    limits.bytes = config.queueBytes;
    // A quarter for one sender, as QueueLimits' own defaults say.
    limits.pairRows = std::max<std::int64_t>(1, config.queueRows / 4);
    limits.pairSmallRows = std::max<std::int64_t>(1, config.queueSmallRows / 4);
    limits.pairBytes = config.queueBytes / 4;
    limits.strangerRows = config.strangerRows;
    limits.strangerBytes = config.strangerBytes;
    limits.strangerSubmitsPerDay = int(config.strangerSubmitsPerDay);
    limits.life = days(config.queueDays);
    limits.dormantAfter = days(config.dormantDays);
    limits.dormantWhenFullAfter = days(config.dormantWhenFullDays);
    return limits;
}

HandlerSettings handlerSettings(const RelayConfig &config)
{
    return {config.membersInvite, InviteQuota{int(config.memberInvites), int(config.memberInviteDays)},
            int(config.newMemberWaitsDays), days(config.inviteDays)};
}

wire::Limits statedLimits(const RelayConfig &config)
{
    return {std::uint32_t(wire::kMaxFrameBytes), std::uint32_t(config.windowFrames), std::uint32_t(config.windowBytes),
            std::uint32_t(config.queueDays), config.membersInvite};
}

} // namespace sotto::relay
