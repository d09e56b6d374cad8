#include "core/crypto/group_cipher.h"

#include "core/base/check.h"
#include "core/crypto/sender_key_row.h"
#include "core/crypto/session_cipher.h"
#include "core/crypto/signal/native_group.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

namespace {
/// Upper bound of what one skipped message key adds to a record (measured: 39 bytes).
constexpr qsizetype kSkippedKeyBytes = 48;

/// One call of GroupCipher: the row of one chain owner, worked on in memory and stored at the end.
class Operation {
public:
    static Result<std::unique_ptr<Operation>, CryptoError> start(CryptoCore &core, const KeyStores &stores,
                                                                 const SenderKeyName &name)
    {
        auto stored = stores.senderKeys.loadSenderKey(name);
        if (!stored)
            return CryptoError::StoreFailed;
        std::unique_ptr<Operation> operation(new Operation(core, stores, name));
        if (*stored) {
            auto row = SenderKeyRow::parse((*stored)->view());
            if (!row)
                return row.error();
            operation->unit.senderKey = std::move(row->record);
            operation->row = std::move(*row);
        }
        return operation;
    }

    /// The record as the library reads it; nothing when there is none.
    Result<std::optional<native::SenderKeyRecord>, CryptoError> record()
    {
        using Answer = std::optional<native::SenderKeyRecord>;
        if (!unit.senderKey)
            return Answer();
        auto loaded = native::SenderKeyRecord::load(unit.context(), unit.senderKey->view());
        if (!loaded)
            return loaded.error();
        return Answer(std::move(*loaded));
    }

    Result<Done, CryptoError> store()
    {
        row.record = std::move(*unit.senderKey);
        if (!m_stores.senderKeys.storeSenderKey(m_name, row.serialized().view(), m_core.clock().now()))
            return CryptoError::StoreFailed;
        return Done{};
    }

