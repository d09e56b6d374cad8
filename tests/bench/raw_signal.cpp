#include "tests/bench/raw_signal.h"

#include "core/crypto/signal/signal_ptr.h"

#include <cstdlib>
#include <signal/curve.h>
#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/key_helper.h>
#include <signal/protocol.h>
#include <signal/ratchet.h>
#include <signal/session_cipher.h>
#include <signal/session_record.h>

namespace sotto::bench {

namespace {
using native::BufferPtr;
using native::LibraryPtr;
using native::out;

constexpr signal_protocol_address kPeer{"peer", 4, 1};
constexpr signal_protocol_sender_key_name kChain{"group", 5, {"peer", 4, 1}};

/// A bench without a working library has nothing to say.
void require(bool works)
{
    if (!works)
        std::abort();
}

int load(const std::vector<std::uint8_t> &record, signal_buffer **buffer)
{
    if (record.empty())
        return 0;
    *buffer = signal_buffer_create(record.data(), record.size());
    return 1;
}

int loadSession(signal_buffer **record, signal_buffer **, const signal_protocol_address *, void *self)
{
    return load(static_cast<RawParty *>(self)->session, record);
}
int storeSession(const signal_protocol_address *, std::uint8_t *record, std::size_t size, std::uint8_t *, std::size_t,
                 void *self)
{
    static_cast<RawParty *>(self)->session.assign(record, record + size);
    return 0;
}
int containsSession(const signal_protocol_address *, void *self)
{
    return static_cast<RawParty *>(self)->session.empty() ? 0 : 1;
}
int loadSenderKey(signal_buffer **record, signal_buffer **, const signal_protocol_sender_key_name *, void *self)
{
    return load(static_cast<RawParty *>(self)->senderKey, record);
}
int storeSenderKey(const signal_protocol_sender_key_name *, std::uint8_t *record, std::size_t size, std::uint8_t *,
                   std::size_t, void *self)
{
    static_cast<RawParty *>(self)->senderKey.assign(record, record + size);
    return 0;
}

Bytes serialized(ciphertext_message *message)
{
    return native::view(ciphertext_message_get_serialized(message)).toByteArray();
}
} // namespace

RawParty::RawParty(signal_context *context) : m_context(context)
{
    require(signal_protocol_store_context_create(&m_stores, context) == 0);
    signal_protocol_session_store sessions{};
    sessions.load_session_func = loadSession;
    sessions.store_session_func = storeSession;
    sessions.contains_session_func = containsSession;
    sessions.user_data = this;
    require(signal_protocol_store_context_set_session_store(m_stores, &sessions) == 0);
    const signal_protocol_sender_key_store senderKeys{storeSenderKey, loadSenderKey, nullptr, this};
    require(signal_protocol_store_context_set_sender_key_store(m_stores, &senderKeys) == 0);
}

RawParty::~RawParty() { signal_protocol_store_context_destroy(m_stores); }

Bytes RawParty::encrypt(ByteView text)
{
    session_cipher *cipher = nullptr;
    LibraryPtr<ciphertext_message> message;
    require(session_cipher_create(&cipher, m_stores, &kPeer, m_context) == 0);
    const int code = session_cipher_encrypt(cipher, native::raw(text), native::length(text), out(message));
    session_cipher_free(cipher);
    return code == 0 ? serialized(message.get()) : Bytes();
}

bool RawParty::decrypt(ByteView frame)
{
    session_cipher *cipher = nullptr;
    LibraryPtr<signal_message> message;
    BufferPtr text;
    require(session_cipher_create(&cipher, m_stores, &kPeer, m_context) == 0);
    int code = signal_message_deserialize(out(message), native::raw(frame), native::length(frame), m_context);
    if (code == 0)
        code = session_cipher_decrypt_signal_message(cipher, message.get(), nullptr, out(text));
    session_cipher_free(cipher);
    return code == 0;
}

Bytes RawParty::createDistribution()
{
    group_session_builder *builder = nullptr;
    LibraryPtr<sender_key_distribution_message> message;
    require(group_session_builder_create(&builder, m_stores, m_context) == 0);
    require(group_session_builder_create_session(builder, out(message), &kChain) == 0);
    group_session_builder_free(builder);
    return serialized(reinterpret_cast<ciphertext_message *>(message.get()));
}

bool RawParty::processDistribution(ByteView distribution)
{
    group_session_builder *builder = nullptr;
    LibraryPtr<sender_key_distribution_message> message;
    require(group_session_builder_create(&builder, m_stores, m_context) == 0);
    require(sender_key_distribution_message_deserialize(out(message), native::raw(distribution),
                                                        native::length(distribution), m_context)
            == 0);
    const int code = group_session_builder_process_session(builder, &kChain, message.get());
    group_session_builder_free(builder);
    return code == 0;
}

Bytes RawParty::encryptGroup(ByteView text)
{
    group_cipher *cipher = nullptr;
    LibraryPtr<ciphertext_message> message;
    require(group_cipher_create(&cipher, m_stores, &kChain, m_context) == 0);
    const int code = group_cipher_encrypt(cipher, native::raw(text), native::length(text), out(message));
    group_cipher_free(cipher);
    return code == 0 ? serialized(message.get()) : Bytes();
}

bool RawParty::decryptGroup(ByteView frame)
{
    group_cipher *cipher = nullptr;
    LibraryPtr<sender_key_message> message;
    BufferPtr text;
    require(group_cipher_create(&cipher, m_stores, &kChain, m_context) == 0);
    int code = sender_key_message_deserialize(out(message), native::raw(frame), native::length(frame), m_context);
    if (code == 0)
        code = group_cipher_decrypt(cipher, message.get(), nullptr, out(text));
    group_cipher_free(cipher);
    return code == 0;
}

RawPair::RawPair()
    : m_context(std::move(SignalContext::create(m_random)).value()), alice(m_context->raw()), bob(m_context->raw())
{
    signal_context *const context = m_context->raw();
    LibraryPtr<ratchet_identity_key_pair> aliceIdentity, bobIdentity;
    LibraryPtr<ec_key_pair> base, preKey;
    require(signal_protocol_key_helper_generate_identity_key_pair(out(aliceIdentity), context) == 0);
    require(signal_protocol_key_helper_generate_identity_key_pair(out(bobIdentity), context) == 0);
    require(curve_generate_key_pair(context, out(base)) == 0);
    require(curve_generate_key_pair(context, out(preKey)) == 0);
    LibraryPtr<alice_signal_protocol_parameters> first;
    LibraryPtr<bob_signal_protocol_parameters> second;
    require(alice_signal_protocol_parameters_create(
                out(first), aliceIdentity.get(), base.get(), ratchet_identity_key_pair_get_public(bobIdentity.get()),
                ec_key_pair_get_public(preKey.get()), nullptr, ec_key_pair_get_public(preKey.get()))
            == 0);
    require(bob_signal_protocol_parameters_create(out(second), bobIdentity.get(), preKey.get(), nullptr, preKey.get(),
                                                  ratchet_identity_key_pair_get_public(aliceIdentity.get()),
                                                  ec_key_pair_get_public(base.get()))
            == 0);
    LibraryPtr<session_record> ours, theirs;
    require(session_record_create(out(ours), nullptr, context) == 0);
    require(session_record_create(out(theirs), nullptr, context) == 0);
    require(ratcheting_session_alice_initialize(session_record_get_state(ours.get()), first.get(), context) == 0);
    require(ratcheting_session_bob_initialize(session_record_get_state(theirs.get()), second.get(), context) == 0);
    const auto store = [](session_record *record, std::vector<std::uint8_t> &to) {
        BufferPtr bytes;
        require(session_record_serialize(out(bytes), record) >= 0);
        const ByteView content = native::view(bytes.get());
        to.assign(content.begin(), content.end());
    };
    store(ours.get(), alice.session);
    store(theirs.get(), bob.session);
    require(bob.decrypt(alice.encrypt("hello")) && alice.decrypt(bob.encrypt("hello back")));
}

} // namespace sotto::bench
