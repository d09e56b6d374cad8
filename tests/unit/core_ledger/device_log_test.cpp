#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QTest>

namespace sotto {

using kit::bodyOf;
using kit::TestAccount;
using kit::TestDevice;

namespace {
/// Flips the last bit but one of a byte string.
Bytes altered(Bytes bytes)
{
    bytes[bytes.size() / 2] = char(bytes[bytes.size() / 2] ^ 2);
    return bytes;
}
} // namespace

class DeviceLogTest : public QObject {
    Q_OBJECT

    /// The entry is refused for that reason and the log stays as it was.
    static void refuses(DeviceLog log, const wire::SignedEntry &entry, LedgerError expected)
    {
        const LogPin before = log.head();
        const auto change = log.append(entry, kit::kNoon);
        QVERIFY(!change);
        QCOMPARE(change.error(), expected);
        QCOMPARE(log.head(), before);
    }

private Q_SLOTS:
    void anAccountLivesThroughItsOperations()
    {
        TestAccount alice;
        QCOMPARE(alice.log.version(), 1u);
        const TestDevice second = alice.add(12);
        const TestDevice third = alice.add(13);
        QCOMPARE(alice.log.state().devices.size(), 3u);
        QCOMPARE(alice.log.device(second.id)->signingKey.toBytes(), second.signing.publicKey);

        // Any device may revoke another, the first one too.
        const LogChange revoked = alice.append(makeRevokeDevice(alice.log, second.actor(), alice.first.id, alice.now));
        QCOMPARE(revoked, (LogChange{LogChange::Kind::DeviceRevoked, alice.first.id}));
        QVERIFY(!alice.log.device(alice.first.id));
        QVERIFY(alice.log.wasUsed(alice.first.id));
        QCOMPARE(alice.log.head().version, 4u);

        const auto stored = DeviceLog::fromStored(alice.log.account(), alice.log.entries());
        QVERIFY(stored);
        QCOMPARE(stored->state(), alice.log.state());
        QCOMPARE(stored->head(), alice.log.head());
        alice.append(makeClose(alice.log, third.actor(), alice.now));
        QVERIFY(alice.log.state().isClosed);
    }

    void genesisIsCheckedInEveryPart()
    {
        const TestAccount alice;
        const wire::SignedEntry good = alice.log.entries().front().entry;
        const AccountId account = alice.log.account();
        QVERIFY(DeviceLog::fromGenesis(account, good, kit::kNoon));

        wire::SignedEntry bad = good;
        bad.signature = altered(bad.signature);
        QCOMPARE(DeviceLog::fromGenesis(account, bad, kit::kNoon).error(), LedgerError::BadSignature);
        bad = good;
        bad.proofs[0] = altered(bad.proofs[0]);
        QVERIFY(!DeviceLog::fromGenesis(account, bad, kit::kNoon)); // AccountRootProof
        QCOMPARE(DeviceLog::fromGenesis(account, bad, kit::kNoon).error(), LedgerError::BadProof);
        bad = good;
        bad.proofs[1] = altered(bad.proofs[1]);
        QCOMPARE(DeviceLog::fromGenesis(account, bad, kit::kNoon).error(), LedgerError::BadProof);
        bad = good;
        bad.proofs.pop_back();
        QCOMPARE(DeviceLog::fromGenesis(account, bad, kit::kNoon).error(), LedgerError::BadProof);
    }
    void genesisRefusesUnusableKeys()
    {
        TestAccount alice;
        const wire::SealingKey smallOrder(std::array<std::uint8_t, 32>{1});
        const auto entry = makeGenesis(alice.first.pairs(), alice.root, smallOrder, kit::kNoon, alice.random);
        QVERIFY(entry);
        QCOMPARE(DeviceLog::fromGenesis(accountIdOf(entry->body), *entry, kit::kNoon).error(), LedgerError::BadKey);
    }
    void T054_anotherAccountThanTheLinkNamesIsRefused()
    {
        const TestAccount alice(1), mallory(2);
        const wire::SignedEntry genesis = mallory.log.entries().front().entry;
        QVERIFY(!DeviceLog::fromGenesis(alice.log.account(), genesis, kit::kNoon));
        QCOMPARE(DeviceLog::fromGenesis(alice.log.account(), genesis, kit::kNoon).error(), LedgerError::WrongAccount);
    }

