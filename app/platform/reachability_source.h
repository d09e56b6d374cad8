#pragma once
#include "app/platform/network_watch.h"

namespace sotto {

/// What QNetworkInformation says of being reachable.
class ReachabilitySource final : public NetworkSource {
    Q_OBJECT
public:
    /// Null where Qt has no backend for this system. On the thread of the application object.
    static std::unique_ptr<ReachabilitySource> open();

private:
    ReachabilitySource();
};

} // namespace sotto
