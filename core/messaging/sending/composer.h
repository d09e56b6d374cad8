#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/model/message.h"

namespace sotto {

struct Storage;

/// Writes what a person says: message row and outbox row in one transaction. Core thread.
class Composer {
public:
    /// All outlive the composer.
    Composer(Storage &storage, Clock &clock, Random &random, const DeviceAddress &self)
        : m_storage(storage), m_clock(clock), m_random(random), m_self(self)
    { }

    /// A text to a person or to oneself; durable once this returns. InvalidArgument for an empty or malformed text,
    /// TooLarge over kMaxTextBytes, NotPermitted to somebody blocked or never asked.
    Result<Message> writeText(const AccountId &to, const QString &text);

private:
    Result<Done> mayWriteTo(const AccountId &to);

    Storage &m_storage;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
};

} // namespace sotto
