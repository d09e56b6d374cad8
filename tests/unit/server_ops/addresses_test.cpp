#include "core/wire/links.h"
#include "server/ops/addresses.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::relay {

class AddressesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ipv6StandsInBrackets()
    {
        QCOMPARE(addressText(QHostAddress(QStringLiteral("127.0.0.1")), 80), QStringLiteral("127.0.0.1:80"));
        QCOMPARE(addressText(QHostAddress(QStringLiteral("fe80::1%eth0")), 80), QStringLiteral("[fe80::1]:80"));
    }
    void aSingleAddressIsItself()
    {
        QCOMPARE(reachableAddresses(QHostAddress(QHostAddress::LocalHost), 7744),
                 QStringList{QStringLiteral("127.0.0.1:7744")});
    }
    void allAddressesAreTheMachinesOwnAndFitALink()
    {
        for (const auto any : {QHostAddress::AnyIPv6, QHostAddress::AnyIPv4}) {
            const QStringList addresses = reachableAddresses(QHostAddress(any), 7744);
            QVERIFY(!addresses.isEmpty());
            QVERIFY(addresses.size() <= wire::kMaxLinkAddresses);
            for (const QString &address : addresses) {
                QVERIFY2(wire::isRelayAddress(address), qPrintable(address));
                QVERIFY(any != QHostAddress::AnyIPv4 || !address.startsWith(u'['));
            }
        }
    }
    void publicAddressesGetThePortTheyLack()
    {
        QCOMPARE(publicAddress(QStringLiteral("relay.example"), 7744), QStringLiteral("relay.example:7744"));
        QCOMPARE(publicAddress(QStringLiteral("relay.example:1"), 7744), QStringLiteral("relay.example:1"));
        QCOMPARE(publicAddress(QStringLiteral("2001:db8::1"), 7744), QStringLiteral("[2001:db8::1]:7744"));
        QCOMPARE(publicAddress(QStringLiteral("[2001:db8::1]:5"), 7744), QStringLiteral("[2001:db8::1]:5"));
        QCOMPARE(publicAddress(QStringLiteral("two words"), 7744), QString());
        QCOMPARE(publicAddress(QString(), 7744), QString());
    }
};

SOTTO_TEST(AddressesTest)

} // namespace sotto::relay

#include "addresses_test.moc"
