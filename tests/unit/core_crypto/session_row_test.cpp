#include "core/crypto/sender_key_row.h"
#include "core/crypto/session_row.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class SessionRowTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSessionRowSurvivesStorage()
    {
        const CurvePublicKey key = curveKeyPairFrom(Bytes(32, 'k')).publicKey;
        const CurvePublicKey other = curveKeyPairFrom(Bytes(32, 'o')).publicKey;
        const SessionRow row{key,
                             false,
                             true,
                             SessionRow::Chain{other, 77},
                             {{key, {5}, Bytes(16, 'h')}, {other, {-7}, Bytes(16, '\0')}},
                             SecretBytes::copyOf("record")};
        const SecretBytes stored = row.serialized();
        const auto read = SessionRow::parse(stored.view());
        QVERIFY(read);
        QCOMPARE(read->identity, row.identity);
        QCOMPARE(read->hasCurrent, false);
        QCOMPARE(read->isAnswered, true);
        QVERIFY(read->lastChain == row.lastChain);
        QVERIFY(read->notes == row.notes);
        QCOMPARE(read->record.view(), row.record.view());
        QVERIFY(read->noteOf(other) == &read->notes[1]);
        for (qsizetype size = 0; size < stored.size() - row.record.size() + 1; ++size)
            QVERIFY(!SessionRow::parse(stored.view().first(size)));
    }
    void aSenderKeyRowSurvivesStorage()
    {
        const SenderKeyRow row{7u, {1, 2, 0xffffffff}, SecretBytes::copyOf("record")};
        const SecretBytes stored = row.serialized();
        const auto read = SenderKeyRow::parse(stored.view());
        QVERIFY(read);
        QVERIFY(read->generation == row.generation);
        QVERIFY(read->knownChains == row.knownChains);
        QCOMPARE(read->record.view(), row.record.view());
        for (qsizetype size = 0; size < stored.size() - row.record.size() + 1; ++size)
            QVERIFY(!SenderKeyRow::parse(stored.view().first(size)));
        const SenderKeyRow none{std::nullopt, {}, SecretBytes::copyOf("x")};
        QVERIFY(!SenderKeyRow::parse(none.serialized().view())->generation);
    }
};

SOTTO_TEST(SessionRowTest)

} // namespace sotto

#include "session_row_test.moc"
