#pragma once
#include "core/base/error.h"

#include <QtGlobal>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace sotto {

/// The value of a Result that has nothing to say but "it worked".
struct Done {
    friend bool operator==(const Done &, const Done &) = default;
};

namespace detail {
/// A bare code from which an E can be made, when it is neither the value nor the error itself.
template <class Code, class T, class E>
concept CodeOf =
    std::is_enum_v<Code> && !std::is_same_v<Code, T> && !std::is_same_v<Code, E> && std::is_constructible_v<E, Code>;
} // namespace detail

/// A value, or the reason why there is none. Never both, never neither; asking for the one that is absent is a
/// programming error and asserts. Converts from either, so functions simply `return value;` or `return error;`.
template <class T, class E = Error> class [[nodiscard]] Result {
public:
    using Value = T;
    using Failure = E;

    Result(T value) : m_content(std::in_place_index<0>, std::move(value)) { }
    Result(E error) : m_content(std::in_place_index<1>, std::move(error)) { }
    /// Lets a function whose E is Error return a bare code: `return ErrorCode::NotFound;`
    template <detail::CodeOf<T, E> Code> Result(Code code) : m_content(std::in_place_index<1>, E(code)) { }

    explicit operator bool() const { return m_content.index() == 0; }
    bool hasValue() const { return m_content.index() == 0; }

    /// The value; asserts that there is one. `*result` and `result->` are the same, shorter.
    const T &value() const &
    {
        Q_ASSERT(hasValue());
        return *std::get_if<0>(&m_content);
    }
    T &value() &
    {
        Q_ASSERT(hasValue());
        return *std::get_if<0>(&m_content);
    }
    T &&value() &&
    {
        Q_ASSERT(hasValue());
        return std::move(*std::get_if<0>(&m_content));
    }
    const T &operator*() const & { return value(); }
    T &operator*() & { return value(); }
    T &&operator*() && { return std::move(*this).value(); }
    const T *operator->() const { return &value(); }
    T *operator->() { return &value(); }
    /// The value, or `fallback` in place of an error.
    T valueOr(T fallback) const & { return hasValue() ? value() : std::move(fallback); }

    /// The reason; asserts that there is no value.
    const E &error() const
    {
        Q_ASSERT(!hasValue());
        return *std::get_if<1>(&m_content);
    }

private:
    std::variant<T, E> m_content;
};

} // namespace sotto
