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
