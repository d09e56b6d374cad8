#pragma once
#include "core/base/bytes.h"

namespace sotto::kit {

/// A self-signed certificate made once with the openssl program, valid for a hundred years. For tests only.
struct TestCertificate {
    Bytes certificatePem;
    Bytes privateKeyPem; ///< empty where no test serves with it
    Bytes spkiSha256Hex; ///< `openssl x509 -pubkey -noout | openssl pkey -pubin -outform DER | sha256sum`
};

/// The scripted relay's own: ECDSA over P-256.
TestCertificate relayCertificate();
/// Somebody else's: ECDSA over P-256.
TestCertificate otherCertificate();
/// RSA, 2048 bits.
TestCertificate rsaCertificate();
/// Ed25519.
TestCertificate ed25519Certificate();

} // namespace sotto::kit
