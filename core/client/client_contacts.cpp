// The facade's commands and snapshots about people.
#include "core/client/client_parts.h"
#include "core/crypto/safety_number.h"
#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"
#include "core/wire/links.h"

#include <algorithm>

namespace sotto {

namespace {

Error asError(CryptoError error)
{
    return error == CryptoError::RandomFailed ? Error(ErrorCode::RandomFailed)
                                              : Error(ErrorCode::Internal, QString::fromLatin1(name(error)));
}

/// Whether `shown` is `number` in digits, with whatever people put between them, or as the other side's QR code.
Result<bool> isSafetyNumber(CryptoCore &core, const SafetyNumber &number, const QString &shown)
{
    const auto scanned = wire::parseSafetyLink(shown);
    if (scanned && *scanned == number.scannable)
        return Error(ErrorCode::InvalidArgument,
                     QStringLiteral("this is your own code: the other side has to show theirs"));
    if (scanned) {
        const auto isSame = isSameSafetyNumber(core, number, *scanned);
        return isSame ? Result<bool>(*isSame)
                      : Error(ErrorCode::InvalidArgument, QStringLiteral("this is no code of a safety number"));
    }
    QString digits = shown;
    digits.removeIf([](QChar c) { return c.isSpace() || c == u'-'; });
    const bool areDigits = std::ranges::all_of(digits, [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (!areDigits || digits.size() != number.digits.size())
        return Error(ErrorCode::InvalidArgument,
                     QStringLiteral("a safety number has %1 digits").arg(number.digits.size()));
    return digits == number.digits;
}

} // namespace

Task<Result<AccountId>> Client::findPerson(QString person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    const auto found = co_await (*account)->contacts.find(person);
    co_return found;
}

Task<Result<AccountId>> Client::addContact(QString person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    const auto added = co_await (*account)->contacts.add(person);
    co_return added;
}

std::vector<Contact> Client::contacts() const { return m_parts->storage.contacts.all().valueOr({}); }

std::vector<Contact> Client::contactRequests() const
{
    return m_parts->storage.contacts.inState(ContactState::Asking).valueOr({});
}

Task<Result<Done>> Client::acceptContact(AccountId person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    co_return (*account)->contacts.accept(person);
}

Task<Result<Done>> Client::blockContact(AccountId person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    co_return (*account)->contacts.block(person);
}

Result<Done> Client::deleteRequest(AccountId person)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return (*account)->contacts.deleteRequest(person);
}

Task<Result<Done>> Client::removeContact(AccountId person)
{
    const auto account = parts();
    if (!account)
        co_return account.error();
    if (const auto removed = (*account)->contacts.remove(person); !removed)
        co_return removed.error();
    Q_EMIT conversationChanged(directConversation((*account)->device.address.account, person));
    m_parts->wordsWait = true;
    m_parts->cutLog();
    co_return Done{};
}

Result<Done> Client::setVerified(AccountId person, bool verified)
{
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto set = m_parts->storage.pins.setVerified(person, verified); !set)
        return set.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    const auto account = parts();
    const auto accepted = verified && account ? (*account)->heads.acceptRoot(person) : Result<Done>(Done{});
    Q_EMIT contactChanged(person);
    return accepted;
}

PresenceSnapshot Client::presence(AccountId person) const
{
    if (!m_parts->account)
        return {};
    PresenceSnapshot snapshot;
    if (const auto known = m_parts->account->presence.known(person)) {
        snapshot.online = known->online;
        snapshot.lastSeen = known->lastSeen;
    }
    snapshot.typing = m_parts->account->ephemeral.isTyping(person);
    return snapshot;
}

Result<SafetyNumber> Client::safetyNumberWith(AccountId person) const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const Timestamp now = m_parts->environment.clock.now();
    const AccountId self = (*account)->device.address.account;
    const auto ownLog = (*account)->directory.find(self);
    if (!ownLog || !*ownLog)
        return ErrorCode::Corrupt;
    const CurvePublicKey ownRoot((*ownLog)->accountRoot(now).bytes());
    const auto log = (*account)->directory.find(person);
    if (!log)
        return log.error();
    if (!*log)
        return Error(ErrorCode::NotFound, QStringLiteral("this person's keys are not known yet"));
    const auto number = sotto::safetyNumber(*m_parts->core, {self, ownRoot},
                                            {person, CurvePublicKey((*log)->accountRoot(now).bytes())});
    if (!number)
        return asError(number.error());
    return *number;
}

Result<SafetyNumberSnapshot> Client::safetyNumber(AccountId person) const
{
    const auto number = safetyNumberWith(person);
    if (!number)
        return number.error();
    return SafetyNumberSnapshot{number->digits, wire::safetyLink(number->scannable)};
}

Result<Done> Client::compareSafetyNumber(AccountId person, const QString &shown)
{
    const auto number = safetyNumberWith(person);
    if (!number)
        return number.error();
    const auto isSame = isSafetyNumber(*m_parts->core, *number, shown);
    if (!isSame)
        return isSame.error();
    // What was compared once does not hold any more.
    if (const auto set = setVerified(person, *isSame); !set || *isSame)
        return set;
    return Error(ErrorCode::Refused,
                 QStringLiteral("this is not the safety number that you have with each other: somebody may be between "
                                "you, or one of you has a new recovery kit"));
}

std::vector<Alarm> Client::alarms() const { return m_parts->storage.alarms.open().valueOr({}); }

Result<Done> Client::acknowledgeAlarms(AccountId about)
{
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto seen = m_parts->storage.alarms.acknowledge(about); !seen)
        return seen.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    Q_EMIT contactChanged(about);
    return Done{};
}

bool Client::hasNewSafetyNumber(AccountId person) const
{
    return m_parts->storage.pins.isHeldForRoot(person).valueOr(false);
}

bool Client::isHeld(AccountId person) const { return m_parts->storage.pins.isHeld(person).valueOr(false); }

std::vector<AccountId> Client::heldPeople() const { return m_parts->storage.pins.held().valueOr({}); }

Result<Done> Client::sendToKnownDevices(AccountId person)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return (*account)->heads.waive(person);
}

} // namespace sotto
