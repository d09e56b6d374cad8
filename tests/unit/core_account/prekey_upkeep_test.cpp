#include "core/account/account_maker.h"
#include "core/account/own_device.h"
#include "core/account/prekey_upkeep.h"
#include "core/crypto/crypto_core.h"
#include "core/ledger/bundle.h"
#include "core/net/relay_client.h"
#include "core/settings/settings.h"
#include "core/sqlite/database.h"
#include "core/storage/key_store_db.h"
#include "core/storage/migrations.h"
#include "core/storage/storage.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/loop_relay.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTemporaryDir>
#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using wire::PublishBundle;
using wire::PublishPreKeys;

namespace {

constexpr Milliseconds kDay = 24h;

/// A registered desktop with its prekeys, and a relay that takes them and counts.
struct Desktop {
    Desktop()
    {
        auto opened = Database::open(folder.filePath(QStringLiteral("sotto.db")), {.key = Bytes(32, 'k')});
        Q_ASSERT(opened);
        database = std::move(*opened);
        const auto migrated = migrate(*database, kStorageMigrations);
        Q_ASSERT(migrated);
        auto created = CryptoCore::create(random, clock);
        Q_ASSERT(created);
        core = std::move(*created);
        storage.emplace(*database, nullptr);
        AccountMaker maker(*storage, *core, clock, random);
        const auto made = maker.make(relay.invite(), QStringLiteral("Alice"), QString(), clock.now());
        const auto registration = maker.registration(relay.invite(), clock.now());
        const auto finished = maker.finish(clock.now());
        Q_ASSERT(made && registration && finished);
        const auto own = storage->ownAccount.load();
        const auto secret = storage->ownAccount.deviceKeys();
        Q_ASSERT(own && *own && secret);
        device.emplace(OwnDevice{(*own)->address, std::move(*DeviceKeys::fromSecret(secret->view()))});
        keyStore.emplace(*database, device->localIdentity());
        relay.onRequest = [this](const wire::RequestBody &request) { return answer(request); };
        const wire::Invite invite = relay.invite();
        RelayPins pins{invite.relayKey, std::nullopt, {*RelayAddress::parse(invite.addresses.first())}, 0};
        connection.emplace(relay.transports(), clock, random, std::move(pins),
                           ConnectionIdentity{device->address,
                                              [this](const Bytes &message) -> Result<Bytes> {
                                                  return signEd25519(message, device->keys.signing);
                                              },
                                              [] { return OwnNumbers{}; }});
        client.emplace(*connection, clock);
        upkeep.emplace(*storage, *core, keyStore->stores(), *device, *client, clock, random);
    }
    std::optional<wire::ResponseBody> answer(const wire::RequestBody &request)
    {
        if (refuses)
            return wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 0};
        if (const auto *keys = std::get_if<PublishPreKeys>(&request)) {
            left += int(keys->preKeys.size());
            return wire::PreKeyCount{std::uint32_t(left)};
        }
        return wire::Ok{};
    }
    void comesOnline()
    {
        connection->stop();
        connection->start();
        QVERIFY(QTest::qWaitFor([this] { return connection->isOnline(); }));
        upkeep->online(left);
        passes(1s);
    }
    /// Virtual time passes with an answer to every ping, and what was asked then is answered.
    void passes(Milliseconds time)
    {
        constexpr Milliseconds kStep = 25s;
        for (Milliseconds gone(0); gone < time; gone += kStep) {
            clock.advance(std::min(kStep, time - gone));
            for (int turn = 0; turn < 5; ++turn)
                QCoreApplication::processEvents();
        }
    }
    std::size_t uploads() const
    {
        const auto all = relay.asked<PublishPreKeys>();
        return std::size_t(std::ranges::count_if(all, [](const PublishPreKeys &one) { return !one.preKeys.empty(); }));
    }
    std::size_t bundles() const { return relay.asked<PublishBundle>().size(); }
    bool isBundlePublished() { return Settings(storage->settings).get(kBundlePublished).value(); }
    std::size_t signedPreKeys() { return keyStore->stores().signedPreKeys.signedPreKeys()->size(); }

