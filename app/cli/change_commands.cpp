// Commands on messages that are there: reply, edit, delete, react, forward.
#include "app/cli/cli_runner.h"
#include "app/cli/people.h"

#include <QJsonObject>
#include <memory>

namespace sotto {

namespace {

using Key = QLatin1String;

ReferenceKind kindOf(CliCommand command)
{
    switch (command) {
    case CliCommand::Edit: return ReferenceKind::Edit;
    case CliCommand::Delete: return ReferenceKind::Delete;
    default: return ReferenceKind::Reaction;
    }
}

} // namespace

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

Result<Done> CliRunner::carryOut(const Arguments &arguments, const Place &place)
{
    if (arguments.command == CliCommand::Edit)
        return m_client->editText(place.chat, place.message, arguments.words.at(2));
    if (arguments.command == CliCommand::Delete)
        return m_client->deleteForEveryone(place.chat, place.message);
    const QString emoji = arguments.words.at(2);
    return m_client->react(place.chat, place.message, emoji == QStringLiteral("none") ? QString() : emoji);
}

Task<ExitCode> CliRunner::change(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    const auto isRefused = std::make_shared<bool>(false);
    connect(m_client.get(), &Client::changeNotSent, this,
            [isRefused, place = *place, kind = kindOf(arguments.command)](
                const ConversationId &chat, const MessageId &message, ReferenceKind what) {
                if (chat == place.chat && message == place.message && what == kind)
                    *isRefused = true;
            });
    const auto done = carryOut(arguments, *place);
    if (!done)
        co_return fail(done.error());
    auto flushing = flush();
    co_await std::move(flushing);
    if (*isRefused) {
        m_output.answer({{Key("state"), QStringLiteral("not_sent")}}, QStringLiteral("not sent"));
        co_return ExitCode::Refused;
    }
    const auto waits = m_client->isChangeWaiting(place->chat, place->message);
    if (!waits)
        co_return fail(waits.error());
    const QString state = *waits ? QStringLiteral("queued") : QStringLiteral("done");
    m_output.answer({{Key("state"), state}}, state);
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
    auto telling = tellSentTo(*person, m_client->forward(place->chat, place->message, *person));
    const ExitCode code = co_await std::move(telling);
    co_return code;
}

} // namespace sotto
