#pragma once
#include "core/crypto/key_store.h"
#include "core/crypto/signal/signal_context.h"

namespace sotto::native {

/// One operation's view of the stores. The library reads through it; what it writes stays here until the caller, after
/// everything has succeeded, puts it into the real stores. So an operation that fails half-way has written nothing,
/// whatever order the library stores things in (security.md A1.4-3). One at a time per context.
class UnitOfWork {
public:
    /// For an operation that needs prekeys or identities; `stores` are borrowed.
    UnitOfWork(SignalContext &context, const KeyStores &stores, const DeviceAddress &peer);
    /// For an operation on the records alone.
    explicit UnitOfWork(SignalContext &context);
    ~UnitOfWork();
    UnitOfWork(const UnitOfWork &) = delete;
    UnitOfWork &operator=(const UnitOfWork &) = delete;

    SignalContext &context() { return m_context; }
    /// Sets the library's callbacks, once per context.
    static bool install(signal_protocol_store_context *stores, SignalContext &context);

    /// What a negative code of the library means here: a failure of Random or of a store explains any code.
    CryptoError errorOf(int code);

    /// The library's session record; before the operation what is stored, afterwards what is to be stored.
    std::optional<SecretBytes> session;
    /// The same for a sender key record.
    std::optional<SecretBytes> senderKey;
    /// The one-time prekey to be destroyed.
    std::optional<std::uint32_t> usedPreKey;
    /// The identity with which a session was built.
    std::optional<CurvePublicKey> savedIdentity;

private:
    friend struct StoreCallbacks;
    SignalContext &m_context;
    const KeyStores *m_stores = nullptr;
    std::optional<DeviceAddress> m_peer;
    bool m_storeFailed = false;
};

} // namespace sotto::native
