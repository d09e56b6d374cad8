#include "core/base/random.h"
#include "tests/crypto_agent/agent.h"

#include <cstdio>

namespace {
/// The next line without its end; longer ones are cut, which no longer fit a request. Nothing at the end of the input.
std::optional<sotto::Bytes> nextLine(std::FILE *input)
{
    sotto::Bytes line;
    bool readAny = false;
    for (int c = std::getc(input); c != EOF; c = std::getc(input)) {
        readAny = true;
        if (c == '\n')
            break;
        if (line.size() <= sotto::kit::CryptoAgent::kMaxLineBytes)
            line.append(char(c));
    }
    return readAny ? std::optional(line) : std::nullopt;
}
} // namespace

int main()
{
    sotto::SystemRandom random;
    sotto::RealClock clock;
    const auto core = sotto::CryptoCore::create(random, clock);
    if (!core) {
        std::fprintf(stderr, "crypto-agent: the crypto core does not start: %s\n", sotto::name(core.error()));
        return 1;
    }
    sotto::kit::CryptoAgent agent(**core);
    while (const auto line = nextLine(stdin)) {
        QByteArray answer = agent.answer(*line);
        answer.append('\n');
        if (std::fwrite(answer.constData(), 1, std::size_t(answer.size()), stdout) != std::size_t(answer.size())
            || std::fflush(stdout) != 0) {
            return 1;
        }
    }
    return 0;
}
