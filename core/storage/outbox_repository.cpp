#include "core/storage/outbox_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/held_accounts.h"
#include "core/storage/row_changes.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

namespace {

#define SOTTO_OUTBOX_COLUMNS                                                                                           \
    "SELECT o.id, c.conversation_id, a.account_id, o.message, o.class, o.submit_id, o.inner_id, o.content,"            \
    " o.created_ms, o.attempts, o.next_attempt_ms, o.submit_seq, o.submit, o.purpose, o.only_device FROM outbox AS o"  \
    " LEFT JOIN conversation AS c ON c.id = o.conversation JOIN account AS a ON a.id = o.recipient"

OutboxEntry readEntry(Row &row)
{
    std::optional<DeviceId> onlyDevice;
    if (!row.isNull(14))
        onlyDevice = row.device(14);
    return OutboxEntry{
        .id = row.integer(0),
        .conversation = row.optionalId<ConversationId>(1),
        .recipient = row.id<AccountId>(2),
        .message = row.optionalInteger(3),
        .mailClass = std::uint32_t(row.integer(4)),
        .submitId = row.id<SubmitId>(5),
        .innerId = row.id<MessageId>(6),
        .content = row.bytes(7),
        .createdAt = row.time(8),
        .attempts = int(row.integer(9)),
        .nextAttempt = row.time(10),
        .submitSeq = row.optionalInteger(11),
        .submit = row.optionalBytes(12),
        .purpose = row.enumeration<OutboxPurpose>(13, OutboxPurpose::Introduction),
        .onlyDevice = onlyDevice,
    };
}

// OutboxPurpose::Resend and Retry, the numbers themselves and in these words, so that their index is used.
#define SOTTO_IS_REPAIR "purpose IN (1, 2)"

// A device list is account.id and device number, 8 and 4 bytes big-endian each.
constexpr qsizetype kDeviceBytes = 12;

Result<Bytes> encodeDevices(Database &database, const std::vector<DeviceAddress> &devices)
{
    Bytes bytes;
    bytes.reserve(qsizetype(devices.size()) * kDeviceBytes);
    for (const DeviceAddress &device : devices) {
        const auto account = accountRow(database, device.account);
        if (!account)
            return account.error();
        char place[kDeviceBytes];
        qToBigEndian(*account, place);
        qToBigEndian(device.device.number(), place + 8);
        bytes.append(place, kDeviceBytes);
    }
    return bytes;
}

Result<std::vector<DeviceAddress>> decodeDevices(Database &database, ByteView bytes)
{
    std::vector<DeviceAddress> devices;
    if (bytes.size() % kDeviceBytes != 0)
        return ErrorCode::Corrupt;
    for (qsizetype at = 0; at < bytes.size(); at += kDeviceBytes) {
        const auto account = database.prepare("SELECT account_id FROM account WHERE id = ?")
                                 .with(qFromBigEndian<std::int64_t>(bytes.data() + at))
                                 .first([](Row &row) { return row.id<AccountId>(0); });
        if (!account)
            return account.error();
        const auto device = DeviceId::from(qFromBigEndian<std::uint32_t>(bytes.data() + at + 8));
        if (!*account || !device)
            return ErrorCode::Corrupt;
        devices.push_back(DeviceAddress{**account, *device});
    }
    return devices;
}

} // namespace

Result<std::int64_t> OutboxRepository::add(const OutboxEntry &entry)
{
    std::optional<std::int64_t> conversation;
    if (entry.conversation) {
        const auto inside = conversationRow(m_database, *entry.conversation);
        if (!inside)
            return inside.error();
        conversation = *inside;
    }
    const auto recipient = accountRow(m_database, entry.recipient);
    if (!recipient)
        return recipient.error();
    const auto added =
        m_database
            .prepare("INSERT INTO outbox (conversation, recipient, message, class, submit_id, content, inner_id,"
                     " created_ms, attempts, next_attempt_ms, submit_seq, submit, purpose, only_device)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .with(conversation, *recipient, entry.message, entry.mailClass, entry.submitId, entry.content,
                  entry.innerId, entry.createdAt, entry.attempts, entry.nextAttempt, entry.submitSeq, entry.submit,
                  entry.purpose, entry.onlyDevice)
            .run();
    if (!added)
        return added.error();
    return m_database.lastInsertId();
}

