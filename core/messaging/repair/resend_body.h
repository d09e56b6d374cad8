#pragma once
#include "core/content/content.h"
#include "core/storage/outbox_repository.h"

namespace sotto {

struct Storage;

/// What is remembered of a counted message so that it can be sent again: of a Text whose words stand in a row, all but
/// the words. `sentAt` is now; `devices` is left to the caller.
ResendRecord resendRecord(const OutboxEntry &entry, const content::Header &header, const content::Body &body,
                          Timestamp sentAt);

/// The body that a second sealing carries: as first sent, or a Void when that is gone, was changed or was never sent.
Result<Bytes> resendBody(Storage &storage, const ResendRecord &record);

} // namespace sotto
