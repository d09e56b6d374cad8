#include "core/messaging/sync/own_registers.h"

#include "core/base/check.h"
#include "core/ledger/signature.h"
#include "core/messaging/references/references.h"
#include "core/messaging/sending/outgoing.h"
#include "core/messaging/sync/read_marks.h"
#include "core/messaging/sync/synced_settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>
#include <tuple>

namespace sotto {

bool replaces(const SyncedFlag &change, const SyncedFlag &standing)
{
    return std::tie(change.changed, change.device) > std::tie(standing.changed, standing.device);
}

Timestamp changeAfter(const SyncedFlag &standing, Timestamp now)
{
    const Timestamp next = standing.changed + Milliseconds(1);
    return now > kLatestChange ? next : std::max(now, next);
}

Result<Done> OwnRegisters::take(const content::OwnSync &sync, DeviceId from, InboxNews &news)
{
    for (const content::SyncOp &op : sync.ops) {
        if (const auto applied = apply(op, from, news); !applied)
            return applied;
    }
    return Done{};
}

Result<Done> OwnRegisters::apply(const content::SyncOp &op, DeviceId from, InboxNews &news)
{
    const Origin origin{from, op.changed > kLatestChange ? Timestamp{0} : op.changed};
    if (const auto *deleted = std::get_if<content::SyncDelete>(&op.what))
        return applyDelete(*deleted, news);
    if (const auto *star = std::get_if<content::SyncStar>(&op.what))
        return applyStar(*star, origin, news);
    if (const auto *mark = std::get_if<content::SyncUnread>(&op.what))
        return applyUnread(*mark, origin, news);
    if (const auto *read = std::get_if<content::SyncRead>(&op.what))
        return applyRead(*read, op.changed, origin, news);
    return applySetting(std::get<content::SyncSetting>(op.what), origin, news);
}

/// Whom a conversation is with. The sibling may be ahead: then it is with `author`, whose message is named in it, or
/// with somebody whom we know and have not spoken to.
Result<std::optional<AccountId>> OwnRegisters::peerOf(const ConversationId &conversation,
                                                      std::optional<AccountId> author)
{
    using Peer = std::optional<AccountId>;
    const auto chat = m_storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    if (*chat)
        return Peer((*chat)->peer);
    if (author && *author != m_self.account)
        return peerAmong(conversation, {*author});
    const auto people = m_storage.contacts.all();
    if (!people)
        return people.error();
    std::vector<AccountId> candidates{m_self.account};
    for (const Contact &contact : *people)
        candidates.push_back(contact.account);
    return peerAmong(conversation, candidates);
}

/// The one of them that the conversation is with, by its id.
Result<std::optional<AccountId>> OwnRegisters::peerAmong(const ConversationId &conversation,
                                                         const std::vector<AccountId> &candidates)
{
    using Peer = std::optional<AccountId>;
    for (const AccountId &peer : candidates) {
        if (directConversation(m_self.account, peer) != conversation)
            continue;
        const auto ensured = m_storage.conversations.ensure(conversation, peer);
        return ensured ? Result<Peer>(peer) : ensured.error();
    }
    return Peer();
}

Result<Done> OwnRegisters::applyDelete(const content::SyncDelete &deleted, InboxNews &news)
{
    for (const content::Reference &target : deleted.targets) {
        const auto peer = peerOf(deleted.conversation, target.author);
        if (!peer)
            return peer.error();
        if (!*peer)
            continue;
        const bool isOfChat = target.author == **peer || target.author == m_self.account;
        if (refuseUnless(Check::ReferenceAuthor, isOfChat))
            continue;
        if (const auto gone = m_references.forget(deleted.conversation, {target.author, target.message}, news); !gone)
            return gone;
    }
    return Done{};
}

Result<Done> OwnRegisters::applyStar(const content::SyncStar &star, const Origin &origin, InboxNews &news)
{
    const auto peer = peerOf(star.conversation, star.target.author);
    if (!peer)
        return peer.error();
    const MessageReference target{star.target.author, star.target.message};
    const bool isOfChat = *peer && (target.author == **peer || target.author == m_self.account);
    if (!*peer || refuseUnless(Check::ReferenceAuthor, isOfChat))
        return Done{};
    const auto isWiped = m_storage.registers.isWiped(star.conversation, target);
    if (!isWiped)
        return isWiped.error();
    const auto standing = m_storage.registers.star(star.conversation, target);
    if (!standing)
        return standing.error();
    const SyncedFlag change{star.on, origin.changed, origin.device};
    if (*isWiped || !replaces(change, *standing))
        return Done{};
    news.changed.push_back({star.conversation, target.message});
    return m_storage.registers.setStar(star.conversation, target, change);
}

Result<Done> OwnRegisters::applyUnread(const content::SyncUnread &mark, const Origin &origin, InboxNews &news)
{
    const auto peer = peerOf(mark.conversation, std::nullopt);
    if (!peer)
        return peer.error();
    return *peer ? setUnread(mark.conversation, {mark.on, origin.changed, origin.device}, news) : Result<Done>(Done{});
}

Result<Done> OwnRegisters::setUnread(const ConversationId &conversation, const SyncedFlag &change, InboxNews &news)
{
    const auto standing = m_storage.registers.unreadMark(conversation);
    if (!standing)
        return standing.error();
    if (!replaces(change, *standing))
        return Done{};
    news.conversations.push_back(conversation);
    return m_storage.registers.setUnreadMark(conversation, change);
}

/// A look takes the mark away that was set before it.
Result<Done> OwnRegisters::applyRead(const content::SyncRead &read, Timestamp changed, const Origin &origin,
                                     InboxNews &news)
{
    const auto peer = peerOf(read.conversation, std::nullopt);
    if (!peer)
        return peer.error();
    if (!*peer)
        return Done{};
    if (const auto taken = m_reads.take(**peer, read, changed, news); !taken)
        return taken;
    return setUnread(read.conversation, {false, origin.changed, origin.device}, news);
}

Result<Done> OwnRegisters::applySetting(const content::SyncSetting &setting, const Origin &origin, InboxNews &news)
{
    const auto stands = takeSetting(m_storage, setting, {origin.changed, origin.device});
    if (!stands)
        return stands.error();
    news.isSettingChanged = news.isSettingChanged || *stands;
    return Done{};
}

/// Its effect here, by the same rules as everywhere, and its way to the siblings; one transaction of its own.
Result<InboxNews> OwnRegisters::carryOut(std::vector<content::SyncOp> ops)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    InboxNews news;
    for (const content::SyncOp &op : ops) {
        if (const auto applied = apply(op, m_self.device, news); !applied)
            return applied.error();
    }
    const auto queued = enqueue(m_storage, m_random, m_clock.now(),
                                {m_self.account, content::OwnSync{std::move(ops)}, wire::MailClass::Sync, std::nullopt,
                                 std::nullopt, std::nullopt});
    if (!queued)
        return queued.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return news;
}

