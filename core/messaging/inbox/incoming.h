#pragma once
#include "core/crypto/session_cipher.h"
#include "core/messaging/inbox/inbox.h"

namespace sotto {

/// One envelope on its way through the inbox, with what each stage found out. Lives for one call.
struct Inbox::Incoming {
    Incoming(const Claimed &c, InboxNews &n) : envelope(c.envelope), news(n), claim(c.claim), isLogFresh(c.isLogFresh)
    { }

    const wire::Envelope &envelope;
    InboxNews &news;
    std::optional<SenderClaim> claim;
    bool isLogFresh;
    std::optional<Hash256> payloadHash;
    std::optional<Hash256> innerHash;
    SecretBytes plaintext;
    std::optional<content::Inner> inner;
    Bytes bodyBytes;
    std::optional<content::Body> body;
    bool hasWritten = false; ///< something of it may be in the database

    /// What libsignal calls the ciphertext; only PreKey and Signal copies come this far.
    RatchetFrameType frameType() const;
    /// Takes the padding off and reads what is inside.
    Result<content::Inner, content::WireError> openInner() const;
    /// Fills `bodyBytes` from the message or its payload; Malformed when that is not what the message promised.
    Result<Done> openBody();
    /// Why the header does not fit session and conversation, or null.
    const char *headerProblem(const DeviceAddress &self) const;
    /// Whom the conversation is with: the sender, or what a sibling's copy says as far as it could be read.
    AccountId peer(const DeviceAddress &self) const;
    /// Once the header is checked.
    ArrivalPlace place(const DeviceAddress &self) const;
    /// Once the body is read.
    Arrival arrival(const DeviceAddress &self) const;
};

} // namespace sotto
