#include "tests/process/live_desktop.h"

#include "tests/process/waiting.h"

#include <algorithm>

namespace sotto::kit {

namespace {
template <class T> T expected(Result<T> result, const char *what)
{
    if (!result)
        qFatal("%s: %s %s", what, name(result.error().code), qPrintable(result.error().detail));
    return std::move(*result);
}
} // namespace

LiveDesktop::LiveDesktop(QString directory) : m_directory(std::move(directory))
{
    ClientEnvironment environment{m_clock, m_random, &m_keychain};
    environment.proxy.kind = ProxySettings::Kind::None;
    m_client = expected(waitFor(Client::open(m_directory, std::move(environment), Unlock{})), "a profile opens");
}

void LiveDesktop::registersWith(const QString &invite, const QString &name, const QString &handle)
{
    expected(waitFor(m_client->registerAccount(invite, name, handle)), "somebody registers");
    if (!until([this] { return m_client->connection().caughtUp; }))
        qFatal("a newcomer does not catch up");
}

void LiveDesktop::joins(const LiveDesktop &trusted)
{
    const Bytes offer = expected(trusted.client().offerToJoin(), "a desktop offers to join");
    const Bytes request = expected(m_client->requestToJoin(offer), "a desktop asks to join");
    SecretBytes answer = expected(waitFor(trusted.client().admitDevice(request)), "a desktop is admitted");
    expected(m_client->joinWith(std::move(answer)), "a desktop joins");
    m_client->start();
    if (!until([this] { return m_client->connection().caughtUp; }))
        qFatal("a new desktop does not catch up");
}

MessageId LiveDesktop::writesTo(const AccountId &person, const QString &text)
{
    return expected(m_client->sendText(person, text), "a message is written");
}

QStringList LiveDesktop::textsWith(const AccountId &person) const
{
    constexpr int kMany = 100'000;
    const auto chat = m_client->conversationWith(person);
    if (!chat)
        return {};
    QStringList texts;
    for (const Message &message : expected(m_client->messages(chat->id, kMany, std::nullopt), "a chat is read")) {
        if (message.kind == MessageKind::Text)
            texts.append(message.text);
    }
    return texts;
}

bool LiveDesktop::knows(const AccountId &person) const
{
    const std::vector<Contact> contacts = m_client->contacts();
    return std::ranges::any_of(contacts, [&person](const Contact &contact) {
        return contact.account == person && contact.state == ContactState::Accepted;
    });
}

} // namespace sotto::kit
