// Frames of the ratchet and of sender keys, from the outermost byte to the library's readers and the ciphers: Bob has a
// session with Alice and her sender key; what is not hers is refused and leaves every store as it was.
#include "core/crypto/prekey_frame.h"
#include "core/crypto/signal/native_group.h"
#include "core/crypto/signal/native_session.h"
#include "tests/fuzz/talk.h"

#include <cstdlib>

using namespace sotto;
using namespace sotto::kit;

namespace {
template <class Outcome>
void refusedLeavesNothing(Talk &talk, const MemoryKeyStores::Content &before, const Outcome &outcome)
{
    if (!outcome && !(talk.bob.stores.content == before))
        std::abort();
    talk.bob.stores.content = before;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static Talk talk;
    static const MemoryKeyStores::Content before = talk.bob.stores.content;
    const Bytes bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    if (const auto frame = PreKeyFrame::parse(bytes))
        (void)frame->headerHash();
    SignalContext &context = talk.world.core->context();
    if (const auto frame = native::SignalFrame::parse(context, bytes))
        (void)frame->counter();
    (void)native::GroupFrame::parse(context, bytes);
    (void)native::Distribution::parse(context, bytes);

    for (const auto type : {RatchetFrameType::Signal, RatchetFrameType::PreKey}) {
        (void)SessionCipher::innerHash(*talk.world.core, type, bytes);
        refusedLeavesNothing(talk, before, talk.bob.sessions.decrypt(talk.alice.address, type, bytes));
    }
    refusedLeavesNothing(talk, before, talk.bob.groups.decrypt(talk.chain, bytes));
    refusedLeavesNothing(talk, before, talk.bob.groups.processDistribution(talk.chain, bytes, 2u));
    return 0;
}
