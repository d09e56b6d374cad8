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

    void T027_aClockThatJumpsDestroysNothingByItself()
    {
        for (const Milliseconds jump : {kTenYears, -kTenYears, Milliseconds(46 * 24h)}) {
            init();
            const Timestamp before = m_clock->now();
            m_jumped = jump;
            m_mail->clock().setWallClock(before + jump);
            m_mail->clock().advance(1min);
            QCOMPARE(m_clock->now(), before + 1min);
        }
    }
    void T027_aRelayThatLiesChangesNothing()
    {
        m_clock->now();
        for (const Milliseconds lie : {kTenYears, -kTenYears}) {
            m_relayAhead = lie;
            QCOMPARE(m_clock->now(), m_mail->clock().now());
        }
    }
    void timeThatBothSayIsBelieved()
    {
        m_clock->now();
        m_mail->clock().advance(kTenYears); // the computer was off for long, and is right
        QCOMPARE(m_clock->now(), m_mail->clock().now());
    }
    void whoWasOffForLongAsksTheRelay()
    {
        const Timestamp before = m_clock->now();
        keeps();
        m_isOnline = false;
        m_mail->clock().advance(44 * 24h);
        m_clock = make();
        QCOMPARE(m_clock->now(), m_mail->clock().now());
        QVERIFY(before < m_clock->now());
        keeps();
        const Timestamp kept = m_clock->now();
        m_mail->clock().advance(46 * 24h);
        m_clock = make();
        QVERIFY(m_clock->isKnown());
        QCOMPARE(m_clock->now(), kept); // and goes on from there
        m_mail->clock().advance(1h);
        QCOMPARE(m_clock->now(), kept + 1h);
        m_isOnline = true;
        QCOMPARE(m_clock->now(), m_mail->clock().now());
    }
    void beforeAnyRelayHasAgreedNothingIsKnown()
    {
        m_isOnline = false;
        m_clock = make();
        QCOMPARE(m_clock->now(), m_mail->clock().now());
        QVERIFY(!m_clock->isKnown());
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
