#include "core/primitives/secret_bytes.h"

#include <cstdlib>
#include <cstring>
#include <sodium.h>
#ifdef Q_OS_UNIX
#include <sys/resource.h>
#endif
#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#endif

namespace sotto {

Result<Done> initialisePrimitives()
{
    if (sodium_init() < 0)
        return Error(ErrorCode::Internal, QStringLiteral("libsodium does not start"));
    return Done{};
}

Result<Done> hardenProcess()
{
#ifdef Q_OS_UNIX
    const rlimit none{0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return Error(ErrorCode::NotPermitted, QStringLiteral("core dumps cannot be switched off"));
#endif
#ifdef Q_OS_LINUX
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return Error(ErrorCode::NotPermitted, QStringLiteral("the process stays dumpable"));
#endif
    return Done{};
}

void wipe(Bytes &bytes)
{
    // A shared buffer is somebody else's too: data() would detach and wipe only the copy.
    if (!bytes.isEmpty() && bytes.isDetached())
        sodium_memzero(bytes.data(), std::size_t(bytes.size()));
    bytes.clear();
}

bool equalConstantTime(ByteView a, ByteView b)
{
    return a.size() == b.size() && (a.isEmpty() || sodium_memcmp(a.data(), b.data(), std::size_t(a.size())) == 0);
}

SecretBytes::SecretBytes(qsizetype size, bool guarded) : m_size(size), m_guarded(guarded)
{
    if (size == 0)
        return;
    m_data = static_cast<unsigned char *>(guarded ? sodium_malloc(std::size_t(size)) : std::malloc(std::size_t(size)));
    if (!m_data)
        qFatal("out of memory for a secret");
    std::memset(m_data, 0, std::size_t(size));
}

SecretBytes SecretBytes::zeros(qsizetype size)
{
    Q_ASSERT(size >= 0);
    return SecretBytes(size, false);
}

SecretBytes SecretBytes::copyOf(ByteView bytes)
{
    SecretBytes result(bytes.size(), false);
    if (!bytes.isEmpty())
        std::memcpy(result.m_data, bytes.data(), std::size_t(bytes.size()));
    return result;
}

Result<SecretBytes> SecretBytes::random(qsizetype size, Random &random)
{
    SecretBytes result(size, false);
    if (!random.fill(result.m_data, std::size_t(size)))
        return ErrorCode::RandomFailed;
    return result;
}

SecretBytes::SecretBytes(SecretBytes &&other) noexcept
    : m_data(std::exchange(other.m_data, nullptr)),
      m_size(std::exchange(other.m_size, 0)),
      m_guarded(std::exchange(other.m_guarded, false))
{ }

SecretBytes &SecretBytes::operator=(SecretBytes &&other) noexcept
{
    if (this != &other) {
        wipe();
        m_data = std::exchange(other.m_data, nullptr);
        m_size = std::exchange(other.m_size, 0);
        m_guarded = std::exchange(other.m_guarded, false);
    }
    return *this;
}

SecretBytes::~SecretBytes() { wipe(); }

SecretBytes SecretBytes::clone() const { return m_guarded ? guarded() : copyOf(view()); }

SecretBytes SecretBytes::guarded() const
{
    SecretBytes result(m_size, true);
    if (m_size > 0)
        std::memcpy(result.m_data, m_data, std::size_t(m_size));
    return result;
}

void SecretBytes::wipe()
{
    if (m_data) {
        if (m_guarded) {
            sodium_free(m_data); // wipes
        } else {
            sodium_memzero(m_data, std::size_t(m_size));
            std::free(m_data);
        }
    }
    m_data = nullptr;
    m_size = 0;
    m_guarded = false;
}

} // namespace sotto
