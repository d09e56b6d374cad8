#include "core/crypto/signal/unit_of_work.h"

#include "core/crypto/signal/library_error.h"
#include "core/crypto/signal/signal_ptr.h"

namespace sotto::native {

/// The library's store functions. `self` is the SignalContext whose current unit of work they serve; the addresses the
/// library passes are always the unit's own.
struct StoreCallbacks {
    static UnitOfWork *current(void *self);

    static int give(const std::optional<SecretBytes> &record, signal_buffer **out)
    {
        if (!record)
            return 0;
        *out = makeBuffer(record->view());
        return *out ? 1 : SG_ERR_NOMEM;
    }

    static int failStore(UnitOfWork &unit)
    {
        unit.m_storeFailed = true;
        return SG_ERR_UNKNOWN;
    }

    static int loadSession(signal_buffer **record, signal_buffer **, const signal_protocol_address *, void *self)
    {
        return give(current(self)->session, record);
    }
    static int containsSession(const signal_protocol_address *, void *self)
    {
        return current(self)->session.has_value() ? 1 : 0;
    }
    static int storeSession(const signal_protocol_address *, std::uint8_t *record, std::size_t size, std::uint8_t *,
                            std::size_t, void *self)
    {
        current(self)->session = SecretBytes::copyOf(ByteView(record, qsizetype(size)));
        return SG_SUCCESS;
    }
    // Sotto forgets sessions through its own stores; the library never decides that.
    static int subDevices(signal_int_list **, const char *, std::size_t, void *) { return SG_ERR_INVAL; }
    static int deleteSession(const signal_protocol_address *, void *) { return SG_ERR_INVAL; }
    static int deleteAllSessions(const char *, std::size_t, void *) { return SG_ERR_INVAL; }

    /// A private half by id. `found` is the store's answer.
    static int givePreKey(UnitOfWork &unit, const Result<std::optional<SecretBytes>> &found, signal_buffer **record)
    {
        if (!found)
            return failStore(unit);
        const int given = give(*found, record);
        return given == 1 ? SG_SUCCESS : given == 0 ? SG_ERR_INVALID_KEY_ID : given;
    }
    static int loadPreKey(signal_buffer **record, std::uint32_t id, void *self)
    {
        UnitOfWork &unit = *current(self);
        return unit.m_stores ? givePreKey(unit, unit.m_stores->preKeys.loadPreKey(id), record) : SG_ERR_INVALID_KEY_ID;
    }
    static int removePreKey(std::uint32_t id, void *self)
    {
        current(self)->usedPreKey = id;
        return SG_SUCCESS;
    }
    static int loadSignedPreKey(signal_buffer **record, std::uint32_t id, void *self)
    {
        UnitOfWork &unit = *current(self);
        return unit.m_stores ? givePreKey(unit, unit.m_stores->signedPreKeys.loadSignedPreKey(id), record)
                             : SG_ERR_INVALID_KEY_ID;
    }
    // Prekeys are made and destroyed by prekeys.h; the library only loads them.
    static int storeNothing(std::uint32_t, std::uint8_t *, std::size_t, void *) { return SG_ERR_INVAL; }
    static int refuseId(std::uint32_t, void *) { return SG_ERR_INVAL; }

    static int identityKeyPair(signal_buffer **publicKey, signal_buffer **privateKey, void *self)
    {
        UnitOfWork &unit = *current(self);
        if (!unit.m_stores)
            return SG_ERR_UNKNOWN;
        const Result<LocalIdentity> identity = unit.m_stores->identities.localIdentity();
        if (!identity)
            return failStore(unit);
        *publicKey = makeBuffer(identity->identityKey.publicKey.view());
        *privateKey = makeBuffer(identity->identityKey.privateKey.view());
        return *publicKey && *privateKey ? SG_SUCCESS : SG_ERR_NOMEM;
    }
    static int localRegistrationId(void *self, std::uint32_t *id)
    {
        UnitOfWork &unit = *current(self);
        if (!unit.m_stores)
            return SG_ERR_UNKNOWN;
        const Result<LocalIdentity> identity = unit.m_stores->identities.localIdentity();
        if (!identity)
            return failStore(unit);
        *id = identity->registrationId;
        return SG_SUCCESS;
    }
    static int saveIdentity(const signal_protocol_address *, std::uint8_t *key, std::size_t size, void *self)
    {
        // A null key takes back what was saved before a failure.
        current(self)->savedIdentity = key ? CurvePublicKey::fromBytes(ByteView(key, qsizetype(size))) : std::nullopt;
        return SG_SUCCESS;
    }
    static int isTrusted(const signal_protocol_address *, std::uint8_t *key, std::size_t size, void *self)
    {
        UnitOfWork &unit = *current(self);
        const auto value = CurvePublicKey::fromBytes(ByteView(key, qsizetype(size)));
        if (!unit.m_stores || !unit.m_peer || !value)
            return 0;
        const Result<bool> trusted = unit.m_stores->identities.isTrusted(*unit.m_peer, *value);
        if (!trusted)
            return failStore(unit);
        return *trusted ? 1 : 0;
    }

