#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/client/snapshots.h"
#include "core/model/alarm.h"
#include "core/net/transport.h"
#include "core/primitives/argon2.h"
#include "core/primitives/secret_bytes.h"

#include <QObject>
#include <memory>
#include <optional>

namespace sotto {

class SecretStore;
struct AccountParts;
struct InboxNews;
struct SafetyNumber;
namespace wire {
struct Invite;
struct Register;
} // namespace wire

/// What a client needs from its surroundings; all of it outlives the client.
struct ClientEnvironment {
    Clock &clock;
    Random &random;
    SecretStore *keychain = nullptr; ///< null where there is none: a passphrase is then needed
    ProxySettings proxy = {};
    Argon2Parameters passphraseCost = Argon2Parameters::standard(); ///< of a new profile
    TransportFactory transports = {};                               ///< empty: WebSocket over TLS
};

/// How a profile's database key is unlocked.
struct Unlock {
    std::optional<SecretBytes> passphrase = {}; ///< without one the keychain is asked
    /// The 56 letters of the recovery kit, for a forgotten passphrase or a lost keychain: opens an existing profile,
    /// and `passphrase` takes the place of whatever opened it before.
    std::optional<SecretBytes> recoveryKit = {};
};

/// One account on one desktop: the only header of the core that ui/, app/ and the tests' people use. Commands go in,
/// events carry ids, snapshots are asked for. Lives on the core thread; other threads reach it through callOn().
class Client : public QObject {
    Q_OBJECT
public:
    /// Opens the profile in `directory`, or makes a new one there. Deriving the key from a passphrase takes about a
    /// second. Busy when another process has the profile open; WrongKey for a wrong passphrase; Locked when a
    /// passphrase or keychain is needed and there is none; NewerSchema, Corrupt, NotEncrypted, DiskFull, InputOutput as
    /// they say. With a recovery kit: NotFound when there is no profile or no kit opens it, WrongKey for another kit,
    /// InvalidArgument for a code that cannot be one or without a new passphrase. Never makes a new database over an
    /// old one or in the place of one that is gone (Corrupt), never keeps a key in the clear. The derivation runs on a
    /// pool thread.
    static Task<Result<std::unique_ptr<Client>>> open(QString directory, ClientEnvironment environment, Unlock unlock);
    ~Client() override;

    // ---- Account
    /// Makes an account on the relay of the invite and stays connected. A repeat after a crash goes on with the same
    /// account. InvalidArgument for a bad invite, name or handle; AlreadyExists when the profile has an account or the
    /// handle is taken; Refused when the invite is used up or the relay is not genuine; Offline.
    Task<Result<AccountId>> registerAccount(QString invite, QString displayName, QString handle);
    /// Nothing before registration.
    std::optional<AccountSnapshot> account() const;
    /// A `sotto:invite/…` link that makes its user and us accepted contacts.
    Task<Result<QString>> createInvite();
    /// A `sotto:contact/…` link to us.
    Result<QString> contactLink() const;
    /// What contacts and our other desktops see of us, told to them once we are online. InvalidArgument for a name
    /// without a visible character, a text over 512 bytes of UTF-8, or a picture that is no JPEG of at most 24 KiB
    /// (empty: none).
    Task<Result<Done>> setProfile(ProfileSnapshot profile);
    /// What a person shows of themselves, as last fetched; of an accepted contact or ourselves. NotFound for others.
    Result<ProfileSnapshot> profile(AccountId person) const;
    /// The 56 characters, until they are confirmed; then NotFound: this desktop no longer has them.
    Result<SecretBytes> recoveryKit() const;
    /// `first` and `second` are two different groups (0 to 13) typed back; when right, the kit is wiped here.
    /// WrongKey when a group differs.
    Result<Done> confirmRecoveryKit(int firstGroup, QString first, int secondGroup, QString second);

