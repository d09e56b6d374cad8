#include "core/wire/ledger_entry.h"

#include "core/wire/proto/ledger.pb.h"
#include "core/wire/proto/relay.pb.h"
#include "core/wire/proto_values.h"

namespace sotto::wire {

namespace {
namespace pb = ::sotto::ledger::v1;

void put(const DeviceKeys &from, pb::DeviceKeys *to)
{
    to->set_device(from.device.number());
    to->set_identity_key(bytesOf(from.identityKey));
    to->set_signing_key(bytesOf(from.signingKey));
    to->set_sealing_key(bytesOf(from.sealingKey));
    to->set_suites(from.suites);
}

/// One overload per operation: a new one that is forgotten here does not compile.
struct OperationWriter {
    pb::LogEntry *to;

    void operator()(const Genesis &from) const
    {
        auto *genesis = to->mutable_genesis();
        genesis->set_account_root(bytesOf(from.accountRoot));
        genesis->set_recovery_wrap(bytesOf(from.recoveryWrap));
        genesis->set_salt(bytesOf(from.salt));
        put(from.device, genesis->mutable_device());
    }
    void operator()(const AddDevice &from) const { to->mutable_add_device()->set_claim(bytesOf(from.claim)); }
    void operator()(const RevokeDevice &from) const { to->mutable_revoke_device()->set_device(from.device.number()); }
    void operator()(const SetRecovery &from) const
    {
        auto *recovery = to->mutable_set_recovery();
        if (from.keys) {
            recovery->set_account_root(bytesOf(from.keys->accountRoot));
            recovery->set_recovery_wrap(bytesOf(from.keys->recoveryWrap));
        }
    }
    void operator()(const Recover &from) const
    {
        auto *recover = to->mutable_recover();
        recover->set_base_version(from.baseVersion);
        recover->set_base_hash(bytesOf(from.baseHash));
        recover->set_claim(bytesOf(from.claim));
        for (const DeviceId device : from.revoked)
            recover->add_revoked(device.number());
    }
    void operator()(const Close &) const { to->mutable_close(); }
};
} // namespace

Bytes encode(const LogEntry &entry)
{
    pb::LogEntry to;
    if (entry.account)
        to.set_account(bytesOf(*entry.account));
    to.set_epoch(entry.epoch);
    to.set_version(entry.version);
    if (entry.previous)
        to.set_previous(bytesOf(*entry.previous));
    if (entry.actor)
        to.set_actor(entry.actor->number());
    to.set_time_ms(entry.time.ms);
    std::visit(OperationWriter{&to}, entry.operation);
    return serialise(to);
}

Bytes encode(const DeviceClaim &claim)
{
    pb::DeviceClaim to;
    to.set_account(bytesOf(claim.account));
    to.set_previous(bytesOf(claim.previous));
    put(claim.keys, to.mutable_device());
    return serialise(to);
}

Bytes encode(const PreKeyBundle &bundle)
{
    pb::PreKeyBundle to;
    to.set_account(bytesOf(bundle.address.account));
    to.set_device(bundle.address.device.number());
    to.set_registration_id(bundle.registrationId);
    to.set_identity_key(bytesOf(bundle.identityKey));
    to.set_signed_prekey_id(bundle.signedPreKeyId);
    to.set_signed_prekey(bytesOf(bundle.signedPreKey));
    to.set_signed_prekey_signature(bytesOf(bundle.signedPreKeySignature));
    to.set_expires_ms(bundle.expires.ms);
    to.set_suites(bundle.suites);
    for (const KemKey &from : bundle.kemKeys) {
        auto *kem = to.add_kem_keys();
        kem->set_suite(from.suite);
        kem->set_id(from.id);
        kem->set_key(bytesOf(from.key));
        kem->set_signature(bytesOf(from.signature));
    }
    return serialise(to);
}

Bytes encode(const OneTimePreKey &preKey)
{
    pb::OneTimePreKey to;
    to.set_device(preKey.device.number());
    to.set_id(preKey.id);
    to.set_key(bytesOf(preKey.key));
    return serialise(to);
}

Bytes encode(const SignedEntry &entry)
{
    ::sotto::relay::v1::SignedEntry to;
    to.set_body(bytesOf(entry.body));
    to.set_signature(bytesOf(entry.signature));
    for (const Bytes &proof : entry.proofs)
        to.add_proofs(bytesOf(proof));
    return serialise(to);
}

} // namespace sotto::wire