    native::UnitOfWork unit;
    SenderKeyRow row;

private:
    Operation(CryptoCore &core, const KeyStores &stores, const SenderKeyName &name)
        : unit(core.context(), stores, name.sender), m_core(core), m_stores(stores), m_name(name)
    { }
    CryptoCore &m_core;
    const KeyStores &m_stores;
    SenderKeyName m_name;
};

Bytes limiterKey(const SenderKeyName &name)
{
    std::array<char, 4> device;
    qToBigEndian(name.sender.device.number(), device.data());
    return name.group.toBytes() + name.sender.account.toBytes() + Bytes(device.data(), qsizetype(device.size()));
}

bool contains(const std::vector<std::uint32_t> &ids, std::uint32_t id)
{
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// What the gate makes of a distribution of a chain that the record remembers.
Result<DistributionOutcome, CryptoError> judgeKnownChain(const native::SenderKeyRecord::Chain &known,
                                                         const native::Distribution &incoming)
{
    if (refuseUnless(Check::DistributionKeyChanged, known.signingKey == incoming.signingKey))
        return CryptoError::InvalidMessage;
    if (refuseUnless(Check::ReplayedDistribution, incoming.iteration > known.iteration))
        return DistributionOutcome::Ignored;
    return DistributionOutcome::Accepted;
}
} // namespace

GroupCipher::GroupCipher(CryptoCore &core, KeyStores stores) : m_core(core), m_stores(stores) { }

GroupCipher::~GroupCipher() = default;

Result<Bytes, CryptoError> GroupCipher::createDistribution(const SenderKeyName &own)
{
    const auto operation = Operation::start(m_core, m_stores, own);
    if (!operation)
        return operation.error();
    auto distribution = native::createDistribution((*operation)->unit);
    if (!distribution)
        return distribution;
    const auto stored = (*operation)->store();
    if (!stored)
        return stored.error();
    return distribution;
}

Result<Done, CryptoError> GroupCipher::forgetChain(const SenderKeyName &own)
{
    if (!m_stores.senderKeys.removeSenderKey(own))
        return CryptoError::StoreFailed;
    return Done{};
}

Result<DistributionOutcome, CryptoError> GroupCipher::processDistribution(const SenderKeyName &name,
                                                                          ByteView distribution,
                                                                          std::optional<std::uint32_t> generation)
{
    const auto incoming = native::Distribution::parse(m_core.context(), distribution);
    if (!incoming)
        return incoming.error();
    const auto operation = Operation::start(m_core, m_stores, name);
    if (!operation)
        return operation.error();
    SenderKeyRow &row = (*operation)->row;
    if (generation && row.generation && refuseUnless(Check::StaleDistribution, *generation > *row.generation))
        return CryptoError::InvalidMessage;

    auto record = (*operation)->record();
    if (!record)
        return record.error();
    if (*record) {
        if (refuseUnless(Check::OwnChain, !(*record)->isOwn()))
            return CryptoError::InvalidArgument;
        const auto known = (*record)->chain(incoming->chainId);
        if (known) {
            const auto judged = judgeKnownChain(*known, *incoming);
            if (!judged || *judged == DistributionOutcome::Ignored)
                return judged;
        } else if (refuseUnless(Check::ReplayedDistribution, !contains(row.knownChains, incoming->chainId))) {
            return CryptoError::InvalidMessage; // the record has forgotten it, we have not
        }
    }
    if (generation) {
        row.generation = generation;
    } else if (!contains(row.knownChains, incoming->chainId)) {
        if (row.knownChains.size() >= std::size_t(kMaxKnownChains))
            return CryptoError::InvalidMessage;
        row.knownChains.push_back(incoming->chainId);
    }
    record->reset();

    const auto processed = native::processDistribution((*operation)->unit, distribution);
    if (!processed)
        return processed.error();
    const auto stored = (*operation)->store();
    if (!stored)
        return stored.error();
    return DistributionOutcome::Accepted;
}

Result<Bytes, CryptoError> GroupCipher::encrypt(const SenderKeyName &own, ByteView plaintext)
{
    const auto operation = Operation::start(m_core, m_stores, own);
    if (!operation)
        return operation.error();
    auto frame = native::encryptGroup((*operation)->unit, plaintext);
    if (!frame)
        return frame;
    const auto stored = (*operation)->store();
    if (!stored)
        return stored.error();
    return frame;
}

Result<SecretBytes, CryptoError> GroupCipher::decrypt(const SenderKeyName &name, ByteView bytes)
{
    if (bytes.size() > kMaxRatchetFrameBytes)
        return CryptoError::InvalidArgument;
    const auto frame = native::GroupFrame::parse(m_core.context(), bytes);
    if (!frame)
        return frame.error();
    const auto operation = Operation::start(m_core, m_stores, name);
    if (!operation)
        return operation.error();
    const auto record = (*operation)->record();
    if (!record)
        return record.error();

    const auto chain = *record ? (*record)->chain(frame->chainId()) : std::nullopt;
    const std::uint32_t jump =
        chain && frame->iteration() > chain->iteration ? frame->iteration() - chain->iteration : 0;
    const bool isBig = jump > kBigJump;
    const Milliseconds now = m_core.clock().monotonic();
    if (refuseUnless(Check::JumpTooFar, jump <= kMaxJump))
        return CryptoError::NeedsRetry;
    if (jump > 0) {
        const qsizetype size = (*operation)->unit.senderKey->size() + qsizetype(jump) * kSkippedKeyBytes;
        if (refuseUnless(Check::SessionRecordSize, size <= kMaxSessionRecordBytes))
            return CryptoError::NeedsRetry;
    }
    if (isBig && refuseUnless(Check::BigJumpRate, m_limiter.mayJump(limiterKey(name), now)))
        return CryptoError::NeedsRetry;

    auto plaintext = native::decryptGroup((*operation)->unit, *frame);
    if (!plaintext)
        return plaintext;
    if (isBig)
        m_limiter.noteJump(limiterKey(name), now);
    const auto stored = (*operation)->store();
    if (!stored)
        return stored.error();
    return plaintext;
}

} // namespace sotto
