#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using kit::TestAccount;
using kit::TestDevice;

class BundleTest : public QObject {
    Q_OBJECT
    TestAccount m_bob{3};

    Result<wire::PreKeyBundle, LedgerError> verified(const wire::SignedEntry &entry)
    {
        return verifyBundle(entry, m_bob.log.account(), m_bob.first.keys(), m_bob.now);
    }
    Result<wire::PreKeyBundle, LedgerError> verified(const wire::PreKeyBundle &bundle)
    {
        return verified(signBundle(bundle, m_bob.first.signing));
    }
    wire::OneTimePreKey preKey()
    {
        return {m_bob.first.id, 9, curveKey(makeX25519KeyPair(m_bob.random).value().publicKey)};
    }

private Q_SLOTS:
    void anHonestBundleIsTaken()
    {
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        bundle.kemKeys.push_back({2, 5, Bytes(1184, 'k'), Bytes(64, 's')});
        const auto taken = verified(bundle);
        QVERIFY(taken);
        QCOMPARE(*taken, bundle);
    }
    void T004_aBundleWithoutSignatureIsRefused()
    {
        wire::SignedEntry entry = signBundle(m_bob.bundle(m_bob.first), m_bob.first.signing);
        entry.signature = Bytes(64, 0);
        QVERIFY(!verified(entry));
        QCOMPARE(verified(entry).error(), LedgerError::BadSignature);
        entry.signature.clear();
        QCOMPARE(verified(entry).error(), LedgerError::BadSignature);
    }
    void T004_T064_anyAlteredByteIsRefused()
    {
        const wire::SignedEntry good = signBundle(m_bob.bundle(m_bob.first), m_bob.first.signing);
        for (qsizetype i = 0; i < good.body.size(); ++i) {
            wire::SignedEntry bad = good;
            bad.body[i] = char(bad.body[i] ^ 1);
            QVERIFY(!verified(bad));
            bad.body = good.body.first(i);
            QVERIFY(!verified(bad));
        }
    }
    void T004_anInnerSignatureThatIsNotTheIdentityKeysIsRefused()
    {
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        const X25519KeyPair other = makeX25519KeyPair(m_bob.random).value();
        bundle.signedPreKeySignature = signXeddsa(bundle.signedPreKey.view(), other, m_bob.random).value();
        QVERIFY(!verified(bundle));
        QCOMPARE(verified(bundle).error(), LedgerError::BadSignature);
        // 63 bytes, none and 65 do not even decode.
        for (const qsizetype size : {0, 63, 65}) {
            bundle.signedPreKeySignature = Bytes(size, 's');
            QVERIFY(!verified(bundle));
        }
    }
    void T004_keysOfAnotherKindAreRefused()
    {
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        auto key = bundle.signedPreKey.bytes();
        key[0] = 6;
        bundle.signedPreKey = wire::CurveKey(key);
        bundle.signedPreKeySignature =
            signXeddsa(bundle.signedPreKey.view(), m_bob.first.identity, m_bob.random).value();
        QCOMPARE(verified(bundle).error(), LedgerError::BadKey);
        bundle.signedPreKey = curveKey(Bytes(32, 0));
        bundle.signedPreKeySignature =
            signXeddsa(bundle.signedPreKey.view(), m_bob.first.identity, m_bob.random).value();
        QCOMPARE(verified(bundle).error(), LedgerError::BadKey);
    }
    void T004_keysOfAnotherLengthDoNotDecode()
    {
        const wire::SignedEntry good = signBundle(m_bob.bundle(m_bob.first), m_bob.first.signing);
        const Bytes key = curveKey(m_bob.first.identity.publicKey).toBytes();
        const qsizetype at = good.body.indexOf(key);
        QVERIFY(at > 0);
        wire::SignedEntry bad = good;
        bad.body.remove(at + 32, 1).replace(at - 1, 1, Bytes(1, 32)); // one byte less, its length says so
        bad = signEntry(Purpose::Bundle, bad.body, m_bob.first.signing);
        QCOMPARE(verified(bad).error(), LedgerError::Malformed);
        bad.body = good.body;
        bad.body.insert(at, 'x').replace(at - 1, 1, Bytes(1, 34));
        bad = signEntry(Purpose::Bundle, bad.body, m_bob.first.signing);
        QCOMPARE(verified(bad).error(), LedgerError::TooLarge);
    }
    void T004_swappedDevicesAndKeysAreRefused()
    {
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        bundle.address.device = *DeviceId::from(12);
        QVERIFY(!verified(bundle));
        QCOMPARE(verified(bundle).error(), LedgerError::WrongDevice);
        const TestAccount carol(4);
        bundle = m_bob.bundle(m_bob.first);
        bundle.address.account = carol.log.account();
        QCOMPARE(verified(bundle).error(), LedgerError::WrongDevice);
        bundle = m_bob.bundle(carol.first);
        bundle.address = {m_bob.log.account(), m_bob.first.id};
        QCOMPARE(verified(bundle).error(), LedgerError::WrongDevice);
    }
    void T065_anExpiredBundleIsRefused()
    {
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        bundle.expires = m_bob.now - kBundleGrace + 1s;
        QVERIFY(verified(bundle)); // within the grace
        bundle.expires = m_bob.now - kBundleGrace;
        QVERIFY(!verified(bundle));
        QCOMPARE(verified(bundle).error(), LedgerError::Expired);
    }
    void T066_fewerSuitesThanTheLogSaysAreRefused()
    {
        wire::DeviceKeys keys = m_bob.first.keys();
        keys.suites = wire::kSuiteClassic | 2;
        wire::PreKeyBundle bundle = m_bob.bundle(m_bob.first);
        const auto downgraded =
            verifyBundle(signBundle(bundle, m_bob.first.signing), m_bob.log.account(), keys, m_bob.now);
        QVERIFY(!downgraded);
        QCOMPARE(downgraded.error(), LedgerError::Downgrade);
        bundle.suites = keys.suites | 4;
        QVERIFY(verifyBundle(signBundle(bundle, m_bob.first.signing), m_bob.log.account(), keys, m_bob.now));
    }
    void overSixteenKilobytesIsRefused()
    {
        wire::SignedEntry entry{Bytes(wire::kMaxBundleBytes + 1, 'x'), Bytes(64, 0), {}};
        QCOMPARE(verified(entry).error(), LedgerError::TooLarge);
    }

