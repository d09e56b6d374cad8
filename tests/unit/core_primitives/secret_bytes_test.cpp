#include "core/primitives/secret_bytes.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QDebug>
#include <QFile>
#include <QTest>
#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#include <sys/resource.h>
#endif

namespace sotto {

namespace {
template <class T>
concept Printable = requires(QDebug out, const T &value)
{
    out << value;
};
} // namespace

class SecretBytesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void movesAndIsEmptyAfterwards()
    {
        SecretBytes a = SecretBytes::copyOf("secret");
        SecretBytes b = std::move(a);
        QVERIFY(a.isEmpty()); // NOLINT: that is what is tested
        QCOMPARE(b.view().toByteArray(), QByteArray("secret"));
        a = std::move(b);
        QVERIFY(a == SecretBytes::copyOf("secret"));
        QVERIFY(!(a == SecretBytes::copyOf("secreT")));
        QVERIFY(!(a == SecretBytes::copyOf("secre")));
    }
    void guardedPagesHoldTheSameBytes()
    {
        const SecretBytes plain = SecretBytes::copyOf("secret");
        const SecretBytes guarded = plain.guarded();
        QVERIFY(guarded.isGuarded() && guarded.clone().isGuarded() && !plain.isGuarded());
        QVERIFY(guarded == plain);
        QVERIFY(SecretBytes().guarded().isEmpty());
    }
    void wipingForgets()
    {
        SecretBytes secret = SecretBytes::copyOf("secret");
        secret.wipe();
        QVERIFY(secret.isEmpty());
        Bytes bytes("some secret text that is not shared");
        bytes.detach();
        wipe(bytes);
        QVERIFY(bytes.isEmpty());
    }
    void isNotPrintable()
    {
        static_assert(!std::is_copy_constructible_v<SecretBytes>);
        static_assert(Printable<QString> && !Printable<SecretBytes>);
    }
    void T014_noSecretWithoutRandomness()
    {
        kit::SeededRandom random;
        random.failNow();
        QCOMPARE(SecretBytes::random(32, random).error().code, ErrorCode::RandomFailed);
    }
#ifdef Q_OS_LINUX
    void T012_coreDumpsAreSwitchedOff()
    {
        QVERIFY(hardenProcess());
        rlimit limit{};
        QCOMPARE(getrlimit(RLIMIT_CORE, &limit), 0);
        QCOMPARE(limit.rlim_cur, rlim_t(0));
        QCOMPARE(limit.rlim_max, rlim_t(0));
        QCOMPARE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    }
#endif
};

SOTTO_TEST(SecretBytesTest)

} // namespace sotto

#include "secret_bytes_test.moc"
