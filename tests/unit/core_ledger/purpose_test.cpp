#include "tests/kit/test_main.h"
#include "tests/unit/core_ledger/account_kit.h"

#include <QSet>
#include <QTest>

namespace sotto {

class PurposeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPurposeHasItsOwnPrefix()
    {
        QSet<QByteArray> prefixes;
        for (int i = 0; i < purposeCount(); ++i) {
            const QByteArray prefix = purposePrefix(Purpose(i)).toByteArray();
            QVERIFY(prefix.startsWith("sotto/v1/"));
            QCOMPARE(prefix.indexOf('\0'), prefix.size() - 1); // so that none is the beginning of another
            prefixes.insert(prefix);
        }
        QCOMPARE(prefixes.size(), purposeCount());
    }
    void T013_aSignatureForOnePurposeIsNoneForAnother()
    {
        kit::SeededRandom random;
        const kit::TestDevice device(5, random);
        const wire::CurveKey identity = curveKey(device.identity.publicKey);
        const Bytes body("the same bytes for every purpose");
        for (int made = 0; made < purposeCount(); ++made) {
            const Bytes ed25519 = sign(Purpose(made), body, device.signing);
            const auto xeddsa = signWithCurveKey(Purpose(made), body, device.identity, random);
            QVERIFY(xeddsa);
            for (int used = 0; used < purposeCount(); ++used) {
                QCOMPARE(verify(Purpose(used), body, ed25519, device.signing.publicKey), made == used);
                QCOMPARE(verifyWithCurveKey(Purpose(used), body, *xeddsa, identity), made == used);
            }
        }
    }
    void T004_curveKeysOfAnotherTypeAreRefused()
    {
        kit::SeededRandom random;
        const kit::TestDevice device(5, random);
        auto bytes = curveKey(device.identity.publicKey).bytes();
        QVERIFY(isUsable(wire::CurveKey(bytes)));
        bytes[0] = 6;
        QVERIFY(!isUsable(wire::CurveKey(bytes)));
    }
    void directConversationIsTheSameFromBothSides()
    {
        kit::SeededRandom random;
        const auto a = random.id<AccountId>();
        const auto b = random.id<AccountId>();
        QVERIFY(a && b);
        QCOMPARE(directConversation(*a, *b), directConversation(*b, *a));
        QVERIFY(directConversation(*a, *b) != directConversation(*a, *a));
    }
};

SOTTO_TEST(PurposeTest)

} // namespace sotto

#include "purpose_test.moc"
