#include "core/ledger/signature.h"

#include "core/base/check.h"
#include "core/primitives/hash.h"

#include <algorithm>

namespace sotto {

namespace {
constexpr char kCurveKeyType = 0x05;

Bytes signedBytes(Purpose purpose, ByteView body)
{
    const ByteView prefix = purposePrefix(purpose);
    Bytes bytes;
    bytes.reserve(prefix.size() + body.size());
    bytes.append(prefix.data(), prefix.size());
    bytes.append(body.data(), body.size());
    return bytes;
}
} // namespace

Bytes sign(Purpose purpose, ByteView body, const Ed25519KeyPair &key)
{
    return signEd25519(signedBytes(purpose, body), key);
}

bool verify(Purpose purpose, ByteView body, ByteView signature, ByteView key)
{
    return verifyEd25519(signedBytes(purpose, body), signature, key);
}

Result<Bytes> signWithCurveKey(Purpose purpose, ByteView body, const X25519KeyPair &key, Random &random)
{
    return signXeddsa(signedBytes(purpose, body), key, random);
}

bool verifyWithCurveKey(Purpose purpose, ByteView body, ByteView signature, const wire::CurveKey &key)
{
    return isUsable(key) && verifyXeddsa(signedBytes(purpose, body), signature, x25519Part(key));
}

wire::SignedEntry signEntry(Purpose purpose, const Bytes &body, const Ed25519KeyPair &key)
{
    return {body, sign(purpose, body, key), {}};
}

bool verifyEntry(Purpose purpose, const wire::SignedEntry &entry, ByteView key)
{
    return verify(purpose, entry.body, entry.signature, key);
}

Hash256 entryHash(const wire::SignedEntry &entry) { return blake2b256(entry.body); }

AccountId accountIdOf(ByteView genesisBody)
{
    return AccountId(blake2b256({purposePrefix(Purpose::Account), genesisBody}).bytes());
}

ConversationId directConversation(const AccountId &a, const AccountId &b)
{
    const auto &[smaller, larger] = std::minmax(a, b);
    return ConversationId(blake2b256({purposePrefix(Purpose::Direct), smaller.view(), larger.view()}).bytes());
}

wire::CurveKey curveKey(ByteView x25519PublicKey)
{
    Q_ASSERT(x25519PublicKey.size() == kX25519KeyBytes);
    std::array<std::uint8_t, wire::CurveKey::kSize> bytes;
    bytes[0] = kCurveKeyType;
    std::copy(x25519PublicKey.begin(), x25519PublicKey.end(), bytes.begin() + 1);
    return wire::CurveKey(bytes);
}

ByteView x25519Part(const wire::CurveKey &key) { return key.view().sliced(1); }

bool isUsable(const wire::CurveKey &key)
{
    if (refuseUnless(Check::CurveKeyType, key.bytes()[0] == kCurveKeyType))
        return false;
    return isUsableX25519Key(x25519Part(key));
}

} // namespace sotto
