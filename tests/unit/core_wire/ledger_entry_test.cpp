#include "core/wire/ledger_entry.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::wire {

class LedgerEntryTest : public QObject {
    Q_OBJECT

    kit::SeededRandom m_random;
    template <class Id> Id id() { return m_random.id<Id>().value(); }
    DeviceKeys keys() { return {*DeviceId::from(7), id<CurveKey>(), id<SigningKey>(), id<SealingKey>(), 3}; }
    LogEntry entry(LogOperation operation)
    {
        return {id<AccountId>(), 2, 9, id<Hash256>(), DeviceId::from(7), {5}, std::move(operation)};
    }
    std::vector<LogEntry> oneOfEach()
    {
        LogEntry genesis = entry(Genesis{id<CurveKey>(), id<SealingKey>(), Bytes(16, 's'), keys()});
        genesis.account.reset();
        genesis.previous.reset();
        genesis.epoch = 1;
        genesis.version = 1;
        LogEntry recover = entry(Recover{3, id<Hash256>(), Bytes(100, 'c'), {*DeviceId::from(1), *DeviceId::from(2)}});
        recover.actor.reset();
        return {genesis,
                entry(AddDevice{Bytes(100, 'c')}),
                entry(RevokeDevice{*DeviceId::from(8)}),
                entry(SetRecovery{RecoveryKeys{id<CurveKey>(), id<SealingKey>()}}),
                entry(SetRecovery{}),
                recover,
                entry(Close{})};
    }
    PreKeyBundle bundle()
    {
        return {
            {id<AccountId>(), *DeviceId::from(7)},     4711, id<CurveKey>(), 5, id<CurveKey>(), Bytes(64, 's'), {99}, 1,
            {{2, 3, Bytes(1184, 'k'), Bytes(64, 't')}}};
    }

private Q_SLOTS:
    void everyOperationComesBackUnchanged()
    {
        for (const LogEntry &sent : oneOfEach()) {
            const auto back = decodeLogEntry(encode(sent));
            QVERIFY(back);
            QCOMPARE(*back, sent);
        }
    }
    void otherStructuresComeBackUnchanged()
    {
        const DeviceClaim claim{id<AccountId>(), id<Hash256>(), keys()};
        QCOMPARE(decodeDeviceClaim(encode(claim)).value(), claim);
        const PreKeyBundle sent = bundle();
        QCOMPARE(decodePreKeyBundle(encode(sent)).value(), sent);
        const OneTimePreKey preKey{*DeviceId::from(7), 12, id<CurveKey>()};
        QCOMPARE(decodeOneTimePreKey(encode(preKey)).value(), preKey);
        QVERIFY(encode(preKey).size() <= kMaxOneTimePreKeyBytes);
        const SignedEntry signedEntry{"body", Bytes(64, 's'), {Bytes(64, 'p'), Bytes(64, 'q')}};
        QCOMPARE(decodeSignedEntry(encode(signedEntry)).value(), signedEntry);
    }
    /// Each kind of entry has its own set of fields; one too many or too few is refused.
    void fieldsThatDoNotBelongAreRefused()
    {
        for (const LogEntry &good : oneOfEach()) {
            LogEntry bad = good;
            bad.account = good.account ? std::optional<AccountId>() : id<AccountId>();
            QCOMPARE(decodeLogEntry(encode(bad)).error(), WireError::Invalid);
            bad = good;
            bad.previous = good.previous ? std::optional<Hash256>() : id<Hash256>();
            QCOMPARE(decodeLogEntry(encode(bad)).error(), WireError::Invalid);
            bad = good;
            bad.actor = good.actor ? std::optional<DeviceId>() : DeviceId::from(5);
            QCOMPARE(decodeLogEntry(encode(bad)).error(), WireError::Invalid);
            bad = good;
            bad.version = 0;
            QCOMPARE(decodeLogEntry(encode(bad)).error(), WireError::Invalid);
            bad = good;
            bad.epoch = 0;
            QCOMPARE(decodeLogEntry(encode(bad)).error(), WireError::Invalid);
        }
    }
    void valuesThatCannotBeAreRefused()
    {
        PreKeyBundle bad = bundle();
        bad.signedPreKeyId = 0xffffff;
        QCOMPARE(decodePreKeyBundle(encode(bad)).error(), WireError::Invalid);
        bad = bundle();
        bad.registrationId = 16381;
        QCOMPARE(decodePreKeyBundle(encode(bad)).error(), WireError::Invalid);
        bad = bundle();
        bad.signedPreKeySignature = Bytes(63, 's');
        QCOMPARE(decodePreKeyBundle(encode(bad)).error(), WireError::Invalid);
        bad = bundle();
        bad.kemKeys.assign(5, bad.kemKeys.front());
        QCOMPARE(decodePreKeyBundle(encode(bad)).error(), WireError::TooLarge);
        DeviceClaim claim{id<AccountId>(), id<Hash256>(), keys()};
        claim.keys.suites = 2; // not even the suite that everyone speaks
        QCOMPARE(decodeDeviceClaim(encode(claim)).error(), WireError::Invalid);
        QCOMPARE(decodeSignedEntry(encode(SignedEntry{{}, Bytes(64, 's'), {}})).error(), WireError::Invalid);
        QCOMPARE(decodeSignedEntry(encode(SignedEntry{"x", Bytes(63, 's'), {}})).error(), WireError::Invalid);
    }
    void everyTruncationIsRefused()
    {
        for (const LogEntry &sent : oneOfEach()) {
            const Bytes good = encode(sent);
            for (qsizetype size = 0; size < good.size(); ++size)
                QVERIFY(!decodeLogEntry(good.first(size)) || size > 0);
            QVERIFY(!decodeLogEntry(good.first(good.size() - 1)));
        }
        const Bytes good = encode(bundle());
        for (qsizetype size = 0; size < good.size(); ++size) {
            const auto cut = decodePreKeyBundle(good.first(size));
            QVERIFY(!cut || cut->kemKeys.empty()); // only the optional tail may be missing; the signature sees that
        }
    }
};

SOTTO_TEST(LedgerEntryTest)

} // namespace sotto::wire

#include "ledger_entry_test.moc"
