#include "tests/kit/test_main.h"
#include "tests/unit/core_crypto/party.h"

#include <QTest>
#include <deque>
#include <rapidcheck.h>
#include <set>

namespace sotto {

using kit::CryptoWorld;
using kit::Party;

namespace {
constexpr int kMaxDevices = 4;
/// How far behind the newest message of a pair one may be delivered, and be expected to arrive.
constexpr std::size_t kReorderDepth = 25;

/// What happens next. `from`, `to` and `pick` are taken modulo what there is.
struct Step {
    enum Kind { Send, Deliver, Drop, Repeat, Misdeliver, Rekey };
    int kind;
    int from;
    int to;
    int pick;
};

void showValue(const Step &step, std::ostream &out)
{
    static constexpr const char *names[] = {"send", "deliver", "drop", "repeat", "misdeliver", "rekey"};
    out << names[step.kind] << '(' << step.from << ',' << step.to << ',' << step.pick << ')';
}

rc::Gen<Step> steps()
{
    const auto kinds = rc::gen::weightedElement<int>({{10, Step::Send},
                                                      {10, Step::Deliver},
                                                      {1, Step::Drop},
                                                      {2, Step::Repeat},
                                                      {1, Step::Misdeliver},
                                                      {1, Step::Rekey}});
    return rc::gen::construct<Step>(kinds, rc::gen::inRange(0, kMaxDevices), rc::gen::inRange(0, kMaxDevices),
                                    rc::gen::inRange(0, 1000));
}

struct Sent {
    RatchetFrame frame;
    Bytes text;
};

/// Devices that write to each other over a relay which does as it likes.
class Play {
public:
    explicit Play(int devices)
    {
        static constexpr const char *names[] = {"alice", "bob", "carol", "dave"};
        for (int i = 0; i < devices; ++i)
            m_parties.push_back(std::make_unique<Party>(m_world, names[i]));
        for (const auto &a : m_parties) {
            for (const auto &b : m_parties) {
                if (a != b)
                    a->learns(*b);
            }
        }
    }

    void run(const Step &step)
    {
        const int from = step.from % count();
        const int to = step.to % count();
        if (from == to)
            return;
        auto &queue = m_underWay[{from, to}];
        const auto pick = queue.empty() ? 0 : std::size_t(step.pick) % std::min(queue.size(), kReorderDepth);
        switch (step.kind) {
        case Step::Send: send(from, to); break;
        case Step::Deliver:
            if (!queue.empty())
                deliver(from, to, pick);
            break;
        case Step::Drop:
            if (!queue.empty())
                queue.erase(queue.begin() + qsizetype(pick));
            break;
        case Step::Repeat: repeat(from, to, step.pick); break;
        case Step::Misdeliver:
            if (!queue.empty())
                misdeliver(from, to, queue[pick]);
            break;
        case Step::Rekey: rekey(from, to); break;
        }
    }

    /// After any story a new message gets through, both ways.
    void everybodyStillTalks()
    {
        for (int from = 0; from < count(); ++from) {
            for (int to = 0; to < count(); ++to) {
                if (from == to)
                    continue;
                rekey(from, to);
                const RatchetFrame frame = m_parties[std::size_t(from)]->writes(*m_parties[std::size_t(to)], "last");
                RC_ASSERT(m_parties[std::size_t(to)]->reads(*m_parties[std::size_t(from)], frame).hasValue());
            }
        }
    }

    int delivered() const { return m_delivered; }
    int refused() const { return m_refused; }

private:
    using Pair = std::pair<int, int>;
    int count() const { return int(m_parties.size()); }

    void send(int from, int to)
    {
        Party &sender = *m_parties[std::size_t(from)];
        Party &receiver = *m_parties[std::size_t(to)];
        if (!*sender.sessions.hasSession(receiver.address))
            rekey(from, to);
        const Bytes text = Bytes::number(from) + '>' + Bytes::number(to) + ' ' + Bytes::number(m_number++);
        m_underWay[{from, to}].push_back({sender.writes(receiver, text), text});
    }

    void deliver(int from, int to, std::size_t pick)
    {
        auto &queue = m_underWay[{from, to}];
        const Sent sent = queue[pick];
        queue.erase(queue.begin() + qsizetype(pick));
        const auto text = m_parties[std::size_t(to)]->reads(*m_parties[std::size_t(from)], sent.frame);
        if (text) {
            RC_ASSERT(text->view() == ByteView(sent.text));
            RC_ASSERT(m_seen.insert(sent.text).second);
            ++m_delivered;
        } else {
            ++m_refused; // of a chain or session that is too old: allowed, never wrong
        }
        m_old[{from, to}].push_back(sent);
    }

    void repeat(int from, int to, int pick)
    {
        auto &old = m_old[{from, to}];
        if (old.empty())
            return;
        const Sent &sent = old[std::size_t(pick) % old.size()];
        const auto again = m_parties[std::size_t(to)]->reads(*m_parties[std::size_t(from)], sent.frame);
        if (again) // it was refused the first time
            RC_ASSERT(m_seen.insert(sent.text).second);
    }

    void misdeliver(int from, int to, const Sent &sent)
    {
        for (int other = 0; other < count(); ++other) {
            if (other == from)
                continue;
            if (other != to) // to somebody else
                RC_ASSERT(!m_parties[std::size_t(other)]->reads(*m_parties[std::size_t(from)], sent.frame));
            if (other != to) // under somebody else's name
                RC_ASSERT(!m_parties[std::size_t(to)]->reads(*m_parties[std::size_t(other)], sent.frame));
        }
    }

    void rekey(int from, int to)
    {
        Party &receiver = *m_parties[std::size_t(to)];
        RC_ASSERT(m_parties[std::size_t(from)]
                      ->sessions.processBundle(receiver.address, receiver.bundle(m_number % 2 == 0))
                      .hasValue());
    }

    CryptoWorld m_world;
    std::vector<std::unique_ptr<Party>> m_parties;
    std::map<Pair, std::deque<Sent>> m_underWay;
    std::map<Pair, std::vector<Sent>> m_old;
    std::set<Bytes> m_seen;
    int m_number = 0;
    int m_delivered = 0;
    int m_refused = 0;
};
} // namespace

class RatchetProperty : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T002_noInterleavingDeliversTwiceOrWrongly()
    {
        constexpr std::size_t kStepsPerRun = 100; // times RapidCheck's 100 runs: 10 000 steps
        int delivered = 0;
        int refused = 0;
        const bool holds = rc::check("each message arrives at most once, bit-exact, under its sender", [&] {
            Play play(*rc::gen::inRange(2, kMaxDevices + 1));
            const auto story = *rc::gen::container<std::vector<Step>>(kStepsPerRun, steps());
            for (const Step &step : story)
                play.run(step);
            play.everybodyStillTalks();
            delivered += play.delivered();
            refused += play.refused();
        });
        QVERIFY(holds);
        // The law would hold if nothing ever arrived.
        QVERIFY2(delivered > 500 && refused < delivered / 4,
                 qPrintable(QStringLiteral("%1 delivered, %2 refused").arg(delivered).arg(refused)));
    }
};

SOTTO_TEST(RatchetProperty)

} // namespace sotto

#include "ratchet_property.moc"
