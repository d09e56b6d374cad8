#include "core/account/profile_keys.h"

#include "core/primitives/aead.h"
#include "core/primitives/labels.h"
#include "core/primitives/padding.h"
#include "core/wire/limits.h"

namespace sotto {

Bytes deliveryTokenOf(ByteView profileKey)
{
    return derive(profileKey, Label::DeliveryToken, wire::kDeliveryTokenBytes).view().toByteArray();
}

Result<Bytes> sealProfile(const content::Profile &profile, ByteView profileKey, const AccountId &account,
                          Random &random)
{
    const SecretBytes key = derive(profileKey, Label::ProfileSlot, kAeadKeyBytes);
    auto sealed = sealAeadRandom(key.view(), padded(content::encode(profile)), account.view(), random);
    if (sealed && sealed->size() > wire::kMaxProfileBytes)
        return Error(ErrorCode::TooLarge, QStringLiteral("a profile has at most 32 KiB"));
    return sealed;
}

Result<content::Profile> openProfile(ByteView sealed, ByteView profileKey, const AccountId &account)
{
    const SecretBytes key = derive(profileKey, Label::ProfileSlot, kAeadKeyBytes);
    const auto plain = openAeadRandom(key.view(), sealed, account.view());
    if (!plain)
        return plain.error();
    const auto content = unpadded(plain->view());
    if (!content)
        return content.error();
    auto profile = content::decodeProfile(content->view());
    if (!profile)
        return ErrorCode::Malformed;
    return std::move(*profile);
}

} // namespace sotto
