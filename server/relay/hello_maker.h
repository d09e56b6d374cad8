#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"

namespace sotto::relay {

/// What every Hello of this relay says.
struct RelayIntroduction {
    QString name;
    std::vector<Hash256> tlsSpki; ///< of every certificate that clients may see, 1 to 4
    wire::Limits limits;
    std::vector<QString> addresses; ///< "host:port", 1 to 4, for RelayInfo
    std::optional<RelayKey> nextRelayKey;
    std::uint64_t infoVersion = 1;
};

/// Makes the signed Hello that opens each connection: a fresh nonce and time every time. Any thread.
class HelloMaker {
public:
    struct Made {
        Bytes frame;         ///< to be sent as it is
        Hash256 bodyHash;    ///< SHA-256 of the body, which the answer signs
        Milliseconds madeAt; ///< monotonic
    };
    /// `key` is the relay's own; `clock` and `random` outlive the maker.
    HelloMaker(const RelayIntroduction &introduction, Ed25519KeyPair key, Clock &clock, Random &random);

    /// RandomFailed without a nonce.
    Result<Made> make() const;
    RelayKey relayKey() const;

private:
    wire::Hello m_template;
    Ed25519KeyPair m_key;
    Clock &m_clock;
    Random &m_random;
};

} // namespace sotto::relay
