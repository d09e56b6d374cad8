#include "server/relay/frame_guard.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::relay {

namespace {
using Verdict = FrameGuard::Verdict;

constexpr int kContinuation = 0;
constexpr int kText = 1;
constexpr int kBinary = 2;
constexpr int kPing = 9;

/// A masked frame as a client sends it; the mask is zero, so the payload stands as it is.
Bytes frame(int opcode, const Bytes &payload, bool isLast = true)
{
    Bytes bytes;
    bytes.append(char((isLast ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        bytes.append(char(0x80 | payload.size()));
    } else if (payload.size() < 65536) {
        bytes.append(char(0x80 | 126));
        bytes.append(char(payload.size() >> 8)).append(char(payload.size() & 0xff));
    } else {
        bytes.append(char(0x80 | 127));
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes.append(char(quint64(payload.size()) >> shift & 0xff));
    }
    return bytes.append(4, '\0').append(payload);
}

Verdict verdictOf(const Bytes &stream)
{
    FrameGuard guard({});
    return guard.take(stream);
}
} // namespace

class FrameGuardTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void followsFramesOfEverySizeInPiecesOfEverySize()
    {
        const Bytes stream = frame(kBinary, "short") + frame(kPing, "p") + frame(kBinary, Bytes(70'000, 'x'))
            + frame(kBinary, {}) + frame(kBinary, Bytes(300, 'y'));
        for (const qsizetype piece : {qsizetype(1), qsizetype(2), qsizetype(7), qsizetype(4096), stream.size()}) {
            FrameGuard guard({});
            for (qsizetype at = 0; at < stream.size(); at += piece)
                QCOMPARE(guard.take(ByteView(stream).sliced(at, std::min(piece, stream.size() - at))), Verdict::Fine);
            QCOMPARE(guard.completeBytes(), quint64(stream.size()));
            QCOMPARE(guard.takeMessages(), 4);
            QCOMPARE(guard.takeControlFrames(), 1);
            QCOMPARE(guard.takeControlFrames(), 0);
            QVERIFY(!guard.isInsideMessage());
        }
    }
    void halfAFrameIsNotComplete()
    {
        const Bytes whole = frame(kBinary, "first");
        const Bytes stream = whole + frame(kBinary, "second");
        FrameGuard guard({});
        QCOMPARE(guard.take(ByteView(stream).first(stream.size() - 1)), Verdict::Fine);
        QCOMPARE(guard.completeBytes(), quint64(whole.size()));
        QVERIFY(guard.isInsideMessage());
    }
    void aControlFrameMayStandBetweenFragments()
    {
        FrameGuard guard({});
        QCOMPARE(guard.take(frame(kBinary, "a", false) + frame(kPing, {}) + frame(kContinuation, "b")), Verdict::Fine);
        QVERIFY(!guard.isInsideMessage());
        QCOMPARE(guard.takeMessages(), 1);
    }
    void anUnmaskedFrameIsRefused() { QCOMPARE(verdictOf(Bytes::fromHex("82016100")), Verdict::Unmasked); }
    void textIsRefused() { QCOMPARE(verdictOf(frame(kText, "hello")), Verdict::NotBinary); }
    void whatIsNoFrameIsRefused()
    {
        QCOMPARE(verdictOf(frame(3, "reserved opcode")), Verdict::Malformed);
        QCOMPARE(verdictOf(frame(11, "reserved control opcode")), Verdict::Malformed);
        Bytes compressed = frame(kBinary, "permessage-deflate sets this bit");
        compressed[0] = char(compressed[0] | 0x40);
        QCOMPARE(verdictOf(compressed), Verdict::Malformed);
        QCOMPARE(verdictOf(frame(kPing, Bytes(126, 'x'))), Verdict::Malformed);
        QCOMPARE(verdictOf(frame(kPing, "fragmented", false)), Verdict::Malformed);
        QCOMPARE(verdictOf(frame(kContinuation, "of nothing")), Verdict::Malformed);
        QCOMPARE(verdictOf(frame(kBinary, "a", false) + frame(kBinary, "b")), Verdict::Malformed);
    }
    void T191_aMessageOverTheLimitIsRefusedByItsHeader()
    {
        QCOMPARE(verdictOf(frame(kBinary, Bytes(256 * 1024, 'x'))), Verdict::Fine);
        const Bytes tooLarge = frame(kBinary, Bytes(256 * 1024 + 1, 'x'));
        FrameGuard guard({});
        QCOMPARE(guard.take(ByteView(tooLarge).first(14)), Verdict::TooLarge);
        QCOMPARE(verdictOf(Bytes::fromHex("82ffffffffffffffffff00000000")), Verdict::TooLarge);
    }
    void T191_fragmentsCountTogether()
    {
        const Bytes half(128 * 1024, 'x');
        QCOMPARE(verdictOf(frame(kBinary, half, false) + frame(kContinuation, half)), Verdict::Fine);
        QCOMPARE(verdictOf(frame(kBinary, half, false) + frame(kContinuation, half, false) + frame(kContinuation, "x")),
                 Verdict::TooLarge);
        Bytes wrapping = frame(kBinary, "x", false) + Bytes::fromHex("00ffffffffffffffffff00000000");
        QCOMPARE(verdictOf(wrapping), Verdict::TooLarge);
    }
    void T191_fragmentFloodsAreRefused()
    {
        Bytes stream = frame(kBinary, {}, false);
        for (int i = 0; i < 62; ++i)
            stream += frame(kContinuation, {}, false);
        QCOMPARE(verdictOf(stream + frame(kContinuation, "64th and last")), Verdict::Fine);
        QCOMPARE(verdictOf(stream + frame(kContinuation, {}, false) + frame(kContinuation, "65th")),
                 Verdict::TooManyFragments);
    }
    void aRefusedStreamStaysRefused()
    {
        FrameGuard guard({});
        QCOMPARE(guard.take(frame(kText, "hello")), Verdict::NotBinary);
        QCOMPARE(guard.take(frame(kBinary, "fine by itself")), Verdict::NotBinary);
    }
};

SOTTO_TEST(FrameGuardTest)

} // namespace sotto::relay

#include "frame_guard_test.moc"
