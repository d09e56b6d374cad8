#include "server/store/queue_rows.h"

#include "core/base/logging.h"

namespace sotto::relay {

namespace {

wire::Envelope readEnvelope(Row &row)
{
    wire::Envelope envelope;
    envelope.seq = std::uint64_t(row.integer(0));
    envelope.relayTime = row.time(1);
    envelope.mailClass = wire::MailClass(row.integerBetween(2, 1, std::int64_t(wire::MailClass::Status)));
    envelope.kind = wire::CopyKind(row.integerBetween(3, 1, std::int64_t(wire::CopyKind::Sealed)));
    envelope.sealedSender = row.bytes(4);
    envelope.ciphertext = row.bytes(5);
    if (!row.isNull(6))
        envelope.payload = row.bytes(6);
    return envelope;
}

} // namespace

std::int64_t countedBytes(const wire::Envelope &envelope)
{
    return envelope.sealedSender.size() + envelope.ciphertext.size() + envelope.payload.size();
}

void QueueRows::count(Changes &changes, DeviceKey device, wire::MailClass mailClass, std::int64_t rows,
                      std::int64_t bytes)
{
    Change &change = changes[device];
    (isSmallClass(mailClass) ? change.smallRows : change.rows) += rows;
    change.bytes += bytes;
}

Result<std::vector<FreedMail>> QueueRows::write(const MailBatch &batch)
{
    const auto payloads = insertPayloads(batch);
    if (!payloads)
        return payloads.error();
    Changes changes;
    for (const MailRow &row : batch.rows) {
        const bool hasPayload = row.payload >= 0;
        const auto payload = hasPayload ? std::optional((*payloads)[std::size_t(row.payload)]) : std::nullopt;
        const std::int64_t bytes =
            countedBytes(row.envelope) + (hasPayload ? batch.payloads[std::size_t(row.payload)].size() : 0);
        if (const auto inserted = insertRow(row, payload, bytes); !inserted)
            return inserted.error();
        count(changes, row.device, row.envelope.mailClass, 1, bytes);
    }
    std::vector<FreedMail> freed;
    for (const MailAck &ack : batch.acks) {
        const auto deleted = deleteRow(ack);
        if (!deleted)
            return deleted.error();
        if (!*deleted)
            continue;
        const FreedMail &mail = (*deleted)->mail;
        count(changes, mail.device, mail.mailClass, -1, -mail.bytes);
        freed.push_back(mail);
    }
    if (const auto applied = applyChanges(changes); !applied)
        return applied.error();
    for (const DeviceUpdate &update : batch.devices) {
        const auto updated = updateDevice(update);
        if (!updated && updated.error().code == ErrorCode::InvalidArgument)
            qCWarning(lcStore, "counters that cannot be stored were left out"); // never everybody else's mail
        else if (!updated)
            return updated.error();
    }
    for (const RepeatRow &repeat : batch.repeats) {
        const auto inserted = m_database
                                  .prepare("INSERT OR IGNORE INTO repeated_submit (day, hash, relay_ms, kept_until_ms)"
                                           " VALUES (?1, ?2, ?3, ?4)")
                                  .with(repeat.key.day, repeat.key.hash, repeat.relayTime, repeat.keptUntil)
                                  .run();
        if (!inserted)
            return inserted.error();
    }
    return freed;
}

Result<std::vector<std::int64_t>> QueueRows::insertPayloads(const MailBatch &batch)
{
    std::vector<std::int64_t> copies(batch.payloads.size(), 0);
    for (const MailRow &row : batch.rows) {
        if (row.payload >= 0)
            ++copies[std::size_t(row.payload)];
    }
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < batch.payloads.size(); ++i) {
        const auto inserted = m_database.prepare("INSERT INTO payload (copies, content) VALUES (?1, ?2)")
                                  .with(copies[i], batch.payloads[i])
                                  .run();
        if (!inserted)
            return inserted.error();
        ids.push_back(m_database.lastInsertId());
    }
    return ids;
}

