#include "tests/kit/test_main.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

class AccountRowsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAccountIsFoundAsItWasMade()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11, QStringLiteral("alice"));
        disk.restart();
        const auto loaded = waitFor(disk.store->loadAccount(accountId(1)));
        QVERIFY(loaded);
        QCOMPARE(loaded->logVersion, 1u);
        QVERIFY(loaded->tokenHash == hash(201));
        QCOMPARE(loaded->devices.size(), std::size_t(1));
        QVERIFY(loaded->devices[0].device == deviceId(11));
        QVERIFY(loaded->devices[0].active);
        QCOMPARE(loaded->devices[0].signingKey, Bytes(32, 'k'));
        const auto found = waitFor(disk.store->findHandle(QStringLiteral("alice")));
        QVERIFY(found && *found && **found == accountId(1));
        QVERIFY(waitFor(disk.store->loadAccount(accountId(2))).error().code == ErrorCode::NotFound);
    }

    void T068_anInviteMakesOneAccountHoweverManyRace()
    {
        StoreOnDisk disk;
        QVERIFY(waitFor(disk.store->createInvites({hash(5)}, kNow + Milliseconds(1000))));
        std::vector<Task<Result<CreateOutcome>>> racing;
        for (int i = 1; i <= 8; ++i) {
            NewDevice device{deviceId(i), Bytes(32, 'k'), entry("bundle"), {}};
            racing.push_back(
                disk.store->createAccount({accountId(i), hash(5), entry("genesis"), device, {}, hash(6)}, kNow));
        }
        int made = 0;
        int refused = 0;
        for (auto &attempt : racing) {
            const auto outcome = waitFor(std::move(attempt));
            QVERIFY(outcome);
            if (std::holds_alternative<AccountRecord>(*outcome))
                ++made;
            else if (std::get<CreateRefusal>(*outcome) == CreateRefusal::InviteInvalid)
                ++refused;
        }
        QCOMPARE(made, 1);
        QCOMPARE(refused, 7);
        QCOMPARE(waitFor(disk.store->counts())->accounts, 1);
    }

    void T068_anExpiredOrGuessedInviteMakesNothing()
    {
        StoreOnDisk disk;
        QVERIFY(waitFor(disk.store->createInvites({hash(5)}, kNow)));
        NewDevice device{deviceId(1), Bytes(32, 'k'), entry("bundle"), {}};
        for (const int secret : {5, 6}) {
            const auto outcome = waitFor(disk.store->createAccount(
                {accountId(1), hash(secret), entry("genesis"), device, QStringLiteral("alice"), hash(6)}, kNow));
            QVERIFY(outcome);
            QVERIFY(std::get<CreateRefusal>(*outcome) == CreateRefusal::InviteInvalid);
        }
        QCOMPARE(waitFor(disk.store->counts())->accounts, 0);
        QVERIFY(!*waitFor(disk.store->findHandle(QStringLiteral("alice"))));
        QCOMPARE(*waitFor(disk.store->expireInvites(kNow, 10)), 1);
    }

    void aTakenHandleLeavesTheInviteGood()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11, QStringLiteral("alice"));
        QVERIFY(waitFor(disk.store->createInvites({hash(5)}, kNow + Milliseconds(1000))));
        NewDevice device{deviceId(21), Bytes(32, 'k'), entry("bundle"), {}};
        NewAccount second{accountId(2), hash(5), entry("genesis"), device, QStringLiteral("alice"), hash(6)};
        QVERIFY(std::get<CreateRefusal>(*waitFor(disk.store->createAccount(second, kNow)))
                == CreateRefusal::HandleTaken);
        second.handle = QStringLiteral("alice2");
        QVERIFY(std::holds_alternative<AccountRecord>(*waitFor(disk.store->createAccount(second, kNow))));
    }

    void T198_aLogTakesOneEntryForAVersion()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11);
        std::vector<Task<Result<LogOutcome>>> racing;
        for (int i = 0; i < 5; ++i) {
            NewDevice added{deviceId(20 + i), Bytes(32, 'd'), entry("bundle"), {}};
            racing.push_back(disk.store->appendLog({account.key, 1, entry("add"), added, {}, false, {}}, kNow));
        }
        int appended = 0;
        for (auto &attempt : racing) {
            const auto outcome = waitFor(std::move(attempt));
            QVERIFY(outcome);
            if (std::holds_alternative<AccountRecord>(*outcome))
                ++appended;
            else
                QCOMPARE(std::get<LogConflict>(*outcome).logVersion, 2u);
        }
        QCOMPARE(appended, 1);
        disk.restart();
        const auto log = waitFor(disk.store->readLog(accountId(1), 0, 64));
        QVERIFY(log);
        QCOMPARE(log->headVersion, 2u);
        QCOMPARE(log->entries.size(), std::size_t(2));
        QVERIFY(log->entries[0] == entry("genesis"));
        QCOMPARE(waitFor(disk.store->loadAccount(accountId(1)))->devices.size(), std::size_t(2));
        QCOMPARE(waitFor(disk.store->readLog(accountId(1), 2, 64))->entries.size(), std::size_t(1));
    }

    void aRevokedDeviceLosesItsKeys()
    {
        StoreOnDisk disk;
        auto account = makeAccount(*disk.store, 1, 11);
        account = addDevice(*disk.store, account, 12);
        const DeviceKey first = account.devices[0].key;
        const auto revoked = waitFor(disk.store->appendLog(
            {account.key, account.logVersion, entry("revoke"), std::nullopt, {deviceId(11)}, false, {}}, kNow));
        QVERIFY(revoked);
        const auto &record = std::get<AccountRecord>(*revoked);
        QVERIFY(!record.devices[0].active);
        QVERIFY(record.devices[1].active);
        QCOMPARE(*waitFor(disk.store->countPreKeys(first, kNow)), 0);
        QVERIFY(waitFor(disk.store->takeBundles({{deviceId(11), first, true}}, kNow))->empty());
    }

    void aClosedAccountKeepsItsLogAndItsHandleForAMonth()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11, QStringLiteral("alice"));
        QVERIFY(waitFor(disk.store->putProfile(account.key, "profile")));
        const auto closed =
            waitFor(disk.store->appendLog({account.key, 1, entry("close"), std::nullopt, {}, true, {}}, kNow));
        QVERIFY(std::get<AccountRecord>(*closed).closed);
        QVERIFY(waitFor(disk.store->takeBundles({{deviceId(11), account.devices[0].key, false}}, kNow))->empty());
        QCOMPARE(*waitFor(disk.store->readProfile(account.key)), Bytes());
        QCOMPARE(waitFor(disk.store->readLog(accountId(1), 0, 64))->entries.size(), std::size_t(2));
        QVERIFY(!*waitFor(disk.store->findHandle(QStringLiteral("alice"))));
        NewDevice device{deviceId(21), Bytes(32, 'k'), entry("bundle"), {}};
        NewAccount next{accountId(2), hash(5), entry("genesis"), device, QStringLiteral("alice"), hash(6)};
        const Timestamp later = kNow + std::chrono::hours(24 * 31);
        QVERIFY(waitFor(disk.store->createInvites({hash(5)}, later + Milliseconds(1000))));
        QVERIFY(std::holds_alternative<CreateRefusal>(*waitFor(disk.store->createAccount(next, kNow))));
        QVERIFY(std::holds_alternative<AccountRecord>(*waitFor(disk.store->createAccount(next, later))));
    }

    void aOneTimePreKeyIsHandedOutOnce()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11);
        const DeviceKey key = account.devices[0].key;
        for (const char *expected : {"prekey one", "prekey two"}) {
            const auto taken = waitFor(disk.store->takeBundles({{deviceId(11), key, true}}, kNow));
            QVERIFY(taken && taken->size() == 1);
            QVERIFY(taken->front().oneTimePreKey == entry(expected));
        }
        disk.restart();
        const auto empty = waitFor(disk.store->takeBundles({{deviceId(11), key, true}}, kNow));
        QVERIFY(empty && empty->size() == 1);
        QVERIFY(empty->front().bundle == entry("bundle"));
        QVERIFY(!empty->front().oneTimePreKey);
        QCOMPARE(*waitFor(disk.store->addPreKeys(key, {entry("a"), entry("b"), entry("c")}, 2, kNow)), 2);
    }

    void anOldOneTimePreKeyIsNeitherCountedNorHandedOut()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11); // with two
        const DeviceKey key = account.devices[0].key;
        const Timestamp later = kNow + std::chrono::hours(24 * 20);
        QCOMPARE(*waitFor(disk.store->addPreKeys(key, {entry("young")}, 200, later)), 3);
        const Timestamp atLast = kNow + std::chrono::hours(24 * 31);
        QCOMPARE(*waitFor(disk.store->countPreKeys(key, atLast)), 1);
        const auto taken = waitFor(disk.store->takeBundles({{deviceId(11), key, true}}, atLast));
        QVERIFY(taken->front().oneTimePreKey == entry("young"));
        const auto none = waitFor(disk.store->takeBundles({{deviceId(11), key, true}}, atLast));
        QVERIFY(none->size() == 1 && !none->front().oneTimePreKey);
        QCOMPARE(*waitFor(disk.store->addPreKeys(key, {entry("a"), entry("b"), entry("c")}, 2, atLast)), 2);
        QCOMPARE(*waitFor(disk.store->expirePreKeys(atLast, 1)), 1);
        QCOMPARE(*waitFor(disk.store->expirePreKeys(atLast, 100)), 1);
        QCOMPARE(*waitFor(disk.store->expirePreKeys(atLast, 100)), 0);
        QCOMPARE(*waitFor(disk.store->countPreKeys(key, atLast)), 2);
    }

    void membersHaveAQuotaThatUsedInvitesCountAgainst()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11);
        const auto invite = [&disk, &account](int number, Timestamp now) {
            return *waitFor(disk.store->createMemberInvite(hash(number), now + Milliseconds(1000), account.key,
                                                           InviteQuota{2, 7}, now));
        };
        QVERIFY(std::holds_alternative<Done>(invite(50, kNow)));
        QVERIFY(std::get<InviteRefusal>(invite(50, kNow)) == InviteRefusal::AlreadyExists); // and does not count
        NewDevice device{deviceId(21), Bytes(32, 'k'), entry("bundle"), {}};
        NewAccount guest{accountId(2), hash(50), entry("genesis"), device, {}, hash(6), 7};
        const auto made = *waitFor(disk.store->createAccount(guest, kNow));
        QVERIFY(std::holds_alternative<AccountRecord>(made));
        const Timestamp later = kNow + std::chrono::hours(24 * 3);
        QVERIFY(std::holds_alternative<Done>(invite(51, later)));
        QVERIFY(std::get<InviteRefusal>(invite(52, later)) == InviteRefusal::QuotaUsed);
        disk.restart();
        QVERIFY(waitFor(disk.store->expireInvites(later + std::chrono::hours(1), 100)));
        QVERIFY(std::get<InviteRefusal>(invite(52, later)) == InviteRefusal::QuotaUsed);
        QVERIFY(std::holds_alternative<Done>(invite(52, kNow + std::chrono::hours(24 * 7))));
        QVERIFY(std::get<InviteRefusal>(invite(53, kNow + std::chrono::hours(24 * 7))) == InviteRefusal::QuotaUsed);
    }

    void whomAMemberInvitedWaitsUntilItMayInvite()
    {
        StoreOnDisk disk;
        const auto account = makeAccount(*disk.store, 1, 11); // of the operator
        const Timestamp expires = kNow + std::chrono::hours(24 * 30);
        QVERIFY(waitFor(disk.store->createMemberInvite(hash(50), expires, account.key, InviteQuota{}, kNow)));
        NewDevice device{deviceId(21), Bytes(32, 'k'), entry("bundle"), {}};
        NewAccount guest{accountId(2), hash(50), entry("genesis"), device, {}, hash(6), 7};
        const AccountKey key = std::get<AccountRecord>(*waitFor(disk.store->createAccount(guest, kNow))).key;
        const auto invite = [&disk, key, expires](Timestamp now) {
            return *waitFor(disk.store->createMemberInvite(hash(51), expires, key, InviteQuota{}, now));
        };
        QVERIFY(std::get<InviteRefusal>(invite(kNow)) == InviteRefusal::TooNew);
        QVERIFY(std::get<InviteRefusal>(invite(kNow + std::chrono::hours(24 * 6))) == InviteRefusal::TooNew);
        QVERIFY(std::holds_alternative<Done>(invite(kNow + std::chrono::hours(24 * 7))));
    }

    void theOperatorsInvitesAreOneCommit()
    {
        StoreOnDisk disk;
        const std::int64_t before = disk.store->commits();
        std::vector<Hash256> many;
        for (int i = 0; i < 100; ++i)
            many.push_back(hash(i));
        QVERIFY(std::holds_alternative<Done>(*waitFor(disk.store->createInvites(many, kNow + Milliseconds(1000)))));
        QCOMPARE(disk.store->commits(), before + 1);
        QCOMPARE(waitFor(disk.store->counts())->openInvites, 100);
        QVERIFY(std::get<InviteRefusal>(*waitFor(disk.store->createInvites({hash(7)}, kNow)))
                == InviteRefusal::AlreadyExists);
    }

    void aNewTokenKeepsTheOldOneForAWhile()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11);
        const Timestamp until = kNow + std::chrono::hours(24 * 7);
        const auto changed = waitFor(disk.store->setTokenHash(accountId(1), hash(9), until));
        QVERIFY(changed);
        QVERIFY(changed->tokenHash == hash(9));
        QVERIFY(changed->previousTokenHash == hash(201));
        QVERIFY(changed->previousTokenUntil == until);
        const auto same = waitFor(disk.store->setTokenHash(accountId(1), hash(9), until + Milliseconds(1)));
        QVERIFY(same->previousTokenHash == hash(201));
        QVERIFY(same->previousTokenUntil == until);
    }

    void theOperatorSeesCountsAndHandles()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11, QStringLiteral("alice"));
        makeAccount(*disk.store, 2, 21);
        const auto users = waitFor(disk.store->users(0, 10));
        QVERIFY(users);
        QCOMPARE(users->size(), std::size_t(2));
        QCOMPARE(users->front().handle, QStringLiteral("alice"));
        QCOMPARE(users->back().devices, 1);
        QCOMPARE(waitFor(disk.store->users(users->front().key, 10))->size(), std::size_t(1));
        QCOMPARE(waitFor(disk.store->counts())->devices, 2);
    }
};

SOTTO_TEST(AccountRowsTest)
#include "account_rows_test.moc"