Result<std::optional<OutboxEntry>> OutboxRepository::byId(std::int64_t id)
{
    return m_database.prepare(SOTTO_OUTBOX_COLUMNS " WHERE o.id = ?").with(id).first(readEntry);
}

Result<std::optional<OutboxEntry>> OutboxRepository::bySubmitId(const SubmitId &submitId)
{
    return m_database.prepare(SOTTO_OUTBOX_COLUMNS " WHERE o.submit_id = ?").with(submitId).first(readEntry);
}

Result<std::vector<OutboxEntry>> OutboxRepository::dueAfter(std::int64_t after, Timestamp now, int limit)
{
    return m_database
        .prepare(SOTTO_OUTBOX_COLUMNS " WHERE o.id > ?1 AND o.next_attempt_ms <= ?2 AND" SOTTO_NOT_HELD("o.recipient")
                 // 3 is OutboxPurpose::Introduction; the number itself, so that its index is used.
                 " AND NOT EXISTS (SELECT 1 FROM outbox AS i WHERE i.purpose = 3"
                 " AND i.recipient = o.recipient AND i.id < o.id)"
                 // After those: what waits for long is not compared with all that is before it.
                 " AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.conversation = o.conversation"
                 " AND e.id < o.id AND e.next_attempt_ms > ?2) ORDER BY o.id LIMIT ?3")
        .with(after, now, limit)
        .collect(readEntry);
}

Result<std::optional<Timestamp>> OutboxRepository::nextAttempt(Timestamp now)
{
    const auto next =
        m_database
            .prepare("SELECT min(o.next_attempt_ms) FROM outbox AS o WHERE o.next_attempt_ms > ? AND" SOTTO_NOT_HELD(
                "o.recipient"))
            .with(now)
            .first([](Row &row) { return row.optionalTime(0); });
    if (!next)
        return next.error();
    return next->value_or(std::nullopt);
}

Result<std::int64_t> OutboxRepository::count() { return m_database.prepare("SELECT count(*) FROM outbox").number(); }

Result<std::int64_t> OutboxRepository::countContent()
{
    return m_database.prepare("SELECT count(*) FROM outbox WHERE NOT " SOTTO_IS_REPAIR).number();
}

Result<bool> OutboxRepository::isAnyUnderWay(Timestamp now)
{
    const auto some = m_database
                          .prepare("SELECT EXISTS (SELECT 1 FROM outbox AS o WHERE" SOTTO_NOT_HELD(
                              "o.recipient") " AND (NOT " SOTTO_IS_REPAIR " OR o.next_attempt_ms <= ?))")
                          .with(now)
                          .number();
    if (!some)
        return some.error();
    return *some != 0;
}

Result<Done> OutboxRepository::setEncrypted(std::int64_t id, ByteView content, std::uint64_t submitSeq, ByteView submit)
{
    return exactlyOne(m_database.prepare("UPDATE outbox SET content = ?, submit_seq = ?, submit = ? WHERE id = ?")
                          .with(content, submitSeq, submit, id)
                          .run());
}

Result<Done> OutboxRepository::countAttempt(std::int64_t id)
{
    return exactlyOne(m_database.prepare("UPDATE outbox SET attempts = attempts + 1 WHERE id = ?").with(id).run());
}

Result<Done> OutboxRepository::postpone(std::int64_t id, Timestamp nextAttempt)
{
    return exactlyOne(
        m_database.prepare("UPDATE outbox SET next_attempt_ms = ? WHERE id = ?").with(nextAttempt, id).run());
}

Result<Done> OutboxRepository::makeAllDue(Timestamp now)
{
    // Repair waits an hour at most; what waits for longer was put off by a clock that was wrong.
    return anyNumber(m_database
                         .prepare("UPDATE outbox SET next_attempt_ms = ?1 WHERE next_attempt_ms > ?1 AND"
                                  " (NOT " SOTTO_IS_REPAIR " OR next_attempt_ms > ?1 + 3600000)")
                         .with(now)
                         .run());
}

