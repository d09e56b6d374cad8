// Small texts and structures from outside that have their own readers: certificates, addresses, recovery codes, names.
#include "core/model/names.h"
#include "core/net/certificate_key.h"
#include "core/net/relay_address.h"
#include "core/primitives/recovery_code.h"

#include <cstdlib>

using namespace sotto;

namespace {
void require(bool condition)
{
    if (!condition)
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    (void)certificateSpkiHash(bytes);

    const QString text = QString::fromUtf8(bytes.data(), bytes.size());
    if (const auto address = RelayAddress::parse(text))
        require(RelayAddress::parse(address->toString()) == address);
    if (const auto secret = recoverySecret(text))
        require(recoverySecret(QString::fromLatin1(recoveryCodeText(secret->view()).view())).value() == *secret);
    const QString name = cleanName(text);
    require(name.toUtf8().size() <= kMaxNameBytes && cleanName(name) == name);
    return 0;
}
