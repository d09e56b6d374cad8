#include "core/base/random.h"

#include <QRandomGenerator>
#include <cerrno>
#include <cstring>
#ifdef Q_OS_LINUX
#include <sys/random.h>
#endif

namespace sotto {

Result<Bytes> Random::bytes(qsizetype size)
{
    Bytes result(size, Qt::Uninitialized);
    if (!fill(result.data(), std::size_t(size)))
        return ErrorCode::RandomFailed;
    return result;
}

Result<std::uint64_t> Random::below(std::uint64_t bound)
{
    Q_ASSERT(bound >= 1);
    // Values under the remainder of 2^64 / bound would come up once too often: draw again.
    const std::uint64_t unfair = (0 - bound) % bound;
    for (;;) {
        std::uint64_t draw = 0;
        if (!fill(&draw, sizeof draw))
            return ErrorCode::RandomFailed;
        if (draw >= unfair)
            return draw % bound;
    }
}

bool SystemRandom::fill(void *out, std::size_t size)
{
#ifdef Q_OS_LINUX
    auto *at = static_cast<char *>(out);
    std::size_t left = size;
    while (left > 0) {
        const ssize_t got = getrandom(at, left, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            std::memset(out, 0, size);
            return false;
        }
        at += got;
        left -= std::size_t(got);
    }
#else
    // Qt's system generator is the platform's cryptographic source (BCryptGenRandom, arc4random).
    QRandomGenerator::system()->generate(static_cast<std::uint8_t *>(out), static_cast<std::uint8_t *>(out) + size);
#endif
    return true;
}

} // namespace sotto