Result<Done> OutboxRepository::detachMessage(std::int64_t id)
{
    return exactlyOne(m_database.prepare("UPDATE outbox SET message = NULL WHERE id = ?").with(id).run());
}

Result<Done> OutboxRepository::remove(std::int64_t id)
{
    return exactlyOne(m_database.prepare("DELETE FROM outbox WHERE id = ?").with(id).run());
}

Result<bool> OutboxRepository::isThere(std::int64_t id)
{
    const auto count = m_database.prepare("SELECT count(*) FROM outbox WHERE id = ?").with(id).number();
    return count ? Result<bool>(*count > 0) : count.error();
}

Result<bool> OutboxRepository::holds(const MessageId &innerId)
{
    const auto count = m_database.prepare("SELECT count(*) FROM outbox WHERE inner_id = ? AND purpose != ?")
                           .with(innerId, OutboxPurpose::Resend)
                           .number();
    return count ? Result<bool>(*count > 0) : count.error();
}

Result<std::vector<OutboxEntry>> OutboxRepository::withoutMessage(const ConversationId &conversation)
{
    return m_database
        .prepare(SOTTO_OUTBOX_COLUMNS " WHERE o.conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                                      " AND o.message IS NULL ORDER BY o.id")
        .with(conversation)
        .collect(readEntry);
}

Result<std::vector<std::int64_t>> OutboxRepository::entriesOf(std::int64_t message)
{
    return m_database.prepare("SELECT id FROM outbox WHERE message = ? ORDER BY id")
        .with(message)
        .collect([](Row &row) { return row.integer(0); });
}

Result<Done> OutboxRepository::addResend(const ResendRecord &record)
{
    const auto known = findResend(record.innerId);
    if (!known)
        return known.error();
    std::vector<DeviceAddress> devices = *known ? (*known)->devices : std::vector<DeviceAddress>();
    for (const DeviceAddress &device : record.devices) {
        if (std::find(devices.begin(), devices.end(), device) == devices.end())
            devices.push_back(device);
    }
    const auto encoded = encodeDevices(m_database, devices);
    if (!encoded)
        return encoded.error();
    const auto conversation = conversationRow(m_database, record.conversation);
    if (!conversation)
        return conversation.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO resend (inner_id, conversation, counter, message, is_text, body, hash,"
                                  " previous_hash, client_ms, devices, sent_ms, failed)"
                                  " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
                                  " ON CONFLICT (inner_id) DO UPDATE SET devices = excluded.devices")
                         .with(record.innerId, *conversation, record.counter, record.message, record.isText,
                               record.body, record.hash, record.previousHash, record.clientTime, *encoded,
                               record.sentAt)
                         .run());
}

Result<std::optional<ResendRecord>> OutboxRepository::findResend(const MessageId &innerId)
{
    struct Stored {
        ResendRecord record;
        Bytes devices;
    };
    auto stored =
        m_database
            .prepare("SELECT c.conversation_id, r.counter, r.message, r.is_text, r.body, r.hash, r.previous_hash,"
                     " r.client_ms, r.sent_ms, r.devices, r.accepted_ms, r.kept_until_ms, r.failed"
                     " FROM resend AS r JOIN conversation AS c"
                     " ON c.id = r.conversation WHERE r.inner_id = ?")
            .with(innerId)
            .collect([&innerId](Row &row) {
                return Stored{ResendRecord{.innerId = innerId,
                                           .conversation = row.id<ConversationId>(0),
                                           .counter = std::uint64_t(row.integer(1)),
                                           .message = row.optionalInteger(2),
                                           .isText = row.boolean(3),
                                           .body = row.optionalBytes(4),
                                           .hash = row.id<Hash256>(5),
                                           .previousHash = row.optionalId<Hash256>(6),
                                           .clientTime = row.time(7),
                                           .devices = {},
                                           .sentAt = row.time(8),
                                           .acceptedAt = row.optionalTime(10),
                                           .keptUntil = row.optionalTime(11),
                                           .failed = row.boolean(12)},
                              row.bytes(9)};
            });
    if (!stored)
        return stored.error();
    if (stored->empty())
        return std::optional<ResendRecord>();
    auto devices = decodeDevices(m_database, stored->front().devices);
    if (!devices)
        return devices.error();
    stored->front().record.devices = std::move(*devices);
    return std::optional(std::move(stored->front().record));
}

