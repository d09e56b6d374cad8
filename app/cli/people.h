#pragma once
#include "core/client/client.h"

namespace sotto {

// How people and chats are written on a command line and in rpc: "@handle" or an id in hex.

/// What we know about a person; nothing for somebody we never met.
std::optional<Contact> contactOf(const Client &client, const AccountId &person);
/// The best name for a person: the name of the profile, else "@handle", else the id. Without control characters.
QString shownName(const Client &client, const AccountId &person);
/// Text of others for a terminal: control characters but newline and tab become U+FFFD.
QString printable(QString text);

/// A chat that exists: by the person's handle or id, or by the chat's own id. NotFound when there is none.
/// `client` outlives the task.
Task<Result<ConversationId>> findChat(Client *client, QString chat);

} // namespace sotto
