#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QString>
#include <vector>

namespace sotto::relay {

/// Makes a fresh ECDSA P-256 key and a certificate that it signs itself, valid for 20 years from `now`: clients do not
/// look at names and dates, they compare the key with the one in the signed Hello (protocol.md 2). Both files are
/// written for their owner only, the certificate last; existing files are replaced. The key comes from OpenSSL's own
/// random source. RandomFailed without a key, InputOutput when a file cannot be written.
Result<Done> makeSelfSignedCertificate(const QString &certificateFile, const QString &keyFile, Timestamp now);

/// SHA-256 of the SubjectPublicKeyInfo of the first certificate of each PEM file, in the order of the files: what Hello
/// lists. NotFound when a file cannot be read, Malformed when it is no certificate.
Result<std::vector<Hash256>> certificatePins(const std::vector<QString> &certificateFiles);

} // namespace sotto::relay
