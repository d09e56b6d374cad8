#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"

namespace sotto::kit {

ConversationId chatOf(MailFixture &mail) { return directConversation(mail.alice().account(), mail.bob().account()); }

QString shown(MailFixture &mail, Desk &desk, const MessageId &id)
{
    const auto message = desk.storage->messages.find(chatOf(mail), mail.alice().account(), id);
    if (!message || !*message)
        return QStringLiteral("nothing");
    QString line = (*message)->kind == MessageKind::Deleted ? QStringLiteral("deleted:") : (*message)->text;
    if ((*message)->edited)
        line += QStringLiteral(" edited");
    const auto versions = desk.storage->references.versionsOf((*message)->row);
    for (const MessageVersion &version : *versions)
        line += QStringLiteral(" v%1=%2").arg(version.revision).arg(version.text);
    const auto reactions = desk.storage->references.reactionsTo((*message)->row);
    for (const MessageReaction &reaction : *reactions)
        line += QStringLiteral(" [%1]").arg(reaction.emoji);
    return line;
}

std::int64_t pendings(Desk &desk)
{
    return desk.database->prepare("SELECT count(*) FROM pending_reference").number().value();
}

Message sentText(MailFixture &mail, const QString &text)
{
    const auto written = mail.alice().parts->composer.writeText(mail.bob().account(), text);
    auto transaction = Transaction::begin(*mail.alice().database);
    const auto entries = mail.alice().storage->outbox.entriesOf(written->row);
    const bool kept = transaction && mail.alice().storage->outbox.remove(entries->front())
        && mail.alice().storage->messages.setCounter(written->row, 1)
        && mail.alice().storage->messages.setAccepted(written->row, mail.clock().now()) && transaction->commit();
    Q_ASSERT(kept);
    return *written;
}

} // namespace sotto::kit
