#pragma once
#include "core/base/clock.h"
#include "server/accounts/account_directory.h"
#include "server/accounts/device_key_cache.h"
#include "server/accounts/prekey_quota.h"
#include "server/limits/request_limiter.h"
#include "server/presence/presence.h"
#include "server/queues/mail_queues.h"
#include "server/relay/router.h"
#include "server/store/store.h"

namespace sotto::relay {

/// What an operator may set of the handlers' rules.
struct HandlerSettings {
    bool membersInvite = true;
    InviteQuota invites;
    int newMemberWaitsDays = 7; ///< until somebody whom a member invited may invite
    Milliseconds inviteLife = std::chrono::hours(24 * 14);
};

/// What all handlers use, by reference; made by the composition root and outliving every handler. Everything in it may
/// be used on any thread.
struct HandlerServices {
    Clock &clock;
    AccountStore &store;
    AccountDirectory &directory;
    MailQueues &queues;
    Presence &presence;
    Router &router;
    RequestLimiter &limiter;
    PreKeyQuota &preKeys;
    DeviceKeyCache &deviceKeys;
    HandlerSettings settings;
};

} // namespace sotto::relay
