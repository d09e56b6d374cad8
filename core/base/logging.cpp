#include "core/base/logging.h"

namespace sotto {

Q_LOGGING_CATEGORY(lcBase, "sotto.base", QtInfoMsg)
Q_LOGGING_CATEGORY(lcSqlite, "sotto.sqlite", QtInfoMsg)
Q_LOGGING_CATEGORY(lcCrypto, "sotto.crypto", QtInfoMsg)
Q_LOGGING_CATEGORY(lcStorage, "sotto.storage", QtInfoMsg)
Q_LOGGING_CATEGORY(lcNet, "sotto.net", QtInfoMsg)
Q_LOGGING_CATEGORY(lcAccount, "sotto.account", QtInfoMsg)
Q_LOGGING_CATEGORY(lcContacts, "sotto.contacts", QtInfoMsg)
Q_LOGGING_CATEGORY(lcMessaging, "sotto.messaging", QtInfoMsg)
Q_LOGGING_CATEGORY(lcClient, "sotto.client", QtInfoMsg)
Q_LOGGING_CATEGORY(lcRelay, "sotto.relay", QtInfoMsg)
Q_LOGGING_CATEGORY(lcStore, "sotto.store", QtInfoMsg)
Q_LOGGING_CATEGORY(lcCli, "sotto.cli", QtInfoMsg)

void installLogging()
{
    qSetMessagePattern(
        QStringLiteral("%{time yyyy-MM-ddThh:mm:ss.zzz} %{type} %{if-category}%{category} %{endif}%{message}"));
}

} // namespace sotto
