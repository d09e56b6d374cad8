#include "core/messaging/inbox/incoming.h"

#include "core/base/check.h"
#include "core/crypto/payload_cipher.h"
#include "core/ledger/signature.h"
#include "core/primitives/padding.h"

namespace sotto {

RatchetFrameType Inbox::Incoming::frameType() const
{
    return envelope.kind == wire::CopyKind::PreKey ? RatchetFrameType::PreKey : RatchetFrameType::Signal;
}

Result<content::Inner, content::WireError> Inbox::Incoming::openInner() const
{
    const auto unpaddedInner = unpadded(plaintext.view());
    if (!unpaddedInner)
        return content::WireError::Malformed;
    return content::decodeInner(unpaddedInner->view());
}

Result<Done> Inbox::Incoming::openBody()
{
    if (const auto *carried = std::get_if<Bytes>(&inner->place)) {
        bodyBytes = *carried;
        return Done{};
    }
    const auto &payload = std::get<content::PayloadRef>(inner->place);
    const auto opened = openPayload(payload.key, payload.sha256, envelope.payload);
    if (!opened)
        return ErrorCode::Malformed;
    const auto content = unpadded(opened->view());
    if (!content)
        return ErrorCode::Malformed;
    bodyBytes = content->view().toByteArray();
    return Done{};
}

AccountId Inbox::Incoming::peer(const DeviceAddress &self) const
{
    if (claim->sender.account != self.account)
        return claim->sender.account;
    return inner ? inner->header.peerAccount.value_or(self.account) : self.account;
}

const char *Inbox::Incoming::headerProblem(const DeviceAddress &self) const
{
    const content::Header &header = inner->header;
    const DeviceAddress stated{header.senderAccount, header.senderDevice};
    if (refuseUnless(Check::HeaderSender, stated == claim->sender))
        return "a header of another sender than the session's";
    if (refuseUnless(Check::HeaderMessageId, header.messageId == claim->messageId))
        return "a header with another message id than the sealed sender";
    const bool isOwn = claim->sender.account == self.account;
    if (refuseUnless(Check::OwnCopyMarker, isOwn || !header.peerAccount))
        return "a copy for own devices from somebody else";
    if (refuseUnless(Check::HeaderConversation, header.conversation == directConversation(self.account, peer(self))))
        return "a message moved to another conversation";
    return nullptr;
}

ArrivalPlace Inbox::Incoming::place(const DeviceAddress &self) const
{
    return {claim->sender, claim->sender.account == self.account, peer(self), inner->header, envelope.relayTime};
}

Arrival Inbox::Incoming::arrival(const DeviceAddress &self) const { return {place(self), *body, bodyBytes}; }

} // namespace sotto