Result<std::int64_t> OutboxRepository::pruneResendBefore(Timestamp limit)
{
    return m_database.prepare("DELETE FROM resend WHERE sent_ms < ?").with(limit).run();
}

Result<Done> OutboxRepository::setResendAccepted(const MessageId &innerId, Timestamp acceptedAt, Timestamp keptUntil)
{
    return anyNumber(m_database
                         .prepare("UPDATE resend SET accepted_ms = ?, kept_until_ms = ?"
                                  " WHERE inner_id = ? AND accepted_ms IS NULL")
                         .with(acceptedAt, keptUntil, innerId)
                         .run());
}

Result<Done> OutboxRepository::setResendFailed(const MessageId &innerId)
{
    return anyNumber(m_database.prepare("UPDATE resend SET failed = 1 WHERE inner_id = ?").with(innerId).run());
}

Result<Done> OutboxRepository::forgetResendBodies(const ConversationId &conversation,
                                                  const std::function<bool(ByteView)> &isToGo)
{
    auto ids = m_database
                   .prepare("SELECT inner_id, body FROM resend WHERE conversation = (SELECT id FROM conversation"
                            " WHERE conversation_id = ?) AND is_text = 0 AND body IS NOT NULL")
                   .with(conversation)
                   .collect([&isToGo](Row &row) {
                       return isToGo(row.view(1)) ? std::optional(row.id<MessageId>(0)) : std::nullopt;
                   });
    if (!ids)
        return ids.error();
    for (const std::optional<MessageId> &id : *ids) {
        if (!id)
            continue;
        const auto forgotten =
            exactlyOne(m_database.prepare("UPDATE resend SET body = NULL WHERE inner_id = ?").with(*id).run());
        if (!forgotten)
            return forgotten;
    }
    return Done{};
}

Result<Done> OutboxRepository::forgetResendBodies(const ConversationId &conversation)
{
    return anyNumber(m_database
                         .prepare("UPDATE resend SET body = NULL WHERE conversation = (SELECT id FROM conversation"
                                  " WHERE conversation_id = ?) AND body IS NOT NULL")
                         .with(conversation)
                         .run());
}

Result<std::vector<MessageId>> OutboxRepository::resendsIn(const ConversationId &conversation, std::uint64_t first,
                                                           std::uint64_t last)
{
    return m_database
        .prepare("SELECT inner_id FROM resend WHERE conversation = (SELECT id FROM conversation"
                 " WHERE conversation_id = ?) AND counter BETWEEN ? AND ? ORDER BY counter")
        .with(conversation, first, last)
        .collect([](Row &row) { return row.id<MessageId>(0); });
}

Result<int> OutboxRepository::resendCount(const MessageId &innerId, const DeviceAddress &device, Timestamp now)
{
    const auto count = m_database
                           .prepare("SELECT coalesce(max(count), 0) FROM resend_count WHERE inner_id = ?1 AND account ="
                                    " (SELECT id FROM account WHERE account_id = ?2) AND device = ?3"
                                    " AND since_ms BETWEEN ?4 + 1 AND ?5")
                           .with(innerId, device.account, device.device, now - kResendWindow, now)
                           .number();
    if (!count)
        return count.error();
    return int(*count);
}

Result<Done> OutboxRepository::countResend(const MessageId &innerId, const DeviceAddress &device, Timestamp now)
{
    const auto account = accountRow(m_database, device.account);
    const auto lately = resendCount(innerId, device, now);
    if (!account || !lately)
        return !account ? account.error() : lately.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO resend_count (inner_id, account, device, count, since_ms)"
                                  " VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT DO UPDATE SET"
                                  " since_ms = iif(?5 = 0, excluded.since_ms, since_ms), count = ?5 + 1")
                         .with(innerId, *account, device.device, now, *lately)
                         .run());
}

