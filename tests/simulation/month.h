#pragma once
#include "tests/kit/fault_vfs.h"
#include "tests/kit/malicious_relay.h"
#include "tests/kit/world.h"
#include "tests/simulation/calendar.h"
#include "tests/simulation/doings.h"

#include <QElapsedTimer>
#include <QStringList>
#include <deque>
#include <set>

namespace sotto::simulation {

/// A month of many people with two desktops each on one relay: they meet in circles some times a day and talk, their
/// mail is lost, doubled, delayed, altered, their desktops start again, die and stay away. At the end everybody is
/// there, nothing goes wrong any more, and every chat has to be the same on its four desktops. One thread.
class Month {
public:
    explicit Month(const MonthSize &size);
    ~Month();

    /// Everybody registers and gets to know their friends; nothing goes wrong yet.
    void begin();
    /// All its days.
    void goesBy();
    /// The faults end, everybody is online, and repair has its time.
    void comesToRest();

    /// What is wrong at the end, in words.
    QStringList findings() const;
    /// What the databases say, for whoever looks for the reason of a finding.
    void writeDown(const QString &folder);
    /// What happened, for the log.
    QString report() const;
    const Diary &diary() const { return m_diary; }
    int restarts() const { return m_restarts; }
    int kills() const { return m_kills; }
    int absences() const { return int(m_calendar.absences().size()); }

private:
    kit::Person &person(std::size_t number) { return m_people.at(number); }
    Client &client(const Seat &seat) { return m_people.at(seat.person).desktop(seat.desktop); }
    bool isOpen(const Seat &seat) const { return !m_closed.contains(seat); }
    std::vector<Seat> everySeat() const;

    void meet(const Calendar::Pair &pair);
    void ask(const Calendar::Pair &pair);
    void block(int day);
    bool isBlocked(std::size_t one, std::size_t other) const;
    bool hasQuarrel(std::size_t number) const;
    QStringList strangers(const Calendar::Pair &pair) const;
    void takeLines();
    void beginDay(int day);
    void circle(int day, int messages);
    std::vector<Seat> whoIsThere(int day, std::vector<Calendar::Pair> &talking);
    void doSomething(const std::vector<Calendar::Pair> &talking, int day);
    void answerRequests();
    void read(double chance);
    void disturb(double restarts, double kills);
    void restart(const Seat &seat);
    void plotDeath(const Seat &seat);
    void dieIfDue(bool now);
    void comeOnline(const std::vector<Seat> &seats);
    void allGoOffline();
    /// Virtual time goes by in small steps; what the relay is asked is answered before it goes on.
    void passes(Milliseconds time);
    void listenUntilAnswered();
    void listen();
    bool isAtRest() const;
    QStringList unsettled() const;
    bool vanishes(std::size_t one, std::size_t other) const { return (one + other) % 5 == 0; }

    MonthSize m_size;
    Luck m_luck;
    Calendar m_calendar;
    kit::FaultVfs m_disk;
    kit::World m_world;
    kit::SeededRandom m_relayLuck;
    std::deque<kit::Person> m_people;
    std::unique_ptr<kit::MaliciousRelay> m_network;
    std::unique_ptr<kit::MaliciousRelay> m_hostile;
    std::set<Seat> m_online;
    std::set<Seat> m_closed;
    std::optional<Seat> m_victim;
    std::set<Calendar::Pair> m_notYet; ///< will ask in the middle of the month
    std::map<Calendar::Pair, std::size_t> m_lastWriter;
    std::set<Calendar::Pair> m_quarrels; ///< the first has blocked the second
    Diary m_diary;
    Doings m_doings;
    int m_restarts = 0;
    int m_kills = 0;
    int m_rounds = 0;
    QElapsedTimer m_elapsed;
    QStringList m_times;
};

} // namespace sotto::simulation
