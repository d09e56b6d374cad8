#include "tests/kit/malicious_relay.h"

#include <QtGlobal>
#include <algorithm>

namespace sotto::kit {

namespace {

/// How many copies of a line can be replayed.
constexpr std::size_t kRemembered = 256;
constexpr Milliseconds kAgainAfter = std::chrono::hours(1);
constexpr std::int64_t kTenYearsMs = 10LL * 365 * 24 * 3600 * 1000;

} // namespace

/// One desktop's connection, and what this relay has kept for it.
struct MaliciousRelay::Line {
    struct Held {
        wire::Envelope envelope;
        Milliseconds firstDue; ///< monotonic, as `due`
        Milliseconds due;
    };

    Line(MaliciousRelay &relay, Tampering &ownLine)
        : tampering(ownLine), timer(relay.m_clock, [this, &relay] { relay.deliverHeld(*this); })
    { }

    Tampering &tampering;
    std::map<std::uint32_t, wire::RequestBody> asked;
    std::vector<wire::Envelope> remembered;
    std::map<std::uint64_t, Held> held; ///< taken from the honest relay; gone when the client acknowledges
    std::uint64_t acknowledged = 0;     ///< newest that the client itself acknowledged
    bool isKnown = false;               ///< `acknowledged` is
    Timer timer;
};

MaliciousRelay::MaliciousRelay(Clock &clock, Random &random) : m_clock(clock), m_random(random) { }

MaliciousRelay::~MaliciousRelay()
{
    for (const auto &[tampering, line] : m_lines) {
        tampering->fromClient = {};
        tampering->toClient = {};
    }
}

void MaliciousRelay::takes(Tampering &line)
{
    auto &state = m_lines[&line];
    state = std::make_unique<Line>(*this, line);
    line.fromClient = [this, &state = *state](wire::Frame frame) { return fromClient(state, std::move(frame)); };
    line.toClient = [this, &state = *state](wire::Frame frame) { return toClient(state, std::move(frame)); };
}

void MaliciousRelay::hurries()
{
    for (const auto &[tampering, line] : m_lines) {
        for (auto &[seq, held] : line->held)
            held.firstDue = held.due = Milliseconds(0);
        deliverHeld(*line);
    }
}

std::vector<wire::Frame> MaliciousRelay::fromClient(Line &line, wire::Frame frame)
{
    if (const auto *acknowledge = std::get_if<wire::Acknowledge>(&frame)) {
        for (const std::uint64_t seq : acknowledge->seqs) {
            line.held.erase(seq);
            line.acknowledged = std::max(line.acknowledged, seq);
        }
    }
    if (auto *request = std::get_if<wire::Request>(&frame)) {
        const bool isLost = happens(m_loseRequest) || (m_requestScript && !m_requestScript(request->body));
        if (isLost) {
            ++m_deeds.requestsLost;
            return {};
        }
        line.asked.insert_or_assign(request->id, request->body);
    }
    return {std::move(frame)};
}

std::vector<wire::Frame> MaliciousRelay::toClient(Line &line, wire::Frame frame)
{
    if (auto *welcome = std::get_if<wire::Welcome>(&frame)) {
        // What was taken from the honest relay is its newest acknowledgement, but not the client's.
        if (line.isKnown)
            welcome->lastAckedSeq = std::min(welcome->lastAckedSeq, line.acknowledged);
        line.acknowledged = welcome->lastAckedSeq;
        line.isKnown = true;
        line.asked.clear();
        for (auto &[seq, held] : line.held)
            held.due = std::min(held.due, held.firstDue); // what came before and was not acknowledged comes again
        line.timer.start(Milliseconds(0));
    }
    if (auto *response = std::get_if<wire::Response>(&frame)) {
        const auto asked = line.asked.extract(response->id);
        if (asked)
            hideLog(asked.mapped(), response->body);
        const bool isLost =
            happens(m_loseAnswer) || (m_answerScript && asked && !m_answerScript(asked.mapped(), response->body));
        if (isLost) {
            ++m_deeds.answersLost;
            return {};
        }
        return {std::move(frame)};
    }
    if (const auto *push = std::get_if<wire::Push>(&frame)) {
        if (const auto *mail = std::get_if<wire::Deliver>(push)) {
            std::vector<wire::Frame> frames; // one each: never more in a push than is allowed
            for (const wire::Envelope &honest : mail->envelopes) {
                for (wire::Envelope &one : befall(line, honest))
                    frames.emplace_back(wire::Push(wire::Deliver{{std::move(one)}}));
            }
            return frames;
        }
        const auto *change = std::get_if<wire::LogChanged>(push);
        if (change && m_hiddenLogs.contains(change->account))
            return {};
    }
    if (m_wordScript && !m_wordScript(frame))
        return {};
    return {std::move(frame)};
}

void MaliciousRelay::hideLog(const wire::RequestBody &asked, wire::ResponseBody &answer) const
{
    const auto *fetch = std::get_if<wire::FetchLog>(&asked);
    if (fetch && m_hiddenLogs.contains(fetch->account))
        answer = wire::Log{{}, fetch->fromVersion - 1};
}

std::vector<wire::Envelope> MaliciousRelay::befall(Line &line, const wire::Envelope &honest)
{
    std::vector<wire::Envelope> scripted = m_mailScript ? m_mailScript(honest) : std::vector<wire::Envelope>{honest};
    std::vector<wire::Envelope> out;
    for (wire::Envelope &one : scripted) {
        const auto lose = [&] {
            if (!line.isKnown)
                qFatal("a malicious relay holds mail back only on lines taken before they connect");
            if (line.tampering.sayToRelay)
                line.tampering.sayToRelay(wire::Acknowledge{{one.seq}});
        };
        if (happens(m_faults.misdate)) {
            ++m_deeds.misdated;
            one.relayTime.ms = std::max<std::int64_t>(
                1, one.relayTime.ms - kTenYearsMs + std::int64_t(below(std::uint64_t(2 * kTenYearsMs))));
        }
        if (happens(m_faults.drop)) {
            ++m_deeds.dropped;
            lose();
        } else if (happens(m_faults.alter)) {
            ++m_deeds.altered;
            lose();
            out.push_back(altered(one));
        } else if (happens(m_faults.delay)) {
            ++m_deeds.delayed;
            lose();
            keep(line, one, Milliseconds(below(std::uint64_t(m_faults.longestDelay.count()) + 1)));
        } else {
            out.push_back(one);
            if (happens(m_faults.duplicate)) {
                ++m_deeds.duplicated;
                out.push_back(one);
            }
            if (!line.remembered.empty() && happens(m_faults.replay)) {
                ++m_deeds.replayed;
                out.push_back(line.remembered.at(below(line.remembered.size())));
            }
        }
        if (line.remembered.size() < kRemembered)
            line.remembered.push_back(one);
        else
            line.remembered.at(below(kRemembered)) = one;
    }
    return out;
}

void MaliciousRelay::keep(Line &line, wire::Envelope envelope, Milliseconds delay)
{
    const std::uint64_t seq = envelope.seq;
    const Milliseconds due = m_clock.monotonic() + delay;
    line.held.insert_or_assign(seq, Line::Held{std::move(envelope), due, due});
    deliverHeld(line);
}

void MaliciousRelay::deliverHeld(Line &line)
{
    const Milliseconds now = m_clock.monotonic();
    std::vector<wire::Envelope> due;
    std::optional<Milliseconds> next;
    for (auto &[seq, held] : line.held) {
        if (held.due <= now) {
            due.push_back(held.envelope);
            // Kept until it is acknowledged: a connection that ends first, or a program that dies, gets it again.
            held.due = now + kAgainAfter;
        }
        next = std::min(next.value_or(held.due), held.due);
    }
    if (next)
        line.timer.start(*next - now);
    for (wire::Envelope &one : due) { // the client may acknowledge at once
        if (line.tampering.sayToClient)
            line.tampering.sayToClient(wire::Push(wire::Deliver{{std::move(one)}}));
    }
}

wire::Envelope MaliciousRelay::altered(wire::Envelope envelope)
{
    std::vector<Bytes *> parts;
    for (Bytes *part : {&envelope.ciphertext, &envelope.sealedSender, &envelope.payload}) {
        if (!part->isEmpty())
            parts.push_back(part);
    }
    if (parts.empty())
        return envelope;
    Bytes &part = *parts.at(below(parts.size()));
    const auto bit = below(std::uint64_t(part.size()) * 8);
    part[qsizetype(bit / 8)] = char(part.at(qsizetype(bit / 8)) ^ (1 << (bit % 8)));
    return envelope;
}

bool MaliciousRelay::happens(double chance)
{
    constexpr std::uint64_t kParts = 1'000'000;
    return chance > 0 && double(below(kParts)) < chance * double(kParts);
}

std::uint64_t MaliciousRelay::below(std::uint64_t bound)
{
    const auto number = m_random.below(bound);
    if (!number)
        qFatal("a malicious relay without luck");
    return *number;
}

} // namespace sotto::kit
