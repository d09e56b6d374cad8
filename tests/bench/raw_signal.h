#pragma once
#include "core/base/bytes.h"
#include "core/crypto/signal/signal_context.h"
#include "tests/kit/seeded_random.h"

#include <memory>
#include <signal/signal_protocol.h>
#include <vector>

namespace sotto::bench {

/// One side of a conversation by the bare library: no gates, no copies but its own, one record of each kind in memory.
class RawParty {
public:
    explicit RawParty(signal_context *context);
    ~RawParty();
    RawParty(const RawParty &) = delete;
    RawParty &operator=(const RawParty &) = delete;

    /// The message; empty when the library refuses.
    Bytes encrypt(ByteView text);
    /// Whether a signal message opened.
    bool decrypt(ByteView frame);
    Bytes createDistribution();
    bool processDistribution(ByteView distribution);
    Bytes encryptGroup(ByteView text);
    bool decryptGroup(ByteView frame);

    std::vector<std::uint8_t> session;
    std::vector<std::uint8_t> senderKey;

private:
    signal_context *m_context;
    signal_protocol_store_context *m_stores = nullptr;
};

/// Two sides in a running session.
class RawPair {
public:
    RawPair();

private:
    kit::SeededRandom m_random;
    std::unique_ptr<SignalContext> m_context;

public:
    RawParty alice;
    RawParty bob;
};

} // namespace sotto::bench
