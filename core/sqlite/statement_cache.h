#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct sqlite3_stmt;

namespace sotto::native {

/// The prepared statements of one SQL text that nobody uses at the moment; more than one when a query runs inside
/// itself.
struct CachedStatement {
    std::vector<sqlite3_stmt *> idle;
};

/// Lets a view look up a string key without copying it.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

/// Prepared statements by SQL text. Values keep their address.
using StatementCache = std::unordered_map<std::string, CachedStatement, TextHash, std::equal_to<>>;

} // namespace sotto::native