Result<Done> OutboxRepository::uncountResend(const MessageId &innerId, const DeviceAddress &device)
{
    return anyNumber(m_database
                         .prepare("UPDATE resend_count SET count = count - 1 WHERE inner_id = ? AND device = ?"
                                  " AND count > 0 AND account = (SELECT id FROM account WHERE account_id = ?)")
                         .with(innerId, device.device, device.account)
                         .run());
}

Result<std::uint64_t> OutboxRepository::lastAcceptedFor(const ConversationId &conversation, const DeviceAddress &device)
{
    // A device that is not among the recipients of the newest ones has left, or is about to get something.
    constexpr int kNewest = 8;
    const auto wanted = encodeDevices(m_database, {device});
    if (!wanted)
        return wanted.error();
    const auto newest = m_database
                            .prepare("SELECT counter, devices FROM resend WHERE conversation = (SELECT id FROM"
                                     " conversation WHERE conversation_id = ?) AND accepted_ms IS NOT NULL"
                                     " ORDER BY counter DESC LIMIT ?")
                            .with(conversation, kNewest)
                            .collect([&wanted](Row &row) {
                                const ByteView devices = row.view(1);
                                bool isListed = false;
                                for (qsizetype at = 0; at + kDeviceBytes <= devices.size(); at += kDeviceBytes)
                                    isListed = isListed || devices.sliced(at, kDeviceBytes) == ByteView(*wanted);
                                return isListed ? std::uint64_t(row.integer(0)) : 0;
                            });
    if (!newest)
        return newest.error();
    return newest->empty() ? 0 : *std::max_element(newest->begin(), newest->end());
}

Result<std::vector<OutboxRepository::LastSent>> OutboxRepository::lastSentAfter(Timestamp limit)
{
    return m_database
        .prepare("SELECT c.conversation_id, a.account_id, r.inner_id, r.sent_ms FROM conversation AS c"
                 " JOIN account AS a ON a.id = c.peer JOIN resend AS r ON r.conversation = c.id AND r.counter ="
                 " (SELECT max(counter) FROM resend WHERE conversation = c.id) WHERE r.sent_ms > ?")
        .with(limit)
        .collect([](Row &row) {
            return LastSent{row.id<ConversationId>(0), row.id<AccountId>(1), row.id<MessageId>(2), row.time(3)};
        });
}

Result<std::vector<OutboxEntry>> OutboxRepository::forDevice(OutboxPurpose purpose, const DeviceAddress &device)
{
    return m_database
        .prepare(SOTTO_OUTBOX_COLUMNS " WHERE o." SOTTO_IS_REPAIR " AND o.recipient ="
                                      " (SELECT id FROM account WHERE account_id = ?) AND o.only_device = ?"
                                      " AND o.purpose = ? ORDER BY o.id")
        .with(device.account, device.device, purpose)
        .collect(readEntry);
}

Result<bool> OutboxRepository::isRepairUnderWay(OutboxPurpose purpose, const DeviceAddress &device,
                                                const MessageId &innerId)
{
    const auto found = m_database
                           .prepare("SELECT EXISTS (SELECT 1 FROM outbox WHERE " SOTTO_IS_REPAIR
                                    " AND recipient = (SELECT id FROM account WHERE account_id = ?) AND only_device = ?"
                                    " AND inner_id = ? AND purpose = ?)")
                           .with(device.account, device.device, innerId, purpose)
                           .number();
    return found ? Result<bool>(*found != 0) : found.error();
}

Result<Done> OutboxRepository::removeRepairsFor(const AccountId &account)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM outbox WHERE " SOTTO_IS_REPAIR
                                  " AND recipient = (SELECT id FROM account WHERE account_id = ?)")
                         .with(account)
                         .run());
}

Result<Done> OutboxRepository::removeNotEncryptedFor(const AccountId &account)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM outbox WHERE submit IS NULL"
                                  " AND recipient = (SELECT id FROM account WHERE account_id = ?)")
                         .with(account)
                         .run());
}

Result<Done> OutboxRepository::removeMadeBefore(OutboxPurpose purpose, Timestamp limit)
{
    return anyNumber(
        m_database.prepare("DELETE FROM outbox WHERE " SOTTO_IS_REPAIR " AND purpose = ? AND created_ms < ?")
            .with(purpose, limit)
            .run());
}

} // namespace sotto
