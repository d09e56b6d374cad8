#include "core/crypto/prekey_frame.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>

namespace sotto {

using kit::converse;
using kit::CryptoWorld;
using kit::introduce;
using kit::MemoryKeyStores;
using kit::Party;
using kit::refusal;

class SessionCipherTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void twoPartiesConverse()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        for (int i = 0; i < 40; ++i) {
            const Bytes text = "message " + Bytes::number(i);
            Party &from = i % 3 ? alice : bob;
            Party &to = i % 3 ? bob : alice;
            if (i == 0)
                continue; // bob cannot start: he has no session yet
            const auto read = to.reads(from, from.writes(to, text));
            QVERIFY(read);
            QCOMPARE(read->view(), ByteView(text));
        }
        QCOMPARE(*bob.sessions.archivedStates(alice.address), 0);
    }

    void T004_aBundleWithAWrongShapeIsRefused_data()
    {
        QTest::addColumn<QByteArray>("field");
        QTest::addColumn<QByteArray>("value");
        const QByteArray key(33, '\x05');
        QByteArray smallOrder(33, '\0');
        smallOrder[0] = '\x05';
        QTest::newRow("no signature") << QByteArray("signature") << QByteArray();
        QTest::newRow("signature of 63 bytes") << QByteArray("signature") << QByteArray(63, 'x');
        QTest::newRow("signature of 65 bytes") << QByteArray("signature") << QByteArray(65, 'x');
        QTest::newRow("wrong signature") << QByteArray("signature") << QByteArray(64, 'x');
        for (const char *const field : {"identity", "signed", "onetime"}) {
            QTest::addRow("%s: 32 bytes", field) << QByteArray(field) << key.first(32);
            QTest::addRow("%s: 34 bytes", field) << QByteArray(field) << key + 'x';
            QTest::addRow("%s: empty", field) << QByteArray(field) << QByteArray();
            QTest::addRow("%s: wrong type", field) << QByteArray(field) << '\x06' + key.sliced(1);
            QTest::addRow("%s: small order", field) << QByteArray(field) << smallOrder;
        }
    }
    void T004_aBundleWithAWrongShapeIsRefused()
    {
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, value);
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        RemoteBundle bundle = bob.bundle();
        QByteArray &target = field == "signature" ? bundle.signedPreKeySignature
            : field == "identity"                 ? bundle.identityKey
            : field == "signed"                   ? bundle.signedPreKey
                                                  : bundle.oneTime->key;
        target = value;
        const MemoryKeyStores::Content before = alice.stores.content;
        QCOMPARE(refusal(alice.sessions.processBundle(bob.address, bundle)), CryptoError::InvalidKey);
        QVERIFY(alice.stores.content == before);
        QCOMPARE(refusal(alice.sessions.encrypt(bob.address, "text")), CryptoError::NoSession);
    }
    void T004_aKeyOfAnotherTypeIsRefused()
    {
        CryptoWorld world;
        Party bob(world, "bob");
        Bytes key = bob.bundle().signedPreKey;
        QVERIFY(usableCurveKey(key));
        key[0] = '\x06';
        QCOMPARE(refusal(usableCurveKey(key)), CryptoError::InvalidKey);
    }
    void T004_aBundleWithoutSignatureIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        RemoteBundle bundle = bob.bundle();
        for (const qsizetype size : {63, 65, 0}) { // none at all crashes the library
            bundle.signedPreKeySignature = Bytes(size, 'x');
            QCOMPARE(refusal(alice.sessions.processBundle(bob.address, bundle)), CryptoError::InvalidKey);
        }
    }
    void T004_theSignatureOfAnotherKeyIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        introduce(alice, bob);
        RemoteBundle bundle = bob.bundle();
        bundle.signedPreKey = eve.bundle().signedPreKey;
        const MemoryKeyStores::Content before = alice.stores.content;
        QCOMPARE(refusal(alice.sessions.processBundle(bob.address, bundle)), CryptoError::InvalidKey);
        QVERIFY(alice.stores.content == before);
    }
    void T004_aBundleOfAnotherIdentityIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        introduce(alice, bob);
        QCOMPARE(refusal(alice.sessions.processBundle(bob.address, eve.bundle())), CryptoError::UntrustedIdentity);
        QVERIFY(alice.stores.content.sessions.empty());
    }
    void aPreKeyWithTheLastResortIdIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        for (const std::uint32_t id : {0u, 0xffffffu}) {
            RemoteBundle bundle = bob.bundle();
            bundle.oneTime->id = id;
            QCOMPARE(refusal(alice.sessions.processBundle(bob.address, bundle)), CryptoError::InvalidKeyId);
        }
    }

    void T005_theOneTimePreKeyGoesWithTheFirstMessage()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        const RemoteBundle bundle = bob.bundle();
        QVERIFY(alice.sessions.processBundle(bob.address, bundle));
        const RatchetFrame frame = alice.writes(bob, "first");

        // Each write in turn fails, as if the process died there; the caller's transaction is rolled back.
        const MemoryKeyStores::Content before = bob.stores.content;
        int writes = 0;
        for (;; ++writes) {
            bob.stores.failingWrite = writes;
            const auto read = bob.reads(alice, frame);
            if (read)
                break;
            QCOMPARE(read.error(), CryptoError::StoreFailed);
            bob.stores.content = before;
        }
        QVERIFY2(writes >= 3, "session, prekey and tombstone are written");
        QVERIFY(!bob.stores.content.preKeys.contains(bundle.oneTime->id));
        QCOMPARE(bob.stores.content.sessions.size(), std::size_t(1));
    }

    void T006_aReplayedPreKeyMessageIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle(false)));
        const RatchetFrame first = alice.writes(bob, "pay the bill");
        QVERIFY(bob.reads(alice, first));
        QCOMPARE(refusal(bob.reads(alice, first)), CryptoError::Duplicate);

        QVERIFY(bob.sessions.remove(alice.address));
        QCOMPARE(refusal(bob.reads(alice, first)), CryptoError::ReplayedPreKeyMessage);
        QVERIFY(bob.stores.content.sessions.empty());

        for (int i = 0; i < 50; ++i) {
            QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle(false)));
            QVERIFY(bob.reads(alice, alice.writes(bob, "again")));
        }
        QCOMPARE(refusal(bob.reads(alice, first)), CryptoError::ReplayedPreKeyMessage);

        Party restarted(world, "bob");
        restarted.stores.content = bob.stores.content;
        QCOMPARE(refusal(restarted.reads(alice, first)), CryptoError::ReplayedPreKeyMessage);
    }

    void T009_archivedStatesStayFew()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        std::vector<RatchetFrame> late;
        for (int i = 0; i < 12; ++i) {
            QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
            QVERIFY(*alice.sessions.archivedStates(bob.address) <= kMaxArchivedStates);
            const RatchetFrame first = alice.writes(bob, "first");
            late.push_back(alice.writes(bob, "late " + Bytes::number(i)));
            QVERIFY(bob.reads(alice, first));
            QVERIFY(*bob.sessions.archivedStates(alice.address) <= kMaxArchivedStates);
        }
        QCOMPARE(*bob.sessions.archivedStates(alice.address), kMaxArchivedStates);
        // Mail of a kept state still opens, that of a dropped one does not build its session again.
        QVERIFY(bob.reads(alice, late[8]));
        QCOMPARE(*bob.sessions.archivedStates(alice.address), kMaxArchivedStates);
        QCOMPARE(refusal(bob.reads(alice, late[2])), CryptoError::ReplayedPreKeyMessage);

        world.clock.advance(kArchivedStateLife + Milliseconds(1));
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        QVERIFY(bob.reads(alice, alice.writes(bob, "much later")));
        QCOMPARE(*bob.sessions.archivedStates(alice.address), 1);
    }

    void T010_aDuplicateProvesNothing()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const RatchetFrame frame = alice.writes(bob, "text");
        const auto accepted = SessionCipher::innerHash(*world.core, frame.type, frame.bytes);
        QVERIFY(bob.reads(alice, frame));
        RatchetFrame altered = frame;
        altered.bytes.back() = char(altered.bytes.back() ^ 1);
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(bob.reads(alice, altered)), CryptoError::Duplicate);
        QVERIFY(bob.stores.content == before);
        // What a caller compares tells the two apart.
        QVERIFY(*SessionCipher::innerHash(*world.core, altered.type, altered.bytes) != *accepted);
    }
    void theInnerHashIgnoresTheOuterFrame()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const RatchetFrame frame = alice.writes(bob, "text");
        const auto inner = PreKeyFrame::parse(frame.bytes);
        QVERIFY(inner);
        QCOMPARE(*SessionCipher::innerHash(*world.core, RatchetFrameType::PreKey, frame.bytes), sha256(inner->inner));
        QCOMPARE(*SessionCipher::innerHash(*world.core, RatchetFrameType::Signal, inner->inner), sha256(inner->inner));
        QVERIFY(!SessionCipher::innerHash(*world.core, RatchetFrameType::Signal, frame.bytes));
    }

    void aRunningSessionStopsWhenTheDeviceLogNamesAnotherKey()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        converse(alice, bob);
        const RatchetFrame frame = bob.writes(alice, "text");
        alice.stores.content.pins.insert_or_assign(bob.address, eve.identity());
        QCOMPARE(refusal(alice.sessions.encrypt(bob.address, "secret")), CryptoError::UntrustedIdentity);
        QCOMPARE(refusal(alice.reads(bob, frame)), CryptoError::UntrustedIdentity);
        QCOMPARE(*alice.sessions.hasSession(bob.address), false);
        alice.stores.content.pins.erase(bob.address); // revoked
        QCOMPARE(refusal(alice.sessions.encrypt(bob.address, "secret")), CryptoError::UntrustedIdentity);
        alice.learns(bob);
        QVERIFY(alice.reads(bob, frame));
    }
    void aNewIdentityLeavesNoStateOfTheOld()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), newBob(world, "bob");
        converse(alice, bob);
        const RatchetFrame old = bob.writes(alice, "from the old device");
        alice.learns(newBob);
        QVERIFY(alice.sessions.processBundle(newBob.address, newBob.bundle()));
        QCOMPARE(*alice.sessions.archivedStates(newBob.address), 0);
        QVERIFY(!alice.reads(bob, old));
    }

    void aSessionThatIsNeverAnsweredIsNotUsedForEver()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        world.clock.advance(kArchivedStateLife);
        QVERIFY(alice.sessions.encrypt(bob.address, "still"));
        world.clock.advance(Milliseconds(1));
        QCOMPARE(refusal(alice.sessions.encrypt(bob.address, "no more")), CryptoError::NoSession);
        // An answered one is.
        converse(alice, bob);
        world.clock.advance(kArchivedStateLife * 2);
        QVERIFY(alice.sessions.encrypt(bob.address, "old friends"));
    }

    void archivingEndsSendingAndNotReceiving()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const RatchetFrame late = bob.writes(alice, "late");
        QVERIFY(alice.sessions.archive(bob.address));
        QCOMPARE(*alice.sessions.hasSession(bob.address), false);
        QCOMPARE(refusal(alice.sessions.encrypt(bob.address, "x")), CryptoError::NoSession);
        QCOMPARE(refusal(alice.sessions.archive(bob.address)), CryptoError::NoSession);
        QVERIFY(alice.reads(bob, late));
        QVERIFY(alice.sessions.encrypt(bob.address, "the old session is back"));
    }

    void bothStartAtTheSameTime()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        QVERIFY(bob.sessions.processBundle(alice.address, alice.bundle()));
        const RatchetFrame toBob = alice.writes(bob, "a"), toAlice = bob.writes(alice, "b");
        QVERIFY(bob.reads(alice, toBob));
        QVERIFY(alice.reads(bob, toAlice));
        for (int i = 0; i < 6; ++i) {
            QVERIFY(bob.reads(alice, alice.writes(bob, "to bob")));
            QVERIFY(alice.reads(bob, bob.writes(alice, "to alice")));
        }
    }

    void whatAnArchivedSessionSkippedIsReadWhenItComes()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const RatchetFrame late = alice.writes(bob, "late"), later = alice.writes(bob, "later");
        QVERIFY(bob.reads(alice, alice.writes(bob, "overtakes them")));
        // Bob starts a session anew, and both go on in that one.
        QVERIFY(bob.sessions.processBundle(alice.address, alice.bundle()));
        QVERIFY(alice.reads(bob, bob.writes(alice, "of a new session")));
        QVERIFY(bob.reads(alice, alice.writes(bob, "in the new one")));
        QVERIFY(bob.reads(alice, late));
        QCOMPARE(refusal(bob.reads(alice, late)), CryptoError::Duplicate);
        RatchetFrame forged = later;
        forged.bytes.back() = char(forged.bytes.back() ^ 1);
        QCOMPARE(refusal(bob.reads(alice, forged)), CryptoError::InvalidMessage);
        QVERIFY(bob.reads(alice, later));
    }

    void T031_aFrameNamesTheKeyOfTheSessionItWasMadeIn()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(!*alice.sessions.sendingRatchetKey(bob.address));
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const auto namesRunningSession = [&](const RatchetFrame &frame) {
            const Bytes key = SessionCipher::frameRatchetKey(*world.core, frame.type, frame.bytes);
            return key.size() == 33 && *alice.sessions.sendingRatchetKey(bob.address) == key;
        };
        const RatchetFrame first = alice.writes(bob, "a prekey message");
        QVERIFY(namesRunningSession(first));
        QVERIFY(bob.reads(alice, first) && alice.reads(bob, bob.writes(alice, "answered")));
        QVERIFY(!namesRunningSession(first)); // the ratchet has turned
        QVERIFY(namesRunningSession(alice.writes(bob, "a signal message")));
        QVERIFY(alice.sessions.archive(bob.address));
        QVERIFY(!*alice.sessions.sendingRatchetKey(bob.address));
        QCOMPARE(SessionCipher::frameRatchetKey(*world.core, RatchetFrameType::Signal, "no frame"), Bytes());
        QCOMPARE(SessionCipher::frameRatchetKey(*world.core, RatchetFrameType::PreKey, "no frame"), Bytes());
    }

    void aFailingStoreIsSaid()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const RatchetFrame frame = alice.writes(bob, "text");
        bob.stores.failReads = true;
        QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::StoreFailed);
        QCOMPARE(refusal(bob.sessions.encrypt(alice.address, "x")), CryptoError::StoreFailed);
        QCOMPARE(refusal(bob.sessions.processBundle(alice.address, alice.bundle())), CryptoError::StoreFailed);
        bob.stores.failReads = false;
        bob.stores.failingWrite = 0;
        QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::StoreFailed);
        QVERIFY(bob.reads(alice, frame));
    }
    void aBrokenRecordIsNotAFreshSession()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const RatchetFrame frame = alice.writes(bob, "text");
        for (const Bytes &broken : {Bytes(""), Bytes("x"), Bytes(200, '\x01'), Bytes(200, 'x')}) {
            bob.stores.content.sessions.insert_or_assign(alice.address, broken);
            QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::CorruptRecord);
        }
    }
};

SOTTO_TEST(SessionCipherTest)

} // namespace sotto

#include "session_cipher_test.moc"
