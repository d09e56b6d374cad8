#include "tests/bench/direct_relay.h"

#include "tests/bench/figures.h"

namespace sotto::bench {

std::optional<Bytes> DirectRelay::answer(const Bytes &frame)
{
    const double before = cpuSeconds();
    auto answered = LoopRelay::answer(frame);
    m_cpu += cpuSeconds() - before;
    return answered;
}

std::optional<wire::ResponseBody> DirectRelay::respond(const wire::RequestBody &request)
{
    const auto *submit = std::get_if<wire::Submit>(&request);
    if (!submit)
        return wire::RelayError{wire::RelayErrorCode::Unsupported, {}, 0};
    ++m_submits;
    if (onSubmit)
        onSubmit(*submit);
    return wire::Accepted{clock().now(), {}, clock().now() + std::chrono::hours(30 * 24)};
}

} // namespace sotto::bench
