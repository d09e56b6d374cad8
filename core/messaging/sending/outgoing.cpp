#include "core/messaging/sending/outgoing.h"

#include "core/messaging/message_ids.h"
#include "core/primitives/secret_bytes.h"
#include "core/storage/storage.h"

namespace sotto {

Result<std::int64_t> enqueue(Storage &storage, Random &random, Timestamp now, const Outgoing &outgoing)
{
    const auto submitId = random.id<SubmitId>();
    const auto drawn = newMessageId(random, content::isCounted(outgoing.body));
    if (!submitId || !drawn)
        return ErrorCode::RandomFailed;
    OutboxEntry entry{.conversation = outgoing.conversation,
                      .recipient = outgoing.recipient,
                      .message = outgoing.message,
                      .mailClass = std::uint32_t(outgoing.mailClass),
                      .submitId = *submitId,
                      .innerId = outgoing.innerId.value_or(*drawn),
                      .content = content::encode(outgoing.body),
                      .createdAt = outgoing.writtenAt.value_or(now),
                      .nextAttempt = now,
                      .submitSeq = std::nullopt,
                      .submit = std::nullopt,
                      .purpose = std::holds_alternative<content::ContactRequest>(outgoing.body)
                          ? OutboxPurpose::Introduction
                          : OutboxPurpose::Content};
    const auto added = storage.outbox.add(entry);
    wipe(entry.content); // profile keys and the secret of an invite pass here
    return added;
}

} // namespace sotto