    // ---- Connection
    /// Connects and stays connected until stop(); registered accounts only.
    void start();
    void stop();
    ConnectionSnapshot connection() const;
    /// The system says that the network is back or that the computer woke up: try at once.
    void networkMayBeBack();
    RelaySnapshot relay() const;
    /// How this account reaches its relay from the next connection on; kept. InvalidArgument for a proxy without host
    /// or port.
    Result<Done> setProxy(const ProxySettings &proxy);
    /// As set, else as the environment says.
    ProxySettings proxy() const;
    /// Where the relay is, by hand, when its own announcements do not lead there: one to four of `host:port`. Who
    /// answers there must still be the same relay. InvalidArgument.
    Result<Done> setRelayAddresses(const QStringList &addresses);

    // ---- Contacts
    /// `person` is an id, `@handle` (looked up on the relay) or a contact link. NotFound for unknown handles.
    Task<Result<AccountId>> findPerson(QString person);
    /// Asks a person to be a contact.
    Task<Result<AccountId>> addContact(QString person);
    std::vector<Contact> contacts() const;
    /// People who asked and have not been answered.
    std::vector<Contact> contactRequests() const;
    Task<Result<Done>> acceptContact(AccountId person);
    /// Drops what they send from now on, silently, and ends their delivery token: to the relay they are a stranger as
    /// soon as it hears of it.
    Task<Result<Done>> blockContact(AccountId person);
    /// Forgets a request; they may ask again.
    Result<Done> deleteRequest(AccountId person);
    /// What two people compare, the digits or the code. NotFound while the person's keys are not known.
    Result<SafetyNumberSnapshot> safetyNumber(AccountId person) const;
    /// What the person shows, typed or scanned: 60 digits, with whatever stands between them, or the link in their QR
    /// code. The right one verifies the person; another one takes the mark away (Refused). InvalidArgument for what is
    /// neither, which changes nothing.
    Result<Done> compareSafetyNumber(AccountId person, const QString &shown);
    /// Whether their safety number is another one than the person knew. Mail to them waits until it is compared or
    /// sendToKnownDevices() accepts it.
    bool hasNewSafetyNumber(AccountId person) const;
    /// The digits were compared, or are no longer trusted. NotFound while the person's keys are not known.
    Result<Done> setVerified(AccountId person, bool verified);
    /// What messages and the relay say of device logs that the person has not seen yet, newest first.
    std::vector<Alarm> alarms() const;
    /// The person has seen what there is about an account; it comes back with a newer list only.
    Result<Done> acknowledgeAlarms(AccountId about);
    /// Whether mail to a person waits: a newer device list was named than the relay shows, of theirs or of ours, or
    /// hasNewSafetyNumber().
    bool isHeld(AccountId person) const;
    /// People for whom mail waits; ourselves when our own list is the reason.
    std::vector<AccountId> heldPeople() const;
    /// Sends to the devices that are known all the same, with the safety number that they have; with ourselves, to our
    /// own. The alarms that this answers are gone. NotFound when nothing waits for them: it may wait for our list.
    Result<Done> sendToKnownDevices(AccountId person);
    /// Takes somebody out of the contacts, deletes the chat with them here and on our other desktops, and ends their
    /// delivery token. NotFound for strangers.
    Task<Result<Done>> removeContact(AccountId person);
    /// Whether a contact is there, as far as the relay told us.
    PresenceSnapshot presence(AccountId person) const;
    PrivacySettings privacy() const;
    /// Here at once, and on our other desktops; of two changes the later one stands on all. Who does not tell something
    /// is not told it of others from now on, nor what others did meanwhile; what we read meanwhile is told to nobody.
    /// NotFound before registration.
    Result<Done> setPrivacy(const PrivacySettings &privacy);

