#include "server/handlers/handlers.h"

namespace sotto::relay {

void addHandlers(HandlerTable &table, HandlerServices &services)
{
    for (const auto make :
         {makeRegisterHandler, makeSubmitHandler, makeSubmitBatchHandler, makeFetchLogHandler, makeAppendLogHandler,
          makeFetchBundlesHandler, makePublishBundleHandler, makePublishPreKeysHandler, makeLookupHandleHandler,
          makeSetTokensHandler, makePutProfileHandler, makeFetchProfileHandler, makeCreateInviteHandler,
          makePublishPresenceHandler, makeWatchPresenceHandler})
        table.add(make(services));
}

} // namespace sotto::relay
