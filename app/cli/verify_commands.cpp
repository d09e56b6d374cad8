// Whom one really writes to: safety numbers, and what is wrong with device lists.
#include "app/cli/cli_runner.h"

#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "core/qr/terminal_qr.h"

#include <QJsonArray>
#include <algorithm>

namespace sotto {

namespace {

using Key = QLatin1String;

/// As people read it to each other: twelve groups of five digits.
QString inGroups(const QString &digits)
{
    constexpr qsizetype kGroup = 5;
    QStringList groups;
    for (qsizetype at = 0; at < digits.size(); at += kGroup)
        groups.append(digits.mid(at, kGroup));
    return groups.join(u' ');
}

QString sentence(AlarmKind kind)
{
    switch (kind) {
    case AlarmKind::Fork: return QStringLiteral("somebody was shown another list of their devices");
    case AlarmKind::Frozen: return QStringLiteral("the relay does not show a newer list of their devices");
    case AlarmKind::OwnLogHidden:
        return QStringLiteral("they say that there is a newer list of your devices than the relay shows");
    case AlarmKind::OwnDeviceAdded: return QStringLiteral("your account has a device that this one did not add");
    case AlarmKind::OwnLogForked: return QStringLiteral("they were shown another list of your devices");
    case AlarmKind::BadLog: return QStringLiteral("the relay showed a list of their devices that is not genuine");
    case AlarmKind::RootChanged:
        return QStringLiteral("they have a new recovery kit, and with it another safety number");
    }
    return QString();
}

} // namespace

Task<ExitCode> CliRunner::verify(Arguments arguments)
{
    auto catching = catchUp(); // what their device list is now
    co_await std::move(catching);
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    const auto number = m_client->safetyNumber(*person);
    if (!number)
        co_return m_output.fail(number.error());
    if (!arguments.number.isEmpty()) {
        if (const auto compared = m_client->compareSafetyNumber(*person, arguments.number); !compared)
            co_return m_output.fail(compared.error());
    }
    if (arguments.confirm) {
        if (const auto set = m_client->setVerified(*person, true); !set)
            co_return m_output.fail(set.error());
    }
    const auto contact = contactOf(*m_client, *person);
    const bool isVerified = contact && contact->verified;
    QStringList lines;
    if (arguments.showQr)
        lines.append(terminalQr(number->link, m_output.isTerminal()) + number->link);
    lines.append(inGroups(number->digits));
    lines.append(isVerified ? QStringLiteral("verified") : QStringLiteral("not verified"));
    m_output.answer({{Key("person"), person->toHex()},
                     {Key("number"), number->digits},
                     {Key("link"), number->link},
                     {Key("verified"), isVerified}},
                    lines.join(u'\n'));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::showAlarms(Arguments arguments)
{
    auto catching = catchUp();
    co_await std::move(catching);
    if (!arguments.words.isEmpty()) {
        auto answering = answerAlarm(std::move(arguments));
        const ExitCode code = co_await std::move(answering);
        co_return code;
    }
    QJsonArray array;
    QStringList lines;
    for (const Alarm &alarm : m_client->alarms()) {
        const bool isHeld = m_client->isHeld(alarm.account);
        array.append(toJson(alarm, isHeld));
        lines.append(QStringLiteral("%1: %2 (version %3, %4 times)")
                         .arg(shownName(*m_client, alarm.account), sentence(alarm.kind))
                         .arg(alarm.version)
                         .arg(alarm.count));
    }
    QJsonArray held;
    for (const AccountId &person : m_client->heldPeople()) {
        held.append(person.toHex());
        const bool isOwn = m_client->account() && m_client->account()->account == person;
        const char *const why = isOwn ? "All you write waits for the newest list of your own devices (%1)."
            : m_client->hasNewSafetyNumber(person)
            ? "What you write to %1 waits until you accept their new safety number: verify, or alarms PERSON send."
            : "What you write to %1 waits for the newest list of their devices.";
        lines.append(QString::fromLatin1(why).arg(isOwn ? person.toHex() : shownName(*m_client, person)));
    }
    m_output.answer({{Key("alarms"), array}, {Key("held"), held}}, lines.join(u'\n'));
    if (lines.isEmpty())
        m_output.remark(QStringLiteral("there is no alarm"));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::answerAlarm(Arguments arguments)
{
    const bool sends = arguments.words.last() == QStringLiteral("send");
    if (!sends && arguments.words.last() != QStringLiteral("seen"))
        co_return m_output.fail({ErrorCode::InvalidArgument, QStringLiteral("say seen or send")});
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    auto answering = sends ? sendToKnown(*person) : Task<ExitCode>::finished(hideAlarms(*person));
    const ExitCode code = co_await std::move(answering);
    co_return code;
}

ExitCode CliRunner::hideAlarms(AccountId person)
{
    if (const auto seen = m_client->acknowledgeAlarms(person); !seen)
        return m_output.fail(seen.error());
    m_output.answer({{Key("person"), person.toHex()}}, QStringLiteral("It is not shown again unless it changes."));
    return ExitCode::Done;
}

Task<ExitCode> CliRunner::sendToKnown(AccountId person)
{
    const auto waived = m_client->sendToKnownDevices(person);
    if (!waived)
        co_return m_output.fail(
            waived.error().code == ErrorCode::NotFound
                ? Error(ErrorCode::NotFound, QStringLiteral("nothing waits for that person's list of devices"))
                : waived.error());
    auto flushing = flush();
    co_await std::move(flushing);
    const bool isHeld = m_client->isHeld(person);
    const auto own = m_client->account();
    const QString waits = QStringLiteral("It still waits for the newest list of your own devices: alarms %1 send")
                              .arg(own ? own->account.toHex() : QString());
    m_output.answer({{Key("person"), person.toHex()}, {Key("held"), isHeld}},
                    isHeld ? waits : QStringLiteral("What waited goes to the devices that are known."));
    co_return ExitCode::Done;
}

} // namespace sotto