    void T040_ghostDevicesAreRefused()
    {
        TestAccount alice;
        TestAccount mallory(2, 21);
        const TestDevice second = alice.add(12);
        const TestDevice ghost(66, mallory.random);

        // Signed by a key that is none of Alice's, in the name of one of her devices.
        const wire::SignedEntry wanted = alice.adding(ghost, alice.first);
        const wire::SignedEntry forged = kit::resigned(wanted, bodyOf(wanted), mallory.first.signing);
        refuses(alice.log, forged, LedgerError::BadSignature);
        wire::SignedEntry unsigned_ = wanted;
        unsigned_.signature = Bytes(64, 0);
        refuses(alice.log, unsigned_, LedgerError::BadSignature);

        // In the name of a device that never was, and of one that was revoked.
        refuses(alice.log, makeAddDevice(alice.log, mallory.first.actor(), alice.claim(ghost), alice.now),
                LedgerError::UnknownActor);
        alice.append(makeRevokeDevice(alice.log, alice.first.actor(), second.id, alice.now));
        refuses(alice.log, alice.adding(ghost, second), LedgerError::UnknownActor);
    }
    void T040_entriesOutOfTheirPlaceAreRefused()
    {
        TestAccount alice;
        const TestDevice second(12, alice.random);
        const wire::SignedEntry good = alice.adding(second, alice.first);
        wire::LogEntry body = bodyOf(good);
        body.version = 3;
        refuses(alice.log, kit::resigned(good, body, alice.first.signing), LedgerError::NotDescendant);
        body = bodyOf(good);
        body.previous = Hash256(std::array<std::uint8_t, 32>{7});
        refuses(alice.log, kit::resigned(good, body, alice.first.signing), LedgerError::NotDescendant);
        body = bodyOf(good);
        body.epoch = 2;
        refuses(alice.log, kit::resigned(good, body, alice.first.signing), LedgerError::WrongEpoch);
        body = bodyOf(good);
        body.account = AccountId(std::array<std::uint8_t, 32>{7});
        refuses(alice.log, kit::resigned(good, body, alice.first.signing), LedgerError::WrongAccount);
        refuses(alice.log, alice.log.entries().front().entry, LedgerError::NotDescendant);
        QVERIFY(alice.log.append(good, alice.now));
        refuses(alice.log, good, LedgerError::NotDescendant); // a duplicate version
    }
    void anEntryOfAnotherEpochIsRefused()
    {
        TestAccount alice;
        wire::SignedEntry entry = makeRevokeDevice(alice.log, alice.first.actor(), alice.first.id, alice.now);
        wire::LogEntry body = bodyOf(entry);
        body.epoch = 7;
        refuses(alice.log, kit::resigned(entry, body, alice.first.signing), LedgerError::WrongEpoch);
    }
    void anEntryOfAnotherAccountIsRefused()
    {
        TestAccount alice;
        wire::SignedEntry entry = makeRevokeDevice(alice.log, alice.first.actor(), alice.first.id, alice.now);
        wire::LogEntry body = bodyOf(entry);
        body.account = AccountId(std::array<std::uint8_t, 32>{7});
        refuses(alice.log, kit::resigned(entry, body, alice.first.signing), LedgerError::WrongAccount);
    }