    // ---- Messages
    /// In the durable outbox once this returns. InvalidArgument for an empty text, TooLarge over 64 KiB of UTF-8,
    /// NotPermitted to blocked people; DiskFull, InputOutput: nothing was stored.
    Result<MessageId> sendText(AccountId to, QString text);
    /// The newest `limit` messages, or those before `before`; oldest first.
    Result<std::vector<Message>> messages(ConversationId conversation, int limit,
                                          std::optional<MessageCursor> before) const;
    /// Answers a message of the chat. NotFound when it is not there or was taken back; else as sendText().
    Result<MessageId> reply(ConversationId conversation, MessageId message, QString text);
    /// Sends the words of a text to somebody, marked as a copy and without their origin. NotFound.
    Result<MessageId> forward(ConversationId conversation, MessageId message, AccountId to);
    /// Other words for an own text, for 24 hours and ten times; everybody can see the earlier ones. NotFound;
    /// NotPermitted when it is too late, and to somebody who has not accepted us; as sendText() for the words.
    Result<Done> editText(ConversationId conversation, MessageId message, QString text);
    /// Takes an own text back for everybody, for 48 hours; one that never left or was not sent just goes. NotFound;
    /// NotPermitted as for editText().
    Result<Done> deleteForEveryone(ConversationId conversation, MessageId message);
    /// Deletes a message here and on our other desktops; others keep it. One of ours that never left is not sent any
    /// more. NotFound.
    Result<Done> deleteForMe(ConversationId conversation, MessageId message);
    /// Puts a star on a text, here and on our other desktops, or takes it away. NotFound.
    Result<Done> setStarred(ConversationId conversation, MessageId message, bool starred);
    /// Texts with a star, newest first.
    Result<std::vector<Message>> starred(int limit) const;
    /// Whether something that we did with a message still waits to be sent: editText(), deleteForEveryone(), react().
    Result<bool> isChangeWaiting(ConversationId conversation, MessageId message) const;
    /// Stands beside the message for everybody; empty takes it back. NotFound; InvalidArgument for what is no
    /// reaction; NotPermitted as for editText().
    Result<Done> react(ConversationId conversation, MessageId message, QString emoji);
    /// Earlier texts and reactions of a message, and how far it has come. NotFound.
    Result<MessageDetails> details(ConversationId conversation, MessageId message) const;
    /// Those that stand beside a message, one a person.
    Result<std::vector<MessageReaction>> reactions(const Message &message) const;
    /// As an event names it.
    Result<std::optional<Message>> message(ConversationId conversation, MessageId id) const;
    /// Everything in the conversation has been seen: here, on our other desktops, and for its writers where reading is
    /// told; the person's mark goes too. NotFound.
    Result<Done> markRead(ConversationId conversation);
    /// How long messages written from now on stay in a chat, on both sides: 5 seconds to a year, 0 for ever. A line in
    /// the chat says so. NotFound; InvalidArgument; NotPermitted as for editText().
    Result<Done> setTimer(ConversationId conversation, std::uint32_t seconds);
    /// What the person has begun to write in a chat; kept on this desktop. NotFound, TooLarge.
    Result<Done> setDraft(ConversationId conversation, QString text);
    /// Marks a chat for coming back to it, here and on our other desktops; markRead() takes the mark away. NotFound.
    Result<Done> markUnread(ConversationId conversation, bool unread);
    /// Deletes every message of a conversation here, in the search index and the file's old pages too. What still waits
    /// in the outbox is sent. NotFound for an unknown one.
    Result<Done> deleteChat(ConversationId conversation);
    std::vector<Conversation> conversations() const;
    std::optional<Conversation> conversationWith(AccountId person) const;
    /// Tells the other side that we type, now; they forget it after 10 s.
    void sendTyping(AccountId to);
    /// Messages whose folded text has every word of `query`, newest first.
    Task<Result<std::vector<SearchHit>>> search(QString query, int limit);

    // ---- Looking after it
    /// What the database counts now; 0 for what it refuses to tell.
    StatusSnapshot status() const;
    /// Whether nothing of ours has to go out any more: the outbox is empty and no receipt is owed. Cheap.
    bool isSettled() const;
    /// Checks of the installation, each with what to do when it is not well.
    Task<Result<std::vector<DoctorFinding>>> doctor();

