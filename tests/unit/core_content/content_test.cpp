#include "core/content/content.h"
#include "tests/kit/seeds.h"
#include "tests/kit/test_main.h"

#include <QTest>

#include <limits>

namespace sotto::content {

namespace {

AccountId account(char fill) { return *AccountId::fromBytes(Bytes(32, fill)); }
Hash256 hash(char fill) { return *Hash256::fromBytes(Bytes(32, fill)); }

Header header()
{
    return {*ConversationId::fromBytes(Bytes(32, 'c')),
            account('a'),
            *DeviceId::from(7),
            *MessageId::fromBytes(Bytes(16, 'm')),
            {0, 3, hash('h')},
            {1, 4, hash('p')},
            12,
            hash('v'),
            1,
            {1000},
            account('b')};
}

Reference target() { return {account('t'), *MessageId::fromBytes(Bytes(16, 'm'))}; }

bool isInvalid(const Body &body)
{
    const auto read = decodeBody(encode(body));
    return !read && read.error() == WireError::Invalid;
}

std::vector<Body> everyBody()
{
    return {
        Text{QStringLiteral("See you at noon ✓")},
        Receipt{{{*DeviceId::from(3), 9, 4, {5, 7}}, {*DeviceId::from(4), 1, 0, {}}}},
        ContactRequest{QStringLiteral("Alice"), QStringLiteral("alice"), Bytes(32, 'k'),
                       *InviteSecret::fromBytes(Bytes(16, 'i'))},
        ContactRequest{QStringLiteral("Alice"), QString(), Bytes(32, 'k'), std::nullopt},
        ContactAccept{QStringLiteral("Bob"), Bytes(32, 'k')},
        ContactSync{
            account('x'), ContactState::Blocked, QStringLiteral("Eve"), QStringLiteral("eve"), std::nullopt, {5}},
        ProfileKey{Bytes(32, 'n'), {17}},
        Void{},
        Edit{*MessageId::fromBytes(Bytes(16, 'm')), QStringLiteral("See you at one ✓"), 1},
        Delete{target()},
        Reaction{target(), QString(), 3},
        TimerChange{0, 1},
        OwnSync{},
        OwnSync{{{{5}, SyncStar{*ConversationId::fromBytes(Bytes(32, 'c')), target(), false}},
                 {{6}, SyncUnread{*ConversationId::fromBytes(Bytes(32, 'c')), false}},
                 {{7}, SyncSetting{QStringLiteral("unknown"), QString()}}}},
    };
}

} // namespace

class ContentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyBodySurvivesTheTrip()
    {
        int number = 0;
        for (const Body &body : everyBody()) {
            kit::offerSeed(QStringLiteral("content"), QStringLiteral("body-%1").arg(++number), encode(body));
            QCOMPARE(decodeBody(encode(body)).value(), body);
        }
    }
    void anInnerMessageSurvivesTheTripWithItsBodyOrItsPayload()
    {
        const Inner carried{header(), Bytes("body"), Bytes(32, 'e')};
        kit::offerSeed(QStringLiteral("content"), QStringLiteral("inner"), encode(carried));
        QCOMPARE(decodeInner(encode(carried)).value(), carried);
        Inner apart{header(), PayloadRef{Bytes(32, 'k'), hash('s')}, std::nullopt};
        apart.header.previousHash.reset();
        apart.header.peerAccount.reset();
        QCOMPARE(decodeInner(encode(apart)).value(), apart);
    }
    void numbersThatTheDatabaseCannotHoldAreRefused()
    {
        constexpr std::uint64_t kTooHigh = std::uint64_t(1) << 63;
        const auto refused = [](const Header &changed) {
            const auto read = decodeInner(encode(Inner{changed, Bytes("body"), std::nullopt}));
            return !read && read.error() == WireError::Invalid;
        };
        Header changed = header();
        QVERIFY(!refused(changed));
        changed.counter = kTooHigh;
        QVERIFY(refused(changed));
        changed = header();
        changed.streamStart = kTooHigh;
        QVERIFY(refused(changed));
        changed = header();
        changed.ownHead.epoch = kTooHigh;
        QVERIFY(refused(changed));
        changed = header();
        changed.peerHead.version = kTooHigh;
        QVERIFY(refused(changed));
        changed = header();
        changed.clientTime = {std::numeric_limits<qint64>::min()};
        QVERIFY(refused(changed));
        const auto refusedReceipt = [](const StreamReceipt &stream) {
            return !decodeBody(encode(Body(Receipt{{stream}})));
        };
        QVERIFY(refusedReceipt({*DeviceId::from(3), kTooHigh, 0, {}}));
        QVERIFY(refusedReceipt({*DeviceId::from(3), 5, 0, {6}}));
        const ContactSync sync{account('x'), ContactState::Blocked, QString(),
                               QString(),    std::nullopt,          {std::numeric_limits<qint64>::max()}};
        QVERIFY(!decodeBody(encode(Body(sync))));
    }
    void numbersOfNewerContentThatTheDatabaseCannotHoldAreRefused()
    {
        constexpr std::uint64_t kTooHigh = std::uint64_t(1) << 63;
        constexpr Timestamp kTooLate{253'402'300'800'000};
        const ConversationId conversation = *ConversationId::fromBytes(Bytes(32, 'c'));
        Header changed = header();
        changed.lastCounter = kTooHigh;
        QVERIFY(!decodeInner(encode(Inner{changed, Bytes("body"), std::nullopt})));
        changed = header();
        changed.accepted = Timestamp{std::numeric_limits<qint64>::max()};
        QVERIFY(!decodeInner(encode(Inner{changed, Bytes("body"), std::nullopt})));
        QVERIFY(!decodeBody(encode(Body(Text{QStringLiteral("x"), 5, kTooHigh}))));
        QVERIFY(!decodeBody(encode(Body(TimerChange{5, kTooHigh}))));
        QVERIFY(isInvalid(OwnSync{{{kTooLate, SyncUnread{conversation, true}}}}));
        QVERIFY(isInvalid(OwnSync{{{{-1}, SyncUnread{conversation, true}}}}));
        QVERIFY(isInvalid(ContactAccept{QString(), Bytes(32, 'k'), kTooLate}));
        QVERIFY(isInvalid(ContactRequest{QString(), QString(), Bytes(32, 'k'), std::nullopt, std::nullopt, kTooLate}));
        QVERIFY(isInvalid(ProfileKey{Bytes(32, 'k'), kTooLate}));
        const auto gap = [&conversation](std::uint64_t first, std::uint64_t last) {
            const DeviceAddress device{account('a'), *DeviceId::from(1)};
            return decodeSealedContent(encode(SealedContent{device, device, {{}, {{conversation, first, last}}}}));
        };
        QVERIFY(gap(1, 1));
        QVERIFY(gap(1, 1'000'000)); // too wide to be answered, but it can be said
        QVERIFY(!gap(0, 1));
        QVERIFY(!gap(2, 1));
        QVERIFY(!gap(1, kTooHigh));
    }
    void whatOnlyTheContentDecidesIsNoErrorOfItsForm()
    {
        // Such content is ignored: its counter has to be known for that.
        for (const Body &body : std::vector<Body>{Text{QString()}, Text{QStringLiteral("x"), 4}, TimerChange{4, 1},
                                                  TimerChange{31'536'001, 1},
                                                  Edit{*MessageId::fromBytes(Bytes(16, 'm')), QStringLiteral("x"), 11},
                                                  Reaction{target(), QStringLiteral("no emoji"), 1}}) {
            QCOMPARE(decodeBody(encode(body)).value(), body);
        }
        QVERIFY(isTimer(0) && isTimer(5) && isTimer(31'536'000));
        QVERIFY(!isTimer(1) && !isTimer(4) && !isTimer(31'536'001));
    }
    void whatCannotBeIsInvalid()
    {
        const MessageId message = *MessageId::fromBytes(Bytes(16, 'm'));
        QVERIFY(isInvalid(Edit{message, QString(), 1}));
        QVERIFY(isInvalid(Edit{message, QStringLiteral("x"), 0}));
        QVERIFY(isInvalid(Reaction{target(), QStringLiteral("x"), 0}));
        QVERIFY(isInvalid(TimerChange{5, 0}));
        QVERIFY(isInvalid(ContactRequest{QString(), QString(), Bytes(32, 'k'), std::nullopt, Bytes(15, 'l')}));
        const auto read = [](std::uint64_t upTo, std::vector<std::uint64_t> missing) {
            return Body(OwnSync{{{{1},
                                  SyncRead{*ConversationId::fromBytes(Bytes(32, 'c')),
                                           {{*DeviceId::from(3), upTo, std::move(missing)}}}}}});
        };
        QVERIFY(!isInvalid(read(9, {1, 8, 9})));
        QVERIFY(isInvalid(read(9, {8, 10})));
        QVERIFY(isInvalid(read(9, {8, 8})));
        QVERIFY(isInvalid(read(9, {8, 1})));
        QVERIFY(isInvalid(read(9, {0, 1})));
        QCOMPARE(decodeBody(Bytes::fromHex("6200")).value(), Body(OwnSync{}));
        QCOMPARE(decodeBody(Bytes::fromHex("62040a020801")).error(), WireError::Invalid); // an operation without kind
        QCOMPARE(decodeBody(Bytes::fromHex("4a00")).error(), WireError::Invalid);         // a Delete of nothing
        QCOMPARE(decodeSealedContent(Bytes()).error(), WireError::Invalid);
    }
    void listsOverTheirLimitsAreRefusedBeforeTheyAreRead()
    {
        const ConversationId conversation = *ConversationId::fromBytes(Bytes(32, 'c'));
        const auto isTooLarge = [](const Body &body) {
            const auto read = decodeBody(encode(body));
            return !read && read.error() == WireError::TooLarge;
        };
        const SyncOp op{{1}, SyncUnread{conversation, true}};
        QVERIFY(decodeBody(encode(Body(OwnSync{std::vector<SyncOp>(100, op)}))));
        QVERIFY(isTooLarge(OwnSync{std::vector<SyncOp>(101, op)}));
        QVERIFY(isTooLarge(OwnSync{{{{1}, SyncDelete{conversation, std::vector<Reference>(101, target())}}}}));
        QVERIFY(isTooLarge(
            OwnSync{{{{1}, SyncRead{conversation, std::vector<ReadStream>(21, {*DeviceId::from(3), 1, {}})}}}}));
        QVERIFY(isTooLarge(OwnSync{{{{1}, SyncSetting{QString(65, u'n'), QString()}}}}));
        QVERIFY(isTooLarge(OwnSync{{{{1}, SyncSetting{QString(), QString(257, u'v')}}}}));
        QVERIFY(isTooLarge(Reaction{target(), QString(65, u'x'), 1}));
        QVERIFY(isTooLarge(Edit{*MessageId::fromBytes(Bytes(16, 'm')), QString(65'537, u'x'), 1}));
        const DeviceAddress device{account('a'), *DeviceId::from(1)};
        const std::vector<Wanted> wanted(21, {*MessageId::fromBytes(Bytes(16, 'm')), Bytes()});
        QVERIFY(!decodeSealedContent(encode(SealedContent{device, device, {wanted, {}}})));
        const std::vector<GapRange> gaps(11, {conversation, 1, 1});
        QVERIFY(!decodeSealedContent(encode(SealedContent{device, device, {{}, gaps}})));
        QVERIFY(decodeSealedContent(encode(SealedContent{device, device, {{wanted[0]}, {gaps[0]}}})));
    }
    void aReasonOfANewerVersionIsGone()
    {
        QCOMPARE(decodeBody(Bytes::fromHex("3a03800107")).value(), Body(Void{VoidReason::Gone}));
        QCOMPARE(decodeBody(Bytes::fromHex("3a00")).value(), Body(Void{VoidReason::NeverSent}));
    }
    void onlyReceiptsHaveNoCounter()
    {
        for (const Body &body : everyBody())
            QCOMPARE(isCounted(body), !std::holds_alternative<Receipt>(body));
    }
    void joinAnswersSurviveTheTrip()
    {
        const ContactSync sync{account('x'), ContactState::Accepted, QStringLiteral("Eve"), QString(), {}, {5}};
        const JoinAnswer answer{{Bytes("log")},
                                Bytes(32, 'p'),
                                Bytes(32, 'b'),
                                QStringLiteral("Alice"),
                                QStringLiteral("alice"),
                                {{sync, {Bytes("hers")}, true, 60, 2}},
                                {{QStringLiteral("privacy.read_receipts"), QStringLiteral("false")},
                                 {QStringLiteral("privacy.typing"), QStringLiteral("true"), {7}, DeviceId::from(3)}}};
        kit::offerSeed(QStringLiteral("content"), QStringLiteral("join-answer"), encode(answer));
        QCOMPARE(decodeJoinAnswer(encode(answer)).value(), answer);
    }
    void profileAndEphemeralSurviveTheTrip()
    {
        const Profile profile{QStringLiteral("Alice"), QStringLiteral("Busy"), "jpeg"};
        QCOMPARE(decodeProfile(encode(profile)).value(), profile);
        const EphemeralContent typing{*ConversationId::fromBytes(Bytes(32, 'c')), true};
        QCOMPARE(decodeEphemeral(encode(typing)).value(), typing);
    }
    void textOverTheLimitIsRefusedBeforeItIsRead()
    {
        QVERIFY(decodeBody(encode(Body(Text{QString(65536, u'x')}))));
        QCOMPARE(decodeBody(encode(Body(Text{QString(65537, u'x')}))).error(), WireError::TooLarge);
    }
    void aBodyOfANewerKindSaysSo()
    {
        QCOMPARE(decodeBody(Bytes::fromHex("7a00")).error(), WireError::UnknownCritical); // kind 15
    }
    void aReceiptThatReadsMoreThanArrivedIsInvalid()
    {
        QCOMPARE(decodeBody(encode(Body(Receipt{{{*DeviceId::from(3), 4, 5, {}}}}))).error(), WireError::Invalid);
    }
    void keysOfTheWrongLengthAreInvalid()
    {
        QCOMPARE(decodeBody(encode(Body(ProfileKey{Bytes(31, 'n'), {}}))).error(), WireError::Invalid);
        QCOMPARE(decodeInner(encode(Inner{header(), PayloadRef{Bytes(5, 'k'), hash('s')}, std::nullopt})).error(),
                 WireError::Invalid);
    }
};

SOTTO_TEST(ContentTest)

} // namespace sotto::content

#include "content_test.moc"
