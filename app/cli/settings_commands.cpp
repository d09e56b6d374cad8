// What a person sets for an account: relay, proxy, profile, what contacts may know.
#include "app/cli/cli_runner.h"

#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "app/cli/standard_input.h"

#include <QFile>
#include <QJsonArray>

namespace sotto {

namespace {

using Key = QLatin1String;

/// For a screen or a log: without the password.
QString shownProxy(ProxySettings proxy)
{
    proxy.password.clear();
    return proxy.toText();
}

/// A picture's bytes; a little over the limit of a picture the file is not read on: it is refused then.
Result<Bytes> readPicture(const QString &path)
{
    constexpr qint64 kEnough = 64 * 1024;
    if (path == QStringLiteral("none"))
        return Bytes();
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::NotFound, QStringLiteral("the picture's file cannot be read"));
    Bytes picture = file.read(kEnough);
    if (picture.isEmpty())
        return Error(ErrorCode::InvalidArgument, QStringLiteral("the picture's file is empty"));
    return picture;
}

struct PrivacyRule {
    const char *name;
    bool PrivacySettings::*shared;
};
constexpr PrivacyRule kPrivacy[] = {{"read-receipts", &PrivacySettings::readReceipts},
                                    {"typing", &PrivacySettings::typing},
                                    {"presence", &PrivacySettings::presence}};

/// `settings` with what "typing off" says; nothing for words that say nothing.
std::optional<PrivacySettings> changed(PrivacySettings settings, const QStringList &words)
{
    const bool isOn = words.value(1) == QStringLiteral("on");
    if (!isOn && words.value(1) != QStringLiteral("off"))
        return std::nullopt;
    for (const PrivacyRule &rule : kPrivacy) {
        if (words.first() != QLatin1String(rule.name))
            continue;
        settings.*rule.shared = isOn;
        return settings;
    }
    return std::nullopt;
}

} // namespace

Task<ExitCode> CliRunner::showRelay(Arguments arguments)
{
    if (!arguments.addresses.isEmpty()) {
        if (const auto set = m_client->setRelayAddresses(arguments.addresses); !set)
            co_return m_output.fail(set.error());
    }
    auto connecting = connectNow();
    co_await std::move(connecting);
    const RelaySnapshot relay = m_client->relay();
    const ConnectionSnapshot connection = m_client->connection();
    QJsonObject object = toJson(relay);
    object.insert(Key("connection"), toJson(connection));
    QString text =
        QStringLiteral("%1 at %2\nkey %3\n%4")
            .arg(printable(relay.name), relay.addresses.join(QStringLiteral(", ")), relay.key, name(connection.status));
    if (relay.clockDifferenceMs != 0)
        text += QStringLiteral("\nits clock is %1 s from ours").arg(relay.clockDifferenceMs / 1000);
    if (!connection.problem.isEmpty())
        text += u'\n' + connection.problem;
    m_output.answer(object, text);
    co_return ExitCode::Done;
}

ExitCode CliRunner::showProxy(const Arguments &arguments)
{
    if (!arguments.words.isEmpty()) {
        // On a command line every user of the computer could read a password.
        const QString typed = arguments.words.first();
        const auto proxy = ProxySettings::fromText(typed == QStringLiteral("-") ? readTypedLine() : typed);
        if (!proxy) {
            return m_output.fail({ErrorCode::InvalidArgument,
                                  QStringLiteral("a proxy is socks5://HOST:PORT, http://HOST:PORT, system or none")});
        }
        if (const auto set = m_client->setProxy(*proxy); !set)
            return m_output.fail(set.error());
    }
    const QString shown = shownProxy(m_client->proxy());
    m_output.answer({{Key("proxy"), shown}}, shown);
    return ExitCode::Done;
}

Task<ExitCode> CliRunner::showPrivacy(Arguments arguments)
{
    const bool isKnown = arguments.words.isEmpty() || changed(m_client->privacy(), arguments.words);
    if (!isKnown) {
        co_return m_output.fail(
            {ErrorCode::InvalidArgument, QStringLiteral("say read-receipts, typing or presence, and then on or off")});
    }
    auto catching = catchUp(); // another desktop may have changed it
    co_await std::move(catching);
    if (!arguments.words.isEmpty()) {
        if (const auto set = m_client->setPrivacy(*changed(m_client->privacy(), arguments.words)); !set)
            co_return m_output.fail(set.error());
        auto flushing = flush();
        co_await std::move(flushing);
    }
    const PrivacySettings now = m_client->privacy();
    QStringList lines;
    for (const PrivacyRule &rule : kPrivacy)
        lines.append(QStringLiteral("%1 %2").arg(QLatin1String(rule.name),
                                                 now.*rule.shared ? QStringLiteral("on") : QStringLiteral("off")));
    m_output.answer(toJson(now), lines.join(u'\n'));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::showProfile(Arguments arguments)
{
    const auto own = m_client->account();
    if (!own)
        co_return m_output.fail(ErrorCode::Corrupt); // there was one a moment ago
    AccountId person = own->account;
    if (!arguments.words.isEmpty()) {
        auto catching = catchUp(); // what they show now may wait at the relay
        co_await std::move(catching);
        auto lookup = m_client->findPerson(arguments.words.first());
        const auto found = co_await std::move(lookup);
        if (!found)
            co_return fail(found.error());
        person = *found;
    } else if (changesProfile(arguments)) {
        auto changing = changeProfile(std::move(arguments));
        const auto done = co_await std::move(changing);
        if (!done)
            co_return m_output.fail(done.error());
    }
    const auto profile = m_client->profile(person);
    if (!profile)
        co_return m_output.fail(profile.error());
    QStringList lines{printable(profile->name)};
    if (!profile->about.isEmpty())
        lines.append(printable(profile->about));
    lines.append(profile->picture.isEmpty() ? QStringLiteral("no picture")
                                            : QStringLiteral("a picture of %1 bytes").arg(profile->picture.size()));
    m_output.answer(toJson(*profile), lines.join(u'\n'));
    co_return ExitCode::Done;
}

Task<Result<Done>> CliRunner::changeProfile(Arguments arguments)
{
    const auto own = m_client->account();
    auto profile = own ? m_client->profile(own->account) : Result<ProfileSnapshot>(ErrorCode::NotFound);
    if (!profile)
        co_return profile.error();
    if (!arguments.name.isEmpty())
        profile->name = arguments.name;
    if (arguments.about)
        profile->about = *arguments.about;
    if (!arguments.picture.isEmpty()) {
        auto picture = readPicture(arguments.picture);
        if (!picture)
            co_return picture.error();
        profile->picture = std::move(*picture);
    }
    auto catching = catchUp(); // what is set while online is told at once
    co_await std::move(catching);
    auto setting = m_client->setProfile(std::move(*profile));
    const auto set = co_await std::move(setting);
    if (!set)
        co_return set.error();
    auto flushing = flush();
    co_await std::move(flushing);
    co_return Done{};
}

Task<ExitCode> CliRunner::removeContact(Arguments arguments)
{
    auto catching = catchUp(); // so that nothing of theirs comes after it
    co_await std::move(catching);
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    const QString shown = shownName(*m_client, *person);
    auto task = m_client->removeContact(*person);
    const auto done = co_await std::move(task);
    if (!done)
        co_return fail(done.error());
    auto flushing = flush();
    co_await std::move(flushing);
    m_output.answer({{Key("person"), person->toHex()}},
                    QStringLiteral("%1 is no contact any more; the chat is deleted.").arg(shown));
    co_return ExitCode::Done;
}

} // namespace sotto
