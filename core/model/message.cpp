#include "core/model/message.h"

namespace sotto {

QString name(Delivery delivery)
{
    switch (delivery) {
    case Delivery::Queued: return QStringLiteral("queued");
    case Delivery::Sent: return QStringLiteral("sent");
    case Delivery::Delivered: return QStringLiteral("delivered");
    case Delivery::Read: return QStringLiteral("read");
    case Delivery::Failed: return QStringLiteral("failed");
    }
    return QStringLiteral("failed");
}

} // namespace sotto
