#include "core/crypto/signal/native_group.h"

#include "core/crypto/signal/library_error.h"
#include "core/crypto/signal/signal_ptr.h"

#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/sender_key.h>
#include <signal/sender_key_record.h>
#include <signal/sender_key_state.h>

namespace sotto::native {

namespace {
/// A unit of work serves one chain owner, so the name only has to exist (and to outlive the cipher, A1.4-1).
constexpr char kName[] = "chain";
constexpr signal_protocol_sender_key_name kChainName{kName, sizeof kName - 1, {kName, sizeof kName - 1, 1}};
constexpr qsizetype kChainKeyBytes = 32;

struct FreeGroupBuilder {
    void operator()(group_session_builder *builder) const { group_session_builder_free(builder); }
};
struct FreeGroupCipher {
    void operator()(group_cipher *cipher) const { group_cipher_free(cipher); }
};
using GroupBuilderPtr = std::unique_ptr<group_session_builder, FreeGroupBuilder>;
using GroupCipherPtr = std::unique_ptr<group_cipher, FreeGroupCipher>;

Result<GroupBuilderPtr, CryptoError> makeBuilder(UnitOfWork &unit)
{
    GroupBuilderPtr builder;
    const int code = group_session_builder_create(out(builder), unit.context().stores(), unit.context().raw());
    if (code != SG_SUCCESS)
        return unit.errorOf(code);
    return builder;
}

Result<GroupCipherPtr, CryptoError> makeCipher(UnitOfWork &unit)
{
    GroupCipherPtr cipher;
    const int code = group_cipher_create(out(cipher), unit.context().stores(), &kChainName, unit.context().raw());
    if (code != SG_SUCCESS)
        return unit.errorOf(code);
    return cipher;
}

Result<LibraryPtr<sender_key_distribution_message>, CryptoError> libraryDistribution(SignalContext &context,
                                                                                     ByteView bytes)
{
    LibraryPtr<sender_key_distribution_message> message;
    const int code =
        sender_key_distribution_message_deserialize(out(message), raw(bytes), length(bytes), context.raw());
    if (code != SG_SUCCESS)
        return errorOfLibrary(code);
    return message;
}
} // namespace

Result<Distribution, CryptoError> Distribution::parse(SignalContext &context, ByteView distribution)
{
    if (distribution.isEmpty())
        return CryptoError::InvalidProtobuf;
    const auto message = libraryDistribution(context, distribution);
    if (!message)
        return message.error();
    sender_key_distribution_message *const read = message->get();
    const auto key = keyValue(sender_key_distribution_message_get_signature_key(read));
    const signal_buffer *const chainKey = sender_key_distribution_message_get_chain_key(read);
    if (!key || !usableCurveKey(key->view()) || !chainKey || view(chainKey).size() != kChainKeyBytes)
        return CryptoError::InvalidKey;
    return Distribution{sender_key_distribution_message_get_id(read),
                        sender_key_distribution_message_get_iteration(read), *key};
}

// ---- GroupFrame ----------------------------------------------------------------------------------------------------

GroupFrame::GroupFrame(GroupFrame &&other) noexcept : m_message(std::exchange(other.m_message, nullptr)) { }

GroupFrame::~GroupFrame() { UnrefLibraryObject()(m_message); }

Result<GroupFrame, CryptoError> GroupFrame::parse(SignalContext &context, ByteView frame)
{
    // The signature is cut off the end without a look at the length.
    if (frame.size() <= 1 + kCurveSignatureBytes)
        return CryptoError::InvalidProtobuf;
    LibraryPtr<sender_key_message> message;
    const int code = sender_key_message_deserialize(out(message), native::raw(frame), length(frame), context.raw());
    if (code != SG_SUCCESS)
        return errorOfLibrary(code);
    return GroupFrame(message.release());
}

std::uint32_t GroupFrame::chainId() const { return sender_key_message_get_key_id(m_message); }

std::uint32_t GroupFrame::iteration() const { return sender_key_message_get_iteration(m_message); }

// ---- SenderKeyRecord -----------------------------------------------------------------------------------------------

SenderKeyRecord::SenderKeyRecord(SenderKeyRecord &&other) noexcept
    : m_record(std::exchange(other.m_record, nullptr)) { }

SenderKeyRecord::~SenderKeyRecord() { UnrefLibraryObject()(m_record); }

Result<SenderKeyRecord, CryptoError> SenderKeyRecord::load(SignalContext &context, ByteView record)
{
    LibraryPtr<sender_key_record> result;
    if (record.isEmpty()
        || sender_key_record_deserialize(out(result), raw(record), length(record), context.raw()) != SG_SUCCESS) {
        return CryptoError::StoreFailed;
    }
    return SenderKeyRecord(result.release());
}

std::optional<SenderKeyRecord::Chain> SenderKeyRecord::chain(std::uint32_t id) const
{
    sender_key_state *state = nullptr; // borrowed from the record
    if (sender_key_record_get_sender_key_state_by_id(m_record, &state, id) != SG_SUCCESS || !state)
        return std::nullopt;
    const auto key = keyValue(sender_key_state_get_signing_key_public(state));
    if (!key)
        return std::nullopt;
    return Chain{sender_chain_key_get_iteration(sender_key_state_get_chain_key(state)), *key,
                 sender_key_state_get_signing_key_private(state) != nullptr};
}

bool SenderKeyRecord::isOwn() const
{
    sender_key_state *state = nullptr;
    return sender_key_record_get_sender_key_state(m_record, &state) == SG_SUCCESS && state
        && sender_key_state_get_signing_key_private(state);
}

// ---- Operations ----------------------------------------------------------------------------------------------------

Result<Bytes, CryptoError> createDistribution(UnitOfWork &unit)
{
    const auto builder = makeBuilder(unit);
    if (!builder)
        return builder.error();
    LibraryPtr<sender_key_distribution_message> message;
    const int code = group_session_builder_create_session(builder->get(), out(message), &kChainName);
    if (code < 0)
        return unit.errorOf(code);
    const auto *const base = reinterpret_cast<const ciphertext_message *>(message.get());
    return view(ciphertext_message_get_serialized(base)).toByteArray();
}

Result<Done, CryptoError> processDistribution(UnitOfWork &unit, ByteView distribution)
{
    const auto message = libraryDistribution(unit.context(), distribution);
    if (!message)
        return message.error();
    const auto builder = makeBuilder(unit);
    if (!builder)
        return builder.error();
    const int code = group_session_builder_process_session(builder->get(), &kChainName, message->get());
    if (code < 0)
        return unit.errorOf(code);
    return Done{};
}

Result<Bytes, CryptoError> encryptGroup(UnitOfWork &unit, ByteView plaintext)
{
    const auto cipher = makeCipher(unit);
    if (!cipher)
        return cipher.error();
    LibraryPtr<ciphertext_message> message;
    const int code = group_cipher_encrypt(cipher->get(), raw(plaintext), length(plaintext), out(message));
    if (code < 0)
        return unit.errorOf(code);
    return view(ciphertext_message_get_serialized(message.get())).toByteArray();
}

Result<SecretBytes, CryptoError> decryptGroup(UnitOfWork &unit, const GroupFrame &frame)
{
    const auto cipher = makeCipher(unit);
    if (!cipher)
        return cipher.error();
    BufferPtr plaintext;
    const int code = group_cipher_decrypt(cipher->get(), frame.raw(), nullptr, out(plaintext));
    if (code < 0)
        return unit.errorOf(code);
    return SecretBytes::copyOf(view(plaintext.get()));
}

} // namespace sotto::native
