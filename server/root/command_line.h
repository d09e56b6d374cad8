#pragma once
#include "core/base/result.h"
#include "server/config/relay_config.h"

#include <QProcessEnvironment>
#include <QStringList>

namespace sotto::relay {

/// What the executable is asked to do.
struct CommandLine {
    enum class Command { Run, Invite, Users, Status, Config, Help, Version };
    Command command = Command::Run;
    QString dataDirectory;
    QString configFile; ///< empty: relay.toml in the data directory, if there is one
    QString limitsFile;
    QString listen; ///< empty: as configured
    QStringList publicAddresses;
    int count = 1; ///< of invites
};

/// Reads the words after the program's name; flags may stand before and after the command. InvalidArgument with a
/// sentence for a mistake. Without --data it is SOTTO_RELAY_DATA, else `defaultDataDirectory`.
Result<CommandLine> parseCommandLine(const QStringList &words, const QProcessEnvironment &environment,
                                     const QString &defaultDataDirectory);
/// How to call it, for a person.
QString usage();

/// The configuration of a run: defaults, configuration file, limits file, environment, flags, the later the stronger.
Result<RelayConfig> effectiveConfig(const CommandLine &commandLine, const QProcessEnvironment &environment);

} // namespace sotto::relay