    void T064_aSubstitutedOneTimeKeyIsRefused()
    {
        const TestAccount relay(5);
        const wire::OneTimePreKey honest = preKey();
        const auto taken = verifyOneTimePreKey(signOneTimePreKey(honest, m_bob.first.signing), m_bob.first.keys());
        QVERIFY(taken);
        QCOMPARE(*taken, honest);
        const auto forged = verifyOneTimePreKey(signOneTimePreKey(honest, relay.first.signing), m_bob.first.keys());
        QVERIFY(!forged);
        QCOMPARE(forged.error(), LedgerError::BadSignature);
        wire::OneTimePreKey other = honest;
        other.device = *DeviceId::from(12);
        QCOMPARE(verifyOneTimePreKey(signOneTimePreKey(other, m_bob.first.signing), m_bob.first.keys()).error(),
                 LedgerError::WrongDevice);
        other = honest;
        other.key = curveKey(Bytes(32, 0));
        QCOMPARE(verifyOneTimePreKey(signOneTimePreKey(other, m_bob.first.signing), m_bob.first.keys()).error(),
                 LedgerError::BadKey);
        other = honest;
        other.id = 0xffffff;
        QCOMPARE(verifyOneTimePreKey(signOneTimePreKey(other, m_bob.first.signing), m_bob.first.keys()).error(),
                 LedgerError::Malformed);
    }
};

SOTTO_TEST(BundleTest)

} // namespace sotto

#include "bundle_test.moc"
