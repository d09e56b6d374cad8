#include "core/messaging/sending/outgoing.h"

#include "core/storage/storage.h"

namespace sotto {

Result<std::int64_t> enqueue(Storage &storage, Random &random, Timestamp now, const Outgoing &outgoing)
{
    const auto submitId = random.id<SubmitId>();
    const auto drawn = random.id<MessageId>();
    if (!submitId || !drawn)
        return ErrorCode::RandomFailed;
    return storage.outbox.add(OutboxEntry{.conversation = outgoing.conversation,
                                          .recipient = outgoing.recipient,
                                          .message = outgoing.message,
                                          .mailClass = std::uint32_t(outgoing.mailClass),
                                          .submitId = *submitId,
                                          .innerId = outgoing.innerId.value_or(*drawn),
                                          .content = content::encode(outgoing.body),
                                          .createdAt = now,
                                          .nextAttempt = now,
                                          .submitSeq = std::nullopt,
                                          .submit = std::nullopt});
}

} // namespace sotto
