// What a person does for themselves and their other desktops: delete --for-me, star, starred, unread.
#include "app/cli/cli_runner.h"
#include "app/cli/json_values.h"
#include "app/cli/people.h"

#include <QJsonArray>

namespace sotto {

namespace {

using Key = QLatin1String;

} // namespace

/// Lets it out to the other desktops; here it is done.
Task<ExitCode> CliRunner::endWith(Result<Done> done)
{
    if (!done)
        co_return fail(done.error());
    auto flushing = flush();
    co_await std::move(flushing);
    m_output.answer({{Key("state"), QStringLiteral("done")}}, QStringLiteral("done"));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::deleteForMe(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    auto ending = endWith(m_client->deleteForMe(place->chat, place->message));
    const ExitCode code = co_await std::move(ending);
    co_return code;
}

Task<ExitCode> CliRunner::star(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    auto ending = endWith(m_client->setStarred(place->chat, place->message, *isOn(arguments.words.at(2))));
    const ExitCode code = co_await std::move(ending);
    co_return code;
}

Task<ExitCode> CliRunner::markUnread(Arguments arguments)
{
    auto catching = catchUp();
    co_await std::move(catching);
    auto lookup = findChat(m_client.get(), arguments.words.at(0));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return fail(chat.error());
    auto ending = endWith(m_client->markUnread(*chat, *isOn(arguments.words.at(1))));
    const ExitCode code = co_await std::move(ending);
    co_return code;
}

ExitCode CliRunner::showStarred(const Arguments &arguments)
{
    const auto messages = m_client->starred(arguments.limit);
    if (!messages)
        return m_output.fail(messages.error());
    QJsonArray array;
    QStringList lines;
    for (const Message &message : *messages) {
        array.append(QJsonObject{{Key("chat"), message.conversation.toHex()}, {Key("message"), toJson(message)}});
        lines.append(lineOf(message));
    }
    m_output.answer({{Key("starred"), array}}, lines.join(u'\n'));
    if (array.isEmpty())
        m_output.remark(QStringLiteral("no message has a star"));
    return ExitCode::Done;
}

} // namespace sotto
