#include "server/relay/session_table.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::relay {

namespace {
using State = SessionState;
using Event = SessionEvent;
using Action = SessionAction;

constexpr SessionTransition at(State state, Event event)
{
    return kSessionTable[std::size_t(state)][std::size_t(event)];
}
bool isFrame(Event event) { return event <= Event::TooManyFrames; }
} // namespace

class SessionTableTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPairIsDefinedAndWhatCannotHappenEndsTheSession()
    {
        for (std::size_t s = 0; s < kSessionStates; ++s) {
            for (std::size_t e = 0; e < kSessionEvents; ++e) {
                const SessionTransition transition = at(State(s), Event(e));
                if (transition.action == Action::Impossible)
                    QCOMPARE(transition.next, State::Ended);
                // Whatever a client sends has an answer in every state; only news of our own can be impossible.
                if (isFrame(Event(e)))
                    QVERIFY(transition.action != Action::Impossible);
                const bool saysGoodbye =
                    transition.action >= Action::SayMalformed && transition.action <= Action::SayGoingDown;
                if (saysGoodbye)
                    QCOMPARE(transition.next, State::Ended);
            }
        }
    }
    void nothingLeadsOutOfTheEnd()
    {
        for (std::size_t e = 0; e < kSessionEvents; ++e) {
            QCOMPARE(at(State::Ended, Event(e)).next, State::Ended);
            QCOMPARE(at(State::Ended, Event(e)).action,
                     Event(e) == Event::Disconnected ? Action::Forget : Action::Nothing);
        }
    }
    void onlyOneWayLeadsToReady()
    {
        for (std::size_t s = 0; s < kSessionStates; ++s) {
            for (std::size_t e = 0; e < kSessionEvents; ++e) {
                if (at(State(s), Event(e)).next == State::Ready && State(s) != State::Ready) {
                    QCOMPARE(State(s), State::Welcoming);
                    QCOMPARE(Event(e), Event::Welcomed);
                }
                if (at(State(s), Event(e)).next == State::Welcoming && State(s) != State::Welcoming) {
                    QCOMPARE(State(s), State::Authenticating);
                    QCOMPARE(Event(e), Event::Proved);
                }
            }
        }
    }
    void requestsAreAnsweredInReadyOnlyAndRegistrationBeforeItOnly()
    {
        for (std::size_t s = 0; s < kSessionStates; ++s) {
            for (std::size_t e = 0; e < kSessionEvents; ++e) {
                const Action action = at(State(s), Event(e)).action;
                if (action == Action::Answer || action == Action::TakeAcknowledgement
                    || action == Action::RelayEphemeral)
                    QCOMPARE(State(s), State::Ready);
                if (action == Action::Register || action == Action::CheckSignature)
                    QVERIFY(State(s) == State::AwaitingRole || State(s) == State::Registering);
            }
        }
    }
    void aClientCanAlwaysGoAndTheRelayCanAlwaysStop()
    {
        for (std::size_t s = 0; s < kSessionStates; ++s) {
            QCOMPARE(at(State(s), Event::Disconnected), (SessionTransition{State::Ended, Action::Forget}));
            if (State(s) != State::Ended)
                QCOMPARE(at(State(s), Event::Stopping), (SessionTransition{State::Ended, Action::SayGoingDown}));
        }
    }
};

SOTTO_TEST(SessionTableTest)

} // namespace sotto::relay

#include "session_table_test.moc"
