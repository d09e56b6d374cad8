#include "core/primitives/padding.h"

#include "core/base/check.h"

#include <bit>

namespace sotto {

namespace {
qsizetype upTo(qsizetype size, qsizetype step) { return (size + step - 1) / step * step; }

qsizetype padme(qsizetype size)
{
    const auto exponent = unsigned(std::bit_width(std::size_t(size))) - 1;
    const auto kept = unsigned(std::bit_width(exponent));
    return upTo(size, qsizetype(1) << (exponent - kept));
}
} // namespace

qsizetype paddedSize(qsizetype size)
{
    const qsizetype least = size + 1;
    if (least <= 1024)
        return upTo(least, 256);
    if (least <= 8192)
        return upTo(least, 512);
    return padme(least);
}

Bytes padded(ByteView content)
{
    Bytes result(paddedSize(content.size()), '\0');
    std::copy(content.begin(), content.end(), result.begin());
    result[content.size()] = char(0x80);
    return result;
}

Result<SecretBytes> unpadded(ByteView padded)
{
    // Every byte is looked at, whatever the others are: the time tells nothing about the content's length.
    qsizetype marker = -1;
    bool clean = true;
    for (qsizetype i = 0; i < padded.size(); ++i) {
        const auto byte = static_cast<unsigned char>(padded[i]);
        const bool isMarker = byte == 0x80;
        const bool isZero = byte == 0;
        marker = isMarker ? i : marker;
        clean = isMarker | (isZero & clean);
    }
    const bool right = (marker >= 0) & clean & (paddedSize(std::max<qsizetype>(marker, 0)) == padded.size());
    if (refuseUnless(Check::BadPadding, right))
        return ErrorCode::Malformed;
    return SecretBytes::copyOf(padded.first(std::max<qsizetype>(marker, 0)));
}

} // namespace sotto
