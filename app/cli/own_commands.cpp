// What a person does for themselves and with a whole chat: delete --for-me, star, starred, unread, timer, draft.
#include "app/cli/cli_runner.h"
#include "app/cli/durations.h"
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

Task<ExitCode> CliRunner::timer(Arguments arguments)
{
    auto catching = catchUp(); // the other side may have set it
    co_await std::move(catching);
    auto lookup = findChat(m_client.get(), arguments.words.at(0));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return fail(chat.error());
    if (arguments.words.size() > 1) {
        const auto seconds = timerFrom(arguments.words.at(1));
        if (!seconds)
            co_return m_output.fail(
                {ErrorCode::InvalidArgument, QStringLiteral("a timer is off, or a number with s, m, h, d or w")});
        if (const auto set = m_client->setTimer(*chat, *seconds); !set)
            co_return fail(set.error());
        auto flushing = flush();
        co_await std::move(flushing);
    }
    const auto now = chatOf(*chat);
    const std::uint32_t seconds = now ? now->timerSeconds : 0;
    m_output.answer({{Key("timer_s"), double(seconds)}}, timerText(seconds));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::draft(Arguments arguments)
{
    auto lookup = findChat(m_client.get(), arguments.words.at(0));
    const auto chat = co_await std::move(lookup);
    if (!chat)
        co_return fail(chat.error());
    if (arguments.words.size() > 1) {
        const auto text = wordsOrInput(arguments.words.at(1));
        if (!text)
            co_return m_output.fail(text.error());
        if (const auto set = m_client->setDraft(*chat, *text); !set)
            co_return fail(set.error());
    }
    const auto now = chatOf(*chat);
    const QString text = now ? now->draft : QString();
    m_output.answer({{Key("draft"), text}}, printable(text));
    co_return ExitCode::Done;
}

std::optional<Conversation> CliRunner::chatOf(ConversationId chat) const
{
    for (const Conversation &conversation : m_client->conversations()) {
        if (conversation.id == chat)
            return conversation;
    }
    return std::nullopt;
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
