#include "core/crypto/prekey_frame.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>
#include <ctime>

namespace sotto {

using kit::converse;
using kit::CryptoWorld;
using kit::introduce;
using kit::MemoryKeyStores;
using kit::Party;
using kit::refusal;

namespace {
Bytes number(std::uint32_t value)
{
    Bytes result;
    for (; value >= 0x80; value >>= 7)
        result.append(char((value & 0x7f) | 0x80));
    result.append(char(value));
    return result;
}

/// A signal message that nobody's key has authenticated.
RatchetFrame forged(ByteView ratchetKey, std::uint32_t counter)
{
    Bytes bytes("\x33\x0a\x21");
    bytes += ratchetKey.toByteArray();
    bytes += '\x10' + number(counter) + '\x18' + number(0) + "\x22\x20" + Bytes(32, 'c') + Bytes(8, 'm');
    return {RatchetFrameType::Signal, bytes};
}

Bytes freshKey(CryptoWorld &world) { return makeCurveKeyPair(world.random)->publicKey.toBytes(); }

/// The ratchet key of a signal message, which the relay can see.
Bytes ratchetKeyOf(const RatchetFrame &frame) { return frame.bytes.sliced(3, 33); }

double cpuMilliseconds() { return double(std::clock()) * 1000 / CLOCKS_PER_SEC; }

/// Lets `from` encrypt `count` messages that never arrive.
void loses(Party &from, const Party &to, int count)
{
    for (int i = 0; i < count; ++i)
        (void)from.writes(to, "lost");
}
} // namespace

class JumpGateTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T008_aJumpOverTheLimitAsksForARetryAndHeals()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        QVERIFY(bob.reads(alice, alice.writes(bob, "here")));
        loses(alice, bob, int(kMaxJump) + 1);
        const RatchetFrame far = alice.writes(bob, "far");
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(bob.reads(alice, far)), CryptoError::NeedsRetry);
        QVERIFY(bob.stores.content == before);
        // The reply turns the ratchet: the next message is on a new chain.
        QVERIFY(alice.reads(bob, bob.writes(alice, "say that again")));
        QVERIFY(bob.reads(alice, alice.writes(bob, "again")));
    }
    void theLargestJumpIsTaken()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        QVERIFY(bob.reads(alice, alice.writes(bob, "here")));
        const RatchetFrame skipped = alice.writes(bob, "skipped");
        loses(alice, bob, int(kMaxJump) - 1);
        QVERIFY(bob.reads(alice, alice.writes(bob, "exactly 2000 on")));
        QVERIFY(bob.reads(alice, skipped));
    }
    void oneBigJumpAMinute()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), carol(world, "carol");
        converse(alice, bob);
        converse(carol, bob);
        QVERIFY(bob.reads(alice, alice.writes(bob, "here")));
        loses(alice, bob, int(kBigJump) + 1);
        QVERIFY(bob.reads(alice, alice.writes(bob, "a big jump")));
        loses(alice, bob, int(kBigJump));
        QVERIFY(bob.reads(alice, alice.writes(bob, "not a big one")));
        loses(alice, bob, int(kBigJump) + 1);
        const RatchetFrame second = alice.writes(bob, "a second big jump");
        QCOMPARE(refusal(bob.reads(alice, second)), CryptoError::NeedsRetry);
        loses(carol, bob, int(kBigJump) + 1);
        QVERIFY(bob.reads(carol, carol.writes(bob, "another device has its own minute")));
        world.clock.advance(JumpLimiter::kPeriod);
        QVERIFY(bob.reads(alice, second));
    }
    void aFarPreKeyMessageIsTriedOnceAMinute()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        loses(alice, bob, int(kBigJump) + 1);
        const RatchetFrame far = alice.writes(bob, "far");
        RatchetFrame wrongMac = far;
        const qsizetype macAt = far.bytes.indexOf(PreKeyFrame::parse(far.bytes)->inner.last(8));
        wrongMac.bytes[macAt] = char(wrongMac.bytes[macAt] ^ 1);
        QCOMPARE(refusal(bob.reads(alice, wrongMac)), CryptoError::InvalidMessage);
        QCOMPARE(refusal(bob.reads(alice, far)), CryptoError::NeedsRetry);
        world.clock.advance(JumpLimiter::kPeriod);
        QVERIFY(bob.reads(alice, far));
    }

    void T007_aForgedCounterIsCheap_data()
    {
        QTest::addColumn<bool>("isKnownChain");
        QTest::newRow("unknown ratchet key") << false;
        QTest::newRow("known ratchet key") << true;
    }
    void T007_aForgedCounterIsCheap()
    {
        QFETCH(bool, isKnownChain);
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        for (int i = 0; i < 40; ++i)
            converse(alice, bob);
        const RatchetFrame honest = alice.writes(bob, "here");
        QVERIFY(bob.reads(alice, honest));
        const Bytes key = isKnownChain ? ratchetKeyOf(honest) : freshKey(world);
        const MemoryKeyStores::Content before = bob.stores.content;

        // The library derives 2000 message keys per state: over 30 ms each. We do a hash a step, in one state.
        double cheapest = 1000;
        for (int i = 0; i < 5; ++i) {
            const double start = cpuMilliseconds();
            QCOMPARE(refusal(bob.reads(alice, forged(key, kMaxJump))), CryptoError::InvalidMessage);
            cheapest = std::min(cheapest, cpuMilliseconds() - start);
        }
        QVERIFY2(cheapest < 15, qPrintable(QString::number(cheapest)));
        QVERIFY(bob.stores.content == before);

        // The minute of the real sender is not used up by forgeries.
        loses(alice, bob, 100);
        QVERIFY(bob.reads(alice, alice.writes(bob, "after a real gap")));
    }
    void T007_forgedCountersHaveABudget()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const Bytes key = freshKey(world);
        int checked = 0;
        int refusedAtOnce = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto error = refusal(bob.reads(alice, forged(key, kMaxJump)));
            checked += error == CryptoError::InvalidMessage;
            refusedAtOnce += error == CryptoError::NeedsRetry;
        }
        QCOMPARE(checked, int(JumpLimiter::kFailedStepsPerPeriod / kMaxJump));
        QCOMPARE(refusedAtOnce, 1000 - checked);
        QVERIFY(bob.reads(alice, alice.writes(bob, "honest mail is not delayed")));
        world.clock.advance(JumpLimiter::kPeriod);
        QCOMPARE(refusal(bob.reads(alice, forged(key, kMaxJump))), CryptoError::InvalidMessage);
    }
    void aRatchetKeyOfSmallOrderIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        for (int i = 0; i < 3; ++i)
            converse(alice, bob);
        Bytes key(33, '\0');
        key[0] = '\x05';
        QCOMPARE(refusal(bob.reads(alice, forged(key, 0))), CryptoError::InvalidMessage);
    }

    void T009_theRecordStaysSmallWhateverAPeerSends()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        int refused = 0;
        for (int turn = 0; turn < 9; ++turn) {
            QVERIFY(alice.reads(bob, bob.writes(alice, "turn the ratchet")));
            loses(alice, bob, 1990);
            refused += refusal(bob.reads(alice, alice.writes(bob, "far"))) == CryptoError::NeedsRetry;
            if (turn == 5) {
                QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
                QVERIFY(bob.reads(alice, alice.writes(bob, "a new session")));
            }
            QVERIFY(*bob.sessions.recordBytes(alice.address) <= kMaxSessionRecordBytes);
            QVERIFY(*bob.sessions.archivedStates(alice.address) <= kMaxArchivedStates);
            world.clock.advance(JumpLimiter::kPeriod);
        }
        QVERIFY2(refused >= 2, "the gate has stopped some of them");
        // What the peer has made of its chain only a new session heals.
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        QVERIFY(bob.reads(alice, alice.writes(bob, "from now on")));
        QVERIFY(alice.reads(bob, bob.writes(alice, "still talking")));
        QVERIFY(*bob.sessions.recordBytes(alice.address) <= kMaxSessionRecordBytes);
    }

    void theLimiterIsBoundedAndForgets()
    {
        JumpLimiter limiter;
        const Milliseconds start(1000);
        for (int i = 0; i < JumpLimiter::kMaxOwners * 2; ++i)
            limiter.noteJump(Bytes::number(i), start);
        QVERIFY(!limiter.mayJump(Bytes::number(JumpLimiter::kMaxOwners * 2 - 1), start));
        QVERIFY(limiter.mayJump("somebody else", start));
        QVERIFY(limiter.mayJump(Bytes::number(JumpLimiter::kMaxOwners * 2 - 1), start + JumpLimiter::kPeriod));
    }
};

SOTTO_TEST(JumpGateTest)

} // namespace sotto

#include "jump_gate_test.moc"
