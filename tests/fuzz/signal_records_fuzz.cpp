// The library's own records behind our rows: whatever bytes it takes for one can be looked at and written again.
#include "core/crypto/signal/native_group.h"
#include "core/crypto/signal/native_keys.h"
#include "core/crypto/signal/native_session.h"
#include "tests/kit/seeded_random.h"

#include <cstdlib>

using namespace sotto;

namespace {
SignalContext &context()
{
    static kit::SeededRandom random;
    static const std::unique_ptr<SignalContext> one = std::move(SignalContext::create(random)).value();
    return *one;
}

void sessionRecord(ByteView bytes)
{
    auto record = native::SessionRecord::load(context(), bytes);
    if (!record)
        return;
    (void)record->current();
    if (record->archived().size() > std::size_t(record->archivedCount()))
        std::abort();
    const auto written = record->serialized();
    if (written && !native::SessionRecord::load(context(), written->view()))
        std::abort();
    if (record->archivedCount() > 0)
        record->removeArchived(1);
    if (record->current())
        (void)record->archiveCurrent();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    sessionRecord(bytes);
    if (const auto record = native::SenderKeyRecord::load(context(), bytes)) {
        (void)record->chain(7);
        (void)record->isOwn();
    }
    (void)native::readPreKey(context(), bytes);
    (void)native::readSignedPreKey(context(), bytes);
    return 0;
}
