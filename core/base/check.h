#pragma once

namespace sotto {

// Every security refusal of the product has a name here and a line that says what goes wrong without it.
// X(Name, "reason"). Append inside your folder's part; a name never changes its meaning.
#define SOTTO_SECURITY_CHECKS(X)                                                                                       \
    /* primitives */                                                                                                   \
    X(SmallOrderPoint, "a public key of small order makes every agreed secret known")                                  \
    X(KdfFloor, "an edited file could make guessing the passphrase cheap")                                             \
    X(BadPadding, "a sender could mark its messages by their padding")                                                 \
    /* sqlite */                                                                                                       \
    X(CipherLibrary, "plain SQLite ignores the key and writes everything in the clear")                                \
    X(PlaintextDatabase, "an unencrypted file put in the database's place would be used")                              \
    X(NewerSchema, "an older version would misread and damage a newer database")                                       \
    /* storage */                                                                                                      \
    X(StoredRecordHash, "a damaged ratchet record would be taken for a fresh session")                                 \
    /* server/limits, server/relay */                                                                                  \
    X(ConnectionsPerAddress, "one address could take every place for sockets that have not authenticated")             \
    X(HandshakeRate, "one address could keep the relay busy with TLS handshakes")                                      \
    X(UpgradeRequestSize, "headers without end would be kept and searched again and again before authentication")      \
    X(HandshakeDeadline, "connections that never finish their handshake would pile up")                                \
    X(UnmaskedFrame, "a stream that is no client's would be read as one")                                              \
    X(MessageSize, "one message could take any amount of memory")                                                      \
    X(FragmentCount, "a swarm of tiny fragments would cost more than the message they make")                           \
    X(ControlFrameFlood, "a flood of pings would be answered with a flood of pongs")                                   \
    X(MessageDeadline, "a message trickled byte by byte would hold its buffer for ever")                               \
    X(StalledReader, "a client that never reads would keep its memory and its place")                                  \
    X(OutboundMemory, "answers to a client that does not read would grow without bound")                               \
    /* server/store, accounts, queues, handlers */                                                                     \
    X(AcknowledgedUnsent, "acknowledgements of mail that was never sent would fill the relay's memory")                \
    X(OneTimePreKeyAge, "first messages would be encrypted to keys whose private halves are gone")                     \
    X(InviteValid, "anybody could register, and an invite would make any number of accounts")                          \
    X(InviteQuota, "one member could make any number of accounts, and with them fill everybody's stranger lane")       \
    X(PresenceTopics, "one account could fill the relay's memory with topics that nobody watches")                     \
    X(PresenceOwner, "whoever knows a topic could show its owner as online or offline")                                \
    X(DeliveryToken, "strangers and blocked people would write without limit")                                         \
    X(PartialTarget, "a message for one device of several would pass as whole, and content without a session as mail") \
    X(ExactDevices, "a sender's old list would leave a device out or keep a revoked one in")                           \
    X(QueueCap, "a queue would grow until the relay's disk is full")                                                   \
    X(PairCap, "one sender could fill a recipient's queue and shut everybody else out")                                \
    X(StrangerLane, "strangers could fill a recipient's queue")                                                        \
    X(StrangerDailyLimit, "a stranger could write again and again without being accepted")                             \
    X(OneTimePreKeyQuota, "one account could use up a device's one-time prekeys and weaken everybody's first message") \
    X(BundleRate, "many accounts together could use up a device's one-time prekeys")                                   \
    X(StrangerPreKeys, "strangers could use up the one-time prekeys that contacts need")                               \
    X(LookupRate, "the whole directory of handles could be tried out")                                                 \
    X(HandleSyntax, "a handle could look like another one")                                                            \
    X(SubmitRate, "one device could keep the relay's disk busy alone")                                                 \
    X(UnauthenticatedFrames, "a stranger could make the relay decode and answer without end")                          \
    X(RoleDeadline, "a stranger could keep a socket open without saying who it is")                                    \
    X(HelloFresh, "an old introduction could be answered long after it was made")                                      \
    X(RelayAuthSignature, "anybody could read and acknowledge the mail of any device")                                 \
    /* wire, content */                                                                                                \
    X(UnknownCriticalField, "a field that must be understood would be ignored")                                        \
    X(DuplicateSingularField, "two readers could take different values from one message")                              \
    X(NumberRange, "a number that no database holds would stop everything that is written together with it")           \
    /* ledger */                                                                                                       \
    X(CurveKeyType, "a key of another kind would be used as a Curve25519 key")                                         \
    X(AccountIdMatches, "a relay could show another account in the place of the one a link names")                     \
    X(LogSignature, "anybody could add or revoke devices of an account")                                               \
    X(LogAccount, "an entry of one account would count in another")                                                    \
    X(LogOrder, "a stale or forked log would be taken for the account's")                                              \
    X(LogEpoch, "entries that a recovery voided would count again")                                                    \
    X(LogLength, "a relay could keep a client verifying for ever")                                                     \
    X(LogClosed, "a deleted account could come back")                                                                  \
    X(LogPin, "a relay could show an older log and hide a revocation")                                                 \
    X(LogEntryTime, "a thief could date a new recovery kit back and skip its 72 hours")                                \
    X(AccountRootProof, "an account root could be named that nobody holds")                                            \
    X(IdentityKeyProof, "a device could claim another's identity key")                                                 \
    X(DeviceKeyProof, "a device could claim another's signing key")                                                    \
    X(DeviceClaimPlace, "a claim made for one log or moment could be used in another")                                 \
    X(DeviceIdReused, "a session with a revoked device would reach the new one of its number")                         \
    X(DeviceLimit, "every message would have to be encrypted for any number of devices")                               \
    X(RecoverySignature, "anybody could void an account's devices")                                                    \
    X(RecoveryDelay, "a thief's new recovery kit would be valid at once")                                              \
    X(BundleSignature, "the relay could put its own keys into a bundle")                                               \
    X(BundleDevice, "a bundle of one device could be served for another")                                              \
    X(SignedPreKeySignature, "a signed prekey that the identity key never signed would be used")                       \
    X(BundleExpiry, "the relay could serve an old bundle whose private keys were lost")                                \
    X(SuiteDowngrade, "the relay could strip stronger suites from a bundle")                                           \
    X(OneTimePreKeySignature, "the relay could substitute its own one-time prekey")                                    \
    /* key file */                                                                                                     \
    X(KeyFileCode, "a slot of a key file could be exchanged or an old one put back")                                   \
    X(KeyFileKitHeader, "a kit's slot could be moved into another profile's key file")                                 \
    /* crypto */                                                                                                       \
    X(PreKeySignatureShape, "a bundle without signature crashes the library: the relay could stop every client")       \
    X(ReservedPreKeyId, "the library never deletes a prekey with its last-resort id")                                  \
    X(SessionIdentity, "a revoked or replaced device would stay in a running session")                                 \
    X(PreKeyFrameStrict, "the outer part of a prekey message could be altered unnoticed")                              \
    X(PreKeyRegistrationId, "a registration id that nobody signed would be stored with the session")                   \
    X(PreKeyHeaderChanged, "later prekey messages of a session could be altered unnoticed")                            \
    X(PreKeyMessageReplay, "a replayed prekey message would build its session and show its text once more")            \
    X(JumpTooFar, "one message could make a chain skip any number of keys")                                            \
    X(BigJumpRate, "a peer could make us skip and store keys without end")                                             \
    X(BigJumpForged, "a forged counter would cost thousands of key derivations")                                       \
    X(SessionRecordSize, "every message would have to read and write a record that a peer has blown up")               \
    X(ArchivedStates, "each forged message would be tried with every session there ever was")                          \
    X(UnansweredSession, "messages would be sent for ever into a session that the peer does not have")                 \
    X(OwnChain, "a peer could replace our own sending chain")                                                          \
    X(StaleDistribution, "an older chain would come back and old group messages decrypt again")                        \
    X(DistributionKeyChanged, "a second signing key could take over a known chain")                                    \
    X(ReplayedDistribution, "a chain would be wound back and old group messages decrypt again")                        \
    X(SenderTag, "the relay could name any sender and make the ratchet work for it")                                   \
    X(PayloadHash, "two recipients could be shown different payloads under one message")                               \
    X(EphemeralTime, "the relay could replay typing and presence frames later")                                        \
    /* net */                                                                                                          \
    X(RelayKeyPinned, "any relay could take the place of the one the person was invited to")                           \
    X(RelayHelloSigned, "whoever knows the relay's public key could pass for it")                                      \
    X(ChannelPinned, "somebody between client and relay could read and change the connection")                         \
    X(RelayInfoSigned, "a client could be led to other addresses or another relay key for good")                       \
    X(DatabaseRolledBack, "an old copy of the database would encrypt new messages with used keys")                     \
    X(DeliverFlood, "a relay could fill the client's memory with mail it never waits to see acknowledged")             \
    /* account, messaging */                                                                                           \
    X(LogStampClock, "a lying relay could have us date log entries so that a new recovery kit never counts")           \
    X(HeaderSender, "one device could write in the name of another")                                                   \
    X(HeaderMessageId, "a sealed sender could be put on another message")                                              \
    X(HeaderConversation, "a message could be moved into another conversation")                                        \
    X(OwnCopyMarker, "a stranger could place words into our own sent messages")                                        \
    X(BlockedSender, "a blocked person would still be heard")                                                          \
    X(StrangerMessage, "anybody could fill the timeline before being accepted")                                        \
    X(CountedContent, "a message outside its stream could be dropped or repeated unnoticed")                           \
    X(UnknownFromContact, "strangers and blocked people could fill the timeline with what no version can read")        \
    X(TimerBounds, "a message could be gone before it is read, or stay although its chat says otherwise")              \
    X(OwnSyncFromOwnDevice, "somebody else could delete, star and mark as read on our desktops")                       \
    X(CounterReuse, "a counter could be used for two messages")                                                        \
    X(AcceptedWhenAsked, "a contact could place new words among those of last year")                                   \
    X(MessageIdReuse, "a peer's message could take the place of one of ours wherever an id names it")                  \
    X(EditAuthor, "one person could change another's words")                                                           \
    X(EditWindow, "words could be changed long after they were read and believed")                                     \
    X(EditRevision, "the versions of one message could fill the database")                                             \
    X(DeleteAuthor, "one person could take back another's words")                                                      \
    X(DeleteWindow, "a conversation could be emptied long after it was held")                                          \
    X(ReactionText, "a reaction could hide text, or turn the line around it")                                          \
    X(ReferenceAuthor, "a contact could fill the database with authors who cannot be in the chat")                     \
    X(RevivedMessage, "what the person has deleted, or what has disappeared, would come back")                         \
    X(WipedTarget, "words of a message that is gone would be kept in the database")                                    \
    X(TimerStep, "one change could take the last word about a chat's timer for ever")                                  \
    X(CredibleTime, "a wrong clock or a relay that lies could destroy messages before their time")                     \
    X(ReciprocalPrivacy, "who does not tell when they read, type or are there would see it of others")                 \
    X(ReadWhileOff, "what was read while nobody was to know would be told with the next receipt")                      \
    X(PendingLimit, "what refers to messages that never come could fill the database")                                 \
    X(ReceiptFromContact, "strangers could make us believe that they have read")                                       \
    X(ReceiptWithinStream, "a receipt could confirm messages that were never sent")                                    \
    X(UnaskedAcceptance, "a stranger could make itself a contact")                                                     \
    X(NewestContactDecision, "somebody who was removed would be a contact again by a late copy of an old acceptance")  \
    X(NewestProfileKey, "somebody who was blocked keeps a token that holds, and who was not is locked out")            \
    X(SyncFromOwnDevice, "somebody else could change what our contacts are to us")                                     \
    X(ProfileKeyFromContact, "a stranger could replace what we know of another's profile")                             \
    X(HeadFork, "a relay that shows two people different device lists would go unnoticed")                             \
    X(HeadClaimBound, "one message about a log that cannot be would hold mail to its sender for good")                 \
    X(HeldAccount, "mail would go to a device that its owner may have revoked already")                                \
    X(ChangedRoot, "mail would go on to somebody who has another safety number, and stay marked as verified")          \
    X(StaleSubmit, "mail encrypted earlier would still go to a device that was revoked since")                         \
    X(SealedRetryOnly, "content without forward secrecy would be taken for a message")                                 \
    X(SealedSignature, "anybody who knows a device's public keys could ask in its name")                               \
    X(SealedParties, "a request could be put under another sender, or sent on to another device")                      \
    X(RetryFromContact, "strangers could make us answer and learn when we are online")                                 \
    X(RetryRate, "one device could keep us opening and answering requests")                                            \
    X(RetryWidth, "one request could ask for everything there ever was")                                               \
    X(ResendRecipient, "a message would be sent to a device that it was never meant for")                              \
    X(RepairForContacts, "somebody who was removed would still get what waits to be sent again")                       \
    X(ResendCount, "one message could be asked for again and again")                                                   \
    X(AnswerBudget, "requests would be answered with any amount of mail")                                              \
    X(RebuildCurrentKey, "an old request played again would tear down a session that works")                           \
    X(RebuildRate, "a device could make us use up its one-time prekeys and weaken every session")                      \
    X(NewSessionRate, "a device could start sessions without end and push out the states that mail still needs")       \
    X(RepairSender, "one device could put its words in the place of another's that did not open")                      \
    X(ReplayMakesNoPlaceholder, "a relay could fill the timeline with messages that were read long ago")               \
    X(LastCounterFromContact, "strangers could make us note gaps")                                                     \
    X(StreamGapLimit, "a peer could fill the database with gaps")

/// The named security checks. T213 switches each one off in turn and expects a test to fail.
enum class Check {
#define SOTTO_CHECK_NAME(name, reason) name,
    SOTTO_SECURITY_CHECKS(SOTTO_CHECK_NAME)
#undef SOTTO_CHECK_NAME
};

/// Name of a check as written in the enum.
const char *name(Check check);
/// What goes wrong without it, in one line.
const char *reason(Check check);
/// How many checks there are; values run from 0 to this minus one.
int checkCount();

#ifdef SOTTO_CHECK_SWITCH
/// Whether the environment variable SOTTO_DISABLE_CHECK names this check. Only in test builds.
bool isSwitchedOff(Check check);
#endif

/// The one way to refuse for security: true means that the caller must refuse, because `condition` does not hold.
/// Usage: `if (refuseUnless(Check::X, signatureIsRight)) return LedgerError::BadSignature;`
[[nodiscard]] inline bool refuseUnless([[maybe_unused]] Check check, bool condition)
{
#ifdef SOTTO_CHECK_SWITCH
    return !condition && !isSwitchedOff(check);
#else
    return !condition;
#endif
}

} // namespace sotto
