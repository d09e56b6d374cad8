#pragma once
#include "core/base/task.h"
#include "core/wire/frame.h"
#include "server/relay/session_context.h"

#include <span>
#include <vector>

namespace sotto::relay {

/// What has been handed to a session so far, one mark a lane: calls overtake, status goes last, everything else keeps
/// the order of its sequence numbers.
struct MailCursor {
    std::uint64_t calls = 0;
    std::uint64_t ordinary = 0;
    std::uint64_t status = 0;

    /// The mark of the lane that mail of this class travels in.
    std::uint64_t &laneOf(wire::MailClass mailClass)
    {
        switch (mailClass) {
        case wire::MailClass::Call: return calls;
        case wire::MailClass::Status: return status;
        default: return ordinary;
        }
    }
};

/// A device as authentication needs it.
struct DeviceLogin {
    Bytes signingKey; ///< its DSK: Ed25519 public key, 32 bytes
};

/// What sessions need from accounts, queues and presence; implemented in server/handlers. All methods are called on
/// worker threads, by several at once; a Task finishes on the thread that called. Outlives every session.
class SessionBackend {
public:
    virtual ~SessionBackend() = default;

    /// The signing key of an active device. NotFound for unknown accounts, unknown devices and closed accounts;
    /// Refused for a revoked device.
    virtual Task<Result<DeviceLogin>> findDevice(DeviceAddress device) = 0;
    /// What a device that has just proved itself is told. Called once a session, before its first mail; may note that
    /// the device is awake again. Refused when it was revoked since findDevice.
    virtual Task<Result<wire::Welcome>> welcome(DeviceAddress device) = 0;
    /// The next mail of a device after `cursor`, in delivery order (calls, ordinary, status): at most `maxEnvelopes`
    /// and `maxBytes` (ciphertexts, sealed senders and payloads; at least one envelope when there is any). Sees all
    /// that was appended before the call, committed or not, and nothing that has been acknowledged.
    virtual Task<Result<std::vector<wire::Envelope>>> readMail(DeviceAddress device, MailCursor cursor,
                                                               int maxEnvelopes, qsizetype maxBytes) = 0;
    /// The device has these in its own database: forget them. Unknown numbers are ignored.
    virtual void acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs) = 0;
    /// A short-lived frame for the devices of an account; dropped when it may not or cannot be delivered.
    virtual void relayEphemeral(const SessionContext &sender, wire::Ephemeral ephemeral) = 0;

    /// A device has a chat session now (called after Welcome was sent; again when a newer session replaces it).
    virtual void sessionOpened(const SessionContext &session) = 0;
    /// A chat session has ended. `id` tells a replaced session from the one that replaced it.
    virtual void sessionClosed(const SessionContext &session) = 0;
};

} // namespace sotto::relay
