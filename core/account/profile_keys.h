#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

/// The token that lets its holder write to an account, from that account's profile key; 16 bytes.
Bytes deliveryTokenOf(ByteView profileKey);

/// A profile as the relay keeps it: padded, sealed under the profile key, bound to its account. RandomFailed.
Result<Bytes> sealProfile(const content::Profile &profile, ByteView profileKey, const AccountId &account,
                          Random &random);
/// What sealProfile() sealed. WrongKey or Malformed.
Result<content::Profile> openProfile(ByteView sealed, ByteView profileKey, const AccountId &account);

} // namespace sotto
