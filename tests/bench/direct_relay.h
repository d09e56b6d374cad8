#pragma once
#include "tests/kit/loop_relay.h"

namespace sotto::bench {

/// A relay in the same thread that accepts every submit and keeps nothing, so that what is measured is the client. Its
/// own processor time is counted apart.
class DirectRelay final : public kit::LoopRelay {
public:
    using LoopRelay::LoopRelay;

    /// Sees every submit before it is accepted.
    std::function<void(const wire::Submit &)> onSubmit;

    /// Processor seconds that the relay itself has taken.
    double cpu() const { return m_cpu; }
    std::int64_t submits() const { return m_submits; }

private:
    std::optional<Bytes> answer(const Bytes &frame) override;
    std::optional<wire::ResponseBody> respond(const wire::RequestBody &request) override;
    void take(const wire::Acknowledge &) override { }

    double m_cpu = 0;
    std::int64_t m_submits = 0;
};

} // namespace sotto::bench
