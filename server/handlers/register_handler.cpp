#include "core/base/check.h"
#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "server/accounts/device_log_rules.h"
#include "server/accounts/handle_rules.h"
#include "server/handlers/handlers.h"
#include "server/handlers/refusals.h"

namespace sotto::relay {

namespace {

Reply refusalOf(CreateRefusal refusal)
{
    switch (refusal) {
    case CreateRefusal::InviteInvalid: return Reply::refused(wire::RelayErrorCode::InviteInvalid);
    case CreateRefusal::HandleTaken: return Reply::refused(wire::RelayErrorCode::HandleTaken);
    case CreateRefusal::AccountExists: break;
    }
    return Reply::refused(wire::RelayErrorCode::Conflict);
}

class RegisterHandler final : public HandlerFor<wire::Register> {
public:
    explicit RegisterHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext, wire::Register request) override
    {
        const bool handleIsFine = request.handle.isEmpty() || isHandle(request.handle);
        if (refuseUnless(Check::HandleSyntax, handleIsFine))
            co_return Reply::refused(wire::RelayErrorCode::Malformed);
        const Hash256 inviteHash = sha256(request.inviteSecret.view());
        const Timestamp now = m_services.clock.now();
        // Nobody without an invite makes the relay check signatures.
        auto looking = m_services.store.isInviteOpen(inviteHash, now);
        const auto isOpen = co_await std::move(looking);
        if (!isOpen)
            co_return Reply::unavailable();
        if (!*isOpen) {
            // Somebody whose answer was lost asks again: the id is the hash of the genesis, so it is the same account.
            const AccountId asked = accountIdOf(request.genesis.body);
            auto finding = m_services.directory.find(asked);
            const auto found = co_await std::move(finding);
            if (found && *found)
                co_return wire::Registered{asked};
        }
        if (refuseUnless(Check::InviteValid, *isOpen))
            co_return Reply::refused(wire::RelayErrorCode::InviteInvalid);
        auto verified = verifyRegistration(request, now);
        if (!verified)
            co_return refusedBecause(verified.error());
        NewAccount account{verified->account,
                           inviteHash,
                           request.genesis,
                           std::move(verified->device),
                           request.handle,
                           request.deliveryTokenHash,
                           m_services.settings.newMemberWaitsDays};
        auto creating = m_services.store.createAccount(std::move(account), now);
        auto outcome = co_await std::move(creating);
        if (!outcome)
            co_return Reply::unavailable();
        if (const auto *refusal = std::get_if<CreateRefusal>(&*outcome)) {
            // The answer was lost and the newcomer tries another invite, which stays open.
            if (*refusal == CreateRefusal::AccountExists)
                co_return wire::Registered{verified->account};
            co_return refusalOf(*refusal);
        }
        auto &record = std::get<AccountRecord>(*outcome);
        const wire::Registered registered{record.account};
        m_services.directory.update(std::move(record));
        co_return registered;
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeRegisterHandler(HandlerServices &services)
{
    return std::make_unique<RegisterHandler>(services);
}

} // namespace sotto::relay
