#include "core/crypto/signal/native_session.h"

#include "core/crypto/signal/library_error.h"
#include "core/crypto/signal/signal_ptr.h"
#include "core/primitives/hash.h"

#include <signal/hkdf.h>
#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_state.h>

namespace sotto::native {

namespace {
/// A unit of work serves one peer, so the address only has to exist (and to outlive the cipher, A1.4-1).
constexpr char kPeerName[] = "peer";
constexpr signal_protocol_address kPeer{kPeerName, sizeof kPeerName - 1, 1};

struct FreeBuilder {
    void operator()(session_builder *builder) const { session_builder_free(builder); }
};
struct FreeCipher {
    void operator()(session_cipher *cipher) const { session_cipher_free(cipher); }
};
using CipherPtr = std::unique_ptr<session_cipher, FreeCipher>;

constexpr int kSessionVersion = 3;
constexpr qsizetype kChainKeyBytes = 32;
constexpr char kMessageKeySeed = 0x01; // constants of the Double Ratchet specification as libsignal uses them
constexpr char kChainKeySeed = 0x02;

Result<CipherPtr, CryptoError> makeCipher(UnitOfWork &unit)
{
    CipherPtr cipher;
    const int code = session_cipher_create(out(cipher), unit.context().stores(), &kPeer, unit.context().raw());
    if (code != SG_SUCCESS)
        return unit.errorOf(code);
    return cipher;
}

std::optional<SessionRecord::State> stateValue(const session_state *state)
{
    if (!state)
        return std::nullopt;
    const auto baseKey = keyValue(session_state_get_alice_base_key(state));
    const auto identity = keyValue(session_state_get_remote_identity_key(state));
    if (!baseKey || !identity)
        return std::nullopt;
    return SessionRecord::State{*baseKey, *identity};
}

/// The chain key of a ratchet key that the state has not seen yet, as the library would make it (A1.4-7), but with
/// libsodium's agreement, which also refuses keys of small order.
Result<SecretBytes> newChainKey(const session_state *state, const CurvePublicKey &ratchetKey)
{
    const ec_key_pair *const pair = session_state_get_sender_ratchet_key_pair(state);
    ratchet_root_key *const root = session_state_get_root_key(state);
    BufferPtr rootKey;
    BufferPtr privateKey;
    if (!pair || !root || ratchet_root_key_get_key(root, out(rootKey)) != SG_SUCCESS
        || ec_private_key_serialize(out(privateKey), ec_key_pair_get_private(pair)) != SG_SUCCESS) {
        return ErrorCode::NotFound;
    }
    const Result<SecretBytes> agreed = agreeX25519(view(privateKey.get()), x25519Part(ratchetKey));
    if (!agreed)
        return agreed.error();
    const SecretBytes both =
        hkdfSha256(agreed->view(), view(rootKey.get()), ByteView("WhisperRatchet"), 2 * kChainKeyBytes);
    return SecretBytes::copyOf(both.view().sliced(kChainKeyBytes));
}

/// The MAC key of the message `steps` after the one that `chainKey` is for.
SecretBytes macKeyAfter(SecretBytes chainKey, std::uint32_t steps)
{
    for (std::uint32_t i = 0; i < steps; ++i) {
        Bytes next = hmacSha256(chainKey.view(), {ByteView(&kChainKeySeed, 1)});
        std::memcpy(chainKey.data(), next.constData(), std::size_t(kChainKeyBytes));
        wipe(next);
    }
    Bytes seed = hmacSha256(chainKey.view(), {ByteView(&kMessageKeySeed, 1)});
    const SecretBytes keys = hkdfSha256(seed, {}, ByteView("WhisperMessageKeys"),
                                        RATCHET_CIPHER_KEY_LENGTH + RATCHET_MAC_KEY_LENGTH + RATCHET_IV_LENGTH);
    wipe(seed);
    return SecretBytes::copyOf(keys.view().sliced(RATCHET_CIPHER_KEY_LENGTH, RATCHET_MAC_KEY_LENGTH));
}

Result<LibraryPtr<session_pre_key_bundle>, CryptoError> libraryBundle(UnitOfWork &unit, const RemoteBundle &bundle)
{
    signal_context *const context = unit.context().raw();
    const auto identityValue = CurvePublicKey::fromBytes(bundle.identityKey);
    const auto signedValue = CurvePublicKey::fromBytes(bundle.signedPreKey);
    const auto oneTimeValue = bundle.oneTime ? CurvePublicKey::fromBytes(bundle.oneTime->key) : std::nullopt;
    if (!identityValue || !signedValue || oneTimeValue.has_value() != bundle.oneTime.has_value())
        return CryptoError::InvalidKey;
    const auto identity = libraryKey(*identityValue, context);
    const auto signedPreKey = libraryKey(*signedValue, context);
    const auto oneTime = oneTimeValue ? libraryKey(*oneTimeValue, context) : nullptr;
    if (!identity || !signedPreKey || (oneTimeValue && !oneTime))
        return CryptoError::InvalidKey;
    LibraryPtr<session_pre_key_bundle> result;
    const int code = session_pre_key_bundle_create(
        out(result), bundle.registrationId, kPeer.device_id, bundle.oneTime ? bundle.oneTime->id : 0, oneTime.get(),
        bundle.signedPreKeyId, signedPreKey.get(), raw(bundle.signedPreKeySignature),
        length(bundle.signedPreKeySignature), identity.get());
    if (code != SG_SUCCESS)
        return unit.errorOf(code);
    return result;
}
} // namespace

// ---- SignalFrame ---------------------------------------------------------------------------------------------------

SignalFrame::SignalFrame(signal_message *message, const CurvePublicKey &ratchetKey, std::uint32_t counter)
    : m_message(message), m_ratchetKey(ratchetKey), m_counter(counter)
{ }

SignalFrame::SignalFrame(SignalFrame &&other) noexcept
    : m_message(std::exchange(other.m_message, nullptr)), m_ratchetKey(other.m_ratchetKey), m_counter(other.m_counter)
{ }

SignalFrame::~SignalFrame() { UnrefLibraryObject()(m_message); }

Result<SignalFrame, CryptoError> SignalFrame::parse(SignalContext &context, ByteView frame)
{
    LibraryPtr<signal_message> message;
    const int code = signal_message_deserialize(out(message), native::raw(frame), length(frame), context.raw());
    if (code != SG_SUCCESS)
        return errorOfLibrary(code);
    if (signal_message_get_message_version(message.get()) != kSessionVersion)
        return CryptoError::Legacy;
    const auto ratchetKey = keyValue(signal_message_get_sender_ratchet_key(message.get()));
    if (!ratchetKey)
        return CryptoError::InvalidKey;
    const std::uint32_t counter = signal_message_get_counter(message.get());
    return SignalFrame(message.release(), *ratchetKey, counter);
}

// ---- SessionRecord -------------------------------------------------------------------------------------------------

SessionRecord::SessionRecord(SessionRecord &&other) noexcept : m_record(std::exchange(other.m_record, nullptr)) { }

SessionRecord::~SessionRecord() { UnrefLibraryObject()(m_record); }

Result<SessionRecord, CryptoError> SessionRecord::load(SignalContext &context, ByteView record)
{
    LibraryPtr<session_record> result;
    if (record.isEmpty())
        return CryptoError::CorruptRecord;
    const int code = session_record_deserialize(out(result), raw(record), length(record), context.raw());
    if (code == SG_ERR_NOMEM)
        return CryptoError::OutOfMemory; // and not broken: nobody is to remove it
    if (code != SG_SUCCESS)
        return CryptoError::CorruptRecord;
    return SessionRecord(result.release());
}

session_state *SessionRecord::state(int index) const
{
    if (index == 0)
        return session_record_get_state(m_record);
    const session_record_state_node *node = session_record_get_previous_states_head(m_record);
    for (int i = 1; node && i < index; ++i)
        node = session_record_get_previous_states_next(node);
    return node ? session_record_get_previous_states_element(node) : nullptr;
}

std::optional<SessionRecord::State> SessionRecord::current() const { return stateValue(state(0)); }

std::vector<SessionRecord::State> SessionRecord::archived() const
{
    std::vector<State> result;
    for (const session_record_state_node *node = session_record_get_previous_states_head(m_record); node;
         node = session_record_get_previous_states_next(node)) {
        // A state without keys is of no use; an impossible base key keeps the indices right.
        const auto value = stateValue(session_record_get_previous_states_element(node));
        result.push_back(value.value_or(State{CurvePublicKey({}), CurvePublicKey({})}));
    }
    return result;
}

int SessionRecord::archivedCount() const
{
    int count = 0;
    for (const session_record_state_node *node = session_record_get_previous_states_head(m_record); node;
         node = session_record_get_previous_states_next(node)) {
        ++count;
    }
    return count;
}

std::optional<CurvePublicKey> SessionRecord::sendingRatchetKey() const
{
    const session_state *const at = state(0);
    if (!at || session_state_has_sender_chain(at) != 1)
        return std::nullopt;
    return keyValue(session_state_get_sender_ratchet_key(at));
}

std::optional<SessionRecord::Chain> SessionRecord::chainOf(const SignalFrame &frame) const
{
    ec_public_key *const key = signal_message_get_sender_ratchet_key(frame.raw());
    int index = 0;
    session_state *at = session_record_get_state(m_record);
    const session_record_state_node *node = session_record_get_previous_states_head(m_record);
    for (;;) {
        if (at) {
            if (const ratchet_chain_key *const chain = session_state_get_receiver_chain_key(at, key))
                return Chain{index, ratchet_chain_key_get_index(chain)};
        }
        if (!node)
            return std::nullopt;
        at = session_record_get_previous_states_element(node);
        node = session_record_get_previous_states_next(node);
        ++index;
    }
}

namespace {

/// The MAC key that was kept for a skipped message; empty when there is none. The state is as before.
SecretBytes skippedMacKey(session_state *state, const SignalFrame &frame)
{
    ec_public_key *const ratchetKey = signal_message_get_sender_ratchet_key(frame.raw());
    SecretBytes room = SecretBytes::zeros(sizeof(ratchet_message_keys)); // wiped when it ends
    auto *const keys = reinterpret_cast<ratchet_message_keys *>(room.data());
    if (session_state_remove_message_keys(state, keys, ratchetKey, frame.counter()) != 1
        || session_state_set_message_keys(state, ratchetKey, keys) != SG_SUCCESS)
        return SecretBytes();
    return SecretBytes::copyOf(ByteView(keys->mac_key, sizeof keys->mac_key));
}

} // namespace

SessionRecord::Mac SessionRecord::macOf(SignalContext &context, int index, const SignalFrame &frame) const
{
    session_state *const at = state(index);
    if (!at || !session_state_has_sender_chain(at))
        return Mac::Wrong;
    SecretBytes chainKey;
    std::uint32_t chainIndex = 0;
    const auto chain = session_state_get_receiver_chain_key(at, signal_message_get_sender_ratchet_key(frame.raw()));
    if (chain) {
        BufferPtr key;
        if (ratchet_chain_key_get_key(chain, out(key)) != SG_SUCCESS)
            return Mac::Wrong;
        chainIndex = ratchet_chain_key_get_index(chain);
        chainKey = SecretBytes::copyOf(view(key.get()));
    } else {
        Result<SecretBytes> made = newChainKey(at, frame.ratchetKey());
        if (!made)
            return Mac::Wrong;
        chainKey = std::move(*made);
    }
    if (chainKey.size() != kChainKeyBytes)
        return Mac::Wrong;
    const bool wasSkipped = frame.counter() < chainIndex;
    const SecretBytes macKey =
        wasSkipped ? skippedMacKey(at, frame) : macKeyAfter(std::move(chainKey), frame.counter() - chainIndex);
    if (macKey.isEmpty())
        return Mac::KeyUsed;
    const int isRight = signal_message_verify_mac(frame.raw(), session_state_get_remote_identity_key(at),
                                                  session_state_get_local_identity_key(at), macKey.data(),
                                                  std::size_t(macKey.size()), context.raw());
    return isRight == 1 ? Mac::Right : Mac::Wrong;
}

void SessionRecord::removeArchived(int index)
{
    session_record_state_node *node = session_record_get_previous_states_head(m_record);
    for (int i = 1; node && i < index; ++i)
        node = session_record_get_previous_states_next(node);
    if (node)
        session_record_get_previous_states_remove(m_record, node);
}

Result<Done, CryptoError> SessionRecord::archiveCurrent()
{
    if (session_record_archive_current_state(m_record) < 0)
        return CryptoError::Other;
    return Done{};
}

Result<SecretBytes, CryptoError> SessionRecord::serialized() const
{
    BufferPtr bytes;
    if (session_record_serialize(out(bytes), m_record) < 0)
        return CryptoError::Other;
    return SecretBytes::copyOf(view(bytes.get()));
}

// ---- Operations ----------------------------------------------------------------------------------------------------

Result<Done, CryptoError> processBundle(UnitOfWork &unit, const RemoteBundle &bundle)
{
    const auto prepared = libraryBundle(unit, bundle);
    if (!prepared)
        return prepared.error();
    std::unique_ptr<session_builder, FreeBuilder> builder;
    int code = session_builder_create(out(builder), unit.context().stores(), &kPeer, unit.context().raw());
    if (code == SG_SUCCESS)
        code = session_builder_process_pre_key_bundle(builder.get(), prepared->get());
    if (code < 0)
        return unit.errorOf(code);
    return Done{};
}

Result<RatchetFrame, CryptoError> encrypt(UnitOfWork &unit, ByteView plaintext)
{
    const auto cipher = makeCipher(unit);
    if (!cipher)
        return cipher.error();
    LibraryPtr<ciphertext_message> message;
    const int code = session_cipher_encrypt(cipher->get(), raw(plaintext), length(plaintext), out(message));
    if (code != SG_SUCCESS) {
        const CryptoError error = unit.errorOf(code);
        // No session is SG_ERR_UNKNOWN here, also after archiving (A1.4-8).
        return error == CryptoError::Other ? CryptoError::NoSession : error;
    }
    RatchetFrame frame;
    frame.type = ciphertext_message_get_type(message.get()) == CIPHERTEXT_PREKEY_TYPE ? RatchetFrameType::PreKey
                                                                                      : RatchetFrameType::Signal;
    frame.bytes = view(ciphertext_message_get_serialized(message.get())).toByteArray();
    return frame;
}

Result<SecretBytes, CryptoError> decryptSignal(UnitOfWork &unit, const SignalFrame &frame)
{
    const auto cipher = makeCipher(unit);
    if (!cipher)
        return cipher.error();
    BufferPtr plaintext;
    const int code = session_cipher_decrypt_signal_message(cipher->get(), frame.raw(), nullptr, out(plaintext));
    if (code < 0)
        return unit.errorOf(code);
    return SecretBytes::copyOf(view(plaintext.get()));
}

Result<SecretBytes, CryptoError> decryptPreKey(UnitOfWork &unit, ByteView frame)
{
    LibraryPtr<pre_key_signal_message> message;
    int code =
        pre_key_signal_message_deserialize(out(message), native::raw(frame), length(frame), unit.context().raw());
    if (code != SG_SUCCESS)
        return unit.errorOf(code);
    const auto cipher = makeCipher(unit);
    if (!cipher)
        return cipher.error();
    BufferPtr plaintext;
    code = session_cipher_decrypt_pre_key_signal_message(cipher->get(), message.get(), nullptr, out(plaintext));
    if (code < 0)
        return unit.errorOf(code);
    return SecretBytes::copyOf(view(plaintext.get()));
}

} // namespace sotto::native
