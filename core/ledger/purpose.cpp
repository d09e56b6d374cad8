#include "core/ledger/purpose.h"

#include <array>
#include <string_view>

namespace sotto {

namespace {
using namespace std::string_view_literals;

constexpr std::array kPrefixes = {
#define SOTTO_PURPOSE_PREFIX(name, text) "sotto/v1/" text "\0"sv,
    SOTTO_PURPOSES(SOTTO_PURPOSE_PREFIX)
#undef SOTTO_PURPOSE_PREFIX
};
} // namespace

int purposeCount() { return int(kPrefixes.size()); }

ByteView purposePrefix(Purpose purpose)
{
    const std::string_view prefix = kPrefixes[std::size_t(purpose)];
    return ByteView(prefix.data(), qsizetype(prefix.size()));
}

} // namespace sotto
