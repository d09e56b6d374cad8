#include "app/cli/cli_runner.h"

#include "app/cli/rpc_methods.h"
#include "app/cli/standard_input.h"

#include <cstdio>

namespace sotto {

namespace {

void writeLine(const Bytes &line)
{
    std::fwrite(line.constData(), 1, std::size_t(line.size()), stdout);
    std::fflush(stdout);
}

} // namespace

Task<ExitCode> CliRunner::runRpc()
{
    auto *const methods = new RpcMethods(*m_client, m_environment.clock, this);
    auto *const session = new RpcSession(*methods, writeLine, this);
    auto *const input = new StandardInput(this);
    connect(methods, &RpcMethods::happened, session, &RpcSession::notify);
    connect(input, &StandardInput::arrived, session, [session, input](const Bytes &bytes) {
        session->feed(bytes);
        if (session->isFull())
            input->pause();
    });
    connect(session, &RpcSession::hasRoom, input, &StandardInput::resume);
    connect(input, &StandardInput::ended, session, &RpcSession::end);
    if (m_client->account())
        m_client->start();

    const auto ended = std::make_shared<Completer<Done>>();
    const auto end = [ended] {
        if (ended->isPending())
            ended->finish(Done{});
    };
    connect(session, &RpcSession::finished, this, end);
    connect(this, &CliRunner::stopAsked, this, end);
    Task<Done> running = ended->task();
    co_await std::move(running);
    if (m_client->account()) {
        auto flushing = flush();
        co_await std::move(flushing);
    }
    co_return ExitCode::Done;
}

} // namespace sotto
