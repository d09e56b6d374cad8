#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"

#include <optional>

namespace sotto {

/// SHA-256 of the SubjectPublicKeyInfo inside an X.509 certificate in DER form, for any kind of key: what
/// Hello.tls_spki lists. Nothing when the bytes are no certificate. (QSslCertificate::publicKey() of Qt 6.4 knows no
/// Ed25519.)
std::optional<Hash256> certificateSpkiHash(ByteView certificateDer);

} // namespace sotto
