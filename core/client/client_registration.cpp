// From an invite to an account that is online.
#include "core/account/account_maker.h"
#include "core/base/logging.h"
#include "core/client/client_parts.h"
#include "core/model/names.h"
#include "core/net/registration.h"
#include "core/sqlite/transaction.h"
#include "core/wire/links.h"

namespace sotto {

Task<Result<AccountId>> Client::registerAccount(QString invite, QString displayName, QString handle)
{
    if (m_parts->account || m_parts->registering)
        co_return Error(ErrorCode::AlreadyExists, QStringLiteral("this profile has an account"));
    const auto parsed = wire::parseInviteLink(invite);
    if (!parsed)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("this is not an invite link"));
    const QString clean = cleanName(displayName);
    const QString bare = handle.startsWith(u'@') ? handle.mid(1) : handle;
    if (clean.isEmpty())
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("a name is needed"));
    if (!bare.isEmpty() && !isHandle(bare))
        co_return Error(ErrorCode::InvalidArgument,
                        QStringLiteral("a handle is 3 to 30 of a-z, 0-9, underscore and full stop"));
    m_parts->registering = true;
    Newcomer newcomer{*parsed, clean, bare};
    const auto done = co_await runRegistration(std::move(newcomer));
    m_parts->registering = false;
    if (!done)
        co_return done.error();
    co_return m_parts->account->device.address.account;
}

Result<wire::Register> Client::makeRegistration(const Newcomer &newcomer, Timestamp relayNow)
{
    const auto own = m_parts->storage.ownAccount.load();
    if (!own)
        return own.error();
    AccountMaker maker(m_parts->storage, *m_parts->core, m_parts->environment.clock, m_parts->environment.random);
    if (!*own) {
        const auto made = maker.make(newcomer.invite, newcomer.name, newcomer.handle, relayNow);
        if (!made)
            return made.error();
        keepKitSlot();
    } else {
        // The relay never answered: the same account again, with what was typed now.
        const wire::Invite &invite = newcomer.invite;
        auto transaction = Transaction::begin(m_parts->storage.database);
        const bool kept = transaction && m_parts->storage.ownAccount.setProfile(newcomer.name, QString(), {})
            && m_parts->storage.ownAccount.setHandle(newcomer.handle)
            && m_parts->storage.relay.store({invite.relayKey, std::nullopt, QString(), 0, invite.addresses})
            && Settings(m_parts->storage.settings).set(kPendingInvite, wire::inviteLink(invite))
            && transaction->commit();
        if (!kept)
            return Error(ErrorCode::InputOutput, QStringLiteral("the account could not be stored"));
    }
    return maker.registration(newcomer.invite, relayNow);
}

Task<Result<Done>> Client::runRegistration(Newcomer newcomer)
{
    RelayPins pins{newcomer.invite.relayKey, std::nullopt, {}, 0};
    for (const QString &address : newcomer.invite.addresses) {
        if (const auto parsed = RelayAddress::parse(address))
            pins.addresses.push_back(*parsed);
    }
    if (pins.addresses.empty())
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("the invite has no usable address"));
    Registration registration(m_parts->environment.transports, m_parts->environment.clock);
    const Registration::MakeRequest make = [this, newcomer](const wire::Hello &hello) {
        return makeRegistration(newcomer, hello.time);
    };
    auto registering = registration.registerAccount(std::move(pins), proxy(), make);
    const auto answer = co_await std::move(registering);
    if (!answer)
        co_return answer.error().toError();
    const auto own = m_parts->storage.ownAccount.load();
    if (!own || !*own)
        co_return ErrorCode::Corrupt;
    if (answer->registered.account != (*own)->address.account)
        co_return Error(ErrorCode::Refused, QStringLiteral("the relay registered another account"));
    if (const auto stored = storeRelayPins(m_parts->storage, answer->pins, answer->hello.name); !stored)
        co_return stored.error();
    AccountMaker maker(m_parts->storage, *m_parts->core, m_parts->environment.clock, m_parts->environment.random);
    if (const auto finished = maker.finish(answer->hello.time); !finished)
        co_return finished.error();
    if (const auto wired = wireAccount(); !wired)
        co_return wired.error();
    start();
    co_return Done{};
}

/// After a registration, or a crash that came between it and this.
Result<Done> Client::contactInviter()
{
    const auto link = Settings(m_parts->storage.settings).get(kPendingInvite);
    if (!link)
        return link.error();
    if (link->isEmpty())
        return Done{};
    const auto invite = wire::parseInviteLink(*link);
    if (!invite) {
        qCWarning(lcClient, "the invite by which this account was made cannot be read and is forgotten");
        auto transaction = Transaction::begin(m_parts->storage.database);
        if (!transaction)
            return transaction.error();
        if (const auto forgotten = Settings(m_parts->storage.settings).set(kPendingInvite, QString()); !forgotten)
            return forgotten;
        return transaction->commit();
    }
    return m_parts->account->contacts.addInviter(invite->inviter, invite->secret);
}

} // namespace sotto
