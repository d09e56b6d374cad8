#pragma once
#include "core/sqlite/database.h"
#include "server/store/store.h"

#include <unordered_map>

namespace sotto::relay {

/// All SQL of queues, payloads and idempotency rows. On the storage thread, inside a transaction.
class QueueRows {
public:
    explicit QueueRows(Database &database) : m_database(database) { }

    /// Writes a batch. @return the rows that its acknowledgements deleted.
    Result<std::vector<FreedMail>> write(const MailBatch &batch);
    Result<std::vector<wire::Envelope>> read(DeviceKey device, QueuePosition position, int maxEnvelopes,
                                             qsizetype maxBytes, Timestamp now);
    Result<std::optional<RepeatRow>> findRepeat(const std::vector<RepeatKey> &keys);
    Result<std::vector<FreedMail>> expire(Timestamp now, int limit);
    Result<int> expireRepeats(std::int64_t day, int limit);
    /// Everything of a device that is gone.
    Result<Done> removeQueue(DeviceKey device);

private:
    /// What a batch changes in a device's counters.
    struct Change {
        std::int64_t rows = 0;
        std::int64_t smallRows = 0;
        std::int64_t bytes = 0;
    };
    using Changes = std::unordered_map<DeviceKey, Change>;
    struct Deleted {
        FreedMail mail;
        std::optional<std::int64_t> payload;
    };

    Result<std::vector<std::int64_t>> insertPayloads(const MailBatch &batch);
    Result<Done> insertRow(const MailRow &row, std::optional<std::int64_t> payload, std::int64_t bytes);
    Result<std::optional<Deleted>> deleteRow(const MailAck &ack);
    Result<Done> releasePayload(std::int64_t payload);
    Result<Done> markGap(const FreedMail &expired);
    Result<Done> applyChanges(const Changes &changes);
    Result<Done> updateDevice(const DeviceUpdate &update);
    Result<Done> readLane(std::vector<wire::Envelope> &mail, DeviceKey device, Lane lane, std::uint64_t after,
                          int maxEnvelopes, qsizetype &bytesLeft, Timestamp now);
    static void count(Changes &changes, DeviceKey device, wire::MailClass mailClass, std::int64_t rows,
                      std::int64_t bytes);

    Database &m_database;
};

} // namespace sotto::relay
