#include "server/handlers/submit_flow.h"

#include "core/base/check.h"

namespace sotto::relay {

namespace {

/// Messages and calls are what people write; the rest follows from it and is counted by copies.
std::optional<Milliseconds> tooSoon(HandlerServices &services, const DeviceAddress &sender, const wire::Submit &submit)
{
    const bool isMessage = submit.mailClass == wire::MailClass::Message || submit.mailClass == wire::MailClass::Call;
    if (isMessage)
        return services.limiter.tooSoon(sender, LimitedAction::Submit);
    std::size_t copies = 0;
    for (const wire::Target &target : submit.targets)
        copies += target.copies.size();
    return services.limiter.tooSoon(sender, LimitedAction::SmallCopies, double(std::max<std::size_t>(1, copies)));
}

} // namespace

Task<ResolvedSubmit> resolveSubmit(HandlerServices *services, DeviceAddress sender, wire::Submit submit)
{
    const auto wait = tooSoon(*services, sender, submit);
    if (refuseUnless(Check::SubmitRate, !wait))
        co_return wire::RelayError{wire::RelayErrorCode::RateLimited, {}, std::uint64_t(wait->count())};
    AddressedSubmit addressed{sender, std::move(submit), {}};
    for (const wire::Target &target : addressed.submit.targets) {
        auto finding = services->directory.find(target.account);
        const auto found = co_await std::move(finding);
        if (!found)
            co_return wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 0};
        addressed.accounts.push_back(*found);
    }
    co_return addressed;
}

} // namespace sotto::relay
