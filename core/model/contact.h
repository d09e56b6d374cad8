#pragma once
#include "core/base/ids.h"

#include <QString>
#include <cstdint>

namespace sotto {

/// What another account is to us. The numbers are stored.
enum class ContactState : std::uint8_t {
    Stranger = 0, ///< known by id only
    Asked = 1,    ///< we asked; they have not answered
    Asking = 2,   ///< they asked; we have not answered
    Accepted = 3,
    Blocked = 4,
};

/// Another person, as we know them.
struct Contact {
    AccountId account;
    QString name;   ///< from their profile; empty until known
    QString handle; ///< without @; empty when they have none or we never looked it up
    ContactState state = ContactState::Stranger;
    bool verified = false; ///< safety number compared
    friend bool operator==(const Contact &, const Contact &) = default;
};

} // namespace sotto
