#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

namespace sotto {

class Database;

/// The relay of this account.
struct RelayRecord {
    RelayKey key;
    std::optional<RelayKey> nextKey = std::nullopt; ///< announced successor, valid beside it
    QString name;
    std::uint64_t infoVersion = 0; ///< of the newest RelayInfo taken
    QStringList addresses;         ///< host:port, in the order to try
    friend bool operator==(const RelayRecord &, const RelayRecord &) = default;
};

/// The relay, and the two numbers whose going back would show that this database was copied back. On the thread of the
/// database; changes belong in a transaction.
class RelayRepository {
public:
    explicit RelayRepository(Database &database) : m_database(database) { }

    /// Nothing before registration.
    Result<std::optional<RelayRecord>> load();
    /// Stores key, name and addresses; the sequence numbers stay.
    Result<Done> store(const RelayRecord &relay);

    /// A fresh submit_seq, one more than the last. NotFound without a relay.
    Result<std::uint64_t> nextSubmitSeq();
    Result<std::uint64_t> lastSubmitSeq();

    /// Mail up to this queue sequence is committed with this transaction. Whether the relay takes the acknowledgement
    /// that follows is not noted: what it did not hear it delivers again, and deduplication answers.
    Result<Done> noteCommitted(std::uint64_t relaySeq);
    /// Highest sequence ever committed here, acknowledged or not.
    Result<std::uint64_t> lastAckedSeq();

    /// The last moment that this computer's clock and a relay agreed on (CredibleClock); 0 when there was none.
    Result<Timestamp> credibleTime();
    Result<Done> setCredibleTime(Timestamp time);

private:
    Result<std::uint64_t> number(std::string_view sql);
    Database &m_database;
};

} // namespace sotto
