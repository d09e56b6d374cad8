#include "server/limits/connection_limiter.h"
#include "server/limits/memory_guard.h"
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
        limits.total = 2;
        ConnectionLimiter limiter(clock, limits);
        auto first = limiter.admit(kHome);
        auto second = limiter.admit(kElsewhere);
        QVERIFY(first && second);
        QVERIFY(!limiter.admit(AddressKey{1, false}));
        first.reset();
        QVERIFY(limiter.admit(AddressKey{1, false}));
    }
    void T069_theOldestWithoutAuthenticationMakesRoomForTheNext()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        limits.unauthenticatedTotal = 3;
        ConnectionLimiter limiter(clock, limits);
        QByteArray gone;
        std::list<ConnectionLimiter::Ticket> tickets;
        for (char name = 'a'; name <= 'e'; ++name) {
            auto ticket = limiter.admit(AddressKey{std::uint64_t(name) << 16, false});
            QVERIFY(ticket);
            ticket->setOnShed([&gone, name] { gone += name; });
            tickets.push_back(std::move(*ticket));
            if (name == 'a')
                QVERIFY(tickets.back().markAuthenticated()); // not one of them any more
        }
        QCOMPARE(gone, QByteArray("b"));
        QCOMPARE(limiter.unauthenticated(), 3);
        QCOMPARE(limiter.total(), 5); // its connection is not closed yet
        QVERIFY(!std::next(tickets.begin())->markAuthenticated());
        tickets.erase(std::next(tickets.begin()));
        QCOMPARE(limiter.total(), 4);
        tickets.clear();
        QCOMPARE(limiter.total(), 0);
        QCOMPARE(limiter.unauthenticated(), 0);
    }
    void T069_anIpv6NetworkOfManyAddressesHasALimit()
    {
        kit::FakeClock clock;
        ConnectionLimiter limiter(clock, {});
        std::list<ConnectionLimiter::Ticket> tickets;
        int admitted = 0;
        for (std::uint64_t i = 0; i < 300; ++i) {
            if (auto ticket = limiter.admit(AddressKey{0x2001'0db8'0001'0000 + i, false})) {
                tickets.push_back(std::move(*ticket));
                ++admitted;
            }
        }
        QCOMPARE(admitted, 160);
        QVERIFY(limiter.admit(AddressKey{0x2001'0db8'0002'0000, false}));
        QVERIFY(limiter.admit(kHome));
        tickets.pop_back();
        QVERIFY(limiter.admit(AddressKey{0x2001'0db8'0001'ffff, false}));
    }
    void whenMemoryIsShortStrangersGoFirst()
    {
        kit::FakeClock clock;
        ConnectionLimiter limiter(clock, {});
        QByteArray gone;
        std::list<ConnectionLimiter::Ticket> tickets;
        for (char name = 'a'; name <= 'd'; ++name) {
            tickets.push_back(std::move(*limiter.admit(AddressKey{std::uint64_t(name), true})));
            tickets.back().setOnShed([&gone, name] { gone += name; });
            if (name <= 'b')
                QVERIFY(tickets.back().markAuthenticated());
        }
        std::int64_t used = 100;
        MemoryGuard::Options options;
        options.limitBytes = 1000;
        options.used = [&used] { return used; };
        MemoryGuard guard(clock, limiter, options);
        clock.advance(1s);
        QVERIFY(gone.isEmpty());
        used = 1001;
        clock.advance(1s);
        QCOMPARE(gone, QByteArray("cd"));
        QVERIFY(!limiter.admit(kHome));
        used = 1000; // it falls: nobody else has to go, and nobody may come
        clock.advance(1s);
        QCOMPARE(gone, QByteArray("cd"));
        QVERIFY(!limiter.admit(kHome));
        used = 1100;
        clock.advance(1s);
        QCOMPARE(gone, QByteArray("cdb"));
        used = 899;
        clock.advance(1s);
        QVERIFY(limiter.admit(kHome));
    }
    void allocationsAreCounted()
    {
        const std::int64_t before = allocatedBytes();
        if (before == 0)
            QSKIP("another allocator");
        const QByteArray large(50'000'000, 'x');
        QVERIFY(allocatedBytes() >= before + 50'000'000);
    }
    void idleAddressesAreForgotten()
    {
        kit::FakeClock clock;
        ConnectionLimits limits;
        ConnectionLimiter limiter(clock, limits);
        auto stays = limiter.admit(kHome);
        for (std::uint64_t i = 1; i < 5000; ++i) {
            QVERIFY(limiter.admit(AddressKey{i, true}));
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
