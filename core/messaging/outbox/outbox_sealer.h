#pragma once
#include "core/base/clock.h"
#include "core/crypto/crypto_error.h"
#include "core/messaging/sending/envelope_sealer.h"
#include "core/storage/outbox_repository.h"

namespace sotto {

class DeviceDirectory;
class DeviceLog;
class SealedRetryBox;
struct Storage;

/// Turns outbox entries into submits: counter, header, copies for every active device of both pinned logs. The ratchet
/// steps and the bytes to send are stored together, so a retry sends the same bytes. Core thread, inside the caller's
/// transaction.
class OutboxSealer {
public:
    /// All outlive the sealer.
    OutboxSealer(Storage &storage, DeviceDirectory &directory, EnvelopeSealer &envelopes, SealedRetryBox &retries,
                 Clock &clock, const DeviceAddress &self);

    /// Encrypts an entry that never was, or reads back what it was encrypted to. Nothing when there is no device to
    /// send to (own desktops only, and there is no other; or the only device has left). StoreFailed: roll back.
    Result<std::optional<wire::Submit>, CryptoError> seal(const OutboxEntry &entry);
    /// Encrypts a Void in place of what an encrypted entry says, under its counter: the recipients' count has no hole
    /// when a message is given up. False, and nothing changed, for one without a counter and for a Void.
    Result<bool, CryptoError> replaceByVoid(const OutboxEntry &entry);
    /// Fits an encrypted entry to logs that have grown: copies for devices that joined, none for those that left.
    Result<std::optional<wire::Submit>, CryptoError> fit(const OutboxEntry &entry);
    /// Whether an encrypted entry is for older device logs than the pinned ones; seal() fits it then.
    bool isStale(const OutboxEntry &entry);
    /// The token that lets us write to an account, if it gave us one.
    std::optional<Bytes> deliveryToken(const AccountId &account);

private:
    Result<std::vector<RecipientAccount>, CryptoError> recipients(const AccountId &to);
    Result<std::vector<RecipientAccount>, CryptoError> accountsFor(const AccountId &to);
    bool hasSiblings();
    Result<std::optional<Bytes>, CryptoError> secretFor(const AccountId &account, DeviceId device);
    Result<RecipientAccount, CryptoError> recipientAccount(const AccountId &account, std::optional<DeviceId> except);
    Result<content::Header, CryptoError> header(const OutboxEntry &entry, const content::Body &body,
                                                const ConversationId &conversation);
    Result<Done, CryptoError> startStreams(const content::Header &header, std::vector<RecipientAccount> &to);
    Result<Done, CryptoError> noteSecrets(const std::vector<RecipientAccount> &to);
    Result<Done, CryptoError> keep(const OutboxEntry &entry, const content::Inner &message, const wire::Submit &submit);
    Result<std::optional<wire::Submit>, CryptoError> sealAgain(const OutboxEntry &entry);
    Result<std::optional<wire::Submit>, CryptoError> sealRetry(const OutboxEntry &entry);
    Result<std::optional<wire::Submit>, CryptoError> keepPartial(const OutboxEntry &entry, wire::Submit submit);
    Result<std::optional<wire::Submit>, CryptoError> fitPartial(const OutboxEntry &entry, wire::Submit submit);
    Result<std::optional<content::Header>, CryptoError> headerAgain(const ResendRecord &record);
    Result<std::vector<DeviceAddress>, CryptoError> devicesOf(const AccountId &recipient);
    Result<Done, CryptoError> remember(const OutboxEntry &entry, const content::Header &header,
                                       const content::Body &body, const std::vector<RecipientAccount> &to);
    Result<Done, CryptoError> rememberDevices(const OutboxEntry &entry);
    static content::LogHead headOf(const DeviceLog &log);
    bool isCurrent(const wire::Submit &submit);
    void refreshTokens(wire::Submit &submit);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    EnvelopeSealer &m_envelopes;
    SealedRetryBox &m_retries;
    Clock &m_clock;
    DeviceAddress m_self;
};

} // namespace sotto
