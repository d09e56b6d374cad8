#include "server/limits/address_key.h"

#include <QtEndian>

#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sotto::relay {

AddressKey addressKeyOf(const sockaddr_storage &peer)
{
    if (peer.ss_family == AF_INET) {
        sockaddr_in address;
        std::memcpy(&address, &peer, sizeof address);
        return {ntohl(address.sin_addr.s_addr), true};
    }
    if (peer.ss_family == AF_INET6) {
        sockaddr_in6 address;
        std::memcpy(&address, &peer, sizeof address);
        const unsigned char *bytes = address.sin6_addr.s6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr))
            return {qFromBigEndian<quint32>(bytes + 12), true};
        return {qFromBigEndian<quint64>(bytes), false};
    }
    return {};
}

} // namespace sotto::relay
