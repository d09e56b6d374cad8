#include "app/cli/cli_runner.h"

#include "app/cli/durations.h"
#include "app/cli/json_values.h"
#include "app/cli/people.h"

#include <QDateTime>
#include <QJsonArray>
#include <QStringDecoder>
#include <algorithm>
#include <cstdio>

namespace sotto {

namespace {

using Key = QLatin1String;

/// Standard input to its end, without the last line's end. A little over the limit of a text it is not read on: it is
/// refused then.
Result<QString> readText()
{
    Bytes text(kMaxTextBytes + 2, Qt::Uninitialized);
    const std::size_t size = std::fread(text.data(), 1, std::size_t(text.size()), stdin);
    if (std::ferror(stdin) != 0)
        return Error(ErrorCode::InputOutput, QStringLiteral("standard input cannot be read; nothing was sent"));
    text.truncate(qsizetype(size));
    if (text.endsWith('\n'))
        text.chop(1);
    QStringDecoder decoder(QStringDecoder::Utf8);
    QString decoded = decoder.decode(text);
    if (text.size() <= kMaxTextBytes && decoder.hasError())
        return Error(ErrorCode::InvalidArgument, QStringLiteral("standard input is not UTF-8; nothing was sent"));
    return decoded;
}

/// One line of somebody's text, cut where a list would become hard to read.
QString shortened(const QString &text)
{
    constexpr qsizetype kShownCharacters = 80;
    const QString line = printable(text).simplified();
    return line.size() <= kShownCharacters ? line : line.first(kShownCharacters - 1) + u'…';
}

QString mark(Delivery delivery)
{
    switch (delivery) {
    case Delivery::Queued: return QStringLiteral(" …");
    case Delivery::Sent: return QStringLiteral(" ✓");
    case Delivery::Delivered: return QStringLiteral(" ✓✓");
    case Delivery::Read: return QStringLiteral(" ✓✓ read");
    case Delivery::Failed: return QStringLiteral(" ✗ not sent");
    }
    return {};
}

QString bodyText(const Message &message)
{
    switch (message.kind) {
    case MessageKind::Text:
        return (message.forwarded ? QStringLiteral("(forwarded) ") : QString()) + printable(message.text)
            + (message.edited ? QStringLiteral(" (edited)") : QString());
    case MessageKind::UpdateNeeded: return QStringLiteral("(update Sotto to see this)");
    case MessageKind::Undecryptable: return QStringLiteral("(could not be opened)");
    case MessageKind::ContactRequest: return QStringLiteral("(asked to be a contact) ") + printable(message.text);
    case MessageKind::ContactAccepted: return QStringLiteral("(is a contact now)");
    case MessageKind::Deleted: return QStringLiteral("(taken back)");
    case MessageKind::Lost:
        if (message.missing == 0)
            return QStringLiteral("(this message is no longer available)");
        return QStringLiteral("(%1 message(s) could not be recovered)").arg(message.missing);
    case MessageKind::TimerChanged:
        return message.timerSeconds == 0
            ? QStringLiteral("(messages stay from now on)")
            : QStringLiteral("(messages disappear after %1 from now on)").arg(timerText(message.timerSeconds));
    }
    return {};
}

} // namespace

QString CliRunner::lineOf(const Message &message) const
{
    const Client &client = *m_client;
    const Timestamp at = message.sortTime.ms > 0 ? message.sortTime : message.clientTime;
    const QString time = QDateTime::fromMSecsSinceEpoch(at.ms).toString(QStringLiteral("yyyy-MM-dd HH:mm"));
    const auto own = client.account();
    const bool isOurs = own && own->account == message.sender;
    QStringList reactions;
    for (const MessageReaction &reaction : client.reactions(message).valueOr({}))
        reactions.append(printable(reaction.emoji));
    QString beside = reactions.isEmpty() ? QString() : QStringLiteral(" [%1]").arg(reactions.join(u' '));
    if (message.starred)
        beside += QStringLiteral(" ★");
    return QStringLiteral("%1  %2: %3%4%5")
        .arg(time, shownName(client, message.sender), bodyText(message),
             isOurs && message.kind == MessageKind::Text ? mark(message.delivery) : QString(), beside);
}

Result<QString> CliRunner::wordsOrInput(const QString &word)
{
    return word == QStringLiteral("-") ? readText() : Result<QString>(word);
}

void CliRunner::showMessage(const Message &message) { m_output.answer(toJson(message), lineOf(message)); }

Task<ExitCode> CliRunner::send(Arguments arguments)
{
    const auto text = wordsOrInput(arguments.words.at(1));
    if (!text)
        co_return m_output.fail(text.error());
    auto connecting = catchUp(); // acceptances may wait at the relay
    co_await std::move(connecting);
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    auto telling = tellSentTo(*person, m_client->sendText(*person, *text));
    const ExitCode code = co_await std::move(telling);
    co_return code;
}

Task<ExitCode> CliRunner::tellSentTo(AccountId person, Result<MessageId> sent)
{
    if (!sent)
        co_return fail(sent.error());
    const auto chat = m_client->conversationWith(person);
    if (!chat)
        co_return m_output.fail(ErrorCode::NotFound);
    auto telling = tellSent(chat->id, *sent);
    const ExitCode code = co_await std::move(telling);
    co_return code;
}

Task<ExitCode> CliRunner::tellSent(ConversationId chat, MessageId id)
{
    const auto state = [this, id, chat] {
        const auto message = m_client->message(chat, id);
        return message && *message ? (*message)->delivery : Delivery::Failed;
    };
    const auto settled = [this, state] {
        return state() != Delivery::Queued || m_client->connection().status == ConnectionStatus::Offline;
    };
    auto waiting = waitFor(settled, kPatience);
    co_await std::move(waiting);
    const Delivery reached = state();
    const QString shown = name(reached);
    m_output.answer({{Key("message_id"), id.toHex()}, {Key("state"), shown}}, shown);
    co_return reached == Delivery::Failed ? ExitCode::Refused : ExitCode::Done;
}

Task<ExitCode> CliRunner::read(Arguments arguments)
{
    auto catching = catchUp();
    co_await std::move(catching);
    auto lookup = findChat(m_client.get(), arguments.words.first());
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return fail(chat.error());
    // All that is unread: it counts as read afterwards, and what disappears begins to.
    const auto known = chatOf(*chat);
    const std::int64_t wanted = std::max(std::int64_t(arguments.limit), known ? known->unread : 0);
    const auto messages = m_client->messages(*chat, int(wanted), std::nullopt);
    if (!messages)
        co_return m_output.fail(messages.error());
    for (const Message &message : *messages)
        showMessage(message);
    if (messages->empty())
        m_output.remark(QStringLiteral("no messages yet"));
    const auto read = m_client->markRead(*chat);
    if (!read)
        co_return m_output.fail(read.error());
    if (arguments.follow && !m_stopped) {
        connect(m_client.get(), &Client::messageStored, this,
                [this, chat = *chat](const ConversationId &where, const MessageId &id) {
                    const auto message = m_client->message(where, id);
                    if (where != chat || !message || !*message)
                        return;
                    showMessage(**message);
                    const auto marked = m_client->markRead(chat);
                    if (!marked)
                        m_output.remark(QStringLiteral("this message could not be marked read"));
                });
        connect(m_client.get(), &Client::messageChanged, this,
                [this, chat = *chat](const ConversationId &where, const MessageId &id) {
                    const auto message = m_client->message(where, id);
                    if (where == chat && message && *message)
                        showMessage(**message); // again, as it is now
                });
        const auto ended = std::make_shared<Completer<Done>>();
        connect(this, &CliRunner::stopAsked, this, [ended] {
            if (ended->isPending())
                ended->finish(Done{});
        });
        Task<Done> following = ended->task();
        co_await std::move(following);
        co_return ExitCode::Done;
    }
    auto flushing = flush(); // the receipts
    co_await std::move(flushing);
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::showChats()
{
    auto catching = catchUp();
    co_await std::move(catching);
    QJsonArray array;
    QStringList lines;
    for (const Conversation &chat : m_client->conversations()) {
        array.append(toJson(chat, contactOf(*m_client, chat.peer)));
        const QString unread = chat.unread > 0 ? QStringLiteral(" (%1 new)").arg(chat.unread)
            : chat.markedUnread                ? QStringLiteral(" (marked)")
                                               : QString();
        QString last = shortened(chat.lastText);
        if (const auto newest = m_client->messages(chat.id, 1, std::nullopt);
            last.isEmpty() && newest && !newest->empty())
            last = shortened(bodyText(newest->front()));
        lines.append(QStringLiteral("%1%2: %3").arg(shownName(*m_client, chat.peer), unread, last));
    }
    m_output.answer({{Key("chats"), array}}, lines.join(u'\n'));
    if (array.isEmpty())
        m_output.remark(QStringLiteral("no chats yet: send PERSON TEXT begins one"));
    auto flushing = flush(); // that what waited has arrived
    co_await std::move(flushing);
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::search(Arguments arguments)
{
    const QString words = arguments.words.join(u' ');
    if (words.trimmed().isEmpty())
        co_return m_output.fail({ErrorCode::InvalidArgument, QStringLiteral("search needs a word to look for")});
    auto task = m_client->search(words, arguments.limit);
    const auto hits = co_await std::move(task);
    if (!hits)
        co_return m_output.fail(hits.error());
    QJsonArray array;
    QStringList lines;
    for (const SearchHit &hit : *hits) {
        array.append(toJson(hit));
        lines.append(lineOf(hit.message));
    }
    m_output.answer({{Key("hits"), array}}, lines.join(u'\n'));
    if (array.isEmpty())
        m_output.remark(QStringLiteral("no message has all these words"));
    co_return ExitCode::Done;
}

} // namespace sotto
