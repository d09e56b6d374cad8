// Commands on messages that are there: reply, edit, delete, react, forward.
#include "app/cli/cli_runner.h"
#include "app/cli/people.h"

#include <QJsonObject>

namespace sotto {

Task<Result<CliRunner::Place>> CliRunner::findPlace(QString person, QString message)
{
    auto catching = catchUp(); // the message may wait at the relay
    co_await std::move(catching);
    auto lookup = findChat(m_client.get(), person);
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return chat.error();
    const auto id = MessageId::fromHex(message);
    if (!id)
        co_return Error(ErrorCode::InvalidArgument,
                        QStringLiteral("a message is named by its id: read --json shows it"));
    co_return Place{*chat, *id};
}

Task<ExitCode> CliRunner::change(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    Result<Done> done = Done{};
    if (arguments.command == CliCommand::Edit)
        done = m_client->editText(place->chat, place->message, arguments.words.at(2));
    else if (arguments.command == CliCommand::Delete)
        done = m_client->deleteForEveryone(place->chat, place->message);
    else {
        const QString emoji = arguments.words.at(2);
        done = m_client->react(place->chat, place->message, emoji == QStringLiteral("none") ? QString() : emoji);
    }
    if (!done)
        co_return fail(done.error());
    auto flushing = flush();
    co_await std::move(flushing);
    m_output.answer(QJsonObject(), QStringLiteral("done"));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::reply(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    const auto sent = m_client->reply(place->chat, place->message, arguments.words.at(2));
    if (!sent)
        co_return fail(sent.error());
    auto telling = tellSent(place->chat, *sent);
    const ExitCode code = co_await std::move(telling);
    co_return code;
}

Task<ExitCode> CliRunner::forward(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    auto lookup = m_client->findPerson(arguments.words.at(2));
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    const auto sent = m_client->forward(place->chat, place->message, *person);
    if (!sent)
        co_return fail(sent.error());
    const auto chat = m_client->conversationWith(*person);
    if (!chat)
        co_return m_output.fail(ErrorCode::NotFound);
    auto telling = tellSent(chat->id, *sent);
    const ExitCode code = co_await std::move(telling);
    co_return code;
}

} // namespace sotto
