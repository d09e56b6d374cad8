#include "app/platform/netlink_source.h"
#include "core/base/bytes.h"
#include "tests/kit/test_main.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>
#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto {

namespace {

/// One message as the kernel writes it; `attribute` is an address.
template <class Body> Bytes message(std::uint16_t type, const Body &body, const char *attribute = nullptr)
{
    const Bytes text(attribute ? attribute : "");
    const auto attributeBytes = attribute ? RTA_SPACE(unsigned(text.size())) : 0;
    Bytes bytes(qsizetype(NLMSG_SPACE(sizeof body) + attributeBytes), '\0');
    auto *const header = reinterpret_cast<nlmsghdr *>(bytes.data());
    header->nlmsg_len = std::uint32_t(bytes.size());
    header->nlmsg_type = type;
    std::memcpy(NLMSG_DATA(header), &body, sizeof body);
    if (attribute) {
        auto *const part = reinterpret_cast<rtattr *>(bytes.data() + NLMSG_SPACE(sizeof body));
        part->rta_type = IFA_ADDRESS;
        part->rta_len = std::uint16_t(RTA_LENGTH(unsigned(text.size())));
        std::memcpy(RTA_DATA(part), text.constData(), std::size_t(text.size()));
    }
    return bytes;
}

Bytes address(std::uint16_t type, const char *text, unsigned interface = 2)
{
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_index = interface;
    return message(type, body, text);
}

Bytes route(std::uint16_t type, std::uint8_t prefixBits)
{
    rtmsg body{};
    body.rtm_family = AF_INET;
    body.rtm_dst_len = prefixBits;
    body.rtm_type = RTN_UNICAST;
    return message(type, body);
}

Bytes link(std::uint16_t type, int interface, bool runs)
{
    ifinfomsg body{};
    body.ifi_index = interface;
    body.ifi_flags = runs ? IFF_UP | IFF_RUNNING : IFF_UP;
    return message(type, body);
}

/// A source whose kernel is the test.
struct Played {
    int ends[2] = {-1, -1};
    std::unique_ptr<NetlinkSource> source;
    std::unique_ptr<QSignalSpy> changes;
    Played()
    {
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
            qFatal("no socket pair");
        source = std::make_unique<NetlinkSource>(ends[0]);
        changes = std::make_unique<QSignalSpy>(source.get(), &NetworkSource::changed);
    }
    ~Played() { ::close(ends[1]); }
    /// How many changes the source announces for one datagram.
    int announcedFor(const Bytes &datagram)
    {
        const int before = int(changes->count());
        if (::send(ends[1], datagram.constData(), std::size_t(datagram.size()), 0) != datagram.size())
            qFatal("the datagram was not taken");
        QCoreApplication::processEvents();
        return int(changes->count()) - before;
    }
};

} // namespace

class NetlinkSourceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anAddressIsNewsOnceUntilItGoes()
    {
        Played played;
        QCOMPARE(played.announcedFor(address(RTM_NEWADDR, "aaaa")), 1);
        QCOMPARE(played.announcedFor(address(RTM_NEWADDR, "aaaa")), 0); // a router announces it again
        QCOMPARE(played.announcedFor(address(RTM_NEWADDR, "bbbb")), 1);
        QCOMPARE(played.announcedFor(address(RTM_NEWADDR, "aaaa", 3)), 1); // of another interface
        QCOMPARE(played.announcedFor(address(RTM_DELADDR, "aaaa")), 0);
        QCOMPARE(played.announcedFor(address(RTM_NEWADDR, "aaaa")), 1);
    }
    void onlyDefaultRoutesAreNews()
    {
        Played played;
        QCOMPARE(played.announcedFor(route(RTM_NEWROUTE, 24)), 0);
        QCOMPARE(played.announcedFor(route(RTM_DELROUTE, 0)), 0);
        QCOMPARE(played.announcedFor(route(RTM_NEWROUTE, 0)), 1);
    }
    void aCableIsNewsWhenItIsPluggedInAgain()
    {
        Played played;
        QCOMPARE(played.announcedFor(link(RTM_NEWLINK, 2, true)), 0); // a scan of the radio
        QCOMPARE(played.announcedFor(link(RTM_NEWLINK, 2, true)), 0);
        QCOMPARE(played.announcedFor(link(RTM_NEWLINK, 2, false)), 0);
        QCOMPARE(played.announcedFor(link(RTM_NEWLINK, 2, true)), 1);
        QCOMPARE(played.announcedFor(link(RTM_DELLINK, 2, true)), 0);
        QCOMPARE(played.announcedFor(link(RTM_NEWLINK, 2, true)), 0);
    }
    void severalMessagesInOneDatagramAreOneChange()
    {
        Played played;
        QCOMPARE(
            played.announcedFor(link(RTM_NEWLINK, 2, true) + address(RTM_NEWADDR, "aaaa") + route(RTM_NEWROUTE, 0)), 1);
    }
    void cutAndNonsensicalMessagesAreNoNews()
    {
        Played played;
        const Bytes whole = address(RTM_NEWADDR, "aaaa");
        for (qsizetype size = 1; size < NLMSG_HDRLEN; ++size)
            QCOMPARE(played.announcedFor(whole.first(size)), 0);
        QCOMPARE(played.announcedFor(Bytes(4096, '\xff')), 0);
        QCOMPARE(played.announcedFor(Bytes(4096, '\0')), 0);
        Bytes shortBody = route(RTM_NEWROUTE, 0);
        shortBody.truncate(NLMSG_HDRLEN + 4);
        reinterpret_cast<nlmsghdr *>(shortBody.data())->nlmsg_len = std::uint32_t(shortBody.size());
        QCOMPARE(played.announcedFor(shortBody), 0);
        QCOMPARE(played.announcedFor(whole), 1);
    }
    void theEndOfTheSocketIsNoBusyLoop()
    {
        Played played;
        ::shutdown(played.ends[1], SHUT_RDWR);
        // A turn of the loop says whether there was anything to do; of a socket that stays readable there always is.
        bool isIdle = false;
        for (int turn = 0; turn < 100 && !isIdle; ++turn)
            isIdle = !QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents);
        QVERIFY(isIdle);
    }
    void theKernelTellsOfANewAddress()
    {
        // In a network namespace of this thread's own, so that nothing of the machine is touched.
        const int home = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
        if (home < 0 || ::unshare(CLONE_NEWNET) != 0) {
            ::close(home);
            QSKIP("no network namespace of our own is to be had here");
        }
        const auto source = NetlinkSource::open();
        const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        const bool isBack = ::setns(home, CLONE_NEWNET) == 0;
        ::close(home);
        QVERIFY(isBack);
        QVERIFY(source);
        QSignalSpy changes(source.get(), &NetworkSource::changed);
        ifreq request{};
        std::strcpy(request.ifr_name, "lo");
        request.ifr_flags = IFF_UP;
        QCOMPARE(::ioctl(socket, SIOCSIFFLAGS, &request), 0); // brings 127.0.0.1 and ::1
        QTRY_VERIFY(changes.count() >= 1);
        ::close(socket);
    }
};

SOTTO_TEST(NetlinkSourceTest)

} // namespace sotto

#include "netlink_source_test.moc"
