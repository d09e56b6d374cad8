#include "server/limits/connection_limiter.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QTest>

#include <arpa/inet.h>
#include <cstring>
#include <list>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sotto::relay {

using namespace std::chrono_literals;

namespace {
constexpr AddressKey kHome{0x7f000001, true};
constexpr AddressKey kElsewhere{0x0a000001, true};
const Rate kAnyRate{1e6, 1e6};

AddressKey keyOf(int family, const char *text)
{
    sockaddr_storage storage{};
    if (family == AF_INET) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        ::inet_pton(AF_INET, text, &v4.sin_addr);
        std::memcpy(&storage, &v4, sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        ::inet_pton(AF_INET6, text, &v6.sin6_addr);
        std::memcpy(&storage, &v6, sizeof v6);
    }
    return addressKeyOf(storage);
}
} // namespace

class ConnectionLimiterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void addressesCountAsTheirNetwork()
    {
        QCOMPARE(keyOf(AF_INET, "127.0.0.1"), kHome);
        QCOMPARE(keyOf(AF_INET6, "::ffff:127.0.0.1"), kHome);
        QVERIFY(keyOf(AF_INET, "127.0.0.1") != keyOf(AF_INET, "127.0.0.2"));
        QCOMPARE(keyOf(AF_INET6, "2001:db8:1:2::1"), keyOf(AF_INET6, "2001:db8:1:2:ffff::9"));
        QVERIFY(keyOf(AF_INET6, "2001:db8:1:2::1") != keyOf(AF_INET6, "2001:db8:1:3::1"));
    }
    void T069_20UnauthenticatedConnectionsOfAnAddressAndNoMore()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        limits.handshakesPerAddress = kAnyRate;
        ConnectionLimiter limiter(clock, limits);
        std::list<ConnectionLimiter::Ticket> tickets;
        for (int i = 0; i < 20; ++i) {
            auto ticket = limiter.admit(kHome);
            QVERIFY(ticket);
            tickets.push_back(std::move(*ticket));
        }
        QVERIFY(!limiter.admit(kHome));
        QVERIFY(limiter.admit(kElsewhere)); // and gives its place back at once
        QVERIFY(tickets.front().markAuthenticated());
        QVERIFY(limiter.admit(kHome));
        tickets.pop_back();
        tickets.pop_back();
        QCOMPARE(limiter.total(), 18);
        QCOMPARE(limiter.unauthenticated(), 17);
        tickets.clear();
        QCOMPARE(limiter.total(), 0);
        QCOMPARE(limiter.unauthenticated(), 0);
    }
    void T069_tenHandshakesASecond()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        limits.handshakesPerAddress = {10, 10};
        ConnectionLimiter limiter(clock, limits);
        for (int second = 0; second < 5; ++second) {
            for (int i = 0; i < 10; ++i)
                QVERIFY(limiter.admit(kHome));
            QVERIFY(!limiter.admit(kHome));
            QVERIFY(limiter.admit(kElsewhere));
            clock.advance(1s);
        }
    }
    void authenticatedConnectionsHaveTheirOwnLimit()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        limits.handshakesPerAddress = kAnyRate;
        limits.authenticatedPerAddress = 3;
        ConnectionLimiter limiter(clock, limits);
        std::list<ConnectionLimiter::Ticket> tickets;
        for (int i = 0; i < 4; ++i) {
            tickets.push_back(std::move(*limiter.admit(kHome)));
            QCOMPARE(tickets.back().markAuthenticated(), i < 3);
        }
        QCOMPARE(limiter.unauthenticated(), 1);
    }
    void theWholeRelayHasALimit()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        limits.unauthenticatedTotal = 2;
        limits.total = 3;
        ConnectionLimiter limiter(clock, limits);
        auto first = limiter.admit(kHome);
        auto second = limiter.admit(kElsewhere);
        QVERIFY(first && second);
        QVERIFY(!limiter.admit(AddressKey{1, false}));
        QVERIFY(first->markAuthenticated());
        auto third = limiter.admit(AddressKey{1, false});
        QVERIFY(third);
        QVERIFY(second->markAuthenticated());
        QVERIFY(!limiter.admit(AddressKey{2, false}));
    }
    void idleAddressesAreForgotten()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        ConnectionLimiter limiter(clock, limits);
        auto stays = limiter.admit(kHome);
        for (std::uint64_t i = 1; i < 5000; ++i) {
            QVERIFY(limiter.admit(AddressKey{i, false}));
            clock.advance(1s);
        }
        QVERIFY2(limiter.rememberedAddresses() <= 1100, qPrintable(QString::number(limiter.rememberedAddresses())));
        QCOMPARE(limiter.total(), 1);
        stays.reset();
        QCOMPARE(limiter.total(), 0);
    }
};

SOTTO_TEST(ConnectionLimiterTest)

} // namespace sotto::relay

#include "connection_limiter_test.moc"
