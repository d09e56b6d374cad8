// A key file that parses is written again byte for byte; its checksum is made right, or nothing would get past it.
#include "core/primitives/hash.h"
#include "core/storage/key_file_format.h"

#include <cstdlib>

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Bytes bytes(reinterpret_cast<const char *>(data), qsizetype(size));
    const Bytes code(32, 'c');
    const Bytes summed = bytes + code + blake2b256({bytes, code}).toBytes();
    const auto file = parseKeyFile(summed);
    if (file && (file->coded != bytes || encodeKeyFile(file->content, Bytes(32, 'k')).first(bytes.size()) != bytes))
        std::abort();
    return 0;
}
