#include "app/cli/people.h"

#include <algorithm>

namespace sotto {

std::optional<Contact> contactOf(const Client &client, const AccountId &person)
{
    for (const auto &list : {client.contacts(), client.contactRequests()}) {
        const auto found =
            std::find_if(list.begin(), list.end(), [&](const Contact &c) { return c.account == person; });
        if (found != list.end())
            return *found;
    }
    return std::nullopt;
}

QString shownName(const Client &client, const AccountId &person)
{
    if (const auto own = client.account(); own && own->account == person)
        return printable(own->name);
    const auto contact = contactOf(client, person);
    if (contact && !contact->name.isEmpty())
        return printable(contact->name);
    if (contact && !contact->handle.isEmpty())
        return u'@' + contact->handle;
    return person.toHex();
}

QString printable(QString text)
{
    // A terminal obeys escape sequences, and text that changes its own direction can pass for another.
    for (QChar &c : text) {
        const bool turns = (c >= QChar(0x202a) && c <= QChar(0x202e)) || (c >= QChar(0x2066) && c <= QChar(0x2069));
        const bool controls = c.category() == QChar::Other_Control && c != u'\n' && c != u'\t';
        if (controls || turns)
            c = QChar::ReplacementCharacter;
    }
    return text;
}

Task<Result<ConversationId>> findChat(Client *client, QString chat)
{
    if (const auto id = ConversationId::fromHex(chat)) {
        for (const Conversation &conversation : client->conversations()) {
            if (conversation.id == *id)
                co_return conversation.id;
        }
    }
    auto lookup = client->findPerson(chat);
    const auto person = co_await std::move(lookup);
    if (!person)
        co_return person.error();
    const auto conversation = client->conversationWith(*person);
    if (!conversation)
        co_return Error(ErrorCode::NotFound,
                        QStringLiteral("there is no chat with this person yet; send the first message"));
    co_return conversation->id;
}

} // namespace sotto
