#include "core/ledger/log_builder.h"

namespace sotto {

namespace {
/// The fields that place an entry after the head of `log`.
wire::LogEntry next(const DeviceLog &log, std::optional<DeviceId> actor, Timestamp relayTime,
                    wire::LogOperation operation)
{
    const LogPin head = log.head();
    return {log.account(), head.epoch, head.version + 1, head.hash, actor, relayTime, std::move(operation)};
}

wire::SignedEntry signedBy(const LogActor &actor, const wire::LogEntry &entry)
{
    return signEntry(Purpose::DeviceEntry, wire::encode(entry), actor.signing);
}
} // namespace

wire::DeviceKeys publicKeys(const DeviceKeyPairs &keys)
{
    return {keys.device, curveKey(keys.identity.publicKey), *wire::SigningKey::fromBytes(keys.signing.publicKey),
            *wire::SealingKey::fromBytes(keys.sealing.publicKey), keys.suites};
}

Result<wire::SignedEntry, LedgerError> makeGenesis(const DeviceKeyPairs &device, const X25519KeyPair &accountRoot,
                                                   const wire::SealingKey &recoveryWrap, Timestamp relayTime,
                                                   Random &random)
{
    const auto salt = random.bytes(wire::kGenesisSaltBytes);
    if (!salt)
        return LedgerError::RandomFailed;
    const wire::Genesis genesis{curveKey(accountRoot.publicKey), recoveryWrap, *salt, publicKeys(device)};
    const wire::LogEntry body{std::nullopt, 1, 1, std::nullopt, device.device, relayTime, genesis};
    wire::SignedEntry entry = signEntry(Purpose::DeviceEntry, wire::encode(body), device.signing);
    const auto rootProof = signWithCurveKey(Purpose::GenesisProof, entry.body, accountRoot, random);
    const auto identityProof = signWithCurveKey(Purpose::GenesisProof, entry.body, device.identity, random);
    if (!rootProof || !identityProof)
        return LedgerError::RandomFailed;
    entry.proofs = {*rootProof, *identityProof};
    return entry;
}

Result<SignedClaim, LedgerError> makeClaim(const AccountId &account, const Hash256 &previous,
                                           const DeviceKeyPairs &device, Random &random)
{
    const Bytes claim = wire::encode(wire::DeviceClaim{account, previous, publicKeys(device)});
    const auto identityProof = signWithCurveKey(Purpose::DeviceProof, claim, device.identity, random);
    if (!identityProof)
        return LedgerError::RandomFailed;
    return SignedClaim{claim, {sign(Purpose::DeviceProof, claim, device.signing), *identityProof}};
}

wire::SignedEntry makeAddDevice(const DeviceLog &log, const LogActor &actor, const SignedClaim &claim,
                                Timestamp relayTime)
{
    wire::SignedEntry entry = signedBy(actor, next(log, actor.device, relayTime, wire::AddDevice{claim.claim}));
    entry.proofs = claim.proofs;
    return entry;
}

wire::SignedEntry makeRevokeDevice(const DeviceLog &log, const LogActor &actor, DeviceId revoked, Timestamp relayTime)
{
    return signedBy(actor, next(log, actor.device, relayTime, wire::RevokeDevice{revoked}));
}

Result<wire::SignedEntry, LedgerError> makeSetRecovery(const DeviceLog &log, const LogActor &actor,
                                                       const X25519KeyPair &accountRoot,
                                                       const wire::SealingKey &recoveryWrap, Timestamp relayTime,
                                                       Random &random)
{
    const wire::RecoveryKeys keys{curveKey(accountRoot.publicKey), recoveryWrap};
    wire::SignedEntry entry = signedBy(actor, next(log, actor.device, relayTime, wire::SetRecovery{keys}));
    const auto proof = signWithCurveKey(Purpose::RecoveryProof, entry.body, accountRoot, random);
    if (!proof)
        return LedgerError::RandomFailed;
    entry.proofs = {*proof};
    return entry;
}

wire::SignedEntry makeWithdrawRecovery(const DeviceLog &log, const LogActor &actor, Timestamp relayTime)
{
    return signedBy(actor, next(log, actor.device, relayTime, wire::SetRecovery{}));
}

Result<wire::SignedEntry, LedgerError> makeRecover(const DeviceLog &log, std::uint64_t baseVersion,
                                                   const SignedClaim &claim, const std::vector<DeviceId> &revoked,
                                                   const X25519KeyPair &accountRoot, Timestamp relayTime,
                                                   Random &random)
{
    Q_ASSERT(baseVersion >= 1 && baseVersion <= log.version());
    const Hash256 baseHash = entryHash(log.entries()[std::size_t(baseVersion) - 1].entry);
    wire::LogEntry body =
        next(log, std::nullopt, relayTime, wire::Recover{baseVersion, baseHash, claim.claim, revoked});
    ++body.epoch;
    const Bytes bytes = wire::encode(body);
    const auto signature = signWithCurveKey(Purpose::RecoverEntry, bytes, accountRoot, random);
    if (!signature)
        return LedgerError::RandomFailed;
    return wire::SignedEntry{bytes, *signature, claim.proofs};
}

wire::SignedEntry makeClose(const DeviceLog &log, const LogActor &actor, Timestamp relayTime)
{
    return signedBy(actor, next(log, actor.device, relayTime, wire::Close{}));
}

} // namespace sotto
