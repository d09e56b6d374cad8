#include "server/relay/certificate.h"

#include "core/primitives/hash.h"
#include "core/primitives/secret_bytes.h"

#include <QFile>
#include <QSaveFile>

#include <memory>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

namespace sotto::relay {

namespace {
constexpr std::int64_t kLifeDays = 20 * 365;
constexpr std::int64_t kMillisecondsPerSecond = 1000;

template <auto Free> struct Freer {
    template <class T> void operator()(T *object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO_free_all>>;

/// A certificate for `key`, signed by it; null when OpenSSL does not go along.
Certificate certificateOf(EVP_PKEY *key, Timestamp now)
{
    Certificate certificate(X509_new());
    unsigned char serial[16];
    if (!certificate || RAND_bytes(serial, sizeof serial) != 1)
        return nullptr;
    serial[0] &= 0x7f; // a positive number
    const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
    X509_set_version(certificate.get(), X509_VERSION_3);
    time_t from = time_t(now.ms / kMillisecondsPerSecond);
    X509_time_adj_ex(X509_getm_notBefore(certificate.get()), -1, 0, &from);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), int(kLifeDays), 0, &from);
    X509_NAME *name = X509_get_subject_name(certificate.get());
    static const unsigned char kName[] = "Sotto relay";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, kName, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_set_pubkey(certificate.get(), key);
    return X509_sign(certificate.get(), key, EVP_sha256()) > 0 ? std::move(certificate) : nullptr;
}

Bytes contentOf(BIO *memory)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return Bytes(data, qsizetype(size));
}

Result<Done> writePrivately(const QString &path, const Bytes &content)
{
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        && file.write(content) == content.size() && file.commit();
    if (!written)
        return Error(ErrorCode::InputOutput, QStringLiteral("cannot write %1: %2").arg(path, file.errorString()));
    return Done{};
}

Result<Hash256> pinOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error(ErrorCode::NotFound, QStringLiteral("cannot read %1").arg(path));
    const Bytes pem = file.readAll();
    const Memory memory(BIO_new_mem_buf(pem.constData(), int(pem.size())));
    const Certificate certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    unsigned char *encoded = nullptr;
    const int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &encoded) : -1;
    ERR_clear_error();
    if (size <= 0)
        return Error(ErrorCode::Malformed, QStringLiteral("%1 is no certificate").arg(path));
    const Hash256 pin = sha256(ByteView(encoded, size));
    OPENSSL_free(encoded);
    return pin;
}
} // namespace

Result<Done> makeSelfSignedCertificate(const QString &certificateFile, const QString &keyFile, Timestamp now)
{
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = key ? certificateOf(key.get(), now) : nullptr;
    const Memory keyText(BIO_new(BIO_s_secmem()));
    const Memory certificateText(BIO_new(BIO_s_mem()));
    if (!certificate || !keyText || !certificateText
        || PEM_write_bio_PrivateKey(keyText.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1
        || PEM_write_bio_X509(certificateText.get(), certificate.get()) != 1) {
        ERR_clear_error();
        return Error(ErrorCode::RandomFailed, QStringLiteral("OpenSSL gives no key"));
    }
    Bytes keyBytes = contentOf(keyText.get());
    const auto keyWritten = writePrivately(keyFile, keyBytes);
    wipe(keyBytes);
    if (!keyWritten)
        return keyWritten;
    return writePrivately(certificateFile, contentOf(certificateText.get()));
}

Result<std::vector<Hash256>> certificatePins(const std::vector<QString> &certificateFiles)
{
    std::vector<Hash256> pins;
    for (const QString &file : certificateFiles) {
        const auto pin = pinOf(file);
        if (!pin)
            return pin.error();
        pins.push_back(*pin);
    }
    return pins;
}

} // namespace sotto::relay
