#include "core/messaging/ephemeral/ephemeral_service.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/content/content.h"
#include "core/ledger/signature.h"
#include "core/net/relay_client.h"
#include "core/primitives/hash.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

namespace sotto {

EphemeralService::EphemeralService(Storage &storage, DeviceDirectory &directory, RelayClient &relay, Clock &clock,
                                   Random &random, const DeviceAddress &self,
                                   std::function<std::optional<Bytes>(const AccountId &)> token)
    : m_storage(storage),
      m_directory(directory),
      m_relay(relay),
      m_clock(clock),
      m_random(random),
      m_self(self),
      m_token(std::move(token))
{ }

EphemeralService::KeyId EphemeralService::keyId(ByteView secret)
{
    static constexpr char kPrefix[] = "sotto/v1/ephemeral-id"; // with its terminating zero
    const Hash256 hash = blake2b256({ByteView(kPrefix, sizeof kPrefix), secret});
    return *KeyId::fromBytes(hash.view().first(KeyId::kSize));
}

Result<Done> EphemeralService::renewSecretIfDue()
{
    const auto current = m_storage.ephemeralSecrets.current();
    if (!current)
        return current.error();
    if (*current && (*current)->madeAt + kSecretUse > m_clock.now())
        return Done{};
    const auto secret = SecretBytes::random(kEphemeralSecretBytes, m_random);
    if (!secret)
        return secret.error();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto renewed = m_storage.ephemeralSecrets.renew(secret->view(), m_clock.now()); !renewed)
        return renewed.error();
    return transaction->commit();
}

void EphemeralService::tellTyping(const AccountId &to)
{
    if (!m_tellsTyping || !m_relay.connection().isOnline())
        return;
    const auto told = m_told.find(to);
    if (told != m_told.end() && m_clock.monotonic() - told->second < kTypingEvery)
        return;
    const auto contact = m_storage.contacts.find(to);
    const auto secret = m_storage.ephemeralSecrets.current();
    if (!contact || !*contact || (*contact)->state != ContactState::Accepted || !secret || !*secret)
        return;
    const auto held = m_storage.pins.isHeld(to);
    if (!held || *held)
        return;
    const Bytes content = content::encode(content::EphemeralContent{directConversation(m_self.account, to), true});
    const auto sealed = EphemeralCipher((*secret)->secret.view(), m_self).seal(content, m_clock.now(), m_random);
    if (!sealed)
        return;
    m_told.insert_or_assign(to, m_clock.monotonic());
    m_relay.sendEphemeral({to, m_token(to), keyId((*secret)->secret.view()).toBytes() + *sealed});
}

void EphemeralService::setTellsTyping(bool tells)
{
    m_tellsTyping = tells;
    if (tells)
        return;
    const auto typing = std::exchange(m_typing, {});
    for (const auto &person : typing)
        Q_EMIT typingChanged(person.first, false);
}

void EphemeralService::loadPeerKeys()
{
    m_peerKeysLoaded = m_clock.monotonic();
    m_peerKeys.clear();
    const auto peers = m_storage.ephemeralSecrets.peers();
    if (!peers)
        return;
    for (const auto &peer : *peers)
        m_peerKeys.insert_or_assign(
            keyId(peer.secret.view()),
            std::make_unique<PeerKey>(PeerKey{peer.peer, EphemeralCipher(peer.secret.view(), peer.peer)}));
}

const EphemeralService::PeerKey *EphemeralService::peerKey(const KeyId &id)
{
    auto known = m_peerKeys.find(id);
    if (known == m_peerKeys.end() && (!m_peerKeysLoaded || m_clock.monotonic() - *m_peerKeysLoaded >= kReloadEvery)) {
        loadPeerKeys();
        known = m_peerKeys.find(id);
    }
    return known == m_peerKeys.end() ? nullptr : known->second.get();
}

void EphemeralService::take(const wire::EphemeralArrived &frame)
{
    if (refuseUnless(Check::ReciprocalPrivacy, m_tellsTyping) || std::size_t(frame.sealed.size()) <= KeyId::kSize)
        return;
    const auto id = KeyId::fromBytes(ByteView(frame.sealed).first(KeyId::kSize));
    const PeerKey *key = peerKey(*id);
    if (!key || key->sender.account == m_self.account)
        return;
    const auto device = m_directory.findDevice(key->sender);
    const auto contact = m_storage.contacts.find(key->sender.account);
    if (!device || !*device || !contact || !*contact || (*contact)->state != ContactState::Accepted)
        return;
    const auto opened = key->cipher.open(ByteView(frame.sealed).sliced(KeyId::kSize), m_clock.now());
    if (!opened)
        return;
    const auto content = content::decodeEphemeral(*opened);
    if (!content || content->conversation != directConversation(m_self.account, key->sender.account))
        return;
    setTyping(key->sender.account, content->typing);
}

void EphemeralService::stopTyping(const AccountId &account) { setTyping(account, false); }

void EphemeralService::setTyping(const AccountId &account, bool typing)
{
    const auto known = m_typing.find(account);
    if (!typing) {
        if (known == m_typing.end())
            return;
        m_typing.erase(known);
        Q_EMIT typingChanged(account, false);
        return;
    }
    const bool isNew = known == m_typing.end();
    auto &timer = isNew ? m_typing[account] : known->second;
    if (isNew) {
        // Not ended from inside the timer's own callback, which would destroy it while it runs.
        timer = std::make_unique<Timer>(m_clock, [this, account] {
            QMetaObject::invokeMethod(
                this, [this, account] { setTyping(account, false); }, Qt::QueuedConnection);
        });
    }
    timer->start(kTypingLasts);
    if (isNew)
        Q_EMIT typingChanged(account, true);
}

} // namespace sotto
