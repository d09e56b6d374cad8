#pragma once
#include "app/cli/rpc_session.h"

#include <QStringList>

namespace sotto {

/// The methods of `sotto-cli rpc`, as rpc_schema.json describes them.
const std::vector<RpcMethod> &rpcMethods();
/// Its notifications.
QStringList rpcNotifications();

} // namespace sotto
