// Whatever decodes encodes to bytes that decode to the same value; hostile entries and links never bring a log down.
#include "core/ledger/bundle.h"
#include "core/ledger/device_log.h"
#include "core/wire/links.h"

#include <cstdlib>

using namespace sotto;

namespace {
template <class Decode> void roundTrip(ByteView bytes, Decode decode)
{
    const auto value = decode(bytes);
    if (!value)
        return;
    const auto again = decode(wire::encode(*value));
    if (!again || !(*again == *value))
        std::abort();
}

template <class Parse, class Write> void linkRoundTrip(const QString &text, Parse parse, Write write)
{
    const auto link = parse(text);
    if (!link)
        return;
    const auto again = parse(write(*link));
    if (!again || !(*again == *link))
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    roundTrip(bytes, [](ByteView b) { return wire::decodeLogEntry(b); });
    roundTrip(bytes, [](ByteView b) { return wire::decodeDeviceClaim(b); });
    roundTrip(bytes, [](ByteView b) { return wire::decodePreKeyBundle(b); });
    roundTrip(bytes, [](ByteView b) { return wire::decodeOneTimePreKey(b); });
    roundTrip(bytes, [](ByteView b) { return wire::decodeSignedEntry(b); });

    const auto entry = wire::decodeSignedEntry(bytes);
    if (entry) {
        auto log = DeviceLog::fromGenesis(accountIdOf(entry->body), *entry, {1});
        if (log)
            (void)log->append(*entry, {2});
    }
    const QString text = QString::fromUtf8(bytes.data(), bytes.size());
    linkRoundTrip(
        text, [](const QString &t) { return wire::parseInviteLink(t); }, wire::inviteLink);
    linkRoundTrip(
        text, [](const QString &t) { return wire::parseContactLink(t); }, wire::contactLink);
    linkRoundTrip(
        text, [](const QString &t) { return wire::parseSafetyLink(t); }, wire::safetyLink);
    return 0;
}