    void T044_aNewDeviceMustSignWithBothItsKeys()
    {
        TestAccount alice;
        const TestDevice second(12, alice.random);
        const wire::SignedEntry good = alice.adding(second, alice.first);
        wire::SignedEntry bad = good;
        bad.proofs.clear();
        refuses(alice.log, bad, LedgerError::BadProof);
        bad = good;
        bad.proofs[0] = altered(bad.proofs[0]);
        refuses(alice.log, bad, LedgerError::BadProof);
        bad = good;
        std::swap(bad.proofs[0], bad.proofs[1]);
        refuses(alice.log, bad, LedgerError::BadProof);
    }
    void T045_anotherDevicesIdentityKeyCannotBeClaimed()
    {
        TestAccount alice(1), mallory(2);
        // Mallory names Alice's identity key and signs with what he has.
        const TestDevice mallorys(12, mallory.random);
        wire::DeviceKeys keys = mallorys.keys();
        keys.identityKey = curveKey(alice.first.identity.publicKey);
        const Bytes claim = wire::encode(wire::DeviceClaim{mallory.log.account(), mallory.log.head().hash, keys});
        const auto wrongProof = signWithCurveKey(Purpose::DeviceProof, claim, mallorys.identity, mallory.random);
        QVERIFY(wrongProof);
        const SignedClaim stolen{claim, {sign(Purpose::DeviceProof, claim, mallorys.signing), *wrongProof}};
        refuses(mallory.log, makeAddDevice(mallory.log, mallory.first.actor(), stolen, mallory.now),
                LedgerError::BadProof);
    }
    void T045_anotherDevicesSigningKeyCannotBeClaimed()
    {
        TestAccount alice(1), mallory(2);
        const TestDevice mallorys(12, mallory.random);
        wire::DeviceKeys keys = mallorys.keys();
        keys.signingKey = *wire::SigningKey::fromBytes(alice.first.signing.publicKey);
        const Bytes claim = wire::encode(wire::DeviceClaim{mallory.log.account(), mallory.log.head().hash, keys});
        const auto proof = signWithCurveKey(Purpose::DeviceProof, claim, mallorys.identity, mallory.random);
        QVERIFY(proof);
        const SignedClaim stolen{claim, {sign(Purpose::DeviceProof, claim, mallorys.signing), *proof}};
        refuses(mallory.log, makeAddDevice(mallory.log, mallory.first.actor(), stolen, mallory.now),
                LedgerError::BadProof);
    }
    void aClaimIsGoodForOnePlaceOnly()
    {
        TestAccount alice(1), mallory(2);
        const TestDevice second(12, alice.random);
        const SignedClaim early = alice.claim(second);
        alice.add(13);
        refuses(alice.log, makeAddDevice(alice.log, alice.first.actor(), early, alice.now), LedgerError::BadProof);
        const SignedClaim elsewhere =
            makeClaim(mallory.log.account(), alice.log.head().hash, second.pairs(), alice.random).value();
        refuses(alice.log, makeAddDevice(alice.log, alice.first.actor(), elsewhere, alice.now), LedgerError::BadProof);
    }
    void aNewDevicesKeysMustBeUsable()
    {
        TestAccount alice;
        const TestDevice second(12, alice.random);
        wire::DeviceKeys keys = second.keys();
        keys.sealingKey = wire::SealingKey(std::array<std::uint8_t, 32>{});
        const Bytes claim = wire::encode(wire::DeviceClaim{alice.log.account(), alice.log.head().hash, keys});
        const auto proof = signWithCurveKey(Purpose::DeviceProof, claim, second.identity, alice.random);
        QVERIFY(proof);
        const SignedClaim bad{claim, {sign(Purpose::DeviceProof, claim, second.signing), *proof}};
        refuses(alice.log, makeAddDevice(alice.log, alice.first.actor(), bad, alice.now), LedgerError::BadKey);
    }
    void deviceNumbersAreNeverGivenTwice()
    {
        TestAccount alice;
        const TestDevice second = alice.add(12);
        alice.append(makeRevokeDevice(alice.log, alice.first.actor(), second.id, alice.now));
        const TestDevice again(12, alice.random);
        refuses(alice.log, alice.adding(again, alice.first), LedgerError::DeviceIdReused);
    }
    void moreThanTenDevicesAreRefused()
    {
        TestAccount alice;
        for (std::uint32_t number = 12; number < 21; ++number)
            alice.add(number);
        QCOMPARE(alice.log.state().devices.size(), 10u);
        const TestDevice eleventh(99, alice.random);
        refuses(alice.log, alice.adding(eleventh, alice.first), LedgerError::TooManyDevices);
        alice.append(makeRevokeDevice(alice.log, alice.first.actor(), *DeviceId::from(12), alice.now));
        QVERIFY(alice.log.append(alice.adding(eleventh, alice.first), alice.now));
    }
    void onlyActiveDevicesCanBeRevoked()
    {
        TestAccount alice;
        refuses(alice.log, makeRevokeDevice(alice.log, alice.first.actor(), *DeviceId::from(99), alice.now),
                LedgerError::UnknownDevice);
    }
    void nothingFollowsAClosedLog()
    {
        TestAccount alice;
        const TestDevice second = alice.add(12);
        alice.append(makeClose(alice.log, second.actor(), alice.now));
        // The account root could sign a recovery: it is too late for that.
        const TestDevice third(13, alice.random);
        const auto recover = makeRecover(alice.log, 1, alice.claim(third), {}, alice.root, alice.now, alice.random);
        QVERIFY(recover);
        refuses(alice.log, *recover, LedgerError::Closed);
    }