Result<Done> QueueRows::insertRow(const MailRow &row, std::optional<std::int64_t> payload, std::int64_t bytes)
{
    const wire::Envelope &envelope = row.envelope;
    const auto inserted =
        m_database
            .prepare("INSERT INTO queue (device_id, seq, lane, mail_class, kind, relay_ms, expires_ms,"
                     " sealed_sender, ciphertext, payload_id, bytes)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
            .with(row.device, envelope.seq, laneOf(envelope.mailClass), envelope.mailClass, envelope.kind,
                  envelope.relayTime, row.expires, envelope.sealedSender, envelope.ciphertext, payload, bytes)
            .run();
    if (!inserted)
        return inserted.error();
    return Done{};
}

Result<std::optional<QueueRows::Deleted>> QueueRows::deleteRow(const MailAck &ack)
{
    const auto deleted =
        m_database
            .prepare("DELETE FROM queue WHERE device_id = ?1 AND seq = ?2 RETURNING mail_class, bytes, payload_id")
            .with(ack.device, ack.seq)
            .first([&ack](Row &row) {
                const auto mailClass = wire::MailClass(row.integerBetween(0, 1, 6));
                return Deleted{{ack.device, ack.seq, mailClass, row.integer(1)}, row.optionalInteger(2)};
            });
    if (!deleted && deleted.error().code == ErrorCode::Corrupt) {
        qCWarning(lcStore, "a damaged queued row was deleted"); // its counts nobody knows
        return std::optional<Deleted>();
    }
    if (!deleted)
        return deleted.error();
    if (*deleted && (*deleted)->payload) {
        if (const auto released = releasePayload(*(*deleted)->payload); !released)
            return released.error();
    }
    return *deleted;
}

Result<Done> QueueRows::releasePayload(std::int64_t payload)
{
    const auto left = m_database.prepare("UPDATE payload SET copies = copies - 1 WHERE id = ?1 RETURNING copies")
                          .with(payload)
                          .first([](Row &row) { return row.integer(0); });
    if (!left)
        return left.error();
    if (*left && **left > 0)
        return Done{};
    const auto deleted = m_database.prepare("DELETE FROM payload WHERE id = ?1").with(payload).run();
    if (!deleted)
        return deleted.error();
    return Done{};
}

Result<Done> QueueRows::applyChanges(const Changes &changes)
{
    for (const auto &[device, change] : changes) {
        const auto updated = m_database
                                 .prepare("UPDATE device SET row_count = max(0, row_count + ?2),"
                                          " small_row_count = max(0, small_row_count + ?3),"
                                          " byte_count = max(0, byte_count + ?4) WHERE id = ?1")
                                 .with(device, change.rows, change.smallRows, change.bytes)
                                 .run();
        if (!updated)
            return updated.error();
    }
    return Done{};
}

Result<Done> QueueRows::updateDevice(const DeviceUpdate &update)
{
    const auto updated = m_database
                             .prepare("UPDATE device SET next_seq = ?2, last_acked_seq = ?3, last_submit_seq = ?4,"
                                      " gap_before_seq = ?5, last_connected_ms = ?6 WHERE id = ?1")
                             .with(update.device, update.nextSeq, update.lastAckedSeq, update.lastSubmitSeq,
                                   update.gapBeforeSeq, update.lastConnected)
                             .run();
    if (!updated)
        return updated.error();
    return Done{};
}

Result<std::vector<wire::Envelope>> QueueRows::read(DeviceKey device, QueuePosition position, int maxEnvelopes,
                                                    qsizetype maxBytes, Timestamp now)
{
    std::vector<wire::Envelope> mail;
    const std::pair<Lane, std::uint64_t> lanes[] = {
        {Lane::Call, position.calls}, {Lane::Ordinary, position.ordinary}, {Lane::Status, position.status}};
    for (const auto &[lane, after] : lanes) {
        if (const auto read = readLane(mail, device, lane, after, maxEnvelopes, maxBytes, now); !read)
            return read.error();
        if (maxBytes <= 0 || int(mail.size()) >= maxEnvelopes)
            break;
    }
    return mail;
}

Result<Done> QueueRows::readLane(std::vector<wire::Envelope> &mail, DeviceKey device, Lane lane, std::uint64_t after,
                                 int maxEnvelopes, qsizetype &bytesLeft, Timestamp now)
{
    // The ordinary lane walks the queue's own order and passes over the few special rows; these have a partial index.
    auto statement = lane == Lane::Ordinary
        ? m_database.prepare("SELECT seq, relay_ms, mail_class, kind, sealed_sender, ciphertext, content FROM queue"
                             " LEFT JOIN payload ON payload.id = queue.payload_id"
                             " WHERE device_id = ?1 AND seq > ?2 AND lane = 1 AND expires_ms > ?3 ORDER BY seq")
        : m_database.prepare(
            "SELECT seq, relay_ms, mail_class, kind, sealed_sender, ciphertext, content FROM queue"
            " INDEXED BY queue_special LEFT JOIN payload ON payload.id = queue.payload_id"
            " WHERE device_id = ?1 AND seq > ?2 AND lane = ?4 AND lane <> 1 AND expires_ms > ?3 ORDER BY seq");
    statement.with(device, after, now);
    if (lane != Lane::Ordinary)
        statement.bind(4, lane);
    while (int(mail.size()) < maxEnvelopes) {
        const auto stepped = statement.step();
        if (!stepped)
            return stepped.error();
        if (*stepped == Statement::Step::Finished)
            return Done{};
        Row row = statement.row();
        wire::Envelope envelope = readEnvelope(row);
        if (row.isCorrupt()) {
            qCWarning(lcStore, "a queued row is damaged and left out"); // it expires, what is behind it arrives
            continue;
        }
        const std::int64_t bytes = countedBytes(envelope);
        if (!mail.empty() && bytes > bytesLeft) {
            bytesLeft = 0; // what comes later must not overtake it
            return Done{};
        }
        bytesLeft -= bytes;
        mail.push_back(std::move(envelope));
    }
    return Done{};
}

Result<std::optional<RepeatRow>> QueueRows::findRepeat(const std::vector<RepeatKey> &keys)
{
    for (const RepeatKey &key : keys) {
        auto found =
            m_database.prepare("SELECT relay_ms, kept_until_ms FROM repeated_submit WHERE day = ?1 AND hash = ?2")
                .with(key.day, key.hash)
                .first([&key](Row &row) {
                    return RepeatRow{key, row.time(0), row.time(1)};
                });
        if (!found || *found)
            return found;
    }
    return std::optional<RepeatRow>();
}

Result<std::vector<FreedMail>> QueueRows::expire(Timestamp now, int limit)
{
    const auto due = m_database.prepare("SELECT device_id, seq FROM queue WHERE expires_ms <= ?1 LIMIT ?2")
                         .with(now, limit)
                         .collect([](Row &row) {
                             return MailAck{row.integer(0), std::uint64_t(row.integer(1))};
                         });
    if (!due)
        return due.error();
    std::vector<FreedMail> freed;
    Changes changes;
    for (const MailAck &gone : *due) {
        const auto deleted = deleteRow(gone);
        if (!deleted)
            return deleted.error();
        if (!*deleted)
            continue;
        freed.push_back((*deleted)->mail);
        count(changes, gone.device, freed.back().mailClass, -1, -freed.back().bytes);
        if (const auto marked = markGap(freed.back()); !marked)
            return marked.error();
    }
    if (const auto applied = applyChanges(changes); !applied)
        return applied.error();
    return freed;
}

/// What the device missed by it; nobody misses an old receipt, call or status.
Result<Done> QueueRows::markGap(const FreedMail &expired)
{
    if (!leavesGap(expired.mailClass))
        return Done{};
    const auto marked = m_database.prepare("UPDATE device SET gap_before_seq = max(gap_before_seq, ?2) WHERE id = ?1")
                            .with(expired.device, expired.seq + 1)
                            .run();
    if (!marked)
        return marked.error();
    return Done{};
}

Result<int> QueueRows::expireRepeats(std::int64_t day, int limit)
{
    const auto deleted = m_database
                             .prepare("DELETE FROM repeated_submit WHERE (day, hash) IN"
                                      " (SELECT day, hash FROM repeated_submit WHERE day < ?1 LIMIT ?2)")
                             .with(day, limit)
                             .run();
    if (!deleted)
        return deleted.error();
    return int(*deleted);
}

Result<Done> QueueRows::removeQueue(DeviceKey device)
{
    const auto payloads =
        m_database.prepare("SELECT payload_id FROM queue WHERE device_id = ?1 AND payload_id IS NOT NULL")
            .with(device)
            .collect([](Row &row) { return row.integer(0); });
    if (!payloads)
        return payloads.error();
    const auto deleted = m_database.prepare("DELETE FROM queue WHERE device_id = ?1").with(device).run();
    if (!deleted)
        return deleted.error();
    for (const std::int64_t payload : *payloads) {
        if (const auto released = releasePayload(payload); !released)
            return released.error();
    }
    const auto cleared =
        m_database.prepare("UPDATE device SET row_count = 0, small_row_count = 0, byte_count = 0 WHERE id = ?1")
            .with(device)
            .run();
    if (!cleared)
        return cleared.error();
    return Done{};
}

} // namespace sotto::relay
