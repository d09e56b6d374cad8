// A further desktop of the same account: what the new and the trusted one exchange.
#include "core/account/log_stamp.h"
#include "core/account/prekey_upload.h"
#include "core/client/client_parts.h"
#include "core/ledger/log_builder.h"
#include "core/messaging/sync/synced_settings.h"
#include "core/sqlite/transaction.h"

#include <QScopeGuard>

namespace sotto {

namespace {

const QString kBadPackage = QStringLiteral("this does not come from a desktop that is being linked");

std::vector<Bytes> encodedEntries(const DeviceLog &log)
{
    std::vector<Bytes> entries;
    for (const StoredLogEntry &entry : log.entries())
        entries.push_back(wire::encode(entry.entry));
    return entries;
}

/// Whether the log names this device with exactly the keys that it made.
bool namesKeysOf(const DeviceLog &log, const OwnDevice &device)
{
    const wire::DeviceKeys *const named = log.device(device.address.device);
    return named && named->identityKey.toBytes() == device.keys.identity.publicKey.toBytes()
        && named->signingKey.toBytes() == device.keys.signing.publicKey
        && named->sealingKey.toBytes() == device.keys.sealing.publicKey;
}

/// For when it has been carried over; nobody else holds these bytes.
void wipeSecrets(content::JoinAnswer &answer)
{
    wipe(answer.profileKey);
    wipe(answer.backupRoot);
    for (content::JoinContact &one : answer.contacts) {
        if (one.contact.profileKey)
            wipe(*one.contact.profileKey);
    }
}

std::optional<DeviceLog> verifiedLog(const AccountId &account, const std::vector<Bytes> &encoded, Timestamp now)
{
    std::vector<wire::SignedEntry> entries;
    for (const Bytes &bytes : encoded) {
        auto entry = wire::decodeSignedEntry(bytes);
        if (!entry)
            return std::nullopt;
        entries.push_back(std::move(*entry));
    }
    auto log = DeviceLog::fromEntries(account, entries, now);
    if (!log)
        return std::nullopt;
    return std::move(*log);
}

} // namespace

Result<Bytes> Client::offerToJoin() const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const AccountId self = (*account)->device.address.account;
    const auto log = (*account)->directory.find(self);
    if (!log || !*log)
        return ErrorCode::Corrupt;
    content::JoinOffer offer{self, (*log)->head().hash, (*account)->connection.pins().key, {}};
    for (const RelayAddress &address : (*account)->connection.pins().addresses)
        offer.addresses.push_back(address.toString());
    return content::encode(offer);
}

Result<Bytes> Client::requestToJoin(Bytes offer)
{
    if (m_parts->account)
        return Error(ErrorCode::AlreadyExists, QStringLiteral("this profile has an account"));
    const auto opened = content::decodeJoinOffer(offer);
    if (!opened)
        return Error(ErrorCode::InvalidArgument, kBadPackage);
    Random &random = m_parts->environment.random;
    auto keys = DeviceKeys::make(random);
    const auto number = makeDeviceId(random);
    if (!keys || !number)
        return ErrorCode::RandomFailed;
    RelayPins pins{opened->relayKey, std::nullopt, {}, 0};
    for (const QString &address : opened->addresses) {
        if (const auto parsed = RelayAddress::parse(address))
            pins.addresses.push_back(*parsed);
    }
    m_parts->joining.emplace(Joining{OwnDevice{{opened->account, *number}, std::move(*keys)}, std::move(pins)});
    const OwnDevice &device = m_parts->joining->device;
    const X25519KeyPair identity = device.keys.identity.x25519();
    const auto claim = makeClaim(opened->account, opened->logHead, device.pairs(identity), random);
    if (!claim)
        return ErrorCode::RandomFailed;
    KeyStoreDb keyStore(m_parts->storage.database, device.localIdentity());
    PreKeys preKeys(*m_parts->core, keyStore.stores());
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    const auto upload = makeFirstUpload(preKeys, device, kOneTimePreKeysKept, m_parts->environment.clock.now());
    if (!upload)
        return Error(ErrorCode::Internal, QString::fromLatin1(name(upload.error())));
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    content::JoinRequest request{claim->claim, claim->proofs, wire::encode(*upload->bundle), {}};
    for (const wire::SignedEntry &key : upload->oneTimePreKeys)
        request.preKeys.push_back(wire::encode(key));
    return content::encode(request);
}

