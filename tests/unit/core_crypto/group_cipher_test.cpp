#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>

namespace sotto {

using kit::CryptoWorld;
using kit::MemoryKeyStores;
using kit::Party;
using kit::refusal;

namespace {
const GroupId kGroup({1, 2, 3});
const GroupId kOtherGroup({3, 2, 1});

SenderKeyName chainOf(const Party &party, const GroupId &group = kGroup) { return {group, party.address}; }

Bytes distributes(Party &party) { return party.groups.createDistribution(chainOf(party)).value(); }
Bytes says(Party &party, ByteView text) { return party.groups.encrypt(chainOf(party), text).value(); }
Result<SecretBytes, CryptoError> hears(Party &reader, const Party &writer, ByteView frame)
{
    return reader.groups.decrypt(chainOf(writer), frame);
}
Result<DistributionOutcome, CryptoError> takes(Party &reader, const Party &writer, ByteView distribution,
                                               std::optional<std::uint32_t> generation = std::nullopt)
{
    return reader.groups.processDistribution(chainOf(writer), distribution, generation);
}

/// A distribution whose chain id is that of another one: 0x33, field 1 (id), then the rest.
Bytes withIdOf(const Bytes &distribution, const Bytes &other)
{
    const auto restOf = [](const Bytes &bytes) {
        qsizetype at = 2;
        while (bytes[at] & '\x80')
            ++at;
        return at + 1;
    };
    return other.first(restOf(other)) + distribution.sliced(restOf(distribution));
}
} // namespace

class GroupCipherTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void membersHearEachOther()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), carol(world, "carol");
        const Bytes distribution = distributes(alice);
        QCOMPARE(*takes(bob, alice, distribution, 1), DistributionOutcome::Accepted);
        QCOMPARE(*takes(carol, alice, distribution, 1), DistributionOutcome::Accepted);
        for (int i = 0; i < 20; ++i) {
            const Bytes text = "message " + Bytes::number(i);
            const Bytes frame = says(alice, text);
            QCOMPARE(hears(bob, alice, frame)->view(), ByteView(text));
            QCOMPARE(hears(carol, alice, frame)->view(), ByteView(text));
        }
        QCOMPARE(refusal(bob.groups.encrypt(chainOf(bob), "x")), CryptoError::NoSession);
        QCOMPARE(refusal(hears(alice, bob, says(alice, "x"))), CryptoError::NoSession);
    }
    void aNewcomerReadsNothingEarlier()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        distributes(alice);
        const Bytes earlier = says(alice, "before bob came");
        QVERIFY(takes(bob, alice, distributes(alice), 1));
        QVERIFY(!hears(bob, alice, earlier));
        QVERIFY(hears(bob, alice, says(alice, "welcome")));
    }

    void T003_everyFlipInAGroupMessageIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        QVERIFY(takes(bob, alice, distributes(alice), 1));
        says(alice, "lost");
        const Bytes frame = says(alice, "text");
        const MemoryKeyStores::Content before = bob.stores.content;
        for (qsizetype bit = 0; bit < frame.size() * 8; ++bit) {
            Bytes flipped = frame;
            flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << bit % 8));
            QVERIFY2(!hears(bob, alice, flipped), qPrintable(QString::number(bit)));
            QVERIFY(bob.stores.content == before);
        }
        QVERIFY(hears(bob, alice, frame));
        QCOMPARE(refusal(hears(bob, alice, frame)), CryptoError::Duplicate);
    }

    void T113_aReplayedDistributionDoesNotWindBack()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        const Bytes first = distributes(alice);
        QVERIFY(takes(bob, alice, first));
        const Bytes old = says(alice, "old");
        QVERIFY(hears(bob, alice, old));
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(*takes(bob, alice, first), DistributionOutcome::Ignored);
        QVERIFY(bob.stores.content == before);
        QCOMPARE(refusal(hears(bob, alice, old)), CryptoError::Duplicate);
        QVERIFY(hears(bob, alice, says(alice, "new")));
    }
    void T113_aChainThatTheRecordHasForgottenStaysForgotten()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        const Bytes first = distributes(alice);
        QVERIFY(takes(bob, alice, first));
        const Bytes old = says(alice, "old");
        QVERIFY(hears(bob, alice, old));
        for (int i = 0; i < 6; ++i) {
            QVERIFY(alice.groups.forgetChain(chainOf(alice)));
            QCOMPARE(*takes(bob, alice, distributes(alice)), DistributionOutcome::Accepted);
        }
        QCOMPARE(refusal(takes(bob, alice, first)), CryptoError::InvalidMessage);
        QVERIFY(!hears(bob, alice, old));
        QVERIFY(hears(bob, alice, says(alice, "new")));
    }
    void T113_anOlderGenerationIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        const Bytes first = distributes(alice);
        QVERIFY(alice.groups.forgetChain(chainOf(alice)));
        const Bytes second = distributes(alice);
        QVERIFY(takes(bob, alice, second, 8));
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(takes(bob, alice, first, 7)), CryptoError::InvalidMessage);
        QCOMPARE(refusal(takes(bob, alice, first, 8)), CryptoError::InvalidMessage);
        QVERIFY(bob.stores.content == before);
        QVERIFY(takes(bob, alice, first, 9));
    }
    void T113_aKnownChainKeepsItsSigningKey()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        const Bytes real = distributes(alice);
        distributes(eve);
        says(eve, "makes the iteration higher");
        const Bytes fake = withIdOf(distributes(eve), real);
        QVERIFY(takes(bob, alice, real, 1));
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(takes(bob, alice, fake, 2)), CryptoError::InvalidMessage);
        QVERIFY(bob.stores.content == before);
        QVERIFY(hears(bob, alice, says(alice, "text")));
    }
    void T113_groupsAndSendersAreApart()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        QVERIFY(takes(bob, alice, distributes(alice), 1));
        QVERIFY(takes(bob, eve, distributes(eve), 1));
        const Bytes frame = says(alice, "text");
        QVERIFY(!bob.groups.decrypt({kOtherGroup, alice.address}, frame));
        QCOMPARE(refusal(hears(bob, eve, frame)), CryptoError::InvalidMessage);
        QVERIFY(hears(bob, alice, frame));
    }
    void ourOwnChainCannotBeReplaced()
    {
        CryptoWorld world;
        Party alice(world, "alice"), eve(world, "eve");
        const Bytes own = distributes(alice);
        QCOMPARE(refusal(takes(alice, alice, distributes(eve), 5)), CryptoError::InvalidArgument);
        QCOMPARE(distributes(alice), own);
    }
    void aDistributionWithAWrongShapeIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        const Bytes good = distributes(alice);
        const MemoryKeyStores::Content before = bob.stores.content;
        Bytes smallOrder = good;
        const qsizetype keyAt = good.size() - 33;
        QCOMPARE(good[keyAt], '\x05');
        smallOrder.replace(keyAt + 1, 32, Bytes(32, '\0'));
        Bytes wrongType = good;
        wrongType[keyAt] = '\x06';
        for (const Bytes &bad : {Bytes(), Bytes("\x33"), good.first(good.size() - 1), smallOrder, wrongType,
                                 Bytes('\x22' + good.sliced(1)), Bytes(100, '\xff')}) {
            QVERIFY(!takes(bob, alice, bad, 1));
        }
        QVERIFY(bob.stores.content == before);
    }
    void oneSenderMayNotDistributeWithoutEnd()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        int accepted = 0;
        for (int i = 0; i < GroupCipher::kMaxKnownChains + 3; ++i) {
            QVERIFY(alice.groups.forgetChain(chainOf(alice)));
            accepted += takes(bob, alice, distributes(alice)).hasValue();
        }
        QCOMPARE(accepted, GroupCipher::kMaxKnownChains);
    }

    void T118_jumpsAreGated()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        QVERIFY(takes(bob, alice, distributes(alice), 1));
        for (int i = 0; i < 70; ++i)
            says(alice, "lost");
        QVERIFY(hears(bob, alice, says(alice, "a big jump")));
        for (int i = 0; i < 70; ++i)
            says(alice, "lost");
        const Bytes second = says(alice, "a second big jump");
        QCOMPARE(refusal(hears(bob, alice, second)), CryptoError::NeedsRetry);
        world.clock.advance(JumpLimiter::kPeriod);
        QVERIFY(hears(bob, alice, second));
        world.clock.advance(JumpLimiter::kPeriod);
        for (std::uint32_t i = 0; i <= kMaxJump; ++i)
            says(alice, "lost");
        const Bytes tooFar = says(alice, "too far");
        const MemoryKeyStores::Content before = bob.stores.content;
        QCOMPARE(refusal(hears(bob, alice, tooFar)), CryptoError::NeedsRetry);
        QVERIFY(bob.stores.content == before);
        // A fresh distribution heals the chain.
        QCOMPARE(*takes(bob, alice, distributes(alice), 2), DistributionOutcome::Accepted);
        QVERIFY(hears(bob, alice, says(alice, "healed")));
    }
    void T118_aMessageSignedWithAnotherKeyIsRefused()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob"), eve(world, "eve");
        const Bytes real = distributes(alice);
        QVERIFY(takes(bob, alice, real, 1));
        // Eve knows Alice's chain (she is a member) and signs with a key of her own under Alice's chain id.
        QVERIFY(takes(eve, alice, real, 1));
        distributes(eve);
        const Bytes frame = says(eve, "I am alice");
        Bytes forged = withIdOf(frame, real);
        QCOMPARE(refusal(hears(bob, alice, forged)), CryptoError::InvalidMessage);
        QVERIFY(hears(bob, alice, says(alice, "I am")));
    }

    void aFailingStoreIsSaid()
    {
        CryptoWorld world;
        Party alice(world, "alice"), bob(world, "bob");
        QVERIFY(takes(bob, alice, distributes(alice), 1));
        const Bytes frame = says(alice, "text");
        bob.stores.failingWrite = 0;
        QCOMPARE(refusal(hears(bob, alice, frame)), CryptoError::StoreFailed);
        bob.stores.failReads = true;
        QCOMPARE(refusal(hears(bob, alice, frame)), CryptoError::StoreFailed);
        bob.stores.failReads = false;
        QVERIFY(hears(bob, alice, frame));
        bob.stores.content.senderKeys.insert_or_assign(chainOf(alice), Bytes("broken record"));
        QCOMPARE(refusal(hears(bob, alice, frame)), CryptoError::StoreFailed);
    }
};

SOTTO_TEST(GroupCipherTest)

} // namespace sotto

#include "group_cipher_test.moc"
