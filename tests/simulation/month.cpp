#include "tests/simulation/month.h"

#include "tests/simulation/inspection.h"
#include "tests/simulation/transcripts.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QTimer>
#include <algorithm>
#include <ctime>

namespace sotto::simulation {

using namespace std::chrono_literals;

namespace {

/// A circle is online for so long, in so many parts between which people do things.
constexpr int kParts = 30;
constexpr Milliseconds kPart = 30s;
constexpr Milliseconds kStepOnline = 2s;
constexpr Milliseconds kStepOffline = 5min;
constexpr int kPatienceMs = 60'000;
/// At the end everybody is online for a while and then off for a while, at most so often.
constexpr int kMostRounds = 6;
/// Of so many messages one request may stay without an answer.
constexpr int kMessagesOfOneUnanswered = 500;

QString nameOf(std::size_t number) { return QStringLiteral("Member%1").arg(number, 2, 10, QLatin1Char('0')); }

} // namespace

Month::Month(const MonthSize &size)
    : m_size(size),
      m_luck(size.seed),
      m_calendar(size, m_luck),
      m_disk("/Member", kit::FaultVfs::Syncs::Spared),
      m_world(size.seed),
      m_relayLuck(size.seed + 1),
      m_doings(m_luck, m_world, m_diary)
{
    m_elapsed.start();
}

Month::~Month()
{
    m_network.reset();
    m_hostile.reset();
    m_people.clear();
}

std::vector<Seat> Month::everySeat() const
{
    std::vector<Seat> seats;
    for (std::size_t number = 0; number < m_people.size(); ++number) {
        seats.push_back({number, 0});
        seats.push_back({number, 1});
    }
    return seats;
}

void Month::begin()
{
    for (int number = 0; number < m_size.accounts; ++number) {
        kit::Person &newcomer = m_people.emplace_back(m_world, nameOf(std::size_t(number)));
        newcomer.registersWith(m_world.operatorInvite());
        newcomer.addDesktop();
        m_online.insert({std::size_t(number), 0});
        m_online.insert({std::size_t(number), 1});
        passes(1s);
    }
    for (std::size_t i = 0; i < m_calendar.pairs().size(); ++i) {
        if (i % 10 == 9)
            m_notYet.insert(m_calendar.pairs().at(i));
        else
            meet(m_calendar.pairs().at(i));
    }
    passes(3min);
    allGoOffline();
    takeLines();
    qInfo("everybody is there after %.1f s", double(m_elapsed.elapsed()) / 1000);
    m_times.append(QStringLiteral("beginning %1 s").arg(double(m_elapsed.restart()) / 1000, 0, 'f', 1));
}

void Month::meet(const Calendar::Pair &pair)
{
    kit::Person &asking = person(pair.first);
    kit::Person &asked = person(pair.second);
    const auto stateOf = [](const kit::Person &who, const kit::Person &other, std::size_t desktop) {
        for (const Contact &contact : who.desktop(desktop).contacts()) {
            if (contact.account == other.account())
                return contact.state;
        }
        return ContactState::Stranger;
    };
    if (!m_world.wait(asking.desktop(0).addContact(asked.account().toHex()), "somebody asks"))
        qFatal("a contact request is refused");
    m_world.until([&] { return stateOf(asked, asking, 0) == ContactState::Asking; }, "somebody is asked");
    if (!m_world.wait(asked.desktop(0).acceptContact(asking.account()), "somebody accepts"))
        qFatal("a contact request cannot be accepted");
    m_world.until(
        [&] {
            return stateOf(asking, asked, 0) == ContactState::Accepted
                && stateOf(asking, asked, 1) == ContactState::Accepted
                && stateOf(asked, asking, 1) == ContactState::Accepted;
        },
        "two people are contacts on all desktops");
}

/// With everything that may befall a request and an acceptance.
void Month::ask(const Calendar::Pair &pair)
{
    for (const std::size_t desktop : {0, 1}) {
        const Seat seat{pair.first, desktop};
        if (m_online.contains(seat) && m_victim != seat
            && m_world.wait(client(seat).addContact(person(pair.second).account().toHex()), "somebody asks")) {
            m_notYet.erase(pair);
            return;
        }
    }
}

void Month::answerRequests()
{
    for (const Seat &seat : m_online) {
        for (const Contact &asking : client(seat).contactRequests())
            (void)m_world.wait(client(seat).acceptContact(asking.account), "somebody accepts");
    }
}

/// Near the end of the month some fall out. What is in their chat is then not the same on both sides.
void Month::block(int day)
{
    if (day < m_size.days - 4 || m_quarrels.size() >= m_calendar.pairs().size() / 40)
        return;
    const Calendar::Pair pair = m_luck.oneOf(m_calendar.pairs());
    if (hasQuarrel(pair.first) || hasQuarrel(pair.second) || m_notYet.contains(pair)
        || !m_online.contains({pair.first, 0}) || m_victim == Seat{pair.first, 0})
        return;
    if (m_world.wait(client({pair.first, 0}).blockContact(person(pair.second).account()), "somebody blocks"))
        m_quarrels.insert(pair);
}

bool Month::isBlocked(std::size_t one, std::size_t other) const
{
    return m_quarrels.contains({one, other}) || m_quarrels.contains({other, one});
}

bool Month::hasQuarrel(std::size_t number) const
{
    return std::ranges::any_of(
        m_quarrels, [number](const Calendar::Pair &pair) { return pair.first == number || pair.second == number; });
}

void Month::takeLines()
{
    m_network = std::make_unique<kit::MaliciousRelay>(m_world.clock(), m_relayLuck);
    m_hostile = std::make_unique<kit::MaliciousRelay>(m_world.clock(), m_relayLuck);
    kit::MailFaults faults;
    faults.drop = m_size.drop;
    faults.duplicate = m_size.duplicate;
    faults.delay = m_size.delay;
    faults.longestDelay = 30min;
    m_network->befalls(faults);
    faults.alter = 0.02;
    faults.replay = 0.05;
    faults.misdate = 0.05;
    faults.longestDelay = 2h;
    m_hostile->befalls(faults);
    m_hostile->losesRequests(0.02, 0.02);
    const int hostile = int(std::lround(m_size.hostilePart * m_size.accounts));
    for (const Seat &seat : everySeat())
        (int(seat.person) < hostile ? *m_hostile : *m_network).takes(person(seat.person).line(seat.desktop));
}

void Month::goesBy()
{
    const int circles = m_size.days * m_size.circlesADay;
    int left = m_size.messages;
    for (int day = 0; day < m_size.days; ++day) {
        if (day % 6 == 0)
            qInfo("day %d after %.1f s", day, double(m_elapsed.elapsed()) / 1000);
        beginDay(day);
        for (int i = 0; i < m_size.circlesADay; ++i) {
            const int messages = left / (circles - day * m_size.circlesADay - i);
            circle(day, messages);
            left -= messages;
            passes(24h / m_size.circlesADay - kParts * kPart);
        }
    }
    m_times.append(QStringLiteral("days %1 s").arg(double(m_elapsed.restart()) / 1000, 0, 'f', 1));
}

void Month::beginDay(int day)
{
    for (const Seat &seat : m_calendar.comingBackOn(day)) {
        if (m_closed.erase(seat) > 0)
            person(seat.person).opensOffline(seat.desktop);
    }
    for (const Seat &seat : m_calendar.leavingOn(day)) {
        person(seat.person).closes(seat.desktop);
        m_closed.insert(seat);
    }
}

void Month::circle(int day, int messages)
{
    std::vector<Calendar::Pair> talking;
    comeOnline(whoIsThere(day, talking));
    const double circles = double(m_size.days) * m_size.circlesADay;
    const int partsWithWords = kParts - 6;
    int done = 0;
    for (int part = 0; part < kParts; ++part) {
        const int until = std::min(messages, messages * (part + 1) / partsWithWords);
        for (; done < until && !talking.empty(); ++done)
            doSomething(talking, day);
        read(0.3);
        answerRequests();
        if (part < partsWithWords)
            disturb(m_size.restarts / circles / partsWithWords, m_size.kills / circles / partsWithWords);
        passes(kPart);
        dieIfDue(false);
    }
    dieIfDue(true);
    block(day);
    passes(10s);
    allGoOffline();
}

std::vector<Seat> Month::whoIsThere(int day, std::vector<Calendar::Pair> &talking)
{
    // About a sixth of all chats, with both sides there or one.
    const std::size_t wanted = std::max<std::size_t>(2, m_calendar.pairs().size() / 8);
    std::set<Seat> seats;
    for (std::size_t i = 0; i < wanted; ++i) {
        const Calendar::Pair pair = m_luck.oneOf(m_calendar.pairs());
        talking.push_back(pair);
        for (const std::size_t one : {pair.first, pair.second}) {
            if (m_luck.happens(0.1))
                continue; // written to, and not there
            const std::size_t first = m_luck.below(2);
            seats.insert({one, first});
            if (m_luck.happens(0.6))
                seats.insert({one, 1 - first});
        }
    }
    std::erase_if(seats, [&](const Seat &seat) { return m_calendar.isAway(seat, day); });
    return {seats.begin(), seats.end()};
}

void Month::doSomething(const std::vector<Calendar::Pair> &talking, int day)
{
    Calendar::Pair pair = m_luck.oneOf(talking);
    const auto last = m_lastWriter.find(pair);
    const bool isSecond = last != m_lastWriter.end() && m_luck.happens(0.6) ? last->second == pair.first // an answer
                                                                            : m_luck.happens(0.5);
    m_lastWriter.insert_or_assign(pair, isSecond ? pair.second : pair.first);
    if (isSecond)
        std::swap(pair.first, pair.second);
    const Calendar::Pair asking = m_notYet.contains(pair) ? pair : Calendar::Pair(pair.second, pair.first);
    if (m_notYet.contains(asking)) {
        if (day * 3 >= m_size.days)
            ask(asking);
        return;
    }
    if (m_quarrels.contains(pair))
        std::swap(pair.first, pair.second); // who is blocked does not know it
    std::vector<Seat> seats;
    for (const std::size_t desktop : {0, 1}) {
        const Seat seat{pair.first, desktop};
        // Now and then somebody writes without a line.
        if (m_online.contains(seat) || (isOpen(seat) && !m_calendar.isAway(seat, day) && m_luck.happens(0.05)))
            seats.push_back(seat);
    }
    if (seats.empty()) {
        std::swap(pair.first, pair.second);
        for (const std::size_t desktop : {0, 1}) {
            if (isOpen({pair.first, desktop}))
                seats.push_back({pair.first, desktop});
        }
    }
    if (seats.empty())
        return;
    const Seat seat = m_luck.oneOf(seats);
    std::vector<std::size_t> others = m_calendar.friendsOf(seat.person);
    std::erase_if(others, [&](std::size_t other) { return isBlocked(seat.person, other); });
    if (others.empty())
        others.push_back(seat.person);
    m_doings.doOne(person(seat.person), seat.desktop, person(pair.second), person(m_luck.oneOf(others)),
                   vanishes(pair.first, pair.second));
}

void Month::read(double chance)
{
    for (const Seat &seat : m_online) {
        if (!m_luck.happens(chance))
            continue;
        for (const Conversation &chat : client(seat).conversations()) {
            if (chat.unread > 0 || chat.markedUnread)
                (void)client(seat).markRead(chat.id);
        }
    }
}

void Month::disturb(double restarts, double kills)
{
    std::vector<Seat> seats(m_online.begin(), m_online.end());
    if (seats.empty())
        return;
    if (m_luck.happens(kills) && !m_victim)
        plotDeath(m_luck.oneOf(seats));
    for (double left = restarts; left > 0; left -= 1) {
        const Seat &seat = m_luck.oneOf(seats);
        if (m_luck.happens(std::min(left, 1.0)) && m_victim != seat)
            restart(seat);
    }
}

void Month::restart(const Seat &seat)
{
    person(seat.person).closes(seat.desktop);
    person(seat.person).opensOffline(seat.desktop);
    client(seat).start();
    ++m_restarts;
}

void Month::plotDeath(const Seat &seat)
{
    m_victim = seat;
    m_disk.aim(QStringLiteral("/%1-%2/").arg(nameOf(seat.person)).arg(seat.desktop).toUtf8());
    // A program that is killed says nothing more to anybody; and nothing more is written, also while it is closed.
    m_disk.whenItFails([this, seat] { person(seat.person).line(seat.desktop).isCut = true; });
    m_disk.failWriteAfter(1 + int(m_luck.below(80)), kit::Fault::InputOutput);
}

void Month::dieIfDue(bool now)
{
    if (!m_victim || !(now || m_disk.hasFailed()))
        return;
    const Seat seat = *m_victim;
    m_victim.reset();
    if (!m_disk.hasFailed()) // between two writes
        m_disk.failWriteAfter(1, kit::Fault::InputOutput);
    person(seat.person).line(seat.desktop).isCut = true;
    person(seat.person).closes(seat.desktop);
    m_disk.repair();
    person(seat.person).line(seat.desktop).isCut = false;
    person(seat.person).opensOffline(seat.desktop);
    client(seat).start();
    ++m_kills;
}

void Month::comeOnline(const std::vector<Seat> &seats)
{
    for (const Seat &seat : seats) {
        client(seat).start();
        m_online.insert(seat);
    }
    // Lines are made in real time; who does not get one now gets it later.
    const QDeadlineTimer patience(kPatienceMs);
    const auto isThere = [this](const Seat &seat) { return client(seat).connection().caughtUp; };
    for (int i = 0; i < 200 && !std::ranges::all_of(seats, isThere) && !patience.hasExpired(); ++i) {
        listenUntilAnswered();
        const bool isAnybodyConnecting = std::ranges::any_of(seats, [this](const Seat &seat) {
            return client(seat).connection().status == ConnectionStatus::Connecting;
        });
        listen();
        m_world.clock().advance(isAnybodyConnecting ? 20ms : 200ms);
    }
}

void Month::allGoOffline()
{
    for (const Seat &seat : m_online)
        client(seat).stop();
    m_online.clear();
    listen();
}

void Month::listen()
{
    QTimer wake; // what is waited for comes from other threads, or not at all
    wake.start(2);
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
}

void Month::listenUntilAnswered()
{
    const auto isAnswered = [this](const Seat &seat) {
        const kit::Tampering &line = m_people.at(seat.person).line(seat.desktop);
        return line.isCut || line.isAnswered(); // who dies waits for nothing any more
    };
    QCoreApplication::processEvents();
    const QDeadlineTimer patience(kPatienceMs);
    while (!std::ranges::all_of(m_online, isAnswered)) {
        if (patience.hasExpired())
            qFatal("the relay does not answer");
        listen();
    }
}

void Month::passes(Milliseconds time)
{
    kit::FakeClock &clock = m_world.clock();
    const Milliseconds end = clock.monotonic() + time;
    listenUntilAnswered();
    while (clock.monotonic() < end) {
        // Not longer than a sign of life may take to be answered, where somebody waits for one.
        const Milliseconds step = m_online.empty() ? kStepOffline : kStepOnline;
        clock.advance(std::min(step, end - clock.monotonic()));
        listenUntilAnswered();
    }
}

void Month::comesToRest()
{
    m_network->befalls({});
    m_hostile->befalls({});
    m_hostile->losesRequests(0, 0);
    for (const Seat &seat : everySeat()) {
        if (m_closed.erase(seat) > 0)
            person(seat.person).opensOffline(seat.desktop);
    }
    m_network->hurries();
    m_hostile->hurries();
    for (m_rounds = 1; m_rounds <= kMostRounds; ++m_rounds) {
        comeOnline(everySeat());
        passes(10min);
        answerRequests();
        read(1);
        passes(m_rounds == 1 ? 100min : 20min);
        qInfo("round %d after %.1f s", m_rounds, double(m_elapsed.elapsed()) / 1000);
        if (m_rounds > 1 && isAtRest())
            break;
        allGoOffline();
        passes(m_rounds == 1 ? 25h : 6h);
    }
    m_times.append(QStringLiteral("rest %1 s").arg(double(m_elapsed.restart()) / 1000, 0, 'f', 1));
}

bool Month::isAtRest() const
{
    return std::ranges::all_of(everySeat(), [this](const Seat &seat) {
        if (hasQuarrel(seat.person))
            return true; // who is blocked is not answered
        const Client &desktop = m_people.at(seat.person).desktop(seat.desktop);
        const auto status = desktop.status();
        return status.unrepaired == 0 && status.undecryptable == 0 && status.outbox == 0;
    });
}

void Month::writeDown(const QString &folder)
{
    for (const Seat &seat : everySeat())
        simulation::writeDown(m_world, person(seat.person), seat.desktop, folder);
}

QStringList Month::findings() const
{
    QStringList found;
    std::set<MessageId> seen;
    std::map<AccountId, std::size_t> numbers;
    const auto see = [&](std::size_t one, std::size_t other) {
        for (const auto &[id, line] : transcriptOf(m_people.at(one), 0, m_people.at(other).account()).shared)
            seen.insert(id);
    };
    for (std::size_t number = 0; number < m_people.size(); ++number) {
        numbers.insert({m_people.at(number).account(), number});
        found += differencesOfNotes(m_people.at(number), m_diary);
        see(number, number);
    }
    for (const Calendar::Pair &pair : m_calendar.pairs()) {
        if (isBlocked(pair.first, pair.second))
            continue;
        if (!m_notYet.contains(pair))
            found += strangers(pair);
        found += differences(m_people.at(pair.first), m_people.at(pair.second), m_diary);
        see(pair.first, pair.second);
        see(pair.second, pair.first);
    }
    const auto isHidden = [&](const MessageId &id) {
        return std::ranges::any_of(m_diary.hidden, [&](const auto &hidden) { return hidden.second == id; });
    };
    int missing = 0;
    for (const auto &[id, between] : m_diary.texts) {
        const std::size_t one = numbers.at(between.first);
        const std::size_t other = numbers.at(between.second);
        const bool mayBeGone = one != other && (vanishes(one, other) || isBlocked(one, other));
        missing += seen.contains(id) || mayBeGone || isHidden(id) ? 0 : 1;
    }
    if (missing > 0)
        found.append(QStringLiteral("%1 texts are nowhere").arg(missing));
    if (!found.isEmpty()) { // often it is theirs
        for (const Calendar::Absence &absence : m_calendar.absences()) {
            found.append(QStringLiteral("Member%1 %2 was away from day %3 to %4")
                             .arg(absence.seat.person)
                             .arg(absence.seat.desktop)
                             .arg(absence.first)
                             .arg(absence.back));
        }
    }
    return found + unsettled();
}

/// Desktops that miss something, or have something to send, and may not.
QStringList Month::unsettled() const
{
    QStringList found;
    // Decision 0171.
    std::int64_t mayStay = m_diary.written / kMessagesOfOneUnanswered;
    for (const Seat &seat : everySeat()) {
        const kit::Person &who = m_people.at(seat.person);
        const auto status = who.desktop(seat.desktop).status();
        if (hasQuarrel(seat.person))
            continue;
        mayStay -= status.unrepaired;
        if (status.undecryptable + status.outbox > 0 || mayStay < 0) {
            found.append(QStringLiteral("%1 %2: %3 unrepaired, %4 unreadable, %5 to be sent, %6 alarms, %7 held, %8")
                             .arg(who.name())
                             .arg(seat.desktop)
                             .arg(status.unrepaired)
                             .arg(status.undecryptable)
                             .arg(status.outbox)
                             .arg(who.desktop(seat.desktop).alarms().size())
                             .arg(who.desktop(seat.desktop).heldPeople().size())
                             .arg(name(status.connection.status)));
        }
    }
    return found;
}

/// Where two people who asked and accepted are not contacts, or show another profile than on the other desktop.
QStringList Month::strangers(const Calendar::Pair &pair) const
{
    QStringList found;
    for (const auto &[one, other] : {pair, Calendar::Pair(pair.second, pair.first)}) {
        const kit::Person &who = m_people.at(one);
        const AccountId peer = m_people.at(other).account();
        const auto first = who.desktop(0).profile(peer);
        const auto second = who.desktop(1).profile(peer);
        if (!first || !second)
            found.append(QStringLiteral("%1: %2 is no contact").arg(who.name(), m_people.at(other).name()));
        else if (!(*first == *second))
            found.append(QStringLiteral("%1: %2 shows two profiles: %3 and %4")
                             .arg(who.name(), m_people.at(other).name(), first->about, second->about));
    }
    return found;
}

QString Month::report() const
{
    std::int64_t frames = 0;
    std::int64_t undecryptable = 0;
    std::int64_t repaired = 0;
    std::int64_t lost = 0;
    for (const Seat &seat : everySeat()) {
        const auto status = m_people.at(seat.person).desktop(seat.desktop).status();
        frames += status.frames;
        undecryptable += status.framesUndecryptable;
        repaired += status.repaired;
        lost += status.lost;
    }
    const auto &mild = m_network->deeds();
    const auto &wild = m_hostile->deeds();
    QString text = QStringLiteral("%1 written, %2 % turns, %3 refused; %4 restarts, %5 kills, %6 absences;")
                       .arg(m_diary.written)
                       .arg(100.0 * m_diary.turns / std::max(1, m_diary.toSomebody), 0, 'f', 1)
                       .arg(m_diary.refused)
                       .arg(m_restarts)
                       .arg(m_kills)
                       .arg(m_calendar.absences().size());
    text += QStringLiteral(" copies dropped %1, doubled %2, delayed %3, altered %4, replayed %5, misdated %6; requests"
                           " lost %7, answers lost %8;")
                .arg(mild.dropped + wild.dropped)
                .arg(mild.duplicated + wild.duplicated)
                .arg(mild.delayed + wild.delayed)
                .arg(wild.altered)
                .arg(wild.replayed)
                .arg(wild.misdated)
                .arg(wild.requestsLost)
                .arg(wild.answersLost);
    text += QStringLiteral(" frames %1, did not open %2, repaired %3, given up %4; rounds at the end %5; %6; %7 s CPU;")
                .arg(frames)
                .arg(undecryptable)
                .arg(repaired)
                .arg(lost)
                .arg(m_rounds)
                .arg(m_times.join(QStringLiteral(", ")))
                .arg(double(std::clock()) / CLOCKS_PER_SEC, 0, 'f', 1);
    for (std::size_t i = 0; i < kDoings; ++i)
        text += QStringLiteral(" %1 %2").arg(QLatin1String(name(Doing(i)))).arg(m_diary.counts[i]);
    return text;
}

} // namespace sotto::simulation
