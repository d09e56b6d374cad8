#include "core/storage/invite_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/row_changes.h"

namespace sotto {

Result<Done> InviteRepository::add(const InviteSecret &secret, Timestamp expires)
{
    return anyNumber(
        m_database.prepare("INSERT INTO own_invite (secret, expires_ms) VALUES (?, ?)").with(secret, expires).run());
}

Result<bool> InviteRepository::redeem(const InviteSecret &secret, Timestamp now)
{
    const auto removed =
        m_database.prepare("DELETE FROM own_invite WHERE secret = ? AND expires_ms > ?").with(secret, now).run();
    if (!removed)
        return removed.error();
    return *removed > 0;
}

Result<Done> InviteRepository::removeExpired(Timestamp now)
{
    return anyNumber(m_database.prepare("DELETE FROM own_invite WHERE expires_ms < ?").with(now).run());
}

} // namespace sotto
