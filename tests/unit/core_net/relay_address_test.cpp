#include "core/net/relay_address.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class RelayAddressTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void readsWhatItWrites_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("host");
        QTest::addColumn<int>("port");
        QTest::newRow("name") << "relay.example"
                              << "relay.example" << 443;
        QTest::newRow("port") << "relay.example:8443"
                              << "relay.example" << 8443;
        QTest::newRow("v4") << "10.0.0.2:1"
                            << "10.0.0.2" << 1;
        QTest::newRow("v6") << "[fe80::1]:65535"
                            << "fe80::1" << 65535;
    }
    void readsWhatItWrites()
    {
        QFETCH(QString, text);
        QFETCH(QString, host);
        QFETCH(int, port);
        const auto address = RelayAddress::parse(text);
        QVERIFY(address);
        QCOMPARE(address->host, host);
        QCOMPARE(int(address->port), port);
        QVERIFY(RelayAddress::parse(address->toString()) == address);
    }
    void refusesWhatIsNoAddress_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *bad : {"", ":443", "host:", "host:0", "host:65536", "host:+1", "host: 1", "a b", "a/b",
                                "user@host", "[::1", "[::1]443", "[]:1", "[x]:1", "::1", "host:1:2", "host:123456"})
            QTest::newRow(bad) << QString::fromLatin1(bad);
        QTest::newRow("long") << QString(300, u'a');
    }
    void refusesWhatIsNoAddress()
    {
        QFETCH(QString, text);
        QVERIFY(!RelayAddress::parse(text));
    }
};

SOTTO_TEST(RelayAddressTest)

} // namespace sotto

#include "relay_address_test.moc"
