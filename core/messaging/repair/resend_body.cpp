#include "core/messaging/repair/resend_body.h"

#include "core/messaging/content_hash.h"
#include "core/storage/storage.h"

namespace sotto {

namespace {

Bytes voidOf(content::VoidReason reason) { return content::encode(content::Body(content::Void{reason})); }

/// As first sent, if it is there.
Result<std::optional<Bytes>> rebuilt(Storage &storage, const ResendRecord &record)
{
    using Rebuilt = std::optional<Bytes>;
    if (!record.body || !record.isText)
        return Rebuilt(record.body);
    if (!record.message)
        return Rebuilt();
    const auto words = storage.messages.originalText(*record.message);
    if (!words)
        return words.error();
    auto body = content::decodeBody(*record.body);
    if (!*words || !body || !std::holds_alternative<content::Text>(*body))
        return Rebuilt();
    std::get<content::Text>(*body).text = **words;
    return Rebuilt(content::encode(*body));
}

} // namespace

ResendRecord resendRecord(const OutboxEntry &entry, const content::Header &header, const content::Body &body,
                          Timestamp sentAt)
{
    ResendRecord record{.innerId = entry.innerId,
                        .conversation = header.conversation,
                        .counter = header.counter,
                        .message = entry.message,
                        .isText = false,
                        .body = entry.content,
                        .hash = contentHash(entry.innerId, header.counter, entry.content),
                        .previousHash = header.previousHash,
                        .clientTime = header.clientTime,
                        .devices = {},
                        .sentAt = sentAt};
    if (const auto *text = std::get_if<content::Text>(&body); text && entry.message) {
        content::Text frame = *text;
        frame.text.clear();
        record.isText = true;
        record.body = content::encode(content::Body(frame));
    }
    return record;
}

Result<Bytes> resendBody(Storage &storage, const ResendRecord &record)
{
    if (record.failed)
        return voidOf(content::VoidReason::NeverSent);
    const auto body = rebuilt(storage, record);
    if (!body)
        return body.error();
    // What is not exactly what the other desktops have would break the chain of hashes there. What has no row of its
    // own leaves none: whoever missed an edit of words that are gone misses nothing.
    if (!*body || contentHash(record.innerId, record.counter, **body) != record.hash)
        return voidOf(record.isText ? content::VoidReason::Gone : content::VoidReason::NeverSent);
    return **body;
}

} // namespace sotto
