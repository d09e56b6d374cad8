#pragma once
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"

#include <QDebug>

namespace sotto {

/// Starts the libraries below this folder. Called once, first, by every executable and test that uses secrets; more
/// calls do nothing. Internal when libsodium cannot start.
Result<Done> initialisePrimitives();

/// Keeps this process's memory out of core dumps and away from other processes of the same user (RLIMIT_CORE = 0,
/// PR_SET_DUMPABLE = 0 where the system has it). NotPermitted when the system refuses.
Result<Done> hardenProcess();

/// Overwrites bytes that held a secret, also when the compiler sees no reader. `bytes` is empty afterwards.
void wipe(Bytes &bytes);

/// Whether both are equal, in a time that depends on their lengths only.
bool equalConstantTime(ByteView a, ByteView b);

/// Bytes that must not outlive their use: wiped when freed, moved but never copied by accident, not printable, compared
/// in constant time. Short-lived secrets sit on the heap; keys that live as long as the program are made `guarded()`.
class SecretBytes {
public:
    /// No bytes.
    SecretBytes() = default;
    /// `size` zero bytes, to be filled through data().
    static SecretBytes zeros(qsizetype size);
    /// The given bytes. The original stays as it is: the caller wipes it.
    static SecretBytes copyOf(ByteView bytes);
    /// `size` fresh bytes, or RandomFailed.
    static Result<SecretBytes> random(qsizetype size, Random &random);

    SecretBytes(SecretBytes &&other) noexcept;
    SecretBytes &operator=(SecretBytes &&other) noexcept;
    SecretBytes(const SecretBytes &) = delete;
    SecretBytes &operator=(const SecretBytes &) = delete;
    ~SecretBytes();

    /// A second copy, spelled out where one is needed; guarded if this is.
    SecretBytes clone() const;
    /// The same bytes in locked pages between guard pages, never swapped. Costs four pages: for long-lived keys only.
    SecretBytes guarded() const;
    bool isGuarded() const { return m_guarded; }

    unsigned char *data() { return m_data; }
    const unsigned char *data() const { return m_data; }
    qsizetype size() const { return m_size; }
    bool isEmpty() const { return m_size == 0; }
    /// Borrowed; valid as long as this object holds its bytes.
    ByteView view() const { return ByteView(m_data, m_size); }
    /// Forgets the bytes now.
    void wipe();

    /// Constant time for equal lengths.
    friend bool operator==(const SecretBytes &a, const SecretBytes &b) { return equalConstantTime(a.view(), b.view()); }

private:
    SecretBytes(qsizetype size, bool guarded);

    unsigned char *m_data = nullptr;
    qsizetype m_size = 0;
    bool m_guarded = false;
};

/// Secrets are not printed.
QDebug operator<<(QDebug, const SecretBytes &) = delete;

} // namespace sotto
