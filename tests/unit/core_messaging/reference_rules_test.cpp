// Which edits, deletes and reactions count.
#include "core/messaging/references/reference_rules.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include <QTest>

namespace sotto {

using kit::device;
using kit::filled;
using namespace std::chrono_literals;

namespace {

const DeviceAddress kAlice{filled<AccountId>('A'), device(1)};
const DeviceAddress kBob{filled<AccountId>('B'), device(2)};
const Timestamp kNoon{1'772'366'400'000};

Message textOf(const DeviceAddress &sender)
{
    return {.id = filled<MessageId>('t'),
            .conversation = filled<ConversationId>('c'),
            .sender = sender.account,
            .senderDevice = sender.device,
            .counter = 1,
            .clientTime = kNoon,
            .sortTime = kNoon,
            .text = QStringLiteral("words")};
}

ReferenceOrigin by(const DeviceAddress &sender, Timestamp at) { return {sender, filled<MessageId>('e'), at}; }

content::Edit editTo(std::uint32_t revision, const QString &text = QStringLiteral("other"))
{
    return {filled<MessageId>('t'), text, revision};
}

content::Delete deleteOf(const AccountId &author) { return {{author, filled<MessageId>('t')}}; }

} // namespace

class ReferenceRulesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void onlyItsAuthorEdits()
    {
        QVERIFY(mayEdit(textOf(kAlice), by(kAlice, kNoon), editTo(1), kNoon));
        QVERIFY(!mayEdit(textOf(kAlice), by(kBob, kNoon), editTo(1), kNoon));
    }
    void T087_anEditCountsForADay()
    {
        const Message text = textOf(kAlice);
        QVERIFY(mayEdit(text, by(kAlice, kNoon + 24h), editTo(1), kNoon + 24h));
        QVERIFY(mayEdit(text, by(kAlice, kNoon - 24h), editTo(1), kNoon));
        QVERIFY(!mayEdit(text, by(kAlice, kNoon + 24h + 1ms), editTo(1), kNoon + 25h));
        QVERIFY(!mayEdit(text, by(kAlice, Timestamp{std::numeric_limits<std::int64_t>::min()}), editTo(1), kNoon));
        QVERIFY(!mayEdit(text, by(kAlice, Timestamp{std::numeric_limits<std::int64_t>::max()}), editTo(1), kNoon));
        // By the reader's clock much later, when nothing honest is under way any more.
        QVERIFY(mayEdit(text, by(kAlice, kNoon), editTo(1), kNoon + 72 * 24h));
        QVERIFY(!mayEdit(text, by(kAlice, kNoon), editTo(1), kNoon + 72 * 24h + 1ms));
    }
    void T087_anEditHasOneOfTenRevisions()
    {
        const auto may = [](std::uint32_t revision) {
            return mayEdit(textOf(kAlice), by(kAlice, kNoon), editTo(revision), kNoon);
        };
        QVERIFY(!may(0));
        QVERIFY(may(10));
        QVERIFY(!may(11));
        QVERIFY(!mayEdit(textOf(kAlice), by(kAlice, kNoon), editTo(1, QString()), kNoon));
    }
    void onlyItsAuthorTakesBack()
    {
        QVERIFY(mayDelete(textOf(kAlice), by(kAlice, kNoon), deleteOf(kAlice.account), kNoon));
        QVERIFY(!mayDelete(textOf(kAlice), by(kBob, kNoon), deleteOf(kAlice.account), kNoon));
    }
    void T087_takingBackCountsForTwoDays()
    {
        const Message text = textOf(kAlice);
        const auto may = [&text](Timestamp at) {
            return mayDelete(text, by(kAlice, at), deleteOf(kAlice.account), kNoon);
        };
        QVERIFY(may(kNoon + 48h));
        QVERIFY(!may(kNoon + 48h + 1ms));
    }
    void T095_aReactionNeitherHidesNorTurnsText()
    {
        QVERIFY(isReactionText(QString()));
        QVERIFY(isReactionText(QStringLiteral("👍")));
        QVERIFY(isReactionText(QStringLiteral("👨‍👩‍👧")));
        QVERIFY(isReactionText(QStringLiteral("❤️")));
        QVERIFY(isReactionText(QString(16, u'a')));
        for (const char32_t point : {U'\n', U'\t', U' ', U'\x85', U'\xa0', U'\x61c', U'\x200e', U'\x2028', U'\x2029',
                                     U'\x202e', U'\x2066', U'\x2069'})
            QVERIFY(!isReactionText(QStringLiteral("a") + QString::fromUcs4(&point, 1)));
        QVERIFY(!isReactionText(QString(17, u'a')));
        QVERIFY(!isReactionText(QString(QChar(0xd83d))));
        QVERIFY(!isReactionText(QString(QChar(0x200d))));
        const char32_t wide[] = U"👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍👍";
        QVERIFY(isReactionText(QString::fromUcs4(wide, 16)));
    }
};

SOTTO_TEST(ReferenceRulesTest)

} // namespace sotto

#include "reference_rules_test.moc"
