#pragma once
#include "core/base/result.h"

#include <QString>
#include <QStringList>
#include <optional>

namespace sotto {

/// What sotto-cli is asked to do.
enum class CliCommand {
    Register,
    RecoveryKit,
    Invite,
    Relay,
    Proxy,
    Profile,
    Privacy,
    WhoAmI,
    Link,
    Add,
    Requests,
    Accept,
    Block,
    Remove,
    Verify,
    Alarms,
    Send,
    Reply,
    Edit,
    Delete,
    React,
    Star,
    Starred,
    Unread,
    Timer,
    Draft,
    Forward,
    Info,
    Read,
    Chats,
    Search,
    Status,
    Doctor,
    Rpc,
    Help,
    Version,
};

/// A command line, read.
struct Arguments {
    CliCommand command = CliCommand::Help;
    QString profile;                       ///< --profile; empty: the default one
    std::optional<QString> passphraseFile; ///< --passphrase-file
    bool json = false;                     ///< --json
    QStringList words;                     ///< what the command takes, in order: INVITE, PERSON, TEXT, WORDS
    QString name;                          ///< register, profile --name
    QString handle;                        ///< register --handle
    QString saveTo;                        ///< recovery-kit --save
    bool confirm = false;                  ///< recovery-kit, verify --confirm
    QString number;                        ///< verify --number
    bool showQr = false;                   ///< verify --qr
    QString unlockWith;                    ///< recovery-kit --unlock: a file, or - for standard input
    QStringList addresses;                 ///< relay --address, as often as given
    std::optional<QString> about;          ///< profile --about; may be empty
    QString picture;                       ///< profile --picture: a file, or none
    bool follow = false;                   ///< read --follow
    int limit = 20;                        ///< read, search, starred --limit
    bool forMe = false;                    ///< delete --for-me

    friend bool operator==(const Arguments &, const Arguments &) = default;
};

/// Reads a command line (without the program's name). Options may stand anywhere; after `--` everything is a word, and
/// `-` alone is one. The error is a sentence for the person.
Result<Arguments, QString> parseArguments(const QStringList &line);

/// Whether the command goes on until it is stopped: rpc, read --follow.
bool runsUntilStopped(const Arguments &arguments);

/// What "on" and "off" say; nothing for another word.
std::optional<bool> isOn(const QString &word);

/// Whether profile was given something to change.
bool changesProfile(const Arguments &arguments);

/// What --help prints.
QString usageText();

} // namespace sotto
