#include "core/net/certificate_key.h"
#include "tests/kit/test_certificates.h"
#include "tests/kit/test_main.h"

#include <QSslCertificate>
#include <QTest>

namespace sotto {

class CertificateKeyTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void agreesWithOpensslForEveryKindOfKey()
    {
        for (const auto &certificate :
             {kit::relayCertificate(), kit::otherCertificate(), kit::rsaCertificate(), kit::ed25519Certificate()}) {
            const QSslCertificate parsed(certificate.certificatePem);
            QVERIFY(!parsed.isNull());
            const auto hash = certificateSpkiHash(parsed.toDer());
            QVERIFY(hash);
            QCOMPARE(hash->toHex().toLatin1(), certificate.spkiSha256Hex);
        }
    }
    void whatIsNoCertificateHasNoHash()
    {
        QVERIFY(!certificateSpkiHash({}));
        QVERIFY(!certificateSpkiHash("hello"));
        const Bytes der = QSslCertificate(kit::relayCertificate().certificatePem).toDer();
        for (qsizetype size = 0; size < der.size(); ++size)
            QVERIFY(!certificateSpkiHash(ByteView(der).first(size)));
    }
};

SOTTO_TEST(CertificateKeyTest)

} // namespace sotto

#include "certificate_key_test.moc"
