#include "core/primitives/argon2.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class Argon2Test : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Expected values from an independent implementation (OpenSSL 3.5 through Python's cryptography 48).
    void T011_matchesAnotherImplementation()
    {
        Bytes salt;
        for (int i = 0; i < 16; ++i)
            salt.append(char(i));
        const auto key = argon2id("correct horse", salt, Argon2Parameters::floor(), 32);
        QVERIFY(key);
        QCOMPARE(key->view().toByteArray().toHex(),
                 QByteArray("9aab5a81db651bf866ff7b6169794d2ad9bb00f3d95177925a5fca692a34dbd1"));
        const auto other = argon2id("correct horse", salt, {64 * 1024, 3}, 32);
        QVERIFY(other);
        QCOMPARE(other->view().toByteArray().toHex(),
                 QByteArray("e3c889ca40ed01e6b6771fc8a5bf16e35ad60b41c9bd5d7e6d63adf51e50b0fd"));
    }
    void T175_parametersUnderTheFloorAreRefused()
    {
        const Bytes salt(kArgon2SaltBytes, 0);
        QVERIFY(!argon2id("x", salt, {32 * 1024, 3}, 32));
        QCOMPARE(argon2id("x", salt, {32 * 1024, 3}, 32).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(argon2id("x", salt, {64 * 1024, 1}, 32).error().code, ErrorCode::InvalidArgument);
    }
    void absurdParametersAreRefusedBeforeAllocating()
    {
        const Bytes salt(kArgon2SaltBytes, 0);
        QCOMPARE(argon2id("x", salt, {0xffffffff, 3}, 32).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(argon2id("x", salt, {64 * 1024, 65}, 32).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(argon2id("x", Bytes(15, 0), Argon2Parameters::floor(), 32).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(argon2id("x", salt, Argon2Parameters::floor(), 15).error().code, ErrorCode::InvalidArgument);
    }
};

SOTTO_TEST(Argon2Test)

} // namespace sotto

#include "argon2_test.moc"