Task<Result<SecretBytes>> Client::admitDevice(Bytes request)
{
    const auto account = online();
    if (!account)
        co_return account.error();
    const auto opened = content::decodeJoinRequest(request);
    if (!opened)
        co_return Error(ErrorCode::InvalidArgument, kBadPackage);
    AccountParts &a = **account;
    const AccountId self = a.device.address.account;
    const auto log = a.directory.find(self);
    if (!log || !*log)
        co_return ErrorCode::Corrupt;
    const Timestamp now = m_parts->environment.clock.now();
    const auto stamp = logStamp(a.connection.relayNow().value_or(now), now, (*log)->newestTime());
    if (!stamp)
        co_return stamp.error();
    wire::AppendLog append{
        makeAddDevice(**log, {a.device.address.device, a.device.keys.signing}, {opened->claim, opened->proofs}, *stamp),
        std::nullopt,
        {}};
    // The log's own rules judge the claim before anybody else sees it.
    DeviceLog grown = **log;
    const auto judged = grown.append(append.entry, now);
    if (!judged)
        co_return Error(ErrorCode::Refused, QString::fromLatin1(name(judged.error())));
    const auto bundle = wire::decodeSignedEntry(opened->bundle);
    if (!bundle)
        co_return Error(ErrorCode::InvalidArgument, kBadPackage);
    append.bundle = *bundle;
    for (const Bytes &bytes : opened->preKeys) {
        const auto key = wire::decodeSignedEntry(bytes);
        if (!key)
            co_return Error(ErrorCode::InvalidArgument, kBadPackage);
        append.preKeys.push_back(*key);
    }
    const auto appended = co_await a.relay.appendLog(append);
    if (!appended)
        co_return appended.error().toError();
    const auto refreshed = co_await a.directory.refresh(self);
    if (!refreshed)
        co_return Error(ErrorCode::Refused, QString::fromLatin1(name(refreshed.error())));
    const auto own = m_parts->storage.ownAccount.load();
    const auto profileKey = m_parts->storage.ownAccount.profileKey();
    const auto backupRoot = m_parts->storage.ownAccount.backupRoot();
    const auto people = m_parts->storage.contacts.all();
    const auto logNow = a.directory.find(self);
    if (!own || !*own || !profileKey || !backupRoot || !people || !logNow || !*logNow)
        co_return ErrorCode::Corrupt;
    content::JoinAnswer answer{encodedEntries(**logNow),
                               profileKey->view().toByteArray(),
                               backupRoot->view().toByteArray(),
                               (*own)->name,
                               (*own)->handle,
                               {}};
    auto settings = settingsToHandOver(m_parts->storage);
    if (!settings)
        co_return settings.error();
    answer.settings = std::move(*settings);
    for (const Contact &contact : *people) {
        if (contact.state == ContactState::Stranger)
            continue; // whom one has removed concerns no new desktop
        content::JoinContact one{{contact.account, contact.state, contact.name, contact.handle, std::nullopt,
                                  m_parts->storage.contacts.stateSince(contact.account).valueOr({0})},
                                 {},
                                 contact.verified};
        const auto key = m_parts->storage.contacts.profileKey(contact.account);
        if (key && *key)
            one.contact.profileKey = (*key)->view().toByteArray();
        const auto theirs = a.directory.find(contact.account);
        if (theirs && *theirs)
            one.log = encodedEntries(**theirs);
        // Else the new desktop would write lasting messages into a chat that forgets.
        if (const auto timer = m_parts->storage.conversations.timer(directConversation(self, contact.account))) {
            one.timerSeconds = timer->seconds;
            one.timerRevision = timer->revision;
        }
        answer.contacts.push_back(std::move(one));
    }
    Bytes encoded = content::encode(answer);
    auto secret = SecretBytes::copyOf(encoded);
    wipe(encoded);
    wipeSecrets(answer);
    co_return secret;
}

