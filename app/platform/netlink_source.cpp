#include "app/platform/netlink_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto {

namespace {

/// The kernel's largest message to listeners is a page; more only means fewer reads.
constexpr std::size_t kBufferBytes = 32 * 1024;

/// The message that begins at `bytes`, if all of it is there.
const nlmsghdr *messageAt(const char *bytes, std::size_t size)
{
    const auto *const header = reinterpret_cast<const nlmsghdr *>(bytes);
    const bool isWhole = size >= sizeof(nlmsghdr) && header->nlmsg_len >= sizeof(nlmsghdr) && header->nlmsg_len <= size;
    return isWhole ? header : nullptr;
}

template <class Body> const Body *bodyOf(const nlmsghdr *header)
{
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(Body)))
        return nullptr;
    return static_cast<const Body *>(NLMSG_DATA(header));
}

/// Interface and address, as bytes to compare by.
std::string addressOf(const nlmsghdr *header, const ifaddrmsg *body)
{
    std::string key = std::to_string(body->ifa_index) + '/';
    auto left = int(header->nlmsg_len - NLMSG_LENGTH(sizeof(*body)));
    for (const rtattr *part = IFA_RTA(body); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
        if (part->rta_type == IFA_ADDRESS)
            key.append(static_cast<const char *>(RTA_DATA(part)), RTA_PAYLOAD(part));
    }
    return key;
}

} // namespace

std::unique_ptr<NetlinkSource> NetlinkSource::open()
{
    const int socket = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (socket < 0)
        return nullptr;
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;
    if (::bind(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        ::close(socket);
        return nullptr;
    }
    return std::make_unique<NetlinkSource>(socket);
}

NetlinkSource::NetlinkSource(int socket) : m_socket(socket), m_notifier(socket, QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, &NetlinkSource::read);
}

NetlinkSource::~NetlinkSource() { ::close(m_socket); }

void NetlinkSource::read()
{
    alignas(nlmsghdr) std::array<char, kBufferBytes> buffer;
    bool news = false;
    for (;;) {
        const ssize_t size = ::recv(m_socket, buffer.data(), buffer.size(), 0);
        if (size > 0) {
            news = isNews(buffer.data(), std::size_t(size)) || news;
        } else if (size < 0 && errno == ENOBUFS) {
            news = true; // the kernel had more to say than there was room for
        } else if (size == 0 || errno != EINTR) {
            if (size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
                m_notifier.setEnabled(false); // it would be readable for ever
            break;
        }
    }
    if (news)
        Q_EMIT changed();
}

bool NetlinkSource::isNews(char *messages, std::size_t size)
{
    bool news = false;
    std::size_t at = 0;
    while (const nlmsghdr *const header = messageAt(messages + at, size - at)) {
        at += std::min<std::size_t>(size - at, NLMSG_ALIGN(header->nlmsg_len));
        if (const auto *address = bodyOf<ifaddrmsg>(header); address && header->nlmsg_type == RTM_NEWADDR)
            news = m_addresses.insert(addressOf(header, address)).second || news;
        else if (address && header->nlmsg_type == RTM_DELADDR)
            m_addresses.erase(addressOf(header, address));
        else if (const auto *route = bodyOf<rtmsg>(header); route && header->nlmsg_type == RTM_NEWROUTE)
            news = (route->rtm_dst_len == 0 && route->rtm_type == RTN_UNICAST) || news;
        else if (const auto *link = bodyOf<ifinfomsg>(header); link && header->nlmsg_type == RTM_NEWLINK) {
            // Radios are announced at every scan: only a link that was down is news.
            const bool runs = (link->ifi_flags & IFF_RUNNING) != 0;
            const auto [known, isFirst] = m_running.try_emplace(link->ifi_index, runs);
            news = (!isFirst && runs && !known->second) || news;
            known->second = runs;
        } else if (link && header->nlmsg_type == RTM_DELLINK) {
            m_running.erase(link->ifi_index);
        }
    }
    return news;
}

} // namespace sotto
