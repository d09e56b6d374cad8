#include "server/handlers/handlers.h"
#include "server/handlers/submit_flow.h"

namespace sotto::relay {

namespace {

class SubmitBatchHandler final : public HandlerFor<wire::SubmitBatch> {
public:
    explicit SubmitBatchHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::SubmitBatch request) override
    {
        std::vector<Task<wire::SubmitReply>> answers;
        for (wire::Submit &submit : request.submits) {
            auto resolving = resolveSubmit(&m_services, session.authenticated(), std::move(submit));
            auto resolved = co_await std::move(resolving);
            if (auto *refused = std::get_if<wire::RelayError>(&resolved))
                answers.push_back(Task<wire::SubmitReply>::finished(std::move(*refused)));
            else // all are admitted before the first is waited for: they share a commit
                answers.push_back(m_services.queues.submit(std::get<AddressedSubmit>(std::move(resolved))));
        }
        wire::SubmitBatchReply reply;
        for (auto &answer : answers) {
            auto one = co_await std::move(answer);
            reply.replies.push_back(std::move(one));
        }
        co_return reply;
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeSubmitBatchHandler(HandlerServices &services)
{
    return std::make_unique<SubmitBatchHandler>(services);
}

} // namespace sotto::relay
