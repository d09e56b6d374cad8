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

class SessionFramesTest : public QObject {
    Q_OBJECT

    /// Every single-bit flip of `frame` is refused and changes nothing; then the frame itself opens.
    static void refusesEveryFlip(Party &reader, Party &writer, const RatchetFrame &frame)
    {
        const MemoryKeyStores::Content before = reader.stores.content;
        for (qsizetype bit = 0; bit < frame.bytes.size() * 8; ++bit) {
            RatchetFrame flipped = frame;
            flipped.bytes[bit / 8] = char(flipped.bytes[bit / 8] ^ (1 << bit % 8));
            const auto read = reader.reads(writer, flipped);
            QVERIFY2(!read, qPrintable(QStringLiteral("byte %1, bit %2").arg(bit / 8).arg(bit % 8)));
            QVERIFY(reader.stores.content == before);
        }
        QVERIFY(reader.reads(writer, frame));
    }

private Q_SLOTS:
    void T003_everyFlipInASignalMessageIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        refusesEveryFlip(bob, alice, alice.writes(bob, "on a new chain"));
        alice.writes(bob, "lost");
        refusesEveryFlip(bob, alice, alice.writes(bob, "on a known chain, after a gap"));
        for (int i = 0; i < 99; ++i)
            alice.writes(bob, "lost");
        refusesEveryFlip(bob, alice, alice.writes(bob, "after a big jump"));
    }
    void T003_everyFlipInAFirstPreKeyMessageIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const RatchetFrame frame = alice.writes(bob, "first");
        QCOMPARE(frame.type, RatchetFrameType::PreKey);
        refusesEveryFlip(bob, alice, frame);
    }
    void T003_everyFlipInALaterPreKeyMessageIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        bob.stores.content.registrationIds.clear(); // nothing signed is known: the first message's id is what counts
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        QVERIFY(bob.reads(alice, alice.writes(bob, "first")));
        const RatchetFrame frame = alice.writes(bob, "second");
        QCOMPARE(frame.type, RatchetFrameType::PreKey);
        refusesEveryFlip(bob, alice, frame);
    }

    void theOuterFrameOfAPreKeyMessageIsReadStrictly()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const RatchetFrame frame = alice.writes(bob, "first");
        RatchetFrame longer = frame;
        longer.bytes += "\x68\x01"; // field 13: unknown
        QCOMPARE(refusal(bob.reads(alice, longer)), CryptoError::InvalidProtobuf);
        QVERIFY(bob.reads(alice, frame));
    }
    void theRegistrationIdMustBeTheSignedOne()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        bob.stores.content.registrationIds.insert_or_assign(alice.address, 4711u);
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        const RatchetFrame frame = alice.writes(bob, "first");
        QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::InvalidMessage);
        bob.learns(alice);
        QVERIFY(bob.reads(alice, frame));
    }
    void aLaterPreKeyMessageMustHaveTheHeaderOfTheFirst()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        bob.stores.content.registrationIds.clear();
        QVERIFY(alice.sessions.processBundle(bob.address, bob.bundle()));
        QVERIFY(bob.reads(alice, alice.writes(bob, "first")));
        const RatchetFrame frame = alice.writes(bob, "second");
        RatchetFrame altered = frame;
        QCOMPARE(altered.bytes[1], '\x08'); // the tag of pre_key_id; its value follows
        altered.bytes[2] = char(altered.bytes[2] ^ 1);
        QCOMPARE(refusal(bob.reads(alice, altered)), CryptoError::InvalidMessage);
        QVERIFY(bob.reads(alice, frame));
    }
    void aPreKeyMessageOfAnotherIdentityIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        introduce(alice, bob);
        eve.learns(bob);
        QVERIFY(eve.sessions.processBundle(bob.address, bob.bundle()));
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(bob.reads(alice, eve.writes(bob, "I am alice"))), CryptoError::UntrustedIdentity);
        QVERIFY(bob.stores.content == before);
    }
    void unknownPreKeysAreSaid()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        introduce(alice, bob);
        const RemoteBundle bundle = bob.bundle();
        QVERIFY(alice.sessions.processBundle(bob.address, bundle));
        const RatchetFrame frame = alice.writes(bob, "text");
        bob.stores.content.preKeys.clear();
        QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::InvalidKeyId);
        bob.stores.content.signedPreKeys.clear();
        QCOMPARE(refusal(bob.reads(alice, frame)), CryptoError::InvalidKeyId);
    }

    void rubbishIsRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("one byte") << QByteArray("\x33");
        QTest::newRow("old version") << QByteArray("\x22") + QByteArray(80, 'x');
        QTest::newRow("new version") << QByteArray("\x44") + QByteArray(80, 'x');
        QTest::newRow("noise") << QByteArray("\x33") + QByteArray(80, '\xff');
        QTest::newRow("zeros") << QByteArray("\x33") + QByteArray(80, '\0');
        QTest::newRow("large") << QByteArray(kMaxRatchetFrameBytes + 1, '\x33');
    }
    void rubbishIsRefused()
    {
        QFETCH(QByteArray, bytes);
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        converse(alice, bob);
        const MemoryKeyStores::Content before = bob.stores.content;
        for (const RatchetFrameType type : {RatchetFrameType::Signal, RatchetFrameType::PreKey})
            QVERIFY(!bob.reads(alice, {type, bytes}));
        QVERIFY(bob.stores.content == before);
        QVERIFY(bob.reads(alice, alice.writes(bob, "text")));
    }
    void aMessageInAWrongSessionIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), carol(world, "carol");
        converse(alice, bob);
        converse(carol, bob);
        const RatchetFrame frame = alice.writes(bob, "text");
        QCOMPARE(refusal(bob.reads(carol, frame)), CryptoError::InvalidMessage);
        Party dave(world, "dave");
        introduce(dave, bob);
        QCOMPARE(refusal(bob.reads(dave, frame)), CryptoError::NoSession);
        QVERIFY(bob.reads(alice, frame));
    }
};

SOTTO_TEST(SessionFramesTest)

} // namespace sotto

#include "session_frames_test.moc"
