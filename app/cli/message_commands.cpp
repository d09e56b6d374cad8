#include "app/cli/cli_runner.h"

#include "app/cli/json_values.h"
#include "app/cli/people.h"

#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <cstdio>

namespace sotto {

namespace {

using Key = QLatin1String;

/// Standard input to its end, without the last line's end; over the limit of a text it is cut, and then refused.
QString readText()
{
    QFile input;
    if (!input.open(stdin, QIODevice::ReadOnly))
        return {};
    Bytes text = input.read(kMaxTextBytes + 2);
    if (text.endsWith('\n'))
        text.chop(1);
    return QString::fromUtf8(text);
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
    case MessageKind::Text: return printable(message.text);
    case MessageKind::UpdateNeeded: return QStringLiteral("(update Sotto to see this)");
    case MessageKind::Undecryptable: return QStringLiteral("(could not be opened; asked for again)");
    case MessageKind::ContactRequest: return QStringLiteral("(asked to be a contact) ") + printable(message.text);
    case MessageKind::ContactAccepted: return QStringLiteral("(is a contact now)");
    }
    return {};
}

/// "2026-03-01 12:00  Alice: text ✓✓"
QString lineOf(const Client &client, const Message &message)
{
    const Timestamp at = message.sortTime.ms > 0 ? message.sortTime : message.clientTime;
    const QString time = QDateTime::fromMSecsSinceEpoch(at.ms).toString(QStringLiteral("yyyy-MM-dd HH:mm"));
    const auto own = client.account();
    const bool isOurs = own && own->account == message.sender;
    return QStringLiteral("%1  %2: %3%4")
        .arg(time, shownName(client, message.sender), bodyText(message), isOurs ? mark(message.delivery) : QString());
}

} // namespace

void CliRunner::showMessage(const Message &message) { m_output.answer(toJson(message), lineOf(*m_client, message)); }

Task<ExitCode> CliRunner::send(Arguments arguments)
{
    const QString text = arguments.words.at(1) == QStringLiteral("-") ? readText() : arguments.words.at(1);
    auto connecting = catchUp(); // acceptances may wait at the relay
    co_await std::move(connecting);
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return m_output.fail(person.error());
    const auto id = m_client->sendText(*person, text);
    if (!id)
        co_return m_output.fail(id.error());
    const auto chat = m_client->conversationWith(*person);
    const auto state = [this, id = *id, chat] {
        const auto message = chat ? m_client->message(chat->id, id) : Result<std::optional<Message>>(std::nullopt);
        return message && *message ? (*message)->delivery : Delivery::Failed;
    };
    const auto settled = [this, state] {
        return state() != Delivery::Queued || m_client->connection().status == ConnectionStatus::Offline;
    };
    auto waiting = waitFor(settled, kPatience);
    co_await std::move(waiting);
    const QString shown = name(state());
    m_output.answer({{Key("message_id"), id->toHex()}, {Key("state"), shown}}, shown);
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::read(Arguments arguments)
{
    auto catching = catchUp();
    co_await std::move(catching);
    auto lookup = findChat(m_client.get(), arguments.words.first());
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return m_output.fail(chat.error());
    const auto messages = m_client->messages(*chat, arguments.limit, std::nullopt);
    if (!messages)
        co_return m_output.fail(messages.error());
    for (const Message &message : *messages)
        showMessage(message);
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
        const QString unread = chat.unread > 0 ? QStringLiteral(" (%1 new)").arg(chat.unread) : QString();
        lines.append(QStringLiteral("%1%2: %3")
                         .arg(shownName(*m_client, chat.peer), unread, printable(chat.lastText).simplified()));
    }
    m_output.answer({{Key("chats"), array}}, lines.join(u'\n'));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::search(Arguments arguments)
{
    auto task = m_client->search(arguments.words.join(u' '), arguments.limit);
    const auto hits = co_await std::move(task);
    if (!hits)
        co_return m_output.fail(hits.error());
    QJsonArray array;
    QStringList lines;
    for (const SearchHit &hit : *hits) {
        array.append(toJson(hit));
        lines.append(lineOf(*m_client, hit.message));
    }
    m_output.answer({{Key("hits"), array}}, lines.join(u'\n'));
    co_return ExitCode::Done;
}

} // namespace sotto