Result<Done> Client::joinWith(SecretBytes answer)
{
    if (!m_parts->joining)
        return Error(ErrorCode::InvalidArgument, kBadPackage);
    auto opened = content::decodeJoinAnswer(answer.view());
    if (!opened)
        return Error(ErrorCode::InvalidArgument, kBadPackage);
    const auto wiping = qScopeGuard([&opened] { wipeSecrets(*opened); });
    const Joining &joining = *m_parts->joining;
    const DeviceAddress self = joining.device.address;
    const Timestamp now = m_parts->environment.clock.now();
    const auto log = verifiedLog(self.account, opened->log, now);
    if (!log || !namesKeysOf(*log, joining.device))
        return Error(ErrorCode::Refused, QStringLiteral("the account's log does not name this device"));
    Storage &storage = m_parts->storage;
    auto transaction = Transaction::begin(storage.database);
    if (!transaction)
        return transaction.error();
    const OwnAccount own{self, opened->name, QString(), Bytes(), opened->handle, now};
    const auto created =
        storage.ownAccount.create(own,
                                  {joining.device.keys.toSecret(), SecretBytes::copyOf(opened->profileKey),
                                   SecretBytes::copyOf(opened->backupRoot), SecretBytes()});
    if (!created)
        return created.error();
    RelayRecord relayRecord{joining.pins.key, std::nullopt, QString(), 0, {}};
    for (const RelayAddress &address : joining.pins.addresses)
        relayRecord.addresses.append(address.toString());
    if (const auto stored = storage.relay.store(relayRecord); !stored)
        return stored.error();
    if (const auto pinned = storeLog(storage.pins, *log); !pinned)
        return pinned.error();
    if (const auto set = Settings(storage.settings).set(kProfilePublished, true); !set)
        return set.error();
    for (const content::SyncSetting &setting : opened->settings) {
        if (const auto taken = takeSetting(storage, setting, {setting.changed, setting.device}); !taken)
            return taken.error();
    }
    for (const content::JoinContact &one : opened->contacts) {
        const AccountId person = one.contact.account;
        const bool kept = storage.contacts.ensure(person, one.contact.changed)
            && storage.contacts.setState(person, one.contact.state, one.contact.changed)
            && storage.contacts.setName(person, one.contact.name)
            && (one.contact.handle.isEmpty() || storage.contacts.setHandle(person, one.contact.handle))
            && (!one.contact.profileKey || storage.contacts.setProfileKey(person, *one.contact.profileKey, {0}));
        if (!kept)
            return Error(ErrorCode::InputOutput, QStringLiteral("a contact could not be stored"));
        if (one.timerRevision > 0 && content::isTimer(one.timerSeconds)) {
            const ConversationId chat = directConversation(self.account, person);
            if (!storage.conversations.ensure(chat, person)
                || !storage.conversations.setTimer(chat, {one.timerSeconds, one.timerRevision}))
                return Error(ErrorCode::InputOutput, QStringLiteral("a chat could not be stored"));
        }
        if (one.log.empty())
            continue;
        const auto theirs = verifiedLog(person, one.log, now);
        if (!theirs)
            return Error(ErrorCode::Refused, QStringLiteral("a contact's log does not verify"));
        if (const auto pinned = storeLog(storage.pins, *theirs); !pinned)
            return pinned.error();
        if (one.verified) {
            if (const auto marked = storage.pins.setVerified(person, true); !marked)
                return marked.error();
        }
    }
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    m_parts->joining.reset();
    if (const auto wired = wireAccount(); !wired)
        return wired.error();
    // Pictures and texts are not part of the answer: the relay has them.
    std::vector<AccountId> people{self.account};
    for (const content::JoinContact &one : opened->contacts) {
        if (one.contact.state == ContactState::Accepted)
            people.push_back(one.contact.account);
    }
    m_parts->account->profiles.want(people);
    return Done{};
}

} // namespace sotto
