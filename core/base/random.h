#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/strong_id.h"

#include <cstddef>
#include <cstdint>

namespace sotto {

/// A source of random bytes. Everything random takes one, so that tests are repeatable and a failing source can be
/// played. A false answer means that no byte may be used: the caller gives up with ErrorCode::RandomFailed.
class Random {
public:
    virtual ~Random() = default;
    /// Fills `size` bytes at `out`. False when the source failed; the bytes are then zero.
    [[nodiscard]] virtual bool fill(void *out, std::size_t size) = 0;

    /// `size` fresh bytes.
    Result<Bytes> bytes(qsizetype size);
    /// A number from 0 to `bound` - 1, without bias. `bound` is at least 1.
    Result<std::uint64_t> below(std::uint64_t bound);
    /// A fresh id.
    template <class Id> Result<Id> id()
    {
        std::array<std::uint8_t, Id::kSize> content;
        if (!fill(content.data(), content.size()))
            return ErrorCode::RandomFailed;
        return Id(content);
    }
};

/// The operating system's source (getrandom). Any thread.
class SystemRandom final : public Random {
public:
    [[nodiscard]] bool fill(void *out, std::size_t size) override;
};

} // namespace sotto
