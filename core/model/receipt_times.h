#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <optional>

namespace sotto {

/// When one reader had a message of ours; nothing where it did not come so far, or is not known any more.
struct ReceiptTimes {
    AccountId reader;
    std::optional<Timestamp> deliveredAt;
    std::optional<Timestamp> readAt;
    friend bool operator==(const ReceiptTimes &, const ReceiptTimes &) = default;
};

} // namespace sotto
