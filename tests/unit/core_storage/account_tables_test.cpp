#include "core/storage/invite_repository.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class AccountTablesTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    Storage &storage() { return *m_kit->storage; }
    static PinnedDevice device(std::uint32_t number, char key, bool revoked = false)
    {
        return {deviceOf(number), idOf<CurvePublicKey>(key), Bytes(32, key), Bytes(32, key), revoked};
    }

    static PinnedEntry entry(const char *text) { return {Bytes(text), Timestamp{77}}; }

private Q_SLOTS:
    void init() { m_kit = std::make_unique<StorageFixture>(); }

    void thereIsOneOwnAccount()
    {
        QVERIFY(!storage().ownAccount.load()->has_value());
        QCOMPARE(storage().ownAccount.profileKey().error().code, ErrorCode::NotFound);
        QCOMPARE(storage().ownAccount.setHandle(QStringLiteral("a")).error().code, ErrorCode::NotFound);
        m_kit->registerAlice();
        const OwnAccount own = storage().ownAccount.load()->value();
        QCOMPARE(own.address, m_kit->alice);
        QCOMPARE(own.name, QStringLiteral("Alice"));
        const auto second = storage().ownAccount.create(own, OwnSecrets{});
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::AlreadyExists);
    }
    void ownSecretsAreKeptAndForgotten()
    {
        m_kit->registerAlice();
        OwnAccountRepository &own = storage().ownAccount;
        QCOMPARE(own.deviceKeys()->view(), ByteView(Bytes(96, 'd')));
        QCOMPARE(own.backupRoot()->view(), ByteView(Bytes(32, 'b')));
        QCOMPARE(own.kitSecret()->value().view(), ByteView(Bytes(32, 'r')));
        QVERIFY(own.confirmKit());
        QVERIFY(!own.kitSecret()->has_value());
        QVERIFY(!own.previousProfileKey()->has_value());
        QVERIFY(own.replaceProfileKey(Bytes(32, 'q'), Timestamp{5000}));
        QCOMPARE(own.profileKey()->view(), ByteView(Bytes(32, 'q')));
        QCOMPARE(own.previousProfileKey()->value().view(), ByteView(Bytes(32, 'p')));
        QCOMPARE(*own.profileKeySince(), Timestamp{5000});
        QVERIFY(own.forgetPreviousProfileKey());
        QVERIFY(!own.previousProfileKey()->has_value());
    }
    void ownProfileChanges()
    {
        m_kit->registerAlice();
        QVERIFY(storage().ownAccount.setProfile(QStringLiteral("Al"), QStringLiteral("hi"), "jpeg"));
        QVERIFY(storage().ownAccount.setHandle(QStringLiteral("alice")));
        const OwnAccount own = storage().ownAccount.load()->value();
        QCOMPARE(own.about, QStringLiteral("hi"));
        QCOMPARE(own.picture, Bytes("jpeg"));
        QCOMPARE(own.handle, QStringLiteral("alice"));
        QVERIFY(storage().ownAccount.setRegistered(Timestamp{4000}));
        QCOMPARE(storage().ownAccount.load()->value().registeredAt, Timestamp{4000});
    }
    void theRelayKeepsItsNumbersWhenItsDataChange()
    {
        RelayRepository &relay = storage().relay;
        QVERIFY(!relay.load()->has_value());
        QCOMPARE(relay.nextSubmitSeq().error().code, ErrorCode::NotFound);
        RelayRecord record{idOf<RelayKey>('r'),
                           std::nullopt,
                           QStringLiteral("home"),
                           1,
                           {QStringLiteral("b:1"), QStringLiteral("a:2")}};
        QVERIFY(relay.store(record));
        QCOMPARE(relay.load()->value(), record);
        QCOMPARE(*relay.nextSubmitSeq(), 1u);
        QCOMPARE(*relay.nextSubmitSeq(), 2u);
        record.nextKey = idOf<RelayKey>('n');
        record.addresses = QStringList{QStringLiteral("c:3")};
        QVERIFY(relay.store(record));
        QCOMPARE(relay.load()->value(), record);
        QCOMPARE(*relay.lastSubmitSeq(), 2u);
        QCOMPARE(*relay.nextSubmitSeq(), 3u);
    }
    void aSubmitNumberIsGoneWithItsTransaction()
    {
        QVERIFY(storage().relay.store({idOf<RelayKey>('r'), std::nullopt, {}, 1, {}}));
        {
            const auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            QCOMPARE(*storage().relay.nextSubmitSeq(), 1u);
        }
        QCOMPARE(*storage().relay.lastSubmitSeq(), 0u); // nothing was sent under it
    }
    void theHighestCommittedSequenceIsRemembered()
    {
        RelayRepository &relay = storage().relay;
        QVERIFY(relay.store({idOf<RelayKey>('r'), std::nullopt, {}, 1, {}}));
        for (const std::uint64_t seq : {7u, 5u, 6u})
            QVERIFY(relay.noteCommitted(seq));
        QCOMPARE(*relay.lastAckedSeq(), 7u);
    }
    void aPinnedLogGrowsAndIsCutByARecovery()
    {
        PinRepository &pins = storage().pins;
        const AccountId bob = m_kit->bob.account;
        QVERIFY(!pins.pin(bob)->has_value());
        QCOMPARE(pins.setVerified(bob, true).error().code, ErrorCode::NotFound);
        QVERIFY(pins.store({bob, 0, 0, idOf<Hash256>('g')}, 0, {entry("genesis")}, {device(21, 'i')}));
        QVERIFY(pins.setVerified(bob, true));
        const PinnedHead grown{bob, 0, 2, idOf<Hash256>('h')};
        QVERIFY(pins.store(grown, 1, {entry("add 22"), entry("revoke 21")}, {device(21, 'i', true), device(22, 'j')}));
        QCOMPARE(pins.pin(bob)->value(), grown);
        QVERIFY(pins.isVerified(bob).valueOr(false));
        QCOMPARE(*pins.entries(bob), (std::vector<PinnedEntry>{entry("genesis"), entry("add 22"), entry("revoke 21")}));
        QCOMPARE(*pins.devices(bob), (std::vector<PinnedDevice>{device(21, 'i', true), device(22, 'j')}));
        QCOMPARE(*pins.activeDevices(bob), (std::vector<PinnedDevice>{device(22, 'j')}));
        QCOMPARE(pins.device(m_kit->bob)->value(), device(21, 'i', true));
        QVERIFY(pins.store({bob, 1, 1, idOf<Hash256>('r')}, 1, {entry("recover")}, {device(21, 'i')}));
        QCOMPARE(*pins.entries(bob), (std::vector<PinnedEntry>{entry("genesis"), entry("recover")}));
        QVERIFY(!pins.device(m_kit->bobsOther)->has_value());
    }
    void anUndoneAccountIsNotRemembered()
    {
        const AccountId bob = m_kit->bob.account;
        {
            const auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            QVERIFY(storage().contacts.ensure(bob, Timestamp{1}));
        }
        {
            auto transaction = Transaction::begin(*m_kit->database);
            QVERIFY(transaction);
            {
                const auto undone = Savepoint::begin(*m_kit->database);
                QVERIFY(undone);
                QVERIFY(storage().contacts.ensure(bob, Timestamp{1}));
            }
            QVERIFY(storage().contacts.ensure(idOf<AccountId>('E'), Timestamp{2})); // takes the number over
            QVERIFY(storage().contacts.ensure(bob, Timestamp{3}));
            QVERIFY(transaction->commit());
        }
        QCOMPARE(*storage().contacts.stateSince(bob), Timestamp{3});
        QCOMPARE(*storage().contacts.stateSince(idOf<AccountId>('E')), Timestamp{2});
    }
    void contactsChangeTheirState()
    {
        ContactRepository &contacts = storage().contacts;
        const AccountId bob = m_kit->bob.account;
        QVERIFY(!contacts.find(bob)->has_value());
        QCOMPARE(contacts.setName(bob, {}).error().code, ErrorCode::NotFound);
        QVERIFY(contacts.ensure(bob, Timestamp{1}));
        QVERIFY(contacts.ensure(bob, Timestamp{2}));
        QCOMPARE(*contacts.stateSince(bob), Timestamp{1});
        QVERIFY(contacts.all()->empty());
        QVERIFY(contacts.setState(bob, ContactState::Accepted, Timestamp{3}));
        QVERIFY(contacts.setProfile(bob, {QStringLiteral("Bob"), QStringLiteral("about"), Bytes("jpeg")}));
        QVERIFY(contacts.setHandle(bob, QStringLiteral("bob")));
        const Contact expected{bob, QStringLiteral("Bob"), QStringLiteral("bob"), ContactState::Accepted, false};
        QCOMPARE(contacts.find(bob)->value(), expected);
        QCOMPARE(contacts.findByHandle(QStringLiteral("bob"))->value(), expected);
        QVERIFY(!contacts.findByHandle(QString())->has_value());
        QCOMPARE(*contacts.inState(ContactState::Accepted), std::vector<Contact>{expected});
        QCOMPARE(contacts.profile(bob)->picture, Bytes("jpeg"));
        QVERIFY(!contacts.profileKey(bob)->has_value());
        QVERIFY(contacts.setProfileKey(bob, Bytes(32, 'k'), {1}));
        QCOMPARE(contacts.profileKey(bob)->value().view(), ByteView(Bytes(32, 'k')));
    }
    void aHandleBelongsToOneContact()
    {
        ContactRepository &contacts = storage().contacts;
        const AccountId eve = idOf<AccountId>('E');
        QVERIFY(contacts.ensure(m_kit->bob.account, Timestamp{1}));
        QVERIFY(contacts.ensure(eve, Timestamp{1}));
        QVERIFY(contacts.setHandle(m_kit->bob.account, QStringLiteral("bob")));
        QVERIFY(contacts.setHandle(eve, QStringLiteral("bob")));
        QCOMPARE(contacts.findByHandle(QStringLiteral("bob"))->value().account, eve);
        QCOMPARE(contacts.find(m_kit->bob.account)->value().handle, QString());
    }
    void T096_strangersAreCounted()
    {
        QVERIFY(storage().contacts.ensure(m_kit->bob.account, Timestamp{1}));
        QCOMPARE(*storage().contacts.countStrangerMessage(m_kit->bob.account), 1);
        QCOMPARE(*storage().contacts.countStrangerMessage(m_kit->bob.account), 2);
        QCOMPARE(storage().contacts.countStrangerMessage(idOf<AccountId>('E')).error().code, ErrorCode::NotFound);
    }
    void T172_aForgottenContactKeepsOnlyPinAndCount()
    {
        const AccountId bob = m_kit->bob.account;
        QVERIFY(storage().pins.store({bob, 0, 0, idOf<Hash256>('g')}, 0, {entry("genesis")}, {device(21, 'i')}));
        QVERIFY(storage().contacts.ensure(bob, Timestamp{1}));
        QVERIFY(storage().contacts.setState(bob, ContactState::Asking, Timestamp{2}));
        QVERIFY(storage().contacts.setProfile(
            bob, {QStringLiteral("Bob"), QStringLiteral("fishing"), Bytes("\xff\xd8\xff")}));
        QVERIFY(storage().contacts.setHandle(bob, QStringLiteral("bob")));
        QVERIFY(storage().contacts.setProfileKey(bob, Bytes(32, 'k'), {1}));
        QCOMPARE(*storage().contacts.countStrangerMessage(bob), 1);
        QVERIFY(storage().contacts.forget(bob, Timestamp{7}));
        QVERIFY(storage().contacts.find(bob)->value() == (Contact{bob, {}, {}, ContactState::Stranger, false}));
        QVERIFY(*storage().contacts.profile(bob) == ContactProfile());
        QVERIFY(!storage().contacts.profileKey(bob)->has_value());
        QVERIFY(storage().contacts.all()->empty());
        QCOMPARE(*storage().contacts.countStrangerMessage(bob), 2);
        QVERIFY(storage().pins.pin(bob)->has_value());
    }
    void ephemeralSecretsAreGivenAnewAfterRenewal()
    {
        EphemeralSecretRepository &secrets = storage().ephemeralSecrets;
        QVERIFY(!secrets.current()->has_value());
        QVERIFY(!secrets.hasCurrent(m_kit->bob).valueOr(true));
        QVERIFY(secrets.renew(Bytes(32, 'x'), Timestamp{1}));
        const std::int64_t first = secrets.current()->value().id;
        QVERIFY(secrets.setGiven(m_kit->bob, first));
        QVERIFY(secrets.hasCurrent(m_kit->bob).valueOr(false));
        QVERIFY(!secrets.hasCurrent(m_kit->bobsOther).valueOr(true));
        QVERIFY(secrets.storePeer(m_kit->bob, Bytes(32, 'y'), Timestamp{2}));
        QVERIFY(secrets.renew(Bytes(32, 'z'), Timestamp{3}));
        QVERIFY(!secrets.hasCurrent(m_kit->bob).valueOr(true));
        QVERIFY(secrets.current()->value().id > first);
        QCOMPARE(secrets.current()->value().secret.view(), ByteView(Bytes(32, 'z')));
        QCOMPARE(secrets.peer(m_kit->bob)->value().view(), ByteView(Bytes(32, 'y')));
        const auto peers = secrets.peers();
        QVERIFY(peers);
        QCOMPARE(peers->size(), 1u);
        QCOMPARE(peers->front().peer, m_kit->bob);
        QVERIFY(secrets.removePeer(m_kit->bob));
        QVERIFY(!secrets.peer(m_kit->bob)->has_value());
    }
    void anOwnInviteIsRedeemedOnce()
    {
        InviteRepository invites(*m_kit->database);
        const auto secret = idOf<InviteSecret>('s');
        const Timestamp before{50};
        QVERIFY(!invites.redeem(secret, before).valueOr(true));
        QVERIFY(invites.add(secret, Timestamp{100}));
        QVERIFY(invites.add(idOf<InviteSecret>('t'), Timestamp{200}));
        QVERIFY(invites.redeem(secret, before).valueOr(false));
        QVERIFY(!invites.redeem(secret, before).valueOr(true));
        QVERIFY(invites.removeExpired(Timestamp{300}));
        QVERIFY(!invites.redeem(idOf<InviteSecret>('t'), before).valueOr(true));
    }
    void anOwnInviteThatHasExpiredIsNotHonoured()
    {
        InviteRepository invites(*m_kit->database);
        const auto secret = idOf<InviteSecret>('s');
        QVERIFY(invites.add(secret, Timestamp{100}));
        QVERIFY(!invites.redeem(secret, Timestamp{100}).valueOr(true));
        QVERIFY(invites.redeem(secret, Timestamp{99}).valueOr(false));
    }
    void settingsHaveNoValueUntilSet()
    {
        SettingsRepository &settings = storage().settings;
        const QString name = QStringLiteral("receipts");
        QVERIFY(!settings.value(name)->has_value());
        QVERIFY(settings.setValue(name, QStringLiteral("on")));
        QVERIFY(settings.setValue(name, QStringLiteral("off")));
        QCOMPARE(settings.value(name)->value(), QStringLiteral("off"));
        QVERIFY(settings.remove(name));
        QVERIFY(!settings.value(name)->has_value());
    }
};

SOTTO_TEST(AccountTablesTest)

} // namespace sotto

#include "account_tables_test.moc"
