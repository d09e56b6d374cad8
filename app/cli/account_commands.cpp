#include "app/cli/cli_runner.h"

#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "app/cli/standard_input.h"

#include <QFile>
#include <QJsonArray>

namespace sotto {

namespace {

using Key = QLatin1String;

constexpr int kKitGroups = 14;

/// A file that only its owner can read, and that was not there before.
Result<Done> saveSecret(const QString &path, ByteView secret)
{
    QFile file(path);
    if (file.exists())
        return Error(ErrorCode::AlreadyExists,
                     QStringLiteral("there is such a file already; nothing was written, choose another name"));
    if (!file.open(QIODevice::WriteOnly | QIODevice::NewOnly | QIODevice::Unbuffered,
                   QFile::ReadOwner | QFile::WriteOwner))
        return Error(ErrorCode::InputOutput,
                     QStringLiteral("the file cannot be made; does its folder exist, and may you write there?"));
    const bool written = file.write(secret.data(), secret.size()) == secret.size() && file.write("\n", 1) == 1;
    if (!written) {
        const bool isFull = file.error() == QFile::ResourceError;
        file.remove(); // half a secret is none
        return isFull ? Error(ErrorCode::DiskFull, QStringLiteral("the disk is full; make room and try again"))
                      : Error(ErrorCode::InputOutput, QStringLiteral("the file could not be written; see to its disk"));
    }
    return Done{};
}

} // namespace

Task<ExitCode> CliRunner::registerAccount(Arguments arguments)
{
    auto task = m_client->registerAccount(arguments.words.first(), arguments.name, arguments.handle);
    const auto account = co_await std::move(task);
    if (!account)
        co_return m_output.fail(account.error());
    auto telling = flush(); // the inviter learns of us
    co_await std::move(telling);
    const auto own = m_client->account();
    const QString text = QStringLiteral("Welcome, %1. Your id is %2.\n"
                                        "Write down your recovery kit now: sotto-cli recovery-kit")
                             .arg(printable(arguments.name), account->toHex());
    m_output.answer(own ? toJson(*own) : QJsonObject{{Key("account"), account->toHex()}}, text);
    co_return ExitCode::Done;
}

ExitCode CliRunner::showRecoveryKit(const Arguments &arguments)
{
    const auto kit = m_client->recoveryKit();
    if (!kit)
        return m_output.fail(kit.error());
    if (!arguments.saveTo.isEmpty()) {
        const auto saved = saveSecret(arguments.saveTo, kit->view());
        if (!saved)
            return m_output.fail(saved.error());
        m_output.answer({{Key("saved_to"), arguments.saveTo}},
                        QStringLiteral("Saved. Keep it away from this computer, then: "
                                       "sotto-cli recovery-kit --confirm"));
        return ExitCode::Done;
    }
    const QString text = QString::fromLatin1(kit->view());
    m_output.answer({{Key("recovery_kit"), text}}, text);
    m_output.remark(QStringLiteral("Write it down, then: sotto-cli recovery-kit --confirm"));
    return ExitCode::Done;
}

ExitCode CliRunner::confirmRecoveryKit()
{
    const auto first = m_environment.random.below(kKitGroups);
    const auto step = m_environment.random.below(kKitGroups - 1);
    if (!first || !step)
        return m_output.fail(ErrorCode::RandomFailed);
    const int groups[2] = {int(*first), int((*first + 1 + *step) % kKitGroups)};
    m_output.remark(QStringLiteral("Type group %1 and then group %2 of your recovery kit, one a line:")
                        .arg(groups[0] + 1)
                        .arg(groups[1] + 1));
    m_output.answer({{Key("groups"), QJsonArray{groups[0] + 1, groups[1] + 1}}}, {});
    const QString typed[2] = {readTypedLine(), readTypedLine()};
    const auto confirmed = m_client->confirmRecoveryKit(groups[0], typed[0], groups[1], typed[1]);
    if (!confirmed)
        return m_output.fail(confirmed.error());
    m_output.answer({{Key("confirmed"), true}}, QStringLiteral("Right. The kit is no longer on this desktop."));
    return ExitCode::Done;
}

ExitCode CliRunner::tellUnlocked()
{
    m_output.answer({{Key("unlocked"), true}}, QStringLiteral("The kit is right. The profile has the new passphrase."));
    return ExitCode::Done;
}

Task<ExitCode> CliRunner::createInvite()
{
    auto connecting = connectNow();
    co_await std::move(connecting);
    auto task = m_client->createInvite();
    const auto invite = co_await std::move(task);
    if (!invite)
        co_return fail(invite.error());
    m_output.answer({{Key("invite"), *invite}}, *invite);
    co_return ExitCode::Done;
}

ExitCode CliRunner::showWhoAmI()
{
    const auto own = m_client->account();
    const QString handle = own->handle.isEmpty() ? QString() : QStringLiteral(" @%1").arg(own->handle);
    m_output.answer(toJson(*own), QStringLiteral("%1%2\n%3").arg(printable(own->name), handle, own->account.toHex()));
    return ExitCode::Done;
}

ExitCode CliRunner::showLink()
{
    const auto link = m_client->contactLink();
    if (!link)
        return m_output.fail(link.error());
    m_output.answer({{Key("link"), *link}}, *link);
    return ExitCode::Done;
}

// ---- Contacts ----------------------------------------------------------------------------------------------------

Task<ExitCode> CliRunner::addContact(Arguments arguments)
{
    auto connecting = connectNow();
    co_await std::move(connecting);
    auto task = m_client->addContact(arguments.words.first());
    const auto person = co_await std::move(task);
    if (!person)
        co_return fail(person.error());
    auto flushing = flush();
    co_await std::move(flushing);
    m_output.answer({{Key("person"), person->toHex()}}, QStringLiteral("Asked %1.").arg(shownName(*m_client, *person)));
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::showRequests()
{
    auto catching = catchUp();
    co_await std::move(catching);
    QJsonArray array;
    QStringList lines;
    for (const Contact &contact : m_client->contactRequests()) {
        array.append(toJson(contact));
        lines.append(QStringLiteral("%1  %2").arg(contact.account.toHex(), shownName(*m_client, contact.account)));
    }
    m_output.answer({{Key("requests"), array}}, lines.join(u'\n'));
    if (array.isEmpty())
        m_output.remark(QStringLiteral("nobody asks to be a contact"));
    auto flushing = flush(); // that what waited has arrived
    co_await std::move(flushing);
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::answerRequest(Arguments arguments)
{
    auto catching = catchUp(); // the request may still wait at the relay
    co_await std::move(catching);
    auto lookup = m_client->findPerson(arguments.words.first());
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return fail(person.error());
    const bool accepts = arguments.command == CliCommand::Accept;
    Task<Result<Done>> task = Task<Result<Done>>::finished(Done{});
    if (accepts)
        task = m_client->acceptContact(*person);
    else
        task = m_client->blockContact(*person);
    const auto done = co_await std::move(task);
    if (!done)
        co_return fail(done.error());
    auto flushing = flush();
    co_await std::move(flushing);
    const QString shown = shownName(*m_client, *person);
    m_output.answer({{Key("person"), person->toHex()}},
                    accepts ? QStringLiteral("%1 is a contact now.").arg(shown)
                            : QStringLiteral("You will hear no more of %1.").arg(shown));
    co_return ExitCode::Done;
}

// ---- Looking after it --------------------------------------------------------------------------------------------

Task<ExitCode> CliRunner::showStatus()
{
    if (m_client->account()) {
        auto connecting = connectNow();
        co_await std::move(connecting);
    }
    const StatusSnapshot status = m_client->status();
    QString text = QStringLiteral("%1\n%2 messages, %3 to be sent, %4 could not be opened, %5 frames refused")
                       .arg(name(status.connection.status))
                       .arg(status.messages)
                       .arg(status.outbox)
                       .arg(status.undecryptable)
                       .arg(status.droppedFrames);
    text += QStringLiteral(
                "\n%1 of %2 frames (%3 %) did not open at first; %4 messages are asked for, %5 came after all, %6 are"
                " lost")
                .arg(status.framesUndecryptable)
                .arg(status.frames)
                .arg(status.undecryptableRate() * 100, 0, 'f', 2)
                .arg(status.unrepaired)
                .arg(status.repaired)
                .arg(status.lost);
    if (!status.connection.problem.isEmpty())
        text += u'\n' + status.connection.problem;
    m_output.answer(toJson(status), text);
    co_return ExitCode::Done;
}

Task<ExitCode> CliRunner::runDoctor()
{
    if (m_client->account()) {
        auto connecting = connectNow();
        co_await std::move(connecting);
    }
    auto task = m_client->doctor();
    const auto findings = co_await std::move(task);
    if (!findings)
        co_return m_output.fail(findings.error());
    QJsonArray array;
    QStringList lines;
    bool allWell = true;
    for (const DoctorFinding &finding : *findings) {
        array.append(toJson(finding));
        const QString mark = finding.well ? QStringLiteral("✓") : QStringLiteral("✗");
        lines.append(QStringLiteral("%1 %2: %3").arg(mark, finding.check, finding.advice));
        allWell = allWell && finding.well;
    }
    m_output.answer({{Key("findings"), array}}, lines.join(u'\n'));
    co_return allWell ? ExitCode::Done : ExitCode::Unwell;
}

} // namespace sotto
