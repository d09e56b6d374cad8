#include "tests/unit/server_relay/relay_rig.h"

#include "server/relay/certificate.h"

namespace sotto::relay {

namespace {

/// Answers lookups at once.
class LookupHandler final : public HandlerFor<wire::LookupHandle> {
public:
    Task<Reply> handle(SessionContext session, wire::LookupHandle request) override
    {
        if (!session.device)
            return Task<Reply>::finished(Reply::refused(Code::NotAuthenticated));
        if (request.handle == QLatin1String("nobody"))
            return Task<Reply>::finished(Reply(wire::HandleFound{}));
        return Task<Reply>::finished(Reply(wire::HandleFound{session.device->account}));
    }
};

class RegisterHandler final : public HandlerFor<wire::Register> {
public:
    Task<Reply> handle(SessionContext session, wire::Register) override
    {
        return Task<Reply>::finished(session.device ? Reply::refused(Code::NotPermitted)
                                                    : Reply(wire::Registered{deviceOf(42).account}));
    }
};

} // namespace

DeviceAddress deviceOf(std::uint8_t account, std::uint32_t device)
{
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = account;
    return {AccountId(bytes), *DeviceId::from(device)};
}

Rig::Rig(int workers, EventLoopKind loop, const ConnectionLimits &connections) : limiter(clock, connections)
{
    handlers.add(std::make_unique<LookupHandler>());
    handlers.add(std::make_unique<RegisterHandler>());
    const QString certificate = folder.filePath(QStringLiteral("certificate.pem"));
    const QString key = folder.filePath(QStringLiteral("key.pem"));
    const auto made = makeSelfSignedCertificate(certificate, key, clock.now());
    Q_ASSERT(made);
    pins = *certificatePins({certificate});
    auto relayKey = makeEd25519KeyPair(random);
    hello = std::make_unique<HelloMaker>(RelayIntroduction{QStringLiteral("Test"),
                                                           pins,
                                                           {262144, 64, 262144, 30, true},
                                                           {QStringLiteral("relay.test:7744")},
                                                           std::nullopt,
                                                           1},
                                         std::move(*relayKey), clock, random);
    services.emplace(SessionServices{clock, backend, handlers, router, *hello, limits});
    options = {workers, loop, {}, *TlsContext::create(certificate, key)};
}

void Rig::start()
{
    services->limits = limits;
    auto acceptor = Acceptor::listen(QHostAddress(QHostAddress::LocalHost), 0, clock, limiter);
    server = std::make_unique<RelayServer>(std::move(*acceptor), options, *services);
}

Ed25519KeyPair Rig::addDevice(const DeviceAddress &device)
{
    auto key = makeEd25519KeyPair(random);
    backend.addDevice(device, key->publicKey);
    return std::move(*key);
}

} // namespace sotto::relay
