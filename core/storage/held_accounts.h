#pragma once

/// SQL that is true of a column of account rows whose account may be sent to: neither it nor we ourselves, whose
/// desktops get copies of everything, are on hold (PinRepository::isHeld). Both selects are evaluated once a query.
#define SOTTO_NOT_HELD(COLUMN)                                                                                         \
    " " COLUMN " NOT IN (SELECT account FROM log_pin WHERE hold != 0) AND NOT EXISTS"                                  \
    " (SELECT 1 FROM log_pin AS p JOIN own_account AS w ON w.account = p.account WHERE p.hold != 0)"
