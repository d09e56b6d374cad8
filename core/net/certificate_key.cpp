#include "core/net/certificate_key.h"

#include "core/primitives/hash.h"

namespace sotto {

namespace {

// The few tags of DER (X.690) that lead to the key.
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kExplicitVersion = 0xa0;

/// Reads one element after another inside a DER value.
class DerReader {
public:
    struct Element {
        std::uint8_t tag;
        ByteView content;
        ByteView whole; ///< tag, length and content
    };
    explicit DerReader(ByteView bytes) : m_rest(bytes) { }

    std::optional<Element> next()
    {
        if (m_rest.size() < 2)
            return std::nullopt;
        qsizetype header = 2;
        std::size_t length = std::uint8_t(m_rest[1]);
        if (length >= 0x80) {
            const qsizetype lengthBytes = qsizetype(length & 0x7f);
            if (lengthBytes < 1 || lengthBytes > 3 || m_rest.size() < 2 + lengthBytes)
                return std::nullopt;
            length = 0;
            for (qsizetype i = 0; i < lengthBytes; ++i)
                length = (length << 8) | std::uint8_t(m_rest[2 + i]);
            header += lengthBytes;
        }
        if (std::size_t(m_rest.size() - header) < length)
            return std::nullopt;
        const ByteView whole = m_rest.first(header + qsizetype(length));
        m_rest = m_rest.sliced(whole.size());
        return Element{std::uint8_t(whole[0]), whole.sliced(header), whole};
    }

private:
    ByteView m_rest;
};

} // namespace

std::optional<Hash256> certificateSpkiHash(ByteView certificateDer)
{
    const auto certificate = DerReader(certificateDer).next();
    if (!certificate || certificate->tag != kSequence)
        return std::nullopt;
    const auto toBeSigned = DerReader(certificate->content).next();
    if (!toBeSigned || toBeSigned->tag != kSequence)
        return std::nullopt;
    // RFC 5280, 4.1: [version,] serial, signature, issuer, validity, subject, subjectPublicKeyInfo
    DerReader fields(toBeSigned->content);
    auto field = fields.next();
    if (field && field->tag == kExplicitVersion)
        field = fields.next();
    for (int skipped = 0; field && skipped < 5; ++skipped)
        field = fields.next();
    if (!field || field->tag != kSequence)
        return std::nullopt;
    return sha256(field->whole);
}

} // namespace sotto
