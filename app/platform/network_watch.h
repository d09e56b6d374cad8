#pragma once
#include "core/base/clock.h"

#include <QObject>
#include <functional>
#include <memory>

namespace sotto {

/// Whoever sees that this computer's way out changed: a new address, a new default route, a cable.
class NetworkSource : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    /// The best one of this system: netlink on Linux, else what QNetworkInformation offers; null where there is none.
    static std::unique_ptr<NetworkSource> ofSystem();

Q_SIGNALS:
    /// A way out may be there that was not there before. Often several times for one change.
    void changed();
};

/// Says when a lost connection is worth a try at once: when the network changed, or the computer woke up. Lives on one
/// thread with an event loop.
class NetworkWatch : public QObject {
    Q_OBJECT
public:
    /// How long the computer has slept since some fixed start.
    using SleepMeter = std::function<Milliseconds()>;

    /// How often the sleep is measured: a wake-up is noticed within this time.
    static constexpr Milliseconds kLook{5'000};
    /// Sleep that counts; the two clocks behind the meter are not read in one moment.
    static constexpr Milliseconds kShortestSleep{1'000};
    /// Addresses and routes come one after another: they have this long to settle.
    static constexpr Milliseconds kSettle{1'000};
    /// Shortest time between two signals: a network that flaps leaves a try the time to succeed.
    static constexpr Milliseconds kPause{5'000};

    /// `clock` outlives it. `source` may be null; an empty `asleep` leaves wake-ups unseen.
    NetworkWatch(Clock &clock, std::unique_ptr<NetworkSource> source, SleepMeter asleep, QObject *parent = nullptr);
    /// On this system's network and clocks.
    static std::unique_ptr<NetworkWatch> ofSystem(Clock &clock);
    ~NetworkWatch() override;

Q_SIGNALS:
    /// Client::networkMayBeBack() is to hear of it.
    void mayBeBack();

private:
    void look();
    void announceSoon();
    void announce();

    Clock &m_clock;
    std::unique_ptr<NetworkSource> m_source;
    SleepMeter m_asleep;
    Milliseconds m_slept{0};
    Milliseconds m_quietUntil{0}; ///< monotonic
    Timer m_look;
    Timer m_settle;
};

/// How long this computer has slept since it was started: CLOCK_BOOTTIME less CLOCK_MONOTONIC on Linux. Empty on
/// systems whose clocks do not tell.
NetworkWatch::SleepMeter sleepOfSystem();

} // namespace sotto
