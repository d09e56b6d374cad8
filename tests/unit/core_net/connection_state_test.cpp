#include "core/net/connection_state.h"
#include "tests/kit/test_main.h"

#include <QTest>
#include <map>

namespace sotto {

namespace {

using S = ConnectionState;
using E = ConnectionEvent;
using A = ConnectionAction;

/// Every pair that can happen, as the protocol wants it; all others must be Impossible.
const std::map<std::pair<S, E>, std::pair<S, A>> kExpected{
    {{S::Stopped, E::Start}, {S::Connecting, A::OpenFirst}},
    {{S::Stopped, E::Stop}, {S::Stopped, A::Nothing}},
    {{S::Stopped, E::WakeUp}, {S::Stopped, A::Nothing}},
    {{S::Connecting, E::Start}, {S::Connecting, A::Nothing}},
    {{S::Connecting, E::Stop}, {S::Stopped, A::Drop}},
    {{S::Connecting, E::Opened}, {S::AwaitingHello, A::Nothing}},
    {{S::Connecting, E::FailedHere}, {S::Connecting, A::OpenNext}},
    {{S::Connecting, E::Failed}, {S::Backoff, A::WaitToRetry}},
    {{S::Connecting, E::WakeUp}, {S::Connecting, A::OpenFirst}},
    {{S::AwaitingHello, E::Start}, {S::AwaitingHello, A::Nothing}},
    {{S::AwaitingHello, E::Stop}, {S::Stopped, A::Drop}},
    {{S::AwaitingHello, E::Proved}, {S::Authenticating, A::Authenticate}},
    {{S::AwaitingHello, E::FailedHere}, {S::Connecting, A::OpenNext}},
    {{S::AwaitingHello, E::Failed}, {S::Backoff, A::WaitToRetry}},
    {{S::AwaitingHello, E::WakeUp}, {S::AwaitingHello, A::Nothing}},
    {{S::Authenticating, E::Start}, {S::Authenticating, A::Nothing}},
    {{S::Authenticating, E::Stop}, {S::Stopped, A::Drop}},
    {{S::Authenticating, E::Welcomed}, {S::Online, A::GoOnline}},
    {{S::Authenticating, E::Failed}, {S::Backoff, A::WaitToRetry}},
    {{S::Authenticating, E::Dismissed}, {S::Halted, A::Drop}},
    {{S::Authenticating, E::WakeUp}, {S::Authenticating, A::Nothing}},
    {{S::Online, E::Start}, {S::Online, A::Nothing}},
    {{S::Online, E::Stop}, {S::Stopped, A::Drop}},
    {{S::Online, E::Failed}, {S::Backoff, A::WaitToRetry}},
    {{S::Online, E::Dismissed}, {S::Halted, A::Drop}},
    {{S::Online, E::WakeUp}, {S::Online, A::Probe}},
    {{S::Backoff, E::Start}, {S::Connecting, A::OpenFirst}},
    {{S::Backoff, E::Stop}, {S::Stopped, A::Drop}},
    {{S::Backoff, E::WakeUp}, {S::Connecting, A::OpenFirst}},
    {{S::Backoff, E::RetryDue}, {S::Connecting, A::OpenFirst}},
    {{S::Halted, E::Start}, {S::Connecting, A::OpenFirst}},
    {{S::Halted, E::Stop}, {S::Stopped, A::Nothing}},
    {{S::Halted, E::WakeUp}, {S::Halted, A::Nothing}},
};

} // namespace

class ConnectionStateTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPairDoesWhatTheProtocolSays()
    {
        for (int state = 0; state < kConnectionStates; ++state) {
            for (int event = 0; event < kConnectionEvents; ++event) {
                const auto got = connectionTransition(S(state), E(event));
                const auto expected = kExpected.find({S(state), E(event)});
                const QString where = QStringLiteral("%1, event %2").arg(QLatin1String(name(S(state)))).arg(event);
                if (expected == kExpected.end()) {
                    QVERIFY2(got.action == A::Impossible && got.next == S(state), qPrintable(where));
                } else {
                    QVERIFY2(got.next == expected->second.first && got.action == expected->second.second,
                             qPrintable(where));
                }
            }
        }
    }
    void onlyAWelcomeAfterProofLeadsOnline()
    {
        for (int state = 0; state < kConnectionStates; ++state) {
            for (int event = 0; event < kConnectionEvents; ++event) {
                if (connectionTransition(S(state), E(event)).next == S::Online && S(state) != S::Online)
                    QVERIFY(S(state) == S::Authenticating && E(event) == E::Welcomed);
                if (connectionTransition(S(state), E(event)).action == A::Authenticate)
                    QVERIFY(S(state) == S::AwaitingHello && E(event) == E::Proved);
            }
        }
    }
    void statesHaveDifferentNames()
    {
        std::map<std::string, int> names;
        for (int state = 0; state < kConnectionStates; ++state)
            ++names[name(S(state))];
        QCOMPARE(int(names.size()), kConnectionStates);
    }
};

SOTTO_TEST(ConnectionStateTest)

} // namespace sotto

#include "connection_state_test.moc"
