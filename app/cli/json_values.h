#pragma once
#include "core/base/error.h"
#include "core/client/snapshots.h"
#include "core/model/alarm.h"

#include <QJsonObject>

// The facade's values as rpc and --json show them; rpc_schema.json describes each.
namespace sotto {

/// ISO 8601 in UTC with milliseconds; empty for a time that is not known.
QString isoTime(Timestamp time);

/// {account, device, name, handle?, devices, recovery_kit_confirmed}
QJsonObject toJson(const AccountSnapshot &account);
/// {status, caught_up, problem?}
QJsonObject toJson(const ConnectionSnapshot &connection);
/// {name, address, addresses, key, clock_difference_ms}
QJsonObject toJson(const RelaySnapshot &relay);
/// {name, about?, picture?}; the picture is a JPEG in base64.
QJsonObject toJson(const ProfileSnapshot &profile);
/// {read_receipts, typing, presence}
QJsonObject toJson(const PrivacySettings &privacy);
/// {id, name?, handle?, state, verified}
QJsonObject toJson(const Contact &contact);
/// {chat, person, unread, last_text, marked_unread?, timer_s?, draft?, last_activity?}; with what is known of the peer:
/// {name?, handle?}
QJsonObject toJson(const Conversation &conversation, const std::optional<Contact> &peer);
/// {id, from, text, sent_at, state, edited?, forwarded?, starred?, reply_to?, timer_s?, expires_at?, kind?}; kind
/// stands only where it is not a text.
QJsonObject toJson(const Message &message);
/// {versions: [{text, written_at}], reactions: [{from, emoji}]}
QJsonObject toJson(const MessageDetails &details);
/// {chat, message, spans: [{start, length}]}
QJsonObject toJson(const SearchHit &hit);
/// {connection, messages, outbox, undecryptable, unrepaired, frames, frames_undecryptable, undecryptable_rate,
/// repaired, lost, dropped_frames, one_time_prekeys}
QJsonObject toJson(const StatusSnapshot &status);
/// {person, kind, version, count, last_ms, held}; `isHeld`: mail to that person waits.
QJsonObject toJson(const Alarm &alarm, bool isHeld);
/// {check, well, advice}
QJsonObject toJson(const DoctorFinding &finding);
/// {error: {code, message}}: what --json prints when a command fails.
QJsonObject errorJson(const Error &error);

} // namespace sotto