    // ---- Further desktops (linking's code exchange comes with core/devices)
    /// On a trusted desktop: which account, which relay, where its log stands. Not secret, but only as good as the way
    /// it is carried.
    Result<Bytes> offerToJoin() const;
    /// On a fresh profile: keys of a new device for that account, to be carried back. Good until its log changes.
    Result<Bytes> requestToJoin(Bytes offer);
    /// On a trusted desktop: adds the device to the log; the answer goes to the new desktop over a secret channel.
    Task<Result<SecretBytes>> admitDevice(Bytes request);
    /// On the new desktop: takes the answer; the account is then registered here.
    Result<Done> joinWith(SecretBytes answer);

Q_SIGNALS:
    /// Ask connection().
    void connectionChanged();
    /// A message is new in a conversation, ours or theirs.
    void messageStored(sotto::ConversationId conversation, sotto::MessageId message);
    /// The delivery of one of our own messages went on.
    void deliveryChanged(sotto::ConversationId conversation, sotto::MessageId message);
    void conversationChanged(sotto::ConversationId conversation);
    /// A message shows other words or reactions, or was taken back.
    void messageChanged(sotto::ConversationId conversation, sotto::MessageId message);
    /// A message is gone from the list; nothing stands in its place.
    void messageRemoved(sotto::ConversationId conversation, sotto::MessageId message);
    /// What we did with a message will never be sent. An edit and a reaction are taken out here again
    /// (messageChanged()); a message that we took back is gone here and still there for others.
    void changeNotSent(sotto::ConversationId conversation, sotto::MessageId message, sotto::ReferenceKind what);
    /// Ask contacts(), profile(); `person` may be ourselves.
    void contactChanged(sotto::AccountId person);
    /// Somebody asks to be a contact.
    void contactRequested(sotto::AccountId person);
    /// Ask presence(); the values are those of this moment.
    void typingChanged(sotto::AccountId person, bool typing);
    void presenceChanged(sotto::AccountId person, bool online, sotto::Timestamp lastSeen);
    /// Ask privacy(): changed here or on another desktop of ours.
    void privacyChanged();
    /// A word of the relay's operator.
    void noticeArrived(QString text);
    /// The database refuses (DiskFull, InputOutput, Corrupt, Busy): mail stays at the relay, what is to be sent stays
    /// unsent, both are tried again. Told once until something could be stored again or the reason is another.
    void storageTrouble(sotto::ErrorCode why);

private:
    struct Parts;
    struct Joining;
    struct Newcomer;
    explicit Client(std::unique_ptr<Parts> parts);
    Result<Done> wireAccount();
    void wireConnection();
    void wireMail();
    void handleNews(const InboxNews &news);
    void noteTrouble(std::optional<ErrorCode> &told, const Error &error, const char *what);
    Result<Message> messageOf(ConversationId conversation, MessageId id) const;
    Result<DeliveryLadder> ladder(const Message &message) const;
    Result<Done> tellAcceptance(const Message &message, DeliveryLadder &ladder) const;
    Result<SafetyNumber> safetyNumberWith(AccountId person) const;
    Result<MessageId> written(const Result<Message> &message);
    void tellChanges(const InboxNews &news);
    bool isHidden(const Message &message) const;
    void hideReading(Message &message) const;
    Conversation withShownText(Conversation chat) const;
    Result<Done> afterWriting(const Result<InboxNews> &written);
    void applySettings();
    void settingsChanged(const InboxNews &news);
    void keepKitSlot();
    Result<wire::Register> makeRegistration(const Newcomer &newcomer, Timestamp relayNow);
    Task<Result<Done>> runRegistration(Newcomer newcomer);
    Result<Done> contactInviter();
    Task<Done> publishProfile();
    void profileKeyChanged();
    Result<AccountParts *> online() const;
    Result<AccountParts *> parts() const;

    std::unique_ptr<Parts> m_parts;
};

} // namespace sotto
