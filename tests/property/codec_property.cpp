#include "core/content/content.h"
#include "core/wire/frame.h"
#include "core/wire/ledger_entry.h"
#include "core/wire/limits.h"
#include "tests/kit/test_main.h"

#include <QTest>
#include <limits>
#include <rapidcheck.h>

namespace sotto {

namespace {

using rc::gen::arbitrary;
using rc::gen::container;
using rc::gen::element;
using rc::gen::exec;
using rc::gen::inRange;

// ---- Parts: any value that the types allow and the protocol does too ---------------------------------------------

Bytes bytesOf(const std::string &text) { return Bytes(text.data(), qsizetype(text.size())); }

/// `fewest` to 64 bytes, any.
rc::Gen<Bytes> someBytes(int fewest = 0)
{
    return exec([fewest] {
        const int size = *inRange(fewest, 65);
        return bytesOf(*container<std::string>(std::size_t(size), arbitrary<char>()));
    });
}

rc::Gen<Bytes> exactly(qsizetype size)
{
    return rc::gen::map(container<std::string>(std::size_t(size), arbitrary<char>()), bytesOf);
}

template <class Id> rc::Gen<Id> anyId()
{
    return rc::gen::map(exactly(qsizetype(Id::kSize)), [](const Bytes &bytes) { return *Id::fromBytes(bytes); });
}

rc::Gen<DeviceId> anyDevice()
{
    const auto numbers = inRange<std::uint64_t>(1, std::uint64_t(DeviceId::kMax) + 1);
    return rc::gen::map(numbers, [](std::uint64_t number) { return *DeviceId::from(number); });
}

/// What a database can store; the ends more often than chance would.
rc::Gen<std::uint64_t> anyCount(std::uint64_t fewest = 0)
{
    constexpr auto kMost = std::uint64_t(std::numeric_limits<qint64>::max());
    return rc::gen::oneOf(inRange<std::uint64_t>(fewest, kMost), element(fewest, fewest + 1, kMost));
}

rc::Gen<Timestamp> anyTime()
{
    const auto times = rc::gen::oneOf(inRange<std::int64_t>(0, wire::kMaxTimeMs),
                                      element(std::int64_t(0), std::int64_t(wire::kMaxTimeMs)));
    return rc::gen::map(times, [](std::int64_t ms) { return Timestamp{ms}; });
}

/// Text of any planes of Unicode, also empty.
rc::Gen<QString> anyText()
{
    const auto characters = rc::gen::oneOf(inRange<char32_t>(1, 0xd800), inRange<char32_t>(0xe000, 0x110000));
    return rc::gen::map(container<std::vector<char32_t>>(characters), [](const std::vector<char32_t> &text) {
        return QString::fromUcs4(text.data(), qsizetype(text.size()));
    });
}

template <class T> rc::Gen<std::optional<T>> perhaps(rc::Gen<T> some)
{
    return exec([some]() -> std::optional<T> {
        if (!*arbitrary<bool>())
            return std::nullopt;
        return *some;
    });
}

/// `fewest` to `most` values.
template <class T> rc::Gen<std::vector<T>> several(int fewest, int most, rc::Gen<T> one)
{
    return exec([fewest, most, one] {
        const int size = *inRange(fewest, most + 1);
        return *container<std::vector<T>>(std::size_t(size), one);
    });
}

rc::Gen<wire::MailClass> anyClass()
{
    using enum wire::MailClass;
    return element(Message, Receipt, Call, Sync, Keys, Status);
}

rc::Gen<wire::CopyKind> anyKind()
{
    using enum wire::CopyKind;
    return element(PreKey, Signal, SenderKey, Sealed);
}

// ---- What travels ------------------------------------------------------------------------------------------------

rc::Gen<wire::Submit> anySubmit()
{
    const auto copy = exec([] { return wire::Copy{*anyDevice(), *anyKind(), *someBytes(), *someBytes(1)}; });
    const auto target = exec([copy] {
        return wire::Target{*anyId<AccountId>(), *anyCount(), *perhaps(exactly(wire::kDeliveryTokenBytes)),
                            *several(0, 3, copy), *arbitrary<bool>()};
    });
    return exec([target] {
        return wire::Submit{*anyCount(1), *anyId<SubmitId>(),    *anyClass(), *arbitrary<std::uint32_t>(),
                            *someBytes(), *several(1, 2, target)};
    });
}

rc::Gen<wire::Envelope> anyEnvelope()
{
    return exec([] {
        return wire::Envelope{*anyCount(1), *anyTime(),   *anyClass(), *anyKind(),
                              *someBytes(), *someBytes(), *someBytes()};
    });
}

rc::Gen<content::LogHead> anyHead()
{
    return exec([] { return content::LogHead{*anyCount(), *anyCount(), *anyId<Hash256>()}; });
}

rc::Gen<content::Header> anyHeader()
{
    return exec([] {
        content::Header header{*anyId<ConversationId>(),
                               *anyId<AccountId>(),
                               *anyDevice(),
                               *anyId<MessageId>(),
                               *anyHead(),
                               *anyHead(),
                               *anyCount(),
                               std::nullopt,
                               *anyCount(),
                               *anyTime(),
                               std::nullopt};
        header.previousHash = *perhaps(anyId<Hash256>());
        header.peerAccount = *perhaps(anyId<AccountId>());
        if (const Timestamp accepted = *anyTime(); accepted.ms != 0) // 0 is how the wire says none
            header.accepted = accepted;
        header.lastCounter = *anyCount();
        return header;
    });
}

rc::Gen<content::Inner> anyInner()
{
    return exec([] {
        content::Inner inner{*anyHeader(), *someBytes(), *perhaps(exactly(32))};
        if (*arbitrary<bool>())
            inner.place = content::PayloadRef{*exactly(32), *anyId<Hash256>()};
        return inner;
    });
}

rc::Gen<content::Text> anyTextBody()
{
    const auto reference = exec([] { return content::Reference{*anyId<AccountId>(), *anyId<MessageId>()}; });
    return exec([reference] {
        return content::Text{*anyText(), *arbitrary<std::uint32_t>(), *anyCount(), *perhaps(reference),
                             *arbitrary<bool>()};
    });
}

rc::Gen<content::Receipt> anyReceipt()
{
    const auto stream = exec([] {
        const std::uint64_t delivered = *anyCount();
        const auto within = inRange<std::uint64_t>(0, delivered + 1);
        return content::StreamReceipt{*anyDevice(), delivered, *within, *several(0, 5, within)};
    });
    return exec([stream] { return content::Receipt{*several(0, 4, stream)}; });
}

rc::Gen<wire::LogOperation> anyOperation(bool isGenesis, bool isRecovery)
{
    return exec([isGenesis, isRecovery]() -> wire::LogOperation {
        if (isGenesis) {
            const wire::DeviceKeys keys{*anyDevice(), *anyId<wire::CurveKey>(), *anyId<wire::SigningKey>(),
                                        *anyId<wire::SealingKey>(), *arbitrary<std::uint32_t>() | wire::kSuiteClassic};
            return wire::Genesis{*anyId<wire::CurveKey>(), *anyId<wire::SealingKey>(),
                                 *exactly(wire::kGenesisSaltBytes), keys};
        }
        if (isRecovery)
            return wire::Recover{*anyCount(1), *anyId<Hash256>(), *someBytes(1), *several(0, 4, anyDevice())};
        switch (*inRange(0, 4)) {
        case 0: return wire::AddDevice{*someBytes(1)};
        case 1: return wire::RevokeDevice{*anyDevice()};
        case 2: {
            const auto keys = exec([] {
                return wire::RecoveryKeys{*anyId<wire::CurveKey>(), *anyId<wire::SealingKey>()};
            });
            return wire::SetRecovery{*perhaps(keys)};
        }
        default: return wire::Close{};
        }
    });
}

rc::Gen<wire::LogEntry> anyLogEntry()
{
    return exec([] {
        const int kind = *inRange(0, 6);
        const bool isGenesis = kind == 0;
        const bool isRecovery = kind == 1;
        wire::LogEntry entry{
            std::nullopt, 1, 1, std::nullopt, std::nullopt, *anyTime(), *anyOperation(isGenesis, isRecovery)};
        if (!isGenesis) {
            entry.account = *anyId<AccountId>();
            entry.previous = *anyId<Hash256>();
            entry.epoch = *inRange<std::uint32_t>(1, std::numeric_limits<std::uint32_t>::max());
            entry.version = *anyCount(1);
        }
        if (!isRecovery)
            entry.actor = *anyDevice();
        return entry;
    });
}

// ---- The law -----------------------------------------------------------------------------------------------------

/// What is read equals what was written, and written again gives the same bytes.
template <class Value, class Decode> bool survives(const char *name, const rc::Gen<Value> &values, Decode decode)
{
    return rc::check(name, [&] {
        const auto value = *values;
        const Bytes written = encode(value);
        RC_LOG() << written.toHex().toStdString() << '\n'; // the values themselves cannot be printed
        const auto read = decode(written);
        RC_ASSERT(read.hasValue());
        RC_ASSERT(bool(*read == value));
        RC_ASSERT(encode(*read) == written);
    });
}

} // namespace

/// Every codec is a bijection between its values and the bytes it writes.
class CodecProperty : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void submits() { QVERIFY(survives("a submit, as the outbox keeps it", anySubmit(), wire::decodeSubmit)); }
    void frames()
    {
        const auto submit = exec([] { return wire::Frame(wire::Request{*arbitrary<std::uint32_t>(), *anySubmit()}); });
        const auto batch = exec([] {
            return wire::Frame(
                wire::Request{*arbitrary<std::uint32_t>(), wire::SubmitBatch{*several(0, 3, anySubmit())}});
        });
        const auto mail = exec([] { return wire::Frame(wire::Push(wire::Deliver{*several(0, 4, anyEnvelope())})); });
        const auto acknowledgement = exec([] { return wire::Frame(wire::Acknowledge{*several(0, 9, anyCount())}); });
        QVERIFY(survives("a frame", rc::gen::oneOf(submit, batch, mail, acknowledgement), wire::decodeFrame));
    }
    void inners() { QVERIFY(survives("an inner message", anyInner(), content::decodeInner)); }
    void bodies()
    {
        const auto text = exec([] { return content::Body(*anyTextBody()); });
        const auto receipt = exec([] { return content::Body(*anyReceipt()); });
        QVERIFY(survives("a body", rc::gen::oneOf(text, receipt), content::decodeBody));
    }
    void logEntries() { QVERIFY(survives("a device log entry", anyLogEntry(), wire::decodeLogEntry)); }
    /// Bytes from anywhere are refused, or read as a value whose own bytes mean the same.
    void whateverIsReadCanBeWritten()
    {
        const bool holds = rc::check("decode, encode, decode", [] {
            Bytes bytes = encode(*anyInner());
            for (int i = *inRange(1, 4); i > 0; --i)
                bytes[qsizetype(*inRange<qsizetype>(0, bytes.size()))] = *arbitrary<char>();
            if (const auto read = content::decodeInner(bytes)) {
                const auto again = content::decodeInner(encode(*read));
                RC_ASSERT(again.hasValue());
                RC_ASSERT(bool(*again == *read));
            }
        });
        QVERIFY(holds);
    }
};

SOTTO_TEST(CodecProperty)

} // namespace sotto

#include "codec_property.moc"
