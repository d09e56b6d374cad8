// Whatever travels sealed: the outside as it comes from the network, and the inside of what opens. The input is sealed
// here with the right key, or nothing would get past the outside.
#include "core/crypto/ephemeral_cipher.h"
#include "core/crypto/payload_cipher.h"
#include "core/crypto/sealed_sender.h"
#include "core/primitives/hash.h"
#include "core/primitives/padding.h"
#include "tests/kit/seeded_random.h"

#include <cstdlib>

using namespace sotto;

namespace {
constexpr Timestamp kNow{1'772'366'400'000};

DeviceAddress address(char letter)
{
    return {AccountId(blake2b256(ByteView(Bytes(32, letter))).bytes()), *DeviceId::from(1)};
}

void sealedSender(ByteView bytes)
{
    static kit::SeededRandom random;
    static const X25519KeyPair pair = x25519FromPrivate(Bytes(32, 's'));
    static SealedSender bob(address('b'), {pair.publicKey, pair.privateKey.clone()}, random);
    (void)bob.open(bytes);
    const auto sealed = sealTo(pair.publicKey, bytes, random);
    const auto claim = bob.open(sealed.value());
    // Whoever it claims to be, its tag was not made with the key that two devices share.
    if (claim && bob.verify(*claim, pair.publicKey, bytes, std::nullopt))
        std::abort();
}

void ephemeralFrame(ByteView bytes)
{
    static const EphemeralCipher cipher(Bytes(kEphemeralSecretBytes, 'e'), address('a'));
    if (cipher.open(bytes, kNow))
        std::abort();
}

void payload(ByteView bytes)
{
    if (openPayload(Bytes(32, 'k'), sha256(bytes), bytes))
        std::abort();
    const auto content = unpadded(bytes);
    if (content && padded(content->view()) != bytes)
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    sealedSender(bytes);
    ephemeralFrame(bytes);
    payload(bytes);
    return 0;
}
