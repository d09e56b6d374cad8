#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

#include <QString>
#include <optional>

namespace sotto {

class Database;

/// Who we are.
struct OwnAccount {
    DeviceAddress address; ///< account and this device
    QString name;
    QString about;
    Bytes picture;          ///< JPEG; empty: none
    QString handle;         ///< without @; empty: none
    Timestamp registeredAt; ///< 0: made here, the relay has not answered yet
    friend bool operator==(const OwnAccount &, const OwnAccount &) = default;
};

/// The secrets that come into being with an account or device.
struct OwnSecrets {
    SecretBytes deviceKeys; ///< DeviceKeys::toSecret
    SecretBytes profileKey; ///< 32 bytes
    SecretBytes backupRoot; ///< 32 bytes
    SecretBytes kitSecret;  ///< of the recovery kit while unconfirmed; empty on linked devices
};

/// The account of this database: one row. Everything but `create` and `load` answers NotFound before registration. On
/// the thread of the database; changes belong in a transaction.
class OwnAccountRepository {
public:
    explicit OwnAccountRepository(Database &database) : m_database(database) { }

    /// AlreadyExists when there is one.
    Result<Done> create(const OwnAccount &account, const OwnSecrets &secrets);
    /// Nothing before registration.
    Result<std::optional<OwnAccount>> load();

    /// Name, text and picture (JPEG; empty: none).
    Result<Done> setProfile(const QString &name, const QString &about, ByteView picture);
    /// Without @; empty: given up.
    Result<Done> setHandle(const QString &handle);
    /// The relay has taken the account.
    Result<Done> setRegistered(Timestamp now);

    /// As DeviceKeys::fromSecret takes them.
    Result<SecretBytes> deviceKeys();
    /// 32 bytes.
    Result<SecretBytes> profileKey();
    /// When it was made.
    Result<Timestamp> profileKeySince();
    /// The one before, as long as it is kept.
    Result<std::optional<SecretBytes>> previousProfileKey();
    Result<Done> replaceProfileKey(ByteView key, Timestamp now);
    Result<Done> forgetPreviousProfileKey();
    Result<SecretBytes> backupRoot();

    /// The recovery kit's secret until it is confirmed; nothing afterwards.
    Result<std::optional<SecretBytes>> kitSecret();
    /// The person has the kit: it is wiped here.
    Result<Done> confirmKit();

private:
    Result<std::optional<SecretBytes>> secret(std::string_view sql);
    Result<SecretBytes> presentSecret(std::string_view sql);
    Database &m_database;
};

} // namespace sotto