    void T041_T042_anotherHeadIsToldApart()
    {
        TestAccount alice;
        const LogPin old = alice.log.head();
        alice.add(12);
        const LogPin present = alice.log.head();
        QCOMPARE(alice.log.relate(present), HeadRelation::Same);
        QCOMPARE(alice.log.relate(old), HeadRelation::Older);
        QCOMPARE(alice.log.relate({1, 3, present.hash}), HeadRelation::Newer);
        QCOMPARE(alice.log.relate({1, 2, old.hash}), HeadRelation::Forked);
        QCOMPARE(alice.log.relate({2, 2, present.hash}), HeadRelation::Forked);
        QCOMPARE(alice.log.relate({1, 0, present.hash}), HeadRelation::Forked);
    }
    void T041_aLogWithoutThePinnedEntryIsRefused()
    {
        TestAccount alice;
        std::vector<wire::SignedEntry> entries{alice.log.entries().front().entry};
        alice.add(12);
        const LogPin pin = alice.log.head();
        // The relay shows the log as it was before the pin.
        const auto older = DeviceLog::fromEntries(alice.log.account(), entries, alice.now, pin);
        QVERIFY(!older);
        QCOMPARE(older.error(), LedgerError::NotDescendant);
        entries.push_back(alice.log.entries().back().entry);
        QVERIFY(DeviceLog::fromEntries(alice.log.account(), entries, alice.now, pin));
    }

    void T014_nothingIsMadeWithoutRandomness()
    {
        TestAccount alice;
        const TestDevice second(12, alice.random);
        kit::SeededRandom failing;
        failing.failNow();
        const wire::SealingKey wrap = alice.wrapKey();
        QCOMPARE(makeGenesis(second.pairs(), alice.root, wrap, kit::kNoon, failing).error(), LedgerError::RandomFailed);
        QCOMPARE(makeClaim(alice.log.account(), alice.log.head().hash, second.pairs(), failing).error(),
                 LedgerError::RandomFailed);
        QCOMPARE(makeSetRecovery(alice.log, alice.first.actor(), alice.root, wrap, alice.now, failing).error(),
                 LedgerError::RandomFailed);
        QCOMPARE(makeRecover(alice.log, 1, alice.claim(second), {}, alice.root, alice.now, failing).error(),
                 LedgerError::RandomFailed);
        failing.failAfter(2); // salt and the root's proof, not the identity's
        QCOMPARE(makeGenesis(second.pairs(), alice.root, wrap, kit::kNoon, failing).error(), LedgerError::RandomFailed);
    }
};

SOTTO_TEST(DeviceLogTest)

} // namespace sotto

#include "device_log_test.moc"
