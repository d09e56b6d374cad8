// Rows of the database that we wrote ourselves (sessions, sender keys, counters): what parses is written again and read
// back the same.
#include "core/crypto/sender_key_row.h"
#include "core/crypto/session_row.h"
#include "core/storage/counter_list.h"

#include <cstdlib>

using namespace sotto;

namespace {
void sessionRow(ByteView bytes)
{
    const auto row = SessionRow::parse(bytes);
    if (!row)
        return;
    const SecretBytes written = row->serialized();
    const auto again = SessionRow::parse(written.view());
    const bool isSame = again && again->identity == row->identity && again->hasCurrent == row->hasCurrent
        && again->isAnswered == row->isAnswered && again->lastChain == row->lastChain && again->notes == row->notes
        && again->record == row->record;
    if (!isSame || written.size() != bytes.size())
        std::abort();
}

void senderKeyRow(ByteView bytes)
{
    const auto row = SenderKeyRow::parse(bytes);
    if (!row)
        return;
    const SecretBytes written = row->serialized();
    const auto again = SenderKeyRow::parse(written.view());
    const bool isSame = again && again->generation == row->generation && again->knownChains == row->knownChains
        && again->record == row->record;
    if (!isSame || written.size() != bytes.size())
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    sessionRow(bytes);
    senderKeyRow(bytes);
    const auto counters = decodeCounters(bytes);
    if (counters && encodeCounters(*counters) != bytes)
        std::abort();
    return 0;
}
