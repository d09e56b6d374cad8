// The command info.
#include "app/cli/cli_runner.h"
#include "app/cli/json_values.h"
#include "app/cli/people.h"
#include "app/cli/sentences.h"

#include <QDateTime>

namespace sotto {

namespace {

QString clockOf(Timestamp at)
{
    return QDateTime::fromMSecsSinceEpoch(at.ms).toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

/// One step a line, in the order in which they happen.
QStringList steps(const Client &client, const DeliveryLadder &ladder)
{
    QStringList lines{QStringLiteral("%1  written").arg(clockOf(ladder.writtenAt))};
    if (ladder.acceptedAt) {
        lines.append(QStringLiteral("%1  accepted by the relay").arg(clockOf(*ladder.acceptedAt)));
        if (ladder.keptUntil)
            lines.append(QStringLiteral("    which keeps it until %1").arg(clockOf(*ladder.keptUntil)));
    } else if (ladder.state == Delivery::Failed) {
        lines.append(QStringLiteral("    not sent: the relay will not take it"));
    } else {
        lines.append(ladder.isHeld ? QStringLiteral("    waits here: see sotto-cli alarms")
                                   : QStringLiteral("    waits here"));
    }
    for (const ReceiptTimes &reader : ladder.readers) {
        const QString who = shownName(client, reader.reader);
        if (reader.deliveredAt)
            lines.append(QStringLiteral("%1  delivered to %2").arg(clockOf(*reader.deliveredAt), who));
        if (reader.readAt)
            lines.append(QStringLiteral("%1  read by %2").arg(clockOf(*reader.readAt), who));
    }
    return lines;
}

QStringList whatHangsOn(const Client &client, const MessageDetails &details)
{
    QStringList lines;
    for (const MessageVersion &version : details.versions)
        lines.append(QStringLiteral("%1  version: %2").arg(clockOf(version.clientTime), printable(version.text)));
    for (const MessageReaction &reaction : details.reactions)
        lines.append(QStringLiteral("    %1 %2").arg(shownName(client, reaction.account), printable(reaction.emoji)));
    return lines;
}

} // namespace

Task<ExitCode> CliRunner::showInfo(Arguments arguments)
{
    auto finding = findPlace(arguments.words.at(0), arguments.words.at(1));
    const auto place = co_await std::move(finding);
    if (!place)
        co_return fail(place.error());
    const auto details = m_client->details(place->chat, place->message);
    if (!details)
        co_return fail(details.error());
    const QStringList lines = steps(*m_client, details->ladder) + whatHangsOn(*m_client, *details);
    m_output.answer(toJson(*details), lines.join(u'\n'));
    co_return ExitCode::Done;
}

} // namespace sotto
