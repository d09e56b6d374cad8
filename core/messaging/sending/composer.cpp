#include "core/messaging/sending/composer.h"

#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/sending/outgoing.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

namespace sotto {

Result<Done> Composer::mayWriteTo(const AccountId &to)
{
    if (to == m_self.account)
        return Done{};
    const auto contact = m_storage.contacts.find(to);
    if (!contact)
        return contact.error();
    const ContactState state = *contact ? (*contact)->state : ContactState::Stranger;
    switch (state) {
    case ContactState::Accepted:
    case ContactState::Asked: return Done{};
    case ContactState::Blocked: return Error(ErrorCode::NotPermitted, QStringLiteral("you have blocked this person"));
    case ContactState::Asking:
        return Error(ErrorCode::NotPermitted, QStringLiteral("accept this person's request first"));
    case ContactState::Stranger: break;
    }
    return Error(ErrorCode::NotPermitted, QStringLiteral("add this person as a contact first"));
}

Result<Message> Composer::writeText(const AccountId &to, const QString &text)
{
    if (text.isEmpty() || !text.isValidUtf16())
        return Error(ErrorCode::InvalidArgument, QStringLiteral("there is no text to send"));
    if (text.toUtf8().size() > kMaxTextBytes)
        return Error(ErrorCode::TooLarge, QStringLiteral("a message has at most 64 KiB of text"));
    const auto id = newMessageId(m_random, true);
    if (!id)
        return id.error();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto allowed = mayWriteTo(to); !allowed)
        return allowed.error();
    const ConversationId conversation = directConversation(m_self.account, to);
    const Timestamp now = m_clock.now();
    if (const auto ensured = m_storage.conversations.ensure(conversation, to); !ensured)
        return ensured.error();
    Message message{0,
                    *id,
                    conversation,
                    m_self.account,
                    m_self.device,
                    0,
                    now,
                    kQueuedSortTime,
                    MessageKind::Text,
                    text,
                    Delivery::Queued};
    const auto row = m_storage.messages.insert(message);
    if (!row)
        return row.error();
    message.row = *row;
    const auto queued =
        enqueue(m_storage, m_random, now, {to, content::Text{text}, wire::MailClass::Message, conversation, *row, *id});
    if (!queued)
        return queued.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return message;
}

} // namespace sotto
