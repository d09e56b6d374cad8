// Lines on standard input: however the stream is cut, the lines are the same; every call that wants an answer gets
// exactly one, and each answer is one line of JSON.
#include "app/cli/rpc_session.h"

#include <QJsonDocument>
#include <cstdlib>

using namespace sotto;

namespace {
constexpr qsizetype kLineLimit = 64;

class Echo final : public RpcHandler {
public:
    const std::vector<RpcMethod> &methods() const override
    {
        static const std::vector<RpcMethod> all{
            {"echo", {{"text", RpcParameter::Type::Text, true}, {"times", RpcParameter::Type::Count, false}}}};
        return all;
    }
    Task<RpcResult> call(QString, QJsonObject params) override
    {
        ++calls;
        return Task<RpcResult>::finished(params);
    }
    int calls = 0;
};

std::vector<Bytes> linesOf(ByteView bytes, qsizetype step)
{
    std::vector<Bytes> lines;
    LineSplitter splitter(
        kLineLimit,
        {[&](const Bytes &line) { lines.push_back(line); }, [&] { lines.push_back(Bytes(kLineLimit + 1, 'x')); }});
    for (qsizetype at = 0; at < bytes.size(); at += step)
        splitter.feed(bytes.sliced(at, std::min(step, bytes.size() - at)));
    splitter.end();
    return lines;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    const std::vector<Bytes> lines = linesOf(bytes, std::max<qsizetype>(1, bytes.size()));
    if (linesOf(bytes, 1) != lines || linesOf(bytes, 7) != lines)
        std::abort();

    Echo echo;
    int answers = 0;
    RpcSession session(echo, [&](const Bytes &line) {
        ++answers;
        if (!QJsonDocument::fromJson(line).isObject() || line.count('\n') != 1)
            std::abort();
    });
    session.feed(bytes);
    session.end();
    int wanted = 0;
    LineSplitter splitter(RpcSession::kMaxLineBytes,
                          {[&](const Bytes &line) {
                               const auto call = parseRpcLine(line);
                               wanted += !line.trimmed().isEmpty() && (!call || call->wantsAnswer()) ? 1 : 0;
                           },
                           [&] { ++wanted; }});
    splitter.feed(bytes);
    splitter.end();
    if (answers != wanted)
        std::abort();
    return 0;
}