namespace {

Error noMessage() { return {ErrorCode::NotFound, QStringLiteral("there is no such message in this chat")}; }

} // namespace

Result<InboxNews> OwnRegisters::deleteForMe(const ConversationId &conversation, const MessageReference &target)
{
    const auto message = m_storage.messages.find(conversation, target.author, target.message);
    if (!message)
        return message.error();
    if (!*message)
        return noMessage();
    return carryOut({{m_clock.now(), content::SyncDelete{conversation, {{target.author, target.message}}}}});
}

Result<InboxNews> OwnRegisters::setStar(const ConversationId &conversation, const MessageReference &target, bool on)
{
    const auto message = m_storage.messages.find(conversation, target.author, target.message);
    if (!message)
        return message.error();
    if (!*message || (*message)->kind != MessageKind::Text)
        return noMessage();
    const auto standing = m_storage.registers.star(conversation, target);
    if (!standing)
        return standing.error();
    if (standing->on == on)
        return InboxNews{};
    const Timestamp changed = changeAfter(*standing, m_clock.now());
    return carryOut({{changed, content::SyncStar{conversation, {target.author, target.message}, on}}});
}

Result<InboxNews> OwnRegisters::markUnread(const ConversationId &conversation, bool on)
{
    const auto standing = m_storage.registers.unreadMark(conversation);
    if (!standing)
        return standing.error();
    if (standing->on == on)
        return InboxNews{};
    const Timestamp changed = changeAfter(*standing, m_clock.now());
    return carryOut({{changed, content::SyncUnread{conversation, on}}});
}

Result<InboxNews> OwnRegisters::setSettings(const std::vector<content::SyncSetting> &settings)
{
    std::vector<content::SyncOp> ops;
    for (const content::SyncSetting &setting : settings) {
        const auto value = m_storage.settings.value(setting.name);
        const auto standing = m_storage.settings.change(setting.name);
        if (!value || !standing)
            return !value ? value.error() : standing.error();
        if (*value == setting.value)
            continue;
        const Timestamp changed = changeAfter({false, standing->changed, standing->device}, m_clock.now());
        ops.push_back({changed, content::SyncSetting{setting.name, setting.value}});
    }
    return ops.empty() ? InboxNews{} : carryOut(std::move(ops));
}

} // namespace sotto
