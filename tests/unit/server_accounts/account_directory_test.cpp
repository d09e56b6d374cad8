#include "core/primitives/hash.h"
#include "server/accounts/account_directory.h"
#include "server/accounts/handle_rules.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

class Listener final : public DirectoryListener {
public:
    void accountKnown(const AccountRecord &) override { ++known; }
    void deviceGone(const DeviceAddress &device, std::uint64_t) override { gone.push_back(device); }
    std::vector<AccountId> accountsIdle(const std::vector<FoundAccount> &accounts) override
    {
        std::vector<AccountId> forgotten;
        for (const FoundAccount &account : accounts) {
            if (account->account != needed)
                forgotten.push_back(account->account);
        }
        return forgotten;
    }
    int known = 0;
    std::optional<AccountId> needed; ///< this one is never idle
    std::vector<DeviceAddress> gone;
};

} // namespace

class AccountDirectoryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anAccountIsReadOnce()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11);
        Listener listener;
        AccountDirectory directory(*disk.store, listener);
        QVERIFY(!directory.known(accountId(1)));
        const auto found = waitFor(directory.find(accountId(1)));
        QVERIFY(found && *found);
        QCOMPARE(listener.known, 1);
        auto again = directory.find(accountId(1));
        QVERIFY(again.isFinished()); // without the disk
        const auto nobody = waitFor(directory.find(accountId(9)));
        QVERIFY(nobody && !*nobody);
    }

    void aRevocationIsToldAndOlderRecordsAreIgnored()
    {
        StoreOnDisk disk;
        makeAccount(*disk.store, 1, 11);
        Listener listener;
        AccountDirectory directory(*disk.store, listener);
        const auto before = *waitFor(disk.store->loadAccount(accountId(1)));
        directory.update(before);
        const auto revoked = waitFor(
            disk.store->appendLog({before.key, 1, entry("revoke"), std::nullopt, {deviceId(11)}, false, {}}, kNow));
        directory.update(std::get<AccountRecord>(*revoked));
        QCOMPARE(listener.gone.size(), std::size_t(1));
        QVERIFY(listener.gone[0] == address(1, 11));
        directory.update(before); // an answer that was overtaken
        QVERIFY(!directory.known(accountId(1))->devices[0].active);
    }

    void whoIsNotAskedForIsForgotten()
    {
        StoreOnDisk disk;
        Listener listener;
        AccountDirectory directory(*disk.store, listener);
        constexpr int kAccounts = 6;
        for (int account = 1; account <= kAccounts; ++account) {
            makeAccount(*disk.store, account, std::uint32_t(10 + account));
            QVERIFY(waitFor(directory.find(accountId(account))));
        }
        listener.needed = accountId(2);
        directory.forgetIdle(0);
        QCOMPARE(directory.size(), std::size_t(kAccounts)); // somebody may still be using them
        QVERIFY(directory.known(accountId(1)));
        directory.forgetIdle(4);
        QVERIFY(directory.size() >= 4);
        directory.forgetIdle(0);
        QVERIFY(directory.known(accountId(2)));
        directory.forgetIdle(0);
        directory.forgetIdle(0);
        QCOMPARE(directory.size(), std::size_t(1));
        const int knownBefore = listener.known;
        QVERIFY(*waitFor(directory.find(accountId(5)))); // read again, and told again
        QCOMPARE(listener.known, knownBefore + 1);
    }

    void theTokenOpensTheNormalLane()
    {
        AccountRecord account{accountId(1), 1, false, 1, sha256(Bytes(16, 'a')), sha256(Bytes(16, 'b')), kNow, {}};
        QVERIFY(opensNormalLane(account, Bytes(16, 'a'), kNow));
        QVERIFY(!opensNormalLane(account, Bytes(16, 'b'), kNow));
        QVERIFY(opensNormalLane(account, Bytes(16, 'b'), kNow - Milliseconds(1)));
        QVERIFY(!opensNormalLane(account, Bytes(16, 'c'), kNow));
        QVERIFY(!opensNormalLane(account, std::nullopt, kNow));
    }

    void handlesAreAsciiAndShort()
    {
        QVERIFY(isHandle(u"abc"));
        QVERIFY(isHandle(u"a_b.9"));
        QVERIFY(!isHandle(u"ab"));
        QVERIFY(!isHandle(u"Abc"));
        QVERIFY(!isHandle(u"\u0430bc"));
        QVERIFY(!isHandle(u"a-bc"));
        QVERIFY(!isHandle(QString(31, u'a')));
    }
};

SOTTO_TEST(AccountDirectoryTest)
#include "account_directory_test.moc"
