#include "app/platform/reachability_source.h"

#include <QNetworkInformation>

namespace sotto {

std::unique_ptr<ReachabilitySource> ReachabilitySource::open()
{
    if (!QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability))
        return nullptr;
    return std::unique_ptr<ReachabilitySource>(new ReachabilitySource); // the constructor is private
}

ReachabilitySource::ReachabilitySource()
{
    connect(QNetworkInformation::instance(), &QNetworkInformation::reachabilityChanged, this,
            [this](QNetworkInformation::Reachability now) {
                if (now != QNetworkInformation::Reachability::Disconnected)
                    Q_EMIT changed();
            });
}

} // namespace sotto
