#include "server/handlers/handlers.h"
#include "server/handlers/submit_flow.h"

namespace sotto::relay {

namespace {

Reply replyOf(wire::SubmitReply answer)
{
    return std::visit([](auto &&content) { return Reply(std::forward<decltype(content)>(content)); },
                      std::move(answer));
}

class SubmitHandler final : public HandlerFor<wire::Submit> {
public:
    explicit SubmitHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::Submit request) override
    {
        auto resolving = resolveSubmit(&m_services, session.authenticated(), std::move(request));
        auto resolved = co_await std::move(resolving);
        if (auto *refused = std::get_if<wire::RelayError>(&resolved))
            co_return std::move(*refused);
        auto submitting = m_services.queues.submit(std::get<AddressedSubmit>(std::move(resolved)));
        auto answer = co_await std::move(submitting);
        co_return replyOf(std::move(answer));
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeSubmitHandler(HandlerServices &services)
{
    return std::make_unique<SubmitHandler>(services);
}

} // namespace sotto::relay
