#pragma once
#include "core/base/strong_id.h"

namespace sotto {

using AccountId = StrongId<struct AccountIdTag, 32>;           ///< BLAKE2b-256 of the genesis entry (protocol 1)
using ConversationId = StrongId<struct ConversationIdTag, 32>; ///< derived from both accounts (protocol 1)
using GroupId = StrongId<struct GroupIdTag, 32>;
using MessageId = StrongId<struct MessageIdTag, 16>; ///< the inner id, made by the sender
using SubmitId = StrongId<struct SubmitIdTag, 16>;   ///< idempotency key of one submit of one device
using InviteSecret = StrongId<struct InviteSecretTag, 16>;
using RelayKey = StrongId<struct RelayKeyTag, 32>; ///< Ed25519 public key of a relay
using Hash256 = StrongId<struct Hash256Tag, 32>;   ///< BLAKE2b-256 or SHA-256, as the context says

/// A device's number inside its account: random, 1 to 2^31 - 1, never reused.
class DeviceId {
public:
    static constexpr std::uint32_t kMax = 0x7fffffff;
    /// Nothing for 0 and for numbers over 31 bits.
    static std::optional<DeviceId> from(std::uint64_t number)
    {
        if (number == 0 || number > kMax)
            return std::nullopt;
        return DeviceId(std::uint32_t(number));
    }
    std::uint32_t number() const { return m_number; }
    friend auto operator<=>(const DeviceId &, const DeviceId &) = default;
    friend std::size_t qHash(const DeviceId &id, std::size_t seed = 0) { return ::qHash(id.m_number, seed); }

private:
    explicit DeviceId(std::uint32_t number) : m_number(number) { }
    std::uint32_t m_number;
};

/// One device of one account: what a pairwise session is with.
struct DeviceAddress {
    AccountId account;
    DeviceId device;
    friend auto operator<=>(const DeviceAddress &, const DeviceAddress &) = default;
    friend std::size_t qHash(const DeviceAddress &a, std::size_t seed = 0)
    {
        return qHashMulti(seed, a.account, a.device);
    }
};

} // namespace sotto

template <> struct std::hash<sotto::DeviceId> {
    std::size_t operator()(const sotto::DeviceId &id) const noexcept { return id.number(); }
};
template <> struct std::hash<sotto::DeviceAddress> {
    std::size_t operator()(const sotto::DeviceAddress &address) const noexcept { return qHash(address); }
};
