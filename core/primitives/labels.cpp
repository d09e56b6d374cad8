#include "core/primitives/labels.h"

#include "core/primitives/hash.h"

namespace sotto {

namespace {
constexpr const char *kLabels[] = {
#define SOTTO_LABEL_TEXT(name, text) text,
    SOTTO_LABELS(SOTTO_LABEL_TEXT)
#undef SOTTO_LABEL_TEXT
};
} // namespace

ByteView labelText(Label label) { return ByteView(kLabels[int(label)]); }

int labelCount() { return int(std::size(kLabels)); }

SecretBytes derive(ByteView secret, Label label, ByteView context, qsizetype size)
{
    Bytes info = labelText(label).toByteArray();
    info.append(context.data(), context.size());
    return hkdfSha256(secret, {}, info, size);
}

} // namespace sotto
