#pragma once
#include "core/base/result.h"

#include <cstdint>
#include <optional>

// What repositories make of the number of changed rows. For this folder only.
namespace sotto {

/// However many rows changed.
inline Result<Done> anyNumber(const Result<std::int64_t> &changed)
{
    if (!changed)
        return changed.error();
    return Done{};
}

/// A command on one row that must exist: NotFound when nothing changed.
inline Result<Done> exactlyOne(const Result<std::int64_t> &changed)
{
    if (changed && *changed == 0)
        return ErrorCode::NotFound;
    return anyNumber(changed);
}

/// The value of a query on one row that must exist: NotFound when it does not.
template <class T> Result<T> present(Result<std::optional<T>> found)
{
    if (!found)
        return found.error();
    if (!found->has_value())
        return ErrorCode::NotFound;
    return std::move(**found);
}

} // namespace sotto
