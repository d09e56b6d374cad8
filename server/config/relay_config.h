#pragma once
#include "core/base/result.h"

#include <QProcessEnvironment>
#include <QString>
#include <QStringList>
#include <cstdint>
#include <span>
#include <variant>

namespace sotto::relay {

/// Everything an operator can set, with its default. config_table.cpp has a line for each: name in the file, range and
/// explanation. Rates are "in the long run" and "at once after a rest".
struct RelayConfig {
    // [relay]
    QString name = QStringLiteral("Sotto relay");
    QString listen = QStringLiteral("[::]:7744");
    QStringList publicAddresses;
    std::int64_t workers = 0;
    QString eventLoop = QStringLiteral("epoll");
    bool membersInvite = true;
    std::int64_t inviteDays = 14;

    // [tls]
    bool tlsHere = true;
    QString certificateFile;
    QString keyFile;
    QStringList proxyCertificateFiles;

    // [limits.connections]
    std::int64_t connections = 18'000;
    std::int64_t unauthenticated = 2048;
    std::int64_t unauthenticatedPerAddress = 20;
    std::int64_t authenticatedPerAddress = 4096;
    std::int64_t unauthenticatedPerNetwork = 160;
    double handshakesPerSecond = 10;
    double handshakesAtOnce = 20;

    // [limits.memory]
    std::int64_t memoryMegabytes = 0;

    // [limits.sockets]
    std::int64_t handshakeSeconds = 10;
    std::int64_t upgradeBytes = 8 * 1024;
    std::int64_t messageSeconds = 60;
    std::int64_t stallSeconds = 60;
    double controlFramesPerSecond = 4;
    double controlFramesAtOnce = 32;
    double inboundBytesPerSecond = 8e6;
    double inboundBytesAtOnce = 4e6;

    // [limits.sessions]
    std::int64_t roleSeconds = 10;
    std::int64_t registerSeconds = 30;
    std::int64_t unauthenticatedFrames = 3;
    std::int64_t requestsInFlight = 256;
    std::int64_t windowFrames = 64;
    std::int64_t windowBytes = 256 * 1024;

    // [limits.requests]
    double submitsPerSecond = 20;
    double submitsAtOnce = 400;
    double smallCopiesPerSecond = 300;
    double smallCopiesAtOnce = 4096;
    double bundlesPerHour = 120;
    double bundlesAtOnce = 120;
    double lookupsPerHour = 20;
    double lookupsAtOnce = 20;
    double logEntriesPerHour = 20;
    double logEntriesAtOnce = 20;
    double publishPerSecond = 2;
    double publishAtOnce = 120;
    double fetchesPerSecond = 5;
    double fetchesAtOnce = 600;
    double invitesPerHour = 20;
    double invitesAtOnce = 20;
    double ephemeralPerSecond = 5;
    double ephemeralAtOnce = 50;
    double oneTimeKeysPerHour = 60;
    double oneTimeKeysAtOnce = 60;

    // [limits.invites]
    std::int64_t memberInvites = 10;
    std::int64_t memberInviteDays = 7;
    std::int64_t newMemberWaitsDays = 7;

    // [limits.queues]
    std::int64_t queueDays = 30;
    std::int64_t queueRows = 20'000;
    std::int64_t queueSmallRows = 5'000;
    std::int64_t queueBytes = 256LL * 1024 * 1024;
    std::int64_t dormantDays = 30;
    std::int64_t dormantWhenFullDays = 7;
    std::int64_t strangerRows = 200;
    std::int64_t strangerBytes = 8LL * 1024 * 1024;
    std::int64_t strangerSubmitsPerDay = 3;

    friend bool operator==(const RelayConfig &, const RelayConfig &) = default;
};

/// One line of the table of settings.
struct Setting {
    using Member = std::variant<bool RelayConfig::*, std::int64_t RelayConfig::*, double RelayConfig::*,
                                QString RelayConfig::*, QStringList RelayConfig::*>;
    const char *table; ///< as between brackets in the file
    const char *key;
    Member member;
    double least = 0; ///< of a number; of a list: how many items
    double most = 0;
    const char *explanation; ///< unit first where it is a number
};
/// All settings, grouped by table, in the order of the file.
std::span<const Setting> settings();

/// Which tables a file may set.
enum class ConfigScope {
    Everything,
    LimitsOnly, ///< a limits file: [limits.…] alone
};

/// `base` with what a TOML text says. Malformed for a mistake, its detail "NAME:LINE: what is wrong"; unknown names,
/// wrong types and values out of range are mistakes. `name` stands for the text in messages.
Result<RelayConfig> applyConfigText(RelayConfig base, const QByteArray &text, const QString &name, ConfigScope scope);
/// The same from a file; NotFound when it cannot be read.
Result<RelayConfig> applyConfigFile(RelayConfig base, const QString &path, ConfigScope scope);
/// `base` with the environment's SOTTO_RELAY_TABLE_KEY (upper case, dots as underscores; lists separated by commas).
Result<RelayConfig> applyEnvironment(RelayConfig base, const QProcessEnvironment &environment);
/// The whole configuration as a commented file with every default, every line commented out.
QString defaultConfigText();

/// "ADDRESS:PORT" of [relay] listen: an IP address, IPv6 in brackets, port 0 to 65535.
struct ListenAddress {
    QString address;
    std::uint16_t port = 0;
};
/// Reads one; InvalidArgument for anything else.
Result<ListenAddress> parseListenAddress(const QString &text);

} // namespace sotto::relay
