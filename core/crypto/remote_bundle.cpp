#include "core/crypto/remote_bundle.h"

namespace sotto {

RemoteBundle RemoteBundle::from(const wire::PreKeyBundle &verified, const std::optional<wire::OneTimePreKey> &oneTime)
{
    RemoteBundle bundle{verified.registrationId,         verified.identityKey.toBytes(), verified.signedPreKeyId,
                        verified.signedPreKey.toBytes(), verified.signedPreKeySignature, std::nullopt};
    if (oneTime)
        bundle.oneTime = {oneTime->id, oneTime->key.toBytes()};
    return bundle;
}

} // namespace sotto