    static int loadSenderKey(signal_buffer **record, signal_buffer **, const signal_protocol_sender_key_name *,
                             void *self)
    {
        return give(current(self)->senderKey, record);
    }
    static int storeSenderKey(const signal_protocol_sender_key_name *, std::uint8_t *record, std::size_t size,
                              std::uint8_t *, std::size_t, void *self)
    {
        current(self)->senderKey = SecretBytes::copyOf(ByteView(record, qsizetype(size)));
        return SG_SUCCESS;
    }
    static void nothingToDestroy(void *) { }
};

UnitOfWork *StoreCallbacks::current(void *self)
{
    UnitOfWork *const unit = static_cast<SignalContext *>(self)->m_current;
    Q_ASSERT_X(unit, "SignalContext", "the library asked for a store outside an operation");
    return unit;
}

UnitOfWork::UnitOfWork(SignalContext &context, const KeyStores &stores, const DeviceAddress &peer)
    : m_context(context), m_stores(&stores), m_peer(peer)
{
    Q_ASSERT(!m_context.m_current);
    m_context.m_current = this;
    m_context.takeRandomFailure();
}

UnitOfWork::UnitOfWork(SignalContext &context) : m_context(context)
{
    Q_ASSERT(!m_context.m_current);
    m_context.m_current = this;
    m_context.takeRandomFailure();
}

UnitOfWork::~UnitOfWork() { m_context.m_current = nullptr; }

CryptoError UnitOfWork::errorOf(int code)
{
    if (m_context.takeRandomFailure())
        return CryptoError::RandomFailed;
    if (m_storeFailed)
        return CryptoError::StoreFailed;
    return errorOfLibrary(code);
}

bool UnitOfWork::install(signal_protocol_store_context *stores, SignalContext &context)
{
    using C = StoreCallbacks;
    const signal_protocol_session_store sessions{C::loadSession,      C::subDevices,    C::storeSession,
                                                 C::containsSession,  C::deleteSession, C::deleteAllSessions,
                                                 C::nothingToDestroy, &context};
    const signal_protocol_pre_key_store preKeys{C::loadPreKey,   C::storeNothing,     C::refuseId,
                                                C::removePreKey, C::nothingToDestroy, &context};
    const signal_protocol_signed_pre_key_store signedPreKeys{C::loadSignedPreKey, C::storeNothing,     C::refuseId,
                                                             C::refuseId,         C::nothingToDestroy, &context};
    const signal_protocol_identity_key_store identities{C::identityKeyPair, C::localRegistrationId, C::saveIdentity,
                                                        C::isTrusted,       C::nothingToDestroy,    &context};
    const signal_protocol_sender_key_store senderKeys{C::storeSenderKey, C::loadSenderKey, C::nothingToDestroy,
                                                      &context};
    return signal_protocol_store_context_set_session_store(stores, &sessions) == SG_SUCCESS
        && signal_protocol_store_context_set_pre_key_store(stores, &preKeys) == SG_SUCCESS
        && signal_protocol_store_context_set_signed_pre_key_store(stores, &signedPreKeys) == SG_SUCCESS
        && signal_protocol_store_context_set_identity_key_store(stores, &identities) == SG_SUCCESS
        && signal_protocol_store_context_set_sender_key_store(stores, &senderKeys) == SG_SUCCESS;
}

} // namespace sotto::native
