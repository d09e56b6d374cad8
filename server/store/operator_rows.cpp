#include "core/base/check.h"
#include "server/store/account_rows.h"

// Invites, and what the operator sees.
namespace sotto::relay {

namespace {
constexpr Milliseconds kDay{24LL * 60 * 60 * 1000};
/// The longest period of a quota: what is older counts nowhere.
constexpr std::int64_t kLongestQuotaDays = 365;

std::int64_t dayOf(Timestamp time) { return time.ms / kDay.count(); }
} // namespace

Result<InviteOutcome> AccountRows::createInvites(const std::vector<Hash256> &secretHashes, Timestamp expires)
{
    for (const Hash256 &secretHash : secretHashes) {
        auto made = insertInvite(secretHash, expires, std::nullopt);
        if (!made || std::holds_alternative<InviteRefusal>(*made))
            return made;
    }
    return InviteOutcome(Done{});
}

Result<InviteOutcome> AccountRows::createMemberInvite(const Hash256 &secretHash, Timestamp expires, AccountKey inviter,
                                                      const InviteQuota &quota, Timestamp now)
{
    const auto refused = checkQuota(inviter, quota, now);
    if (!refused)
        return refused.error();
    if (*refused)
        return InviteOutcome(**refused);
    auto made = insertInvite(secretHash, expires, inviter);
    if (!made || std::holds_alternative<InviteRefusal>(*made))
        return made;
    const auto counted = m_database
                             .prepare("INSERT INTO invite_made (inviter_id, day, invites) VALUES (?1, ?2, 1)"
                                      " ON CONFLICT (inviter_id, day) DO UPDATE SET invites = invites + 1")
                             .with(inviter, dayOf(now))
                             .run();
    if (!counted)
        return counted.error();
    return made;
}

Result<std::optional<InviteRefusal>> AccountRows::checkQuota(AccountKey inviter, const InviteQuota &quota,
                                                             Timestamp now)
{
    const auto from = m_database.prepare("SELECT coalesce(max(invites_from_day), 0) FROM account WHERE id = ?1")
                          .with(inviter)
                          .number();
    if (!from)
        return from.error();
    if (refuseUnless(Check::InviteQuota, *from <= dayOf(now)))
        return std::optional(InviteRefusal::TooNew);
    const auto made =
        m_database.prepare("SELECT coalesce(sum(invites), 0) FROM invite_made WHERE inviter_id = ?1 AND day > ?2")
            .with(inviter, dayOf(now) - quota.days)
            .number();
    if (!made)
        return made.error();
    if (refuseUnless(Check::InviteQuota, *made < quota.invites))
        return std::optional(InviteRefusal::QuotaUsed);
    return std::optional<InviteRefusal>();
}

Result<InviteOutcome> AccountRows::insertInvite(const Hash256 &secretHash, Timestamp expires,
                                                std::optional<AccountKey> inviter)
{
    const auto made =
        m_database.prepare("INSERT OR IGNORE INTO invite (secret_hash, expires_ms, inviter_id) VALUES (?1, ?2, ?3)")
            .with(secretHash, expires, inviter)
            .run();
    if (!made)
        return made.error();
    if (*made == 0)
        return InviteOutcome(InviteRefusal::AlreadyExists);
    return InviteOutcome(Done{});
}

Result<bool> AccountRows::isInviteOpen(const Hash256 &secretHash, Timestamp now)
{
    const auto open = m_database.prepare("SELECT count(*) FROM invite WHERE secret_hash = ?1 AND expires_ms > ?2")
                          .with(secretHash, now)
                          .number();
    if (!open)
        return open.error();
    return *open == 1;
}

Result<int> AccountRows::expireInvites(Timestamp now, int limit)
{
    const auto gone = m_database
                          .prepare("DELETE FROM invite WHERE secret_hash IN"
                                   " (SELECT secret_hash FROM invite WHERE expires_ms <= ?1 LIMIT ?2)")
                          .with(now, limit)
                          .run();
    if (!gone)
        return gone.error();
    const auto forgotten =
        m_database.prepare("DELETE FROM invite_made WHERE day < ?1").with(dayOf(now) - kLongestQuotaDays).run();
    if (!forgotten)
        return forgotten.error();
    return int(*gone);
}

Result<StoreCounts> AccountRows::counts()
{
    const auto counts =
        m_database
            .prepare("SELECT (SELECT count(*) FROM account WHERE closed = 0),"
                     " (SELECT count(*) FROM device WHERE active = 1), (SELECT count(*) FROM invite),"
                     " (SELECT coalesce(sum(row_count + small_row_count), 0) FROM device),"
                     " (SELECT coalesce(sum(byte_count), 0) FROM device)")
            .first([](Row &row) {
                return StoreCounts{row.integer(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4)};
            });
    if (!counts)
        return counts.error();
    return counts->value_or(StoreCounts());
}

Result<std::vector<UserLine>> AccountRows::users(AccountKey afterKey, int limit)
{
    return m_database
        .prepare("SELECT account.id, account, coalesce(handle, ''), registered_day,"
                 " (SELECT count(*) FROM device WHERE device.account_id = account.id AND active = 1)"
                 " FROM account LEFT JOIN handle ON handle.account_id = account.id"
                 " WHERE closed = 0 AND account.id > ?1 ORDER BY account.id LIMIT ?2")
        .with(afterKey, limit)
        .collect([](Row &row) {
            return UserLine{row.id<AccountId>(1), row.integer(0), row.text(2), row.integer(3), int(row.integer(4))};
        });
}

} // namespace sotto::relay
