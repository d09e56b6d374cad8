#include "core/primitives/hash.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QTest>

namespace sotto {

namespace {
/// Keys that are the SHA-256 of a name: the vectors can be made again by any implementation.
Bytes seedOf(const char *name) { return sha256(ByteView(name)).toBytes(); }
} // namespace

/// T011: bodies, hashes, ids and signatures that never change silently. Ed25519 is deterministic; XEdDSA proofs are
/// random and stand here as bytes that must keep verifying. The expected values come from a second implementation in
/// Python, written from the field tables.
class LedgerVectorsTest : public QObject {
    Q_OBJECT

    X25519KeyPair m_root = x25519FromPrivate(seedOf("account root"));
    X25519KeyPair m_identity = x25519FromPrivate(seedOf("identity"));
    Ed25519KeyPair m_signing = ed25519FromSeed(seedOf("signing"));
    X25519KeyPair m_sealing = x25519FromPrivate(seedOf("sealing"));
    X25519KeyPair m_wrap = x25519FromPrivate(seedOf("recovery wrap"));

    wire::LogEntry genesis() const
    {
        const wire::DeviceKeys keys{*DeviceId::from(0x01020304), curveKey(m_identity.publicKey),
                                    *wire::SigningKey::fromBytes(m_signing.publicKey),
                                    *wire::SealingKey::fromBytes(m_sealing.publicKey), wire::kSuiteClassic};
        return {std::nullopt,
                1,
                1,
                std::nullopt,
                keys.device,
                {1'772'000'000'000},
                wire::Genesis{curveKey(m_root.publicKey), *wire::SealingKey::fromBytes(m_wrap.publicKey),
                              seedOf("salt").first(16), keys}};
    }

private Q_SLOTS:
    void T011_genesis()
    {
        const Bytes body = wire::encode(genesis());
        QCOMPARE(body.toHex(),
                 QByteArray(
                     "1001180128848688083080f0b89bc9333ac7010a2105b3cc011d86353de77d05deffd079861e6ffb45178a0343d042c1"
                     "567461e40b641220cb53d16c3c1e67c6d1de8d4d310e6a519d1bd5294f32642e95276d105174e21a1a1063479ad69a09"
                     "0b258277ec8fba6f9941226e088486880812210543ad554837e5121524d821d12990b33a8eb57371a268595046e81cf4"
                     "8e53ae721a20780fbfe54c434c1eaf8e477a9cb30917712dadff0959c6ffe50780c7262cc02022206719580e8a1101dc"
                     "f2a825ecdd01a3aa95209aef5c301f7656f8fcc559727b0c2801"));
        QCOMPARE(blake2b256(body).toHex(),
                 QStringLiteral("c3fe20c218b7f77483303e432558a32657701f4f1032e6113d7e0633369f90be"));
        QCOMPARE(accountIdOf(body).toHex(),
                 QStringLiteral("388bea5c68484708ff01385301b0af8a5395691b10dc44a9a8f8fd259b4e85a6"));
        QCOMPARE(sign(Purpose::DeviceEntry, body, m_signing).toHex(),
                 QByteArray(
                     "6e8ca364d6ef4b1c6b9e62c14471b1fb31237315c441fe58e8107022e13de070f8e4a423db1b48fc4e8419eddd9f981d"
                     "06c846b591db4d94b3a345678abc2308"));
        QVERIFY(verifyWithCurveKey(
            Purpose::GenesisProof, body,
            Bytes::fromHex(
                "a5895850d97f6757a734a5b1900e9290ecbabcc568ad725bc6057d3685670dce0a5142e581ab30c180034cd20c4747a2"
                "16f03e5f7dad56712b0ab6765969160f"),
            curveKey(m_root.publicKey)));
    }
    void T011_revokeDevice()
    {
        const Bytes first = wire::encode(genesis());
        const wire::LogEntry revoke{accountIdOf(first),
                                    1,
                                    2,
                                    blake2b256(first),
                                    DeviceId::from(0x01020304),
                                    {1'772'000'001'000},
                                    wire::RevokeDevice{*DeviceId::from(0x01020304)}};
        const Bytes body = wire::encode(revoke);
        QCOMPARE(body.toHex(),
                 QByteArray(
                     "0a20388bea5c68484708ff01385301b0af8a5395691b10dc44a9a8f8fd259b4e85a6100118022220c3fe20c218b7f774"
                     "83303e432558a32657701f4f1032e6113d7e0633369f90be288486880830e8f7b89bc9334a050884868808"));
        QCOMPARE(blake2b256(body).toHex(),
                 QStringLiteral("4abb48d109cffd81bbc74c9f93bdccc09ce70c737640073de73c98dc58a5fabe"));
    }
    void T011_directConversation()
    {
        const AccountId account = accountIdOf(wire::encode(genesis()));
        const AccountId zero(std::array<std::uint8_t, 32>{});
        QCOMPARE(directConversation(account, zero).toHex(),
                 QStringLiteral("f4f87821af33a3b6ed822070c6e9a947160984fceb3466996c332697b4862b5f"));
    }
};

SOTTO_TEST(LedgerVectorsTest)

} // namespace sotto

#include "ledger_vectors_test.moc"
