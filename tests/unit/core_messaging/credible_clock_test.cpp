// By what time messages disappear.
#include "core/messaging/expiry/credible_clock.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using kit::MailFixture;
using namespace std::chrono_literals;

namespace {

constexpr Milliseconds kTenYears = 10 * 365 * 24h;
constexpr Milliseconds kMonth = 30 * 24h;

} // namespace

class CredibleClockTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_clock.reset();
        m_mail = std::make_unique<MailFixture>();
        m_relayAhead = m_jumped = Milliseconds(0);
        m_isOnline = true;
        m_clock = make();
    }
    void cleanup()
    {
        m_clock.reset();
        m_mail.reset();
    }

    // ---- One of the two is wrong: nothing ends early
    void T027_aClockThatJumpsDestroysNothingByItself()
    {
        for (const bool isOnline : {true, false}) {
            for (const Milliseconds jump : {kTenYears, -kTenYears, kMonth, Milliseconds(46 * 24h), Milliseconds(1h)}) {
                init();
                const Timestamp before = m_clock->certain();
                m_isOnline = isOnline;
                jumps(jump);
                m_mail->clock().advance(1min);
                QCOMPARE(m_clock->certain(), before + 1min);
                QVERIFY(m_clock->now() >= before + 1min);
                // Put right, and started again without a line, nothing of it is left.
                keeps();
                jumps(-jump);
                m_isOnline = false;
                m_clock = make();
                QCOMPARE(m_clock->certain(), before + 1min);
            }
        }
    }
    void T027_aRelayThatLiesChangesNothing()
    {
        m_clock->now();
        for (const Milliseconds lie : {kTenYears, -kTenYears, kMonth, -kMonth}) {
            m_relayAhead = lie;
            QCOMPARE(m_clock->certain(), m_mail->clock().now());
            m_mail->clock().advance(24h);
            QCOMPARE(m_clock->certain(), m_mail->clock().now());
            QVERIFY(m_clock->now() >= m_mail->clock().now());
        }
    }
    /// What is read while a relay stops its clock runs from the true time on, not from the relay's.
    void T027_aRelayWhoseTimeStandsStillEndsNothingEarly()
    {
        keeps();
        m_mail->clock().advance(5 * 24h);
        m_relayAhead = -5 * 24h;
        m_clock = make();
        const Timestamp read = m_clock->now();
        QCOMPARE(read, m_mail->clock().now());
        QVERIFY(m_clock->certain() < read); // one of the two says so
        m_mail->clock().advance(1h);
        m_relayAhead = 0h;
        QCOMPARE(m_clock->certain(), read + 1h);
    }
    void T027_whatIsReadBeforeTheFirstHelloRunsFromThen()
    {
        keeps();
        m_mail->clock().advance(5 * 24h); // the computer is off
        m_isOnline = false;
        for (const Milliseconds wrong : {Milliseconds(0), Milliseconds(24h), Milliseconds(-kTenYears), kTenYears}) {
            m_clock = make();
            jumps(wrong);
            const Timestamp read = m_clock->now();
            jumps(-wrong);
            QVERIFY(read >= m_mail->clock().now());
        }
    }
    // ---- And nothing stays for ever
    void aClockThatStaysWrongDoesNotStopTime()
    {
        for (const Milliseconds wrong : {-kTenYears, kTenYears}) {
            init();
            m_clock->now();
            keeps();
            jumps(wrong);
            for (int start = 0; start < 3; ++start) {
                m_mail->clock().advance(24h);
                m_clock = make();
                QCOMPARE(m_clock->certain(), m_mail->clock().now() - wrong); // as the relay says
                keeps();
            }
        }
    }
    void withoutARelayTimeGoesOnOverStarts()
    {
        const Timestamp before = m_clock->certain();
        m_isOnline = false;
        jumps(-kTenYears);
        for (int start = 1; start <= 3; ++start) {
            m_mail->clock().advance(1h);
            keeps();
            m_clock = make();
            QCOMPARE(m_clock->certain(), before + start * 1h);
        }
    }
    void whatIsUncertainIsNotTooLongSo()
    {
        m_clock->now();
        jumps(kTenYears);
        for (const bool isOnline : {true, false}) {
            m_isOnline = isOnline;
            QCOMPARE(m_clock->now(), m_clock->certain() + CredibleClock::kLongestSpan);
        }
    }
    void timeThatBothSayIsBelieved()
    {
        m_clock->now();
        m_mail->clock().advance(kTenYears); // the computer was off for long, and is right
        QCOMPARE(m_clock->certain(), m_mail->clock().now());
        QCOMPARE(m_clock->now(), m_mail->clock().now());
    }
    void whoWasOffAsksTheRelay()
    {
        m_clock->now();
        keeps();
        const Timestamp kept = m_clock->certain();
        m_mail->clock().advance(3 * 24h);
        m_isOnline = false;
        m_clock = make();
        QVERIFY(m_clock->isKnown());
        QCOMPARE(m_clock->certain(), kept); // and goes on from there
        QCOMPARE(m_clock->now(), m_mail->clock().now());
        m_mail->clock().advance(1h);
        QCOMPARE(m_clock->certain(), kept + 1h);
        m_isOnline = true;
        QCOMPARE(m_clock->certain(), m_mail->clock().now());
    }
    void beforeAnyRelayHasAgreedNothingIsKnown()
    {
        m_isOnline = false;
        m_clock = make();
        QCOMPARE(m_clock->now(), m_mail->clock().now());
        QVERIFY(!m_clock->isKnown());
        QCOMPARE(m_clock->certain(), Timestamp{});
        keeps();
        QCOMPARE(m_mail->bob().storage->relay.credibleTime().value(), Timestamp{});
    }

private:
    std::unique_ptr<CredibleClock> make()
    {
        return std::make_unique<CredibleClock>(*m_mail->bob().storage, m_mail->clock(),
                                               [this]() -> std::optional<Timestamp> {
                                                   if (!m_isOnline)
                                                       return std::nullopt;
                                                   // A jump of this computer's clock does not change it.
                                                   return m_mail->clock().now() - m_jumped + m_relayAhead;
                                               });
    }
    /// This computer's clock alone.
    void jumps(Milliseconds by)
    {
        m_jumped += by;
        m_mail->clock().setWallClock(m_mail->clock().now() + by);
    }
    void keeps()
    {
        auto transaction = Transaction::begin(*m_mail->bob().database);
        QVERIFY(m_clock->store());
        QVERIFY(transaction->commit());
    }

    std::unique_ptr<MailFixture> m_mail;
    std::unique_ptr<CredibleClock> m_clock;
    Milliseconds m_relayAhead{0};
    Milliseconds m_jumped{0};
    bool m_isOnline = true;
};

SOTTO_TEST(CredibleClockTest)

} // namespace sotto

#include "credible_clock_test.moc"
