#include "core/wire/frame.h"
#include "core/wire/limits.h"
#include "tests/kit/seeds.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::wire {

namespace {

AccountId account(char fill) { return *AccountId::fromBytes(Bytes(32, fill)); }
DeviceId device(std::uint32_t number) { return *DeviceId::from(number); }
Hash256 hash(char fill) { return *Hash256::fromBytes(Bytes(32, fill)); }
SignedEntry entry(char fill) { return {Bytes(20, fill), Bytes(64, fill), {Bytes(64, 'p')}}; }

Submit submit()
{
    return {7,
            *SubmitId::fromBytes(Bytes(16, 's')),
            MailClass::Message,
            60,
            Bytes(2000, 'x'),
            {{account('a'), 3, Bytes(16, 't'), {{device(5), CopyKind::PreKey, "sealed", "cipher"}}},
             {account('b'), 1, std::nullopt, {{device(6), CopyKind::Signal, {}, "other"}}}}};
}

/// One copy for one device.
Submit partialSubmit()
{
    return {7,
            *SubmitId::fromBytes(Bytes(16, 's')),
            MailClass::Keys,
            0,
            {},
            {{account('a'), 3, Bytes(16, 't'), {{device(5), CopyKind::Sealed, "sealed", "cipher"}}, true}}};
}

/// One frame of every kind.
std::vector<Frame> everyFrame()
{
    const auto request = [](RequestBody body) { return Frame(Request{9, std::move(body)}); };
    const auto response = [](ResponseBody body) { return Frame(Response{9, std::move(body)}); };
    const Accepted accepted{{123}, {{account('a'), device(2)}}, {456}};
    const StaleDevices stale{{{account('a'), 4, {device(1)}, {device(2)}}}};
    const RelayError error{RelayErrorCode::RateLimited, QStringLiteral("slow down"), 250};
    return {
        HelloFrame{entry('h')},
        Authenticate{account('a'), device(1), Bytes(64, 'g')},
        Welcome{1, 2, {device(3)}, 4, 5, 6, 7},
        Acknowledge{{1, 2, 900}},
        Ephemeral{account('a'), Bytes(16, 't'), "typing"},
        Goodbye{error},
        request(Register{*InviteSecret::fromBytes(Bytes(16, 'i')),
                         entry('g'),
                         entry('b'),
                         {entry('p')},
                         QStringLiteral("alice"),
                         hash('t')}),
        request(submit()),
        request(SubmitBatch{{submit(), submit()}}),
        request(FetchLog{account('a'), 3}),
        request(AppendLog{entry('e'), entry('b'), {entry('p')}}),
        request(AppendLog{entry('e'), std::nullopt, {}}),
        request(FetchBundles{account('a'), {device(1), device(2)}, Bytes(16, 't')}),
        request(PublishBundle{entry('b')}),
        request(PublishPreKeys{{entry('p'), entry('q')}}),
        request(LookupHandle{QStringLiteral("bob_")}),
        request(SetTokens{hash('t')}),
        request(SetTokens{hash('t'), true}),
        request(PutProfile{"sealed"}),
        request(FetchProfile{account('a'), std::nullopt}),
        request(CreateInvite{hash('i')}),
        request(PublishPresence{std::nullopt}),
        request(PublishPresence{Bytes(32, 'p')}),
        request(WatchPresence{{Bytes(32, 'w'), Bytes(32, 'v')}}),
        response(error),
        response(Ok{}),
        response(accepted),
        response(stale),
        response(SubmitBatchReply{{error, accepted, stale}}),
        response(Log{{entry('e'), entry('f')}, 12}),
        response(Bundles{{{device(1), entry('b'), entry('o')}, {device(2), entry('b'), std::nullopt}}}),
        response(PreKeyCount{17}),
        response(HandleFound{std::nullopt}),
        response(HandleFound{account('h')}),
        response(Profile{"profile"}),
        response(Registered{account('n')}),
        response(InviteCreated{{99}}),
        Push(Deliver{{{1, {5}, MailClass::Message, CopyKind::Signal, "sealed", "cipher", "payload"},
                      {2, {6}, MailClass::Receipt, CopyKind::Sealed, {}, "c", {}}}}),
        Push(QueueDrained{77}),
        Push(Presence{Bytes(32, 't'), true, {60000}}),
        Push(LogChanged{account('a'), 3}),
        Push(Notice{QStringLiteral("Tonight at ten")}),
        Push(EphemeralArrived{"sealed"}),
        Push(OwnDevices{{device(1), device(2)}}),
        request(partialSubmit()),
    };
}

} // namespace

class FrameTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyKindOfFrameSurvivesTheTrip()
    {
        int number = 0;
        for (const Frame &frame : everyFrame()) {
            kit::offerSeed(QStringLiteral("frame"), QStringLiteral("frame-%1").arg(++number), encode(frame));
            const auto decoded = decodeFrame(encode(frame));
            QVERIFY2(decoded, qPrintable(QString::number(frame.index())));
            QVERIFY2(*decoded == frame, qPrintable(QString::number(frame.index())));
        }
    }
    void everyPrefixOfAFrameIsRefusedOrAnotherFrameButNeverACrash()
    {
        for (const Frame &frame : everyFrame()) {
            const Bytes bytes = encode(frame);
            for (qsizetype length = 0; length < std::min(bytes.size(), qsizetype(400)); ++length) {
                const auto decoded = decodeFrame(bytes.left(length));
                QVERIFY(!decoded || *decoded != frame);
            }
        }
    }
    /// Made from the field tables by a second implementation.
    void partialTargetsKeepTheirForm()
    {
        kit::offerSeed(QStringLiteral("frame"), QStringLiteral("partial-target"),
                       encode(Frame(Request{9, partialSubmit()})));
        QCOMPARE(encode(Frame(Request{9, partialSubmit()})).toHex(),
                 Bytes("226a08091a6608071210737373737373737373737373737373731805324e0a206161616161616161616161616161"
                       "61616161616161616161616161616161616110031a10747474747474747474747474747474742214080510041a06"
                       "7365616c656422066369706865722801"));
    }
    void helloAndRelayInfoSurviveTheTrip()
    {
        const Hello hello{*RelayKey::fromBytes(Bytes(32, 'k')),
                          QStringLiteral("Home"),
                          Bytes(32, 'n'),
                          {1},
                          {hash('s')},
                          {1, 2, 3, 4, true},
                          1,
                          0,
                          5,
                          entry('i')};
        kit::offerSeed(QStringLiteral("frame"), QStringLiteral("hello"), encode(hello));
        QCOMPARE(decodeHello(encode(hello)).value(), hello);
        const RelayInfo info{{QStringLiteral("127.0.0.1:443")}, *RelayKey::fromBytes(Bytes(32, 'k')), 3};
        QCOMPARE(decodeRelayInfo(encode(info)).value(), info);
    }
    void idsOfTheWrongLengthAreInvalid()
    {
        // Authenticate with an account of 31 bytes: field 2 { field 1 (31 bytes), field 2 = 1, field 3 (64 bytes) }.
        const Bytes inner = Bytes::fromHex("0a1f") + Bytes(31, 'a') + Bytes::fromHex("10011a40") + Bytes(64, 's');
        const Bytes frame = Bytes::fromHex("12") + Bytes(1, char(inner.size())) + inner;
        QCOMPARE(decodeFrame(frame).error(), WireError::Invalid);
    }
    void aFrameOverTheLimitIsNotEvenRead()
    {
        QCOMPARE(decodeFrame(Bytes(kMaxFrameBytes + 1, '\0')).error(), WireError::TooLarge);
    }
    void anEmptyFrameIsInvalid() { QCOMPARE(decodeFrame(Bytes()).error(), WireError::Invalid); }
};

SOTTO_TEST(FrameTest)

} // namespace sotto::wire

#include "frame_test.moc"
