#include "core/base/check.h"

#include <cstdlib>
#include <cstring>

namespace sotto {

namespace {
struct CheckText {
    const char *name;
    const char *reason;
};
constexpr CheckText kTexts[] = {
#define SOTTO_CHECK_TEXT(name, reason) {#name, reason},
    SOTTO_SECURITY_CHECKS(SOTTO_CHECK_TEXT)
#undef SOTTO_CHECK_TEXT
};
} // namespace

const char *name(Check check) { return kTexts[int(check)].name; }

const char *reason(Check check) { return kTexts[int(check)].reason; }

int checkCount() { return int(std::size(kTexts)); }

#ifdef SOTTO_CHECK_SWITCH
bool isSwitchedOff(Check check)
{
    static const char *const off = std::getenv("SOTTO_DISABLE_CHECK");
    return off && std::strcmp(off, name(check)) == 0;
}
#endif

} // namespace sotto
