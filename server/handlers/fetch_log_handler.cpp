#include "core/wire/limits.h"
#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

/// What fits into a frame beside everything else; the client asks again from where the answer ends.
constexpr qsizetype kMaxReplyBytes = wire::kMaxFrameBytes / 2;

void cutToFrame(wire::Log &log)
{
    qsizetype bytes = 0;
    std::size_t count = 0;
    for (const wire::SignedEntry &entry : log.entries) {
        bytes += entry.body.size() + 256; // signature, proofs and field headers
        if (count > 0 && bytes > kMaxReplyBytes)
            break;
        ++count;
    }
    log.entries.resize(count);
}

class FetchLogHandler final : public HandlerFor<wire::FetchLog> {
public:
    explicit FetchLogHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::FetchLog request) override
    {
        if (const auto wait = m_services.limiter.tooSoon(session.authenticated(), LimitedAction::Fetch))
            co_return Reply::retryAfter(*wait);
        auto reading = m_services.store.readLog(request.account, request.fromVersion, wire::kMaxLogEntriesPerReply);
        auto log = co_await std::move(reading);
        if (!log)
            co_return Reply::unavailable();
        if (log->headVersion == 0)
            co_return Reply::refused(wire::RelayErrorCode::NotFound);
        cutToFrame(*log);
        co_return std::move(*log);
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeFetchLogHandler(HandlerServices &services)
{
    return std::make_unique<FetchLogHandler>(services);
}

} // namespace sotto::relay
