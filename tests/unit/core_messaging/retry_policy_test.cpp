#include "core/messaging/outbox/retry_policy.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;

class RetryPolicyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void waitsDoubleToTenMinutesAndObeyTheRelay()
    {
        QCOMPARE(retryDelay(1, 0), Milliseconds(5s));
        QCOMPARE(retryDelay(2, 0), Milliseconds(10s));
        QCOMPARE(retryDelay(100, 0), Milliseconds(10min));
        QCOMPARE(retryDelay(1, 60'000), Milliseconds(1min));
        QCOMPARE(retryDelay(1, ~std::uint64_t(0)), Milliseconds(10min));
    }
    void aFullQueueIsTriedLaterAndAnUnknownPersonToday()
    {
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::QueueFull), Retry::Later);
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::RecipientAway), Retry::Later);
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::UnknownRecipient), Retry::LaterToday);
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::TooLarge), Retry::Later);
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::NotPermitted), Retry::Never);
        QCOMPARE(retryAfterError(RequestError(RequestError::Kind::TooLarge)), Retry::Never);
        QCOMPARE(retryAfterRefusal(wire::RelayErrorCode::GoingDown), Retry::WhenOnline);
        QCOMPARE(retryAfterError(RequestError(RequestError::Kind::Offline)), Retry::WhenOnline);
        QCOMPARE(retryAfterError(RequestError(RequestError::Kind::TimedOut)), Retry::Later);
    }
};

SOTTO_TEST(RetryPolicyTest)

} // namespace sotto

#include "retry_policy_test.moc"
