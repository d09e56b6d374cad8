#pragma once
#include "server/handlers/services.h"
#include "server/relay/handler.h"

namespace sotto::relay {

/// Fills the dispatch table with a handler for every request. `services` outlives the table.
void addHandlers(HandlerTable &table, HandlerServices &services);

// One factory a request; each handler is a file of its own.

/// Opens an account with an invite.
std::unique_ptr<Handler> makeRegisterHandler(HandlerServices &services);
/// Queues one submit.
std::unique_ptr<Handler> makeSubmitHandler(HandlerServices &services);
/// Queues many, each answered for itself.
std::unique_ptr<Handler> makeSubmitBatchHandler(HandlerServices &services);
/// Entries of an account's device log.
std::unique_ptr<Handler> makeFetchLogHandler(HandlerServices &services);
/// The next entry of one's own log.
std::unique_ptr<Handler> makeAppendLogHandler(HandlerServices &services);
/// Bundles to start sessions with.
std::unique_ptr<Handler> makeFetchBundlesHandler(HandlerServices &services);
/// One's own bundle anew.
std::unique_ptr<Handler> makePublishBundleHandler(HandlerServices &services);
/// More one-time prekeys of one's own.
std::unique_ptr<Handler> makePublishPreKeysHandler(HandlerServices &services);
/// The account of a handle.
std::unique_ptr<Handler> makeLookupHandleHandler(HandlerServices &services);
/// A new delivery token.
std::unique_ptr<Handler> makeSetTokensHandler(HandlerServices &services);
/// One's own sealed profile.
std::unique_ptr<Handler> makePutProfileHandler(HandlerServices &services);
/// Somebody's sealed profile.
std::unique_ptr<Handler> makeFetchProfileHandler(HandlerServices &services);
/// An invite of a member.
std::unique_ptr<Handler> makeCreateInviteHandler(HandlerServices &services);
/// Where one is found, or nowhere.
std::unique_ptr<Handler> makePublishPresenceHandler(HandlerServices &services);
/// Whom one watches.
std::unique_ptr<Handler> makeWatchPresenceHandler(HandlerServices &services);

} // namespace sotto::relay
