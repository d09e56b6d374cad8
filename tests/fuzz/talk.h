#pragma once
#include "tests/unit/core_crypto/party.h"

namespace sotto::kit {

/// Bob has a session with Alice, has answered, and has her sender key. The same bytes in every run, so that frames that
/// make_seeds wrote open in the fuzz targets.
struct Talk {
    CryptoWorld world;
    Party alice{world, "alice"};
    Party bob{world, "bob"};
    SenderKeyName chain{GroupId(blake2b256(ByteView("group")).bytes()), alice.address};
    Bytes distribution;

    Talk()
    {
        converse(alice, bob);
        distribution = alice.groups.createDistribution(chain).value();
        (void)bob.groups.processDistribution(chain, distribution, 1u).value();
    }
};

} // namespace sotto::kit
