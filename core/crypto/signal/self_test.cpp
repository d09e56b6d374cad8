#include "core/crypto/signal/self_test.h"

#include "core/crypto/signal/native_fingerprint.h"
#include "core/crypto/signal/native_keys.h"
#include "core/crypto/signal/native_session.h"
#include "core/crypto/signal/signal_ptr.h"

#include <QLoggingCategory>
#include <signal/ratchet.h>

namespace sotto::native {

namespace {
Q_LOGGING_CATEGORY(logCrypto, "sotto.crypto")

constexpr qsizetype kPlainBytes = 32;
constexpr qsizetype kSignalFrameBytes = 98; ///< of kPlainBytes; 99 from message 128 on (security.md A1.2)

CurveKeyPair fixedPair(char seed) { return curveKeyPairFrom(Bytes(kCurvePrivateKeyBytes, seed)); }

LibraryPtr<ec_key_pair> libraryPair(signal_context *context, const CurveKeyPair &pair)
{
    const auto publicKey = libraryKey(pair.publicKey, context);
    const auto privateKey = libraryPrivateKey(pair.privateKey.view(), context);
    LibraryPtr<ec_key_pair> result;
    if (publicKey && privateKey)
        ec_key_pair_create(out(result), publicKey.get(), privateKey.get());
    return result;
}

LibraryPtr<ratchet_identity_key_pair> libraryIdentity(signal_context *context, const CurveKeyPair &pair)
{
    const auto publicKey = libraryKey(pair.publicKey, context);
    const auto privateKey = libraryPrivateKey(pair.privateKey.view(), context);
    LibraryPtr<ratchet_identity_key_pair> result;
    if (publicKey && privateKey)
        ratchet_identity_key_pair_create(out(result), publicKey.get(), privateKey.get());
    return result;
}

/// A record with one state, initialised by `initialise`.
template <class Initialise> std::optional<SecretBytes> freshRecord(signal_context *context, Initialise initialise)
{
    LibraryPtr<session_record> record;
    BufferPtr bytes;
    int code = session_record_create(out(record), nullptr, context);
    if (code >= 0)
        code = initialise(session_record_get_state(record.get()));
    if (code >= 0)
        code = session_record_serialize(out(bytes), record.get());
    if (code < 0)
        return std::nullopt;
    return SecretBytes::copyOf(view(bytes.get()));
}

struct TwoRecords {
    SecretBytes sender;
    SecretBytes receiver;
};

/// Both ends of one session, made from fixed keys and, for the sender's first ratchet key, Random.
std::optional<TwoRecords> twoRecords(signal_context *context)
{
    const CurveKeyPair base = fixedPair(1), senderIdentity = fixedPair(2), receiverIdentity = fixedPair(3),
                       signedPreKey = fixedPair(4);
    const auto sender = libraryIdentity(context, senderIdentity);
    const auto receiver = libraryIdentity(context, receiverIdentity);
    const auto basePair = libraryPair(context, base);
    const auto preKeyPair = libraryPair(context, signedPreKey);
    if (!sender || !receiver || !basePair || !preKeyPair)
        return std::nullopt;
    LibraryPtr<alice_signal_protocol_parameters> first;
    LibraryPtr<bob_signal_protocol_parameters> second;
    if (alice_signal_protocol_parameters_create(
            out(first), sender.get(), basePair.get(), ratchet_identity_key_pair_get_public(receiver.get()),
            ec_key_pair_get_public(preKeyPair.get()), nullptr, ec_key_pair_get_public(preKeyPair.get()))
            < 0
        || bob_signal_protocol_parameters_create(out(second), receiver.get(), preKeyPair.get(), nullptr,
                                                 preKeyPair.get(), ratchet_identity_key_pair_get_public(sender.get()),
                                                 ec_key_pair_get_public(basePair.get()))
            < 0) {
        return std::nullopt;
    }
    auto senderRecord = freshRecord(context, [&](session_state *state) {
        return ratcheting_session_alice_initialize(state, first.get(), context);
    });
    auto receiverRecord = freshRecord(
        context, [&](session_state *state) { return ratcheting_session_bob_initialize(state, second.get(), context); });
    if (!senderRecord || !receiverRecord)
        return std::nullopt;
    return TwoRecords{std::move(*senderRecord), std::move(*receiverRecord)};
}

/// Encrypts with the sender's record and moves it one step on.
Result<RatchetFrame, CryptoError> send(SignalContext &context, TwoRecords &records)
{
    UnitOfWork unit(context);
    unit.session = records.sender.clone();
    auto frame = encrypt(unit, Bytes(kPlainBytes, 'x'));
    if (frame)
        records.sender = std::move(*unit.session);
    return frame;
}

/// Decrypts with the receiver's record, which moves on only if that works.
Result<SecretBytes, CryptoError> receive(SignalContext &context, TwoRecords &records, ByteView bytes)
{
    const auto frame = SignalFrame::parse(context, bytes);
    if (!frame)
        return frame.error();
    UnitOfWork unit(context);
    unit.session = records.receiver.clone();
    auto plaintext = decryptSignal(unit, *frame);
    if (plaintext)
        records.receiver = std::move(*unit.session);
    return plaintext;
}

/// The name of the first step that differs; null when all is as measured.
const char *differsInSession(SignalContext &context)
{
    auto records = twoRecords(context.raw());
    if (!records)
        return "session start";
    const auto frame = send(context, *records);
    if (!frame || frame->type != RatchetFrameType::Signal || frame->bytes.size() != kSignalFrameBytes)
        return "encryption";
    Bytes altered = frame->bytes;
    altered.back() = char(altered.back() ^ 1);
    const auto refused = receive(context, *records, altered);
    if (refused || refused.error() != CryptoError::InvalidMessage)
        return "MAC";
    const auto opened = receive(context, *records, frame->bytes);
    if (!opened || opened->view() != Bytes(kPlainBytes, 'x'))
        return "decryption";
    // What A1.4-4 is about: the duplicate is answered although the MAC is wrong.
    const auto duplicate = receive(context, *records, altered);
    if (duplicate || duplicate.error() != CryptoError::Duplicate)
        return "duplicate";

    // The gate's own derivation must find what the library derives.
    const auto next = send(context, *records);
    const auto record = SessionRecord::load(context, records->receiver.view());
    if (!next || !record)
        return "record";
    const auto parsed = SignalFrame::parse(context, next->bytes);
    if (!parsed || parsed->counter() != 1 || record->macOf(context, 0, *parsed) != SessionRecord::Mac::Right)
        return "gate";
    const auto chain = record->chainOf(*parsed);
    if (!chain || chain->state != 0 || chain->index != 1)
        return "chain";
    UnitOfWork unit(context);
    const auto none = encrypt(unit, Bytes(kPlainBytes, 'x'));
    if (none || none.error() != CryptoError::NoSession)
        return "missing session";
    return nullptr;
}

const char *differsInKeys(SignalContext &context)
{
    const CurveKeyPair pair = fixedPair(5);
    const auto signature = sign(context, pair, ByteView("message"));
    if (!signature || signature->size() != kCurveSignatureBytes)
        return "signature";
    if (!verify(context, pair.publicKey, ByteView("message"), *signature)
        || verify(context, pair.publicKey, ByteView("massage"), *signature)) {
        return "verification";
    }
    // One iteration over fixed keys: the algorithm in short (vectors with 5200 are in the tests).
    const auto number = native::fingerprint(context, 1, 1, QByteArrayLiteral("a"), fixedPair(6).publicKey,
                                            QByteArrayLiteral("b"), fixedPair(7).publicKey);
    if (!number || number->digits.size() != 60)
        return "fingerprint";
    return nullptr;
}
} // namespace

Result<Done, CryptoError> selfTest(SignalContext &context)
{
    const int failuresBefore = context.randomFailures();
    const char *different = differsInSession(context);
    if (!different)
        different = differsInKeys(context);
    // The work above needs random bytes; without them nothing is said about the library.
    if (different && context.randomFailures() > failuresBefore)
        return CryptoError::RandomFailed;
    if (different) {
        qCCritical(logCrypto, "the Signal protocol library differs from the one that was measured: %s", different);
        return CryptoError::Other;
    }
    return Done{};
}

} // namespace sotto::native
