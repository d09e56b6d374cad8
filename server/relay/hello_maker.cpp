#include "server/relay/hello_maker.h"

#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "core/wire/limits.h"

namespace sotto::relay {

HelloMaker::HelloMaker(const RelayIntroduction &introduction, Ed25519KeyPair key, Clock &clock, Random &random)
    : m_template{*RelayKey::fromBytes(key.publicKey),
                 introduction.name,
                 {},
                 {},
                 introduction.tlsSpki,
                 introduction.limits,
                 wire::kProtocolMajor,
                 wire::kProtocolMinor,
                 wire::kFeaturePartialTargets,
                 std::nullopt},
      m_key(std::move(key)),
      m_clock(clock),
      m_random(random)
{
    const wire::RelayInfo info{introduction.addresses, introduction.nextRelayKey, introduction.infoVersion};
    m_template.relayInfo = signEntry(Purpose::RelayInfo, wire::encode(info), m_key);
}

Result<HelloMaker::Made> HelloMaker::make() const
{
    auto nonce = m_random.bytes(wire::kNonceBytes);
    if (!nonce)
        return nonce.error();
    wire::Hello hello = m_template;
    hello.nonce = std::move(*nonce);
    hello.time = m_clock.now();
    const Bytes body = wire::encode(hello);
    const wire::HelloFrame frame{signEntry(Purpose::RelayHello, body, m_key)};
    return Made{wire::encode(wire::Frame(frame)), sha256(body), m_clock.monotonic()};
}

RelayKey HelloMaker::relayKey() const { return m_template.relayKey; }

} // namespace sotto::relay
