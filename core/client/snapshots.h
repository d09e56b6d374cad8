#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/contact.h"
#include "core/model/conversation.h"
#include "core/model/message.h"
#include "core/model/receipt_times.h"
#include "core/model/reference.h"

#include <QString>
#include <QStringList>
#include <cstdint>
#include <optional>
#include <vector>

// What the facade answers with: plain values, true at the moment they were taken.
namespace sotto {

/// Who we are.
struct AccountSnapshot {
    AccountId account;
    DeviceId device;
    QString name;
    QString handle;
    bool recoveryKitConfirmed = false;
    int devices = 0; ///< active ones in our device log
};

/// What a person shows of themselves.
struct ProfileSnapshot {
    QString name;
    QString about = {};
    Bytes picture = {}; ///< JPEG; empty: none
    friend bool operator==(const ProfileSnapshot &, const ProfileSnapshot &) = default;
};

/// Whether a contact is there. All of it ends with the line to the relay.
struct PresenceSnapshot {
    bool online = false;
    Timestamp lastSeen;  ///< to the minute; 0: not known
    bool typing = false; ///< to us, now
};

/// What contacts may know of our doings; each is reciprocal.
struct PrivacySettings {
    bool readReceipts = true;
    bool typing = true;
    bool presence = true; ///< online and last seen
    friend bool operator==(const PrivacySettings &, const PrivacySettings &) = default;
};

/// How it stands with the line to the relay; Offline waits for its next attempt.
enum class ConnectionStatus : std::uint8_t { Stopped, Offline, Connecting, Online };
/// stopped, offline, connecting, online.
QString name(ConnectionStatus status);

/// The line to the relay, in words fit for a window.
struct ConnectionSnapshot {
    ConnectionStatus status = ConnectionStatus::Stopped;
    bool caughtUp = false; ///< online, and everything that waited at the relay is here and judged
    QString problem; ///< why it is not online and what can be done, in plain words; empty when there is nothing to say
};

/// The relay this account is on. `clockDifferenceMs`: its clock less ours at the last
/// Hello; 0 when that is within RelayConnection::kClockTolerance, or before the first.
struct RelaySnapshot {
    QString name;
    QStringList addresses; ///< in the order in which they are tried
    QString key;           ///< hex of its Ed25519 key
    std::int64_t clockDifferenceMs = 0;
};

/// How two people see that nobody is between them.
struct SafetyNumberSnapshot {
    QString digits; ///< 60, the same on both sides
    QString link;   ///< what our QR code says: sotto:safety/…
};

/// A message found; `spans` are the places of the words in `message.text`, in UTF-16 units.
struct SearchHit {
    Message message;
    std::vector<std::pair<int, int>> spans; ///< start, length
};

/// How far a message has come, and when. What is not known any more, or has not happened, has no time.
struct DeliveryLadder {
    Delivery state = Delivery::Queued;
    Timestamp writtenAt;                 ///< by the clock of who wrote it
    std::optional<Timestamp> acceptedAt; ///< by the relay
    std::optional<Timestamp> keptUntil;  ///< until when the relay keeps what nobody fetched; of our own messages
    std::vector<ReceiptTimes> readers;   ///< of our own messages; none before the first receipt of somebody
    bool isHeld = false;                 ///< waits here until alarms about device lists are settled
};

/// What hangs on a message.
struct MessageDetails {
    std::vector<MessageVersion> versions;   ///< by revision, the first one as written first; none when never edited
    std::vector<MessageReaction> reactions; ///< those that stand, one a person
    DeliveryLadder ladder;
};

/// Numbers about this profile.
struct StatusSnapshot {
    ConnectionSnapshot connection;
    std::int64_t messages = 0;
    std::int64_t outbox = 0;
    std::int64_t undecryptable = 0;
    std::int64_t droppedFrames = 0; ///< refused since start: wrong tag, unknown device, malformed
    std::int64_t oneTimePreKeys = 0;
    std::int64_t frames = 0;              ///< judged in the life of the profile
    std::int64_t framesUndecryptable = 0; ///< of those, frames of known people that did not open at first
    std::int64_t repaired = 0;            ///< messages that came after all
    std::int64_t lost = 0;                ///< messages given up
    std::int64_t unrepaired = 0;          ///< asked for and not here yet: frames and missing counters
    /// Which part of all frames did not open at first, 0 to 1.
    double undecryptableRate() const { return frames > 0 ? double(framesUndecryptable) / double(frames) : 0; }
};

/// One check of the installation.
struct DoctorFinding {
    QString check; ///< short stable name
    bool well = false;
    QString advice; ///< what it found; when not well, what to do
};

} // namespace sotto
