#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using kit::TestAccount;
using kit::TestDevice;

/// recover and set_recovery: what a thief cannot do and what the kit brings back.
class RecoveryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T047_theKitVoidsWhatAThiefDid()
    {
        TestAccount alice;
        const TestDevice stolen = alice.add(12);
        const std::uint64_t base = alice.log.version();
        // The thief adds a ghost and revokes everything else.
        const TestDevice ghost(66, alice.random);
        alice.append(alice.adding(ghost, stolen));
        alice.append(makeRevokeDevice(alice.log, stolen.actor(), alice.first.id, alice.now));

        const wire::CurveKey rootBefore = alice.log.accountRoot(alice.now);
        const TestDevice fresh(70, alice.random);
        const auto recover =
            makeRecover(alice.log, base, alice.claim(fresh), {stolen.id}, alice.root, alice.now, alice.random);
        QVERIFY(recover);
        const LogChange change = alice.append(*recover);
        QCOMPARE(change, (LogChange{LogChange::Kind::Recovered, fresh.id}));
        QCOMPARE(alice.log.head().epoch, 2u);
        QCOMPARE(alice.log.state().devices, (std::vector{alice.first.keys(), fresh.keys()}));
        QVERIFY(alice.log.wasUsed(ghost.id)); // voided, but its number stays used
        QCOMPARE(alice.log.accountRoot(alice.now), rootBefore);

        // The ghost and the stolen device have no say any more, in the old epoch or the new.
        const TestDevice another(71, alice.random);
        QCOMPARE(alice.log.append(alice.adding(another, ghost), alice.now).error(), LedgerError::UnknownActor);
        QCOMPARE(alice.log.append(alice.adding(another, stolen), alice.now).error(), LedgerError::UnknownActor);
        QVERIFY(alice.log.append(alice.adding(another, fresh), alice.now));
    }
    void onlyTheAccountRootRecovers()
    {
        TestAccount alice;
        const TestDevice fresh(70, alice.random);
        const X25519KeyPair other = makeX25519KeyPair(alice.random).value();
        const auto forged = makeRecover(alice.log, 1, alice.claim(fresh), {}, other, alice.now, alice.random);
        QVERIFY(forged);
        QVERIFY(!alice.log.append(*forged, alice.now));
        QCOMPARE(alice.log.append(*forged, alice.now).error(), LedgerError::BadSignature);
        // Nor does a device's identity key, which is of the same kind.
        const auto byDevice =
            makeRecover(alice.log, 1, alice.claim(fresh), {}, alice.first.identity, alice.now, alice.random);
        QVERIFY(byDevice);
        QCOMPARE(alice.log.append(*byDevice, alice.now).error(), LedgerError::BadSignature);
    }
    void theBaseMustBeOneOfTheLog()
    {
        TestAccount alice(1), bob(2);
        const TestDevice fresh(70, alice.random);
        wire::SignedEntry entry =
            makeRecover(alice.log, 1, alice.claim(fresh), {}, alice.root, alice.now, alice.random).value();
        wire::LogEntry body = kit::bodyOf(entry);
        std::get<wire::Recover>(body.operation).baseHash = bob.log.head().hash;
        entry.body = wire::encode(body);
        entry.signature = signWithCurveKey(Purpose::RecoverEntry, entry.body, alice.root, alice.random).value();
        QCOMPARE(alice.log.append(entry, alice.now).error(), LedgerError::UnknownBase);
        body = kit::bodyOf(entry);
        std::get<wire::Recover>(body.operation).baseVersion = 2;
        entry.body = wire::encode(body);
        entry.signature = signWithCurveKey(Purpose::RecoverEntry, entry.body, alice.root, alice.random).value();
        QCOMPARE(alice.log.append(entry, alice.now).error(), LedgerError::UnknownBase);
    }

    void T048_aNewKitWaits72HoursAndCanBeWithdrawn()
    {
        TestAccount alice;
        const TestDevice second = alice.add(12);
        const X25519KeyPair thiefs = makeX25519KeyPair(alice.random).value();
        const auto set = makeSetRecovery(alice.log, second.actor(), thiefs, alice.wrapKey(), alice.now, alice.random);
        QVERIFY(set);
        const Timestamp setAt = alice.now;
        QCOMPARE(alice.append(*set), (LogChange{LogChange::Kind::RecoverySet, std::nullopt}));
        QVERIFY(alice.log.state().pending);
        QCOMPARE(alice.log.accountRoot(setAt + 71h), curveKey(alice.root.publicKey));
        QCOMPARE(alice.log.accountRoot(setAt + 72h), curveKey(thiefs.publicKey));

        const TestDevice fresh(70, alice.random);
        const auto early = makeRecover(alice.log, 1, alice.claim(fresh), {}, thiefs, setAt + 71h, alice.random);
        QVERIFY(early);
        QVERIFY(!alice.log.append(*early, setAt + 71h));
        QCOMPARE(alice.log.append(*early, setAt + 71h).error(), LedgerError::RecoveryPending);

        const LogChange withdrawn = alice.append(makeWithdrawRecovery(alice.log, alice.first.actor(), setAt + 60h));
        QCOMPARE(withdrawn.kind, LogChange::Kind::RecoveryWithdrawn);
        QCOMPARE(alice.log.accountRoot(setAt + 100h), curveKey(alice.root.publicKey));
        const auto late = makeRecover(alice.log, 1, alice.claim(fresh), {}, thiefs, setAt + 100h, alice.random);
        QVERIFY(late);
        QCOMPARE(alice.log.append(*late, setAt + 100h).error(), LedgerError::BadSignature);
        QCOMPARE(alice.log.append(makeWithdrawRecovery(alice.log, alice.first.actor(), alice.now), alice.now).error(),
                 LedgerError::NothingPending);
    }
    void T048_aBackdatedKitGainsNothingWhereItWasWatched()
    {
        TestAccount alice;
        const X25519KeyPair thiefs = makeX25519KeyPair(alice.random).value();
        const auto set =
            makeSetRecovery(alice.log, alice.first.actor(), thiefs, alice.wrapKey(), alice.now - 80h, alice.random);
        QVERIFY(set);
        // The relay does not take it at all; a client that got it somehow waits by its own clock.
        DeviceLog relays = alice.log;
        QCOMPARE(relays.appendAtRelay(*set, alice.now).error(), LedgerError::WrongTime);
        QVERIFY(alice.log.append(*set, alice.now));
        const TestDevice fresh(70, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(fresh), {}, thiefs, alice.now, alice.random);
        QVERIFY(recover);
        QCOMPARE(alice.log.append(*recover, alice.now + 1h).error(), LedgerError::RecoveryPending);
        QVERIFY(alice.log.append(*recover, alice.now + 72h));
    }
    void T048_aSecondKitDatedAheadDoesNotEndTheWaitOfTheFirst()
    {
        TestAccount alice;
        const TestDevice stolen = alice.add(12);
        const DeviceLog before = alice.log;
        const Timestamp start = alice.now;
        const X25519KeyPair thiefs = makeX25519KeyPair(alice.random).value();
        const X25519KeyPair second = makeX25519KeyPair(alice.random).value();
        const auto setKit = [&](const X25519KeyPair &kit, Timestamp time) {
            return makeSetRecovery(alice.log, stolen.actor(), kit, alice.wrapKey(), time, alice.random);
        };
        const auto set = setKit(thiefs, start);
        QVERIFY(set);
        alice.append(*set);
        const auto ahead = setKit(second, start + 72h);
        QVERIFY(ahead);
        const Timestamp seen = start + 1min;
        QVERIFY(alice.log.append(*ahead, seen));
        // By the log the thief's kit is in force; whoever watched it being set waits all the same.
        QCOMPARE(alice.log.state().recovery.accountRoot, curveKey(thiefs.publicKey));
        QCOMPARE(alice.log.accountRoot(start + 71h), curveKey(alice.root.publicKey));
        QCOMPARE(alice.log.accountRoot(start + 72h), curveKey(thiefs.publicKey));
        const TestDevice fresh(70, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(fresh), {}, thiefs, start + 72h, alice.random);
        QVERIFY(recover);
        DeviceLog watching = alice.log;
        QVERIFY(!watching.append(*recover, seen));
        QCOMPARE(alice.log.append(*recover, start + 71h).error(), LedgerError::RecoveryPending);
        // The wait survives a restart.
        auto stored = DeviceLog::fromStored(alice.log.account(), alice.log.entries());
        QVERIFY(stored && stored->state() == alice.log.state());
        QCOMPARE(stored->append(*recover, start + 71h).error(), LedgerError::RecoveryPending);
        QVERIFY(stored->append(*recover, start + 72h));
        QVERIFY(!stored->state().held);
        // Who gets all of it in one answer goes by the log, and comes to the same state as the others.
        DeviceLog late = before;
        QVERIFY(late.append(*set, seen) && late.append(*ahead, seen));
        QCOMPARE(late.state().recovery, alice.log.state().recovery);
        QVERIFY(late.append(*recover, seen));
    }
    void twoKitsInTheirOwnTimeHoldNothingUp()
    {
        TestAccount alice;
        const X25519KeyPair first = makeX25519KeyPair(alice.random).value();
        const X25519KeyPair second = makeX25519KeyPair(alice.random).value();
        const Timestamp start = alice.now;
        const auto set = makeSetRecovery(alice.log, alice.first.actor(), first, alice.wrapKey(), start, alice.random);
        QVERIFY(set && alice.log.append(*set, start));
        const auto next =
            makeSetRecovery(alice.log, alice.first.actor(), second, alice.wrapKey(), start + 100h, alice.random);
        QVERIFY(next && alice.log.append(*next, start + 100h));
        QVERIFY(!alice.log.state().held);
        QCOMPARE(alice.log.accountRoot(start + 100h), curveKey(first.publicKey));
        const TestDevice fresh(70, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(fresh), {}, first, start + 101h, alice.random);
        QVERIFY(recover && alice.log.append(*recover, start + 101h));
    }
    void theRelayTakesEntriesOfItsOwnTimeOnly()
    {
        TestAccount alice;
        const auto at = [&](Timestamp time) {
            return makeRevokeDevice(alice.log, alice.first.actor(), alice.first.id, time);
        };
        DeviceLog relays = alice.log;
        QVERIFY(!relays.appendAtRelay(at(alice.now + 11min), alice.now));
        QVERIFY(!relays.appendAtRelay(at(alice.now - 11min), alice.now));
        QVERIFY(relays.appendAtRelay(at(alice.now - 9min), alice.now));
    }
    void aLogAheadOfTheRelaysClockGoesOnWhereItIs()
    {
        TestAccount alice;
        const Timestamp ahead = alice.now + 5h; // dated when the relay's clock was wrong
        const TestDevice second = alice.add(12);
        alice.append(makeRevokeDevice(alice.log, alice.first.actor(), second.id, ahead));
        QCOMPARE(alice.log.newestTime().ms, ahead.ms);
        const TestDevice third(13, alice.random);
        const auto at = [&](Timestamp time) {
            return makeAddDevice(alice.log, alice.first.actor(), alice.claim(third), time);
        };
        DeviceLog relays = alice.log;
        QCOMPARE(relays.appendAtRelay(at(ahead + 1min), ahead - 5h).error(), LedgerError::WrongTime);
        QVERIFY(relays.appendAtRelay(at(ahead), ahead - 5h));
    }
    void theNewKitRecoversAfterItsTime()
    {
        TestAccount alice;
        const X25519KeyPair renewed = makeX25519KeyPair(alice.random).value();
        const Timestamp setAt = alice.now;
        const auto set = makeSetRecovery(alice.log, alice.first.actor(), renewed, alice.wrapKey(), setAt, alice.random);
        QVERIFY(set);
        alice.append(*set);
        const TestDevice fresh(70, alice.random);
        // The old kit is void from then on.
        const auto byOld = makeRecover(alice.log, 1, alice.claim(fresh), {}, alice.root, setAt + 80h, alice.random);
        QVERIFY(byOld);
        QCOMPARE(alice.log.append(*byOld, setAt + 80h).error(), LedgerError::BadSignature);
        const auto byNew = makeRecover(alice.log, 1, alice.claim(fresh), {}, renewed, setAt + 80h, alice.random);
        QVERIFY(byNew);
        QVERIFY(alice.log.append(*byNew, setAt + 80h));
        QCOMPARE(alice.log.state().recovery.accountRoot, curveKey(renewed.publicKey));
        QVERIFY(!alice.log.state().pending);
    }
    void whoWasAwayGoesByTheLogsTimes()
    {
        TestAccount alice;
        const DeviceLog contacts = alice.log;
        const X25519KeyPair renewed = makeX25519KeyPair(alice.random).value();
        const Timestamp setAt = alice.now;
        const auto set = makeSetRecovery(alice.log, alice.first.actor(), renewed, alice.wrapKey(), setAt, alice.random);
        QVERIFY(set);
        alice.append(*set);
        const TestDevice fresh(70, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(fresh), {}, renewed, setAt + 80h, alice.random);
        const auto tooEarly = makeRecover(alice.log, 1, alice.claim(fresh), {}, renewed, setAt + 71h, alice.random);
        QVERIFY(recover && tooEarly);
        // Both entries come in one answer, a month later.
        const Timestamp later = setAt + 720h;
        DeviceLog log = contacts;
        QVERIFY(log.append(*set, later));
        QCOMPARE(log.append(*tooEarly, later).error(), LedgerError::RecoveryPending);
        QVERIFY(log.append(*recover, later));
    }
    void theOldKitStopsATheftInTime()
    {
        TestAccount alice;
        const X25519KeyPair thiefs = makeX25519KeyPair(alice.random).value();
        const auto set =
            makeSetRecovery(alice.log, alice.first.actor(), thiefs, alice.wrapKey(), alice.now, alice.random);
        QVERIFY(set);
        alice.append(*set);
        const TestDevice fresh(70, alice.random);
        const auto recover =
            makeRecover(alice.log, 1, alice.claim(fresh), {alice.first.id}, alice.root, alice.now, alice.random);
        QVERIFY(recover);
        alice.append(*recover);
        QVERIFY(!alice.log.state().pending);
        QCOMPARE(alice.log.state().recovery.accountRoot, curveKey(alice.root.publicKey));
    }
    void aNewRootMustProveItself()
    {
        TestAccount alice;
        const X25519KeyPair renewed = makeX25519KeyPair(alice.random).value();
        auto set = makeSetRecovery(alice.log, alice.first.actor(), renewed, alice.wrapKey(), alice.now, alice.random);
        QVERIFY(set);
        set->proofs[0] = signWithCurveKey(Purpose::RecoveryProof, set->body, alice.root, alice.random).value();
        QVERIFY(!alice.log.append(*set, alice.now));
        QCOMPARE(alice.log.append(*set, alice.now).error(), LedgerError::BadProof);
        set->proofs.clear();
        QCOMPARE(alice.log.append(*set, alice.now).error(), LedgerError::BadProof);
    }
    void aStoredLogKeepsItsWatch()
    {
        TestAccount alice;
        const X25519KeyPair renewed = makeX25519KeyPair(alice.random).value();
        const auto set =
            makeSetRecovery(alice.log, alice.first.actor(), renewed, alice.wrapKey(), alice.now, alice.random);
        QVERIFY(set);
        alice.append(*set);
        const TestDevice fresh(70, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(fresh), {}, renewed, alice.now + 72h, alice.random);
        QVERIFY(recover);
        QVERIFY(alice.log.append(*recover, alice.now + 72h));
        const auto stored = DeviceLog::fromStored(alice.log.account(), alice.log.entries());
        QVERIFY(stored);
        QCOMPARE(stored->state(), alice.log.state());
    }
};

SOTTO_TEST(RecoveryTest)

} // namespace sotto

#include "recovery_test.moc"