    QTemporaryDir folder;
    kit::FakeClock clock;
    kit::SeededRandom random{5};
    kit::LoopRelay relay{clock, random};
    int left = AccountMaker::kFirstPreKeys;
    bool refuses = false;
    std::unique_ptr<Database> database;
    std::unique_ptr<CryptoCore> core;
    std::optional<Storage> storage;
    std::optional<OwnDevice> device;
    std::optional<KeyStoreDb> keyStore;
    std::optional<RelayConnection> connection;
    std::optional<RelayClient> client;
    std::optional<PreKeyUpkeep> upkeep;
};

} // namespace

/// What the relay holds of a device's prekeys stays enough and young.
class PreKeyUpkeepTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void fewOneTimeKeysAreToppedUpAfterAWhile()
    {
        Desktop alice;
        alice.left = kOneTimePreKeysLow;
        alice.comesOnline();
        alice.passes(PreKeyUpkeep::kLongestWait);
        QCOMPARE(alice.uploads(), std::size_t(0)); // enough
        alice.left = kOneTimePreKeysLow - 1;
        alice.comesOnline();
        alice.passes(PreKeyUpkeep::kShortestWait - 2s);
        QCOMPARE(alice.uploads(), std::size_t(0)); // it would tell that somebody was there to make them
        alice.passes(PreKeyUpkeep::kLongestWait);
        QCOMPARE(alice.uploads(), std::size_t(1));
        QCOMPARE(alice.left, kOneTimePreKeysKept);
    }
    void theRelayIsAskedDailyHowManyItStillHas()
    {
        Desktop alice;
        alice.comesOnline();
        alice.left = 0; // it forgets those of a month ago, and the line stays up
        alice.passes(kDay - 1min);
        QVERIFY(alice.relay.asked<PublishPreKeys>().empty());
        alice.passes(1min + PreKeyUpkeep::kLongestWait);
        QCOMPARE(alice.uploads(), std::size_t(1));
        QCOMPARE(alice.left, kOneTimePreKeysKept);
        QVERIFY(alice.connection->isOnline());
    }
    void aLyingRelayGetsSoManyADayAndNoMore()
    {
        Desktop alice;
        for (int connection = 0; connection < 6; ++connection) {
            alice.left = 0;
            alice.comesOnline();
            alice.passes(PreKeyUpkeep::kLongestWait);
        }
        std::size_t keys = 0;
        for (const PublishPreKeys &upload : alice.relay.asked<PublishPreKeys>())
            keys += upload.preKeys.size();
        QCOMPARE(keys, std::size_t(PreKeyUpkeep::kMaxUploadsADay));
    }
    void theSignedPreKeyIsReplacedWeekly()
    {
        Desktop alice;
        alice.comesOnline();
        alice.passes(6 * kDay);
        QCOMPARE(alice.bundles(), std::size_t(0));
        alice.passes(kDay + 1min);
        QCOMPARE(alice.bundles(), std::size_t(1));
        QCOMPARE(alice.signedPreKeys(), std::size_t(2));
        alice.passes(6 * kDay);
        QCOMPARE(alice.bundles(), std::size_t(1));
        alice.passes(kDay + 1min);
        QCOMPARE(alice.bundles(), std::size_t(2));
    }
    void aBundleThatWasNotTakenIsPublishedAgain()
    {
        Desktop alice;
        alice.comesOnline();
        alice.refuses = true;
        alice.passes(7 * kDay + 1min);
        QCOMPARE(alice.bundles(), std::size_t(1));
        QVERIFY(!alice.isBundlePublished());
        alice.refuses = false;
        alice.comesOnline();
        QCOMPARE(alice.bundles(), std::size_t(2));
        QVERIFY(alice.isBundlePublished());
        alice.comesOnline();
        QCOMPARE(alice.bundles(), std::size_t(2));
    }
    void withoutALineNothingIsMade()
    {
        Desktop alice;
        alice.comesOnline();
        alice.connection->stop();
        for (int day = 0; day < 30; ++day)
            alice.clock.advance(kDay);
        QCOMPARE(alice.signedPreKeys(), std::size_t(1));
        alice.comesOnline();
        QCOMPARE(alice.signedPreKeys(), std::size_t(2));
        QCOMPARE(alice.bundles(), std::size_t(1));
    }
};

SOTTO_TEST(PreKeyUpkeepTest)

} // namespace sotto

#include "prekey_upkeep_test.moc"
