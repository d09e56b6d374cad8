#pragma once
#include "tests/unit/core_messaging/mail_fixture.h"

namespace sotto::kit {

/// An id of one letter.
template <class Id> Id filled(char letter) { return *Id::fromBytes(Bytes(Id::kSize, letter)); }
/// A device's number.
inline DeviceId device(std::uint32_t number) { return *DeviceId::from(number); }

/// Alice's and Bob's conversation.
ConversationId chatOf(MailFixture &mail);
/// What a desk shows of a message of Alice's, in one line.
QString shown(MailFixture &mail, Desk &desk, const MessageId &id);
/// How many references wait for their message.
std::int64_t pendings(Desk &desk);
/// A text of Alice that Bob has and nothing waits for.
Message sentText(MailFixture &mail, const QString &text);

} // namespace sotto::kit
