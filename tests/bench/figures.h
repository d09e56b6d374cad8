#pragma once
#include "core/base/result.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace sotto::bench {

/// The value, or the end of the program: a bench measures nothing when its preparation fails.
template <class T> T must(Result<T> result, const char *what = "the bench")
{
    if (!result) {
        std::fprintf(stderr, "%s: %s %s\n", what, name(result.error().code), qPrintable(result.error().detail));
        std::exit(1);
    }
    return std::move(*result);
}
/// The same for answers that carry no detail.
inline void must(bool done, const char *what)
{
    if (done)
        return;
    std::fprintf(stderr, "could not: %s\n", what);
    std::exit(1);
}

/// Seconds of processor time of this process: other programs on the machine do not count.
inline double cpuSeconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}
/// Seconds by the wall clock from some fixed start.
inline double wallSeconds()
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

/// Processor and wall time over several stretches.
class Meter {
public:
    void start()
    {
        m_cpuStart = cpuSeconds();
        m_wallStart = wallSeconds();
    }
    void stop()
    {
        m_cpu += cpuSeconds() - m_cpuStart;
        m_wall += wallSeconds() - m_wallStart;
    }
    /// What was measured along and is not the product's: the bench's own relay.
    void subtractCpu(double seconds) { m_cpu -= seconds; }
    double cpu() const { return m_cpu; }
    double wall() const { return m_wall; }

private:
    double m_cpuStart = 0, m_wallStart = 0, m_cpu = 0, m_wall = 0;
};

/// Compares figures with their bars, a line each; run_all.sh makes its table of the lines that start with BAR. A smoke
/// run allows three times the bar.
class Bars {
public:
    explicit Bars(bool smoke) : m_slack(smoke ? 3 : 1) { }
    /// A figure that has to be `bar` or more.
    void atLeast(const char *what, double value, double bar, const char *unit)
    {
        print(what, value, ">=", bar, unit, value >= bar / m_slack);
    }
    /// A figure that has to be `bar` or less.
    void atMost(const char *what, double value, double bar, const char *unit)
    {
        print(what, value, "<=", bar, unit, value <= bar * m_slack);
    }
    bool allHold() const { return m_allHold; }

private:
    void print(const char *what, double value, const char *sign, double bar, const char *unit, bool holds)
    {
        m_allHold = m_allHold && holds;
        std::printf("BAR | %s | %s %.6g %s | %.6g | %s\n", what, sign, bar, unit, value, holds ? "holds" : "MISSED");
        std::fflush(stdout);
    }
    double m_slack;
    bool m_allHold = true;
};

} // namespace sotto::bench
