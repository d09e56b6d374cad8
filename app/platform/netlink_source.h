#pragma once
#include "app/platform/network_watch.h"

#include <QSocketNotifier>
#include <map>
#include <set>
#include <string>

namespace sotto {

/// What Linux tells about its addresses, default routes and cables (rtnetlink(7)): no daemon and no privilege needed,
/// and nothing runs between two events.
class NetlinkSource final : public NetworkSource {
    Q_OBJECT
public:
    /// Null where the kernel, or a sandbox, has no such socket for us.
    static std::unique_ptr<NetlinkSource> open();
    /// Reads whole messages from `socket`, a datagram socket that does not block, and owns it.
    explicit NetlinkSource(int socket);
    ~NetlinkSource() override;

private:
    void read();
    bool isNews(char *messages, std::size_t size);

    int m_socket;
    QSocketNotifier m_notifier;
    std::set<std::string> m_addresses; ///< announced: routers announce theirs again and again
    std::map<int, bool> m_running;     ///< by interface, whether its cable or radio has a link
};

} // namespace sotto
