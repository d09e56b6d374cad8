#pragma once
#include "core/base/result.h"

#include <QStringView>
#include <cstdint>

namespace sotto {

/// What MessageRepository tells about texts, in the transaction that changes them; core/search implements it.
class MessageTextIndex {
public:
    virtual ~MessageTextIndex() = default;
    /// A row has got its text.
    virtual Result<Done> add(std::int64_t row, QStringView text) = 0;
    /// A row loses `text`, which is exactly what was added.
    virtual Result<Done> remove(std::int64_t row, QStringView text) = 0;
};

} // namespace sotto
