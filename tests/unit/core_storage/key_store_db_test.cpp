#include "core/storage/key_store_db.h"

#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class KeyStoreDbTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;
    std::unique_ptr<KeyStoreDb> m_store;

    static bool holds(const Result<std::optional<SecretBytes>> &loaded, const char *record)
    {
        return loaded && loaded->has_value() && (*loaded)->view() == ByteView(record);
    }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_store = std::make_unique<KeyStoreDb>(
            *m_kit->database, LocalIdentity{{idOf<CurvePublicKey>('i'), SecretBytes::copyOf(Bytes(32, 's'))}, 77});
    }
    void cleanup()
    {
        m_store.reset();
        m_kit.reset();
    }

    void sessionsAreReplacedAndRemoved()
    {
        QVERIFY(!m_store->loadSession(m_kit->bob)->has_value());
        QVERIFY(m_store->storeSession(m_kit->bob, "first", Timestamp{1}));
        QVERIFY(m_store->storeSession(m_kit->bob, "second", Timestamp{2}));
        QVERIFY(holds(m_store->loadSession(m_kit->bob), "second"));
        QVERIFY(!m_store->loadSession(m_kit->bobsOther)->has_value());
        QVERIFY(m_store->removeSession(m_kit->bob));
        QVERIFY(m_store->removeSession(m_kit->bob));
        QVERIFY(!m_store->loadSession(m_kit->bob)->has_value());
    }
    void aDamagedRecordIsCorruptAndNotFresh()
    {
        QVERIFY(m_store->storeSession(m_kit->bob, "record", Timestamp{1}));
        QVERIFY(m_kit->database->prepare("UPDATE session SET record = ?").with(Bytes("recorD")).run());
        const auto damaged = m_store->loadSession(m_kit->bob);
        QVERIFY(!damaged);
        QCOMPARE(damaged.error().code, ErrorCode::Corrupt);
    }
    void aRolledBackStepIsUndone()
    {
        QVERIFY(m_store->storeSession(m_kit->bob, "before", Timestamp{1}));
        {
            const auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            QVERIFY(m_store->storeSession(m_kit->bob, "after", Timestamp{2}));
        }
        QVERIFY(holds(m_store->loadSession(m_kit->bob), "before"));
    }
    void preKeysAreCountedAndPruned()
    {
        for (std::uint32_t id = 1; id <= 5; ++id)
            QVERIFY(m_store->storePreKey(id, "record", Timestamp{id * 10}));
        QCOMPARE(m_store->countPreKeys().valueOr(0), 5);
        QVERIFY(m_store->removePreKey(5));
        QVERIFY(m_store->removePreKey(5));
        QVERIFY(!m_store->loadPreKey(5)->has_value());
        QVERIFY(m_store->removePreKeysMadeBefore(Timestamp{20}));
        QVERIFY(!m_store->loadPreKey(1)->has_value());
        QVERIFY(holds(m_store->loadPreKey(2), "record"));
        QVERIFY(m_store->keepNewestPreKeys(1));
        QCOMPARE(m_store->countPreKeys().valueOr(0), 1);
        QVERIFY(holds(m_store->loadPreKey(4), "record"));
    }
    void signedPreKeysAreListedOldestFirst()
    {
        QVERIFY(m_store->storeSignedPreKey(9, "nine", Timestamp{10}));
        QVERIFY(m_store->storeSignedPreKey(3, "three", Timestamp{20}));
        QCOMPARE(*m_store->signedPreKeys(), (std::vector<SignedPreKeyRow>{{9, Timestamp{10}}, {3, Timestamp{20}}}));
        QVERIFY(holds(m_store->loadSignedPreKey(3), "three"));
        QVERIFY(m_store->removeSignedPreKey(9));
        QVERIFY(!m_store->loadSignedPreKey(9)->has_value());
    }
    void onlyThePinnedLogMakesADeviceTrusted()
    {
        const auto key = idOf<CurvePublicKey>('k');
        const auto pin = [&](bool revoked) {
            return m_kit->storage->pins.store({m_kit->bob.account, 0, 0, idOf<Hash256>('g')}, 0, {},
                                              {{m_kit->bob.device, key, Bytes(32, 's'), Bytes(32, 'e'), revoked}});
        };
        QVERIFY(!m_store->isTrusted(m_kit->bob, key).valueOr(true));
        QVERIFY(!m_store->registrationId(m_kit->bob)->has_value());
        QVERIFY(m_store->rememberIdentity(m_kit->bob, key)); // a session alone proves nothing
        QVERIFY(!m_store->isTrusted(m_kit->bob, key).valueOr(true));
        QVERIFY(pin(false));
        QVERIFY(m_store->isTrusted(m_kit->bob, key).valueOr(false));
        QVERIFY(!m_store->isTrusted(m_kit->bob, idOf<CurvePublicKey>('x')).valueOr(true));
        QVERIFY(!m_store->isTrusted(m_kit->bobsOther, key).valueOr(true));
        QVERIFY(m_store->registrationId(m_kit->bob)->has_value());
        QVERIFY(pin(true));
        QVERIFY(!m_store->isTrusted(m_kit->bob, key).valueOr(true));
    }
    void knowsItself()
    {
        const auto own = m_store->localIdentity();
        QVERIFY(own);
        QCOMPARE(own->registrationId, 77u);
        QCOMPARE(own->identityKey.privateKey.view(), ByteView(Bytes(32, 's')));
    }
    void senderKeysBelongToGroupAndDevice()
    {
        const SenderKeyName name{idOf<GroupId>('g'), m_kit->bob};
        const SenderKeyName elsewhere{idOf<GroupId>('h'), m_kit->bob};
        QVERIFY(m_store->storeSenderKey(name, "chain", Timestamp{1}));
        QVERIFY(m_store->storeSenderKey(name, "chain 2", Timestamp{2}));
        QVERIFY(holds(m_store->loadSenderKey(name), "chain 2"));
        QVERIFY(!m_store->loadSenderKey(elsewhere)->has_value());
        QVERIFY(m_store->removeSenderKey(name));
        QVERIFY(!m_store->loadSenderKey(name)->has_value());
    }
    void T006_tombstonesLiveAsLongAsTheirSignedPreKey()
    {
        const auto key = idOf<Hash256>('t');
        QVERIFY(!m_store->hasTombstone(m_kit->bob, key).valueOr(true));
        QVERIFY(m_store->addTombstone(m_kit->bob, key, 4, Timestamp{1}));
        QVERIFY(m_store->addTombstone(m_kit->bob, key, 4, Timestamp{2}));
        QVERIFY(m_store->hasTombstone(m_kit->bob, key).valueOr(false));
        QVERIFY(!m_store->hasTombstone(m_kit->bobsOther, key).valueOr(true));
        QVERIFY(m_store->removeTombstonesOf(5));
        QVERIFY(m_store->hasTombstone(m_kit->bob, key).valueOr(false));
        QVERIFY(m_store->removeTombstonesOf(4));
        QVERIFY(!m_store->hasTombstone(m_kit->bob, key).valueOr(true));
    }
    void theSessionsOfADeviceAreCounted()
    {
        QVERIFY(m_store->addTombstone(m_kit->bob, idOf<Hash256>('t'), 4, Timestamp{10}));
        QVERIFY(m_store->addTombstone(m_kit->bob, idOf<Hash256>('u'), 4, Timestamp{20}));
        QCOMPARE(m_store->sessionsBuiltBetween(m_kit->bob, Timestamp{9}, Timestamp{99}).valueOr(-1), 2);
        QCOMPARE(m_store->sessionsBuiltBetween(m_kit->bob, Timestamp{10}, Timestamp{99}).valueOr(-1), 1);
        QCOMPARE(m_store->sessionsBuiltBetween(m_kit->bobsOther, Timestamp{0}, Timestamp{99}).valueOr(-1), 0);
    }
};

SOTTO_TEST(KeyStoreDbTest)

} // namespace sotto

#include "key_store_db_test.moc"
