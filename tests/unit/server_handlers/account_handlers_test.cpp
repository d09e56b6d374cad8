#include "core/primitives/hash.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_handlers/handler_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;
using Code = wire::RelayErrorCode;

class AccountHandlersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anInviteOpensAnAccount()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        const auto answer = relay.ask(std::nullopt, alice.registration(relay.invite(), QStringLiteral("alice")));
        QVERIFY(std::holds_alternative<wire::Registered>(answer));
        QVERIFY(std::get<wire::Registered>(answer).account == alice.id());
        Member bob(2, 21);
        relay.join(bob);
        const auto found = relay.ask(bob.address(), wire::LookupHandle{QStringLiteral("alice")});
        QVERIFY(std::get<wire::HandleFound>(found).account == alice.id());
        const auto nobody = relay.ask(bob.address(), wire::LookupHandle{QStringLiteral("../")});
        QVERIFY(!std::get<wire::HandleFound>(nobody).account);
        const auto log = relay.ask(bob.address(), wire::FetchLog{alice.id(), 0});
        QCOMPARE(std::get<wire::Log>(log).headVersion, 1u);
        QVERIFY(std::get<wire::Log>(log).entries[0] == alice.account.log.entries()[0].entry);
        QVERIFY(codeOf(relay.ask(bob.address(), wire::FetchLog{accountId(9), 0})) == Code::NotFound);
    }

    void aRegistrationWhoseAnswerWasLostIsAnsweredAgain()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        const InviteSecret secret = relay.invite();
        const auto request = alice.registration(secret);
        QVERIFY(std::holds_alternative<wire::Registered>(relay.ask(std::nullopt, request)));
        const auto again = relay.ask(std::nullopt, request);
        QVERIFY(std::holds_alternative<wire::Registered>(again));
        QVERIFY(std::get<wire::Registered>(again).account == alice.id());
        // With another invite too, which stays open for somebody else.
        const InviteSecret other = relay.invite();
        const auto third = relay.ask(std::nullopt, alice.registration(other));
        QVERIFY2(std::holds_alternative<wire::Registered>(third), name(codeOf(third)));
        Member bob(2, 21);
        QVERIFY(std::holds_alternative<wire::Registered>(relay.ask(std::nullopt, bob.registration(other))));
    }
    void T068_reusedGuessedAndExpiredInvitesAreRefused()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        const InviteSecret secret = relay.invite();
        QVERIFY(std::holds_alternative<wire::Registered>(relay.ask(std::nullopt, alice.registration(secret))));
        QVERIFY(codeOf(relay.ask(std::nullopt, bob.registration(secret))) == Code::InviteInvalid);
        const InviteSecret guessed = relay.random.id<InviteSecret>().value();
        QVERIFY(codeOf(relay.ask(std::nullopt, bob.registration(guessed))) == Code::InviteInvalid);
        const InviteSecret late = relay.invite();
        relay.clock.advance(std::chrono::hours(24));
        QVERIFY(codeOf(relay.ask(std::nullopt, bob.registration(late))) == Code::InviteInvalid);
    }

    void T068_ofTwoThatRaceForOneInviteOneSucceeds()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        const InviteSecret secret = relay.invite();
        Handler *const handler = relay.table.find(kRequestKindOf<wire::Register>);
        auto first = handler->dispatch(HandlerFixture::session({}), alice.registration(secret));
        auto second = handler->dispatch(HandlerFixture::session({}), bob.registration(secret));
        const auto one = waitFor(std::move(first)).body();
        const auto other = waitFor(std::move(second)).body();
        QCOMPARE(int(std::holds_alternative<wire::Registered>(one))
                     + int(std::holds_alternative<wire::Registered>(other)),
                 1);
        QVERIFY(codeOf(one) == Code::InviteInvalid || codeOf(other) == Code::InviteInvalid);
    }

    void T054_aRegistrationWithAForeignBundleOrProofIsRefused()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member mallory(3, 31);
        auto request = alice.registration(relay.invite());
        request.bundle = mallory.signedBundle(mallory.account.first);
        QVERIFY(codeOf(relay.ask(std::nullopt, request)) != Code::Unspecified);
        request = alice.registration(relay.invite());
        request.genesis.proofs[0] = mallory.registration(relay.invite()).genesis.proofs[0];
        QVERIFY(codeOf(relay.ask(std::nullopt, request)) == Code::BadSignature);
        request = alice.registration(relay.invite());
        request.preKeys[1] = mallory.preKeys(mallory.account.first, 1)[0];
        QVERIFY(codeOf(relay.ask(std::nullopt, request)) != Code::Unspecified);
        QCOMPARE(waitFor(relay.disk.store->counts())->accounts, 0);
    }

    void handlesAreShortPlainAndUnique()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        for (const char *bad : {"ab", "Alice", "a b", "\xd0\xb0lice", "abcdefghijklmnopqrstuvwxyz01234"}) {
            const auto answer = relay.ask(std::nullopt, alice.registration(relay.invite(), QString::fromUtf8(bad)));
            QVERIFY2(codeOf(answer) == Code::Malformed, bad);
        }
        relay.join(alice, QStringLiteral("a_1.b"));
        Member bob(2, 21);
        QVERIFY(codeOf(relay.ask(std::nullopt, bob.registration(relay.invite(), QStringLiteral("a_1.b"))))
                == Code::HandleTaken);
    }

    void T067_lookupsAreFew()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        int answered = 0;
        for (int i = 0; i < 21; ++i) {
            answered +=
                codeOf(relay.ask(alice.address(), wire::LookupHandle{QStringLiteral("nobody")})) == Code::RateLimited
                ? 0
                : 1;
        }
        QCOMPARE(answered, 20);
    }

    void T044_aDeviceIsAddedWithItsProofsOnly()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        relay.router.connected = {alice.address()};
        kit::TestDevice laptop(12, alice.account.random);
        alice.account.now = relay.clock.now();
        const auto entry = alice.account.adding(laptop, alice.account.first);
        wire::AppendLog request{entry, alice.signedBundle(laptop), alice.preKeys(laptop, 1)};
        auto without = request;
        without.entry.proofs.pop_back();
        QVERIFY(codeOf(relay.ask(alice.address(), without)) != Code::Unspecified);
        auto noBundle = request;
        noBundle.bundle.reset();
        QVERIFY(codeOf(relay.ask(alice.address(), noBundle)) == Code::Malformed);
        const auto added = relay.ask(alice.address(), request);
        QVERIFY2(std::holds_alternative<wire::Ok>(added), name(codeOf(added)));
        const auto changes = relay.router.pushed<wire::LogChanged>(alice.address());
        QCOMPARE(changes.size(), std::size_t(1));
        QCOMPARE(changes[0].version, 2u);
        QVERIFY(waitFor(relay.backend.findDevice({alice.id(), laptop.id})));
        // The same entry again follows a head that is no longer the head.
        QVERIFY(codeOf(relay.ask(alice.address(), request)) == Code::Conflict);
        // Nobody else's socket can append to it.
        Member mallory(3, 31);
        relay.join(mallory);
        QVERIFY(codeOf(relay.ask(mallory.address(), request)) != Code::Unspecified);
    }

    void T046_aRevokedDeviceLosesSocketQueueAndLogin()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        const kit::TestDevice laptop = relay.addLaptop(bob);
        QVERIFY(
            std::holds_alternative<wire::Accepted>(relay.ask(alice.address(), relay.compose(alice, bob, "for both"))));
        const DeviceAddress lost{bob.id(), laptop.id};
        relay.router.connected = {bob.address(), lost};
        const auto revoking =
            makeRevokeDevice(bob.account.log, bob.account.first.actor(), laptop.id, relay.clock.now());
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::AppendLog{revoking, {}, {}})));
        QCOMPARE(relay.router.ended.size(), std::size_t(1));
        QVERIFY(relay.router.ended[0] == std::pair(lost, Code::Revoked));
        QVERIFY(waitFor(relay.backend.readMail(lost, {}, 64, 1 << 20))->empty());
        QVERIFY(waitFor(relay.backend.findDevice(lost)).error().code == ErrorCode::Refused);
        QCOMPARE(waitFor(relay.backend.readMail(bob.address(), {}, 64, 1 << 20))->size(), std::size_t(1));
        const auto stale = relay.ask(alice.address(), relay.compose(alice, bob, "to a device that is gone"));
        QVERIFY(std::get<wire::StaleDevices>(stale).accounts[0].extra == std::vector{laptop.id});
    }

    void aRecoveryAddsItsDeviceAndEndsTheOthers()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        alice.account.now = relay.clock.now();
        kit::TestDevice fresh(12, alice.account.random);
        const auto entry = makeRecover(alice.account.log, 1, alice.account.claim(fresh), {alice.account.first.id},
                                       alice.account.root, relay.clock.now(), alice.account.random);
        QVERIFY(entry);
        relay.router.connected = {alice.address()};
        const wire::AppendLog request{*entry, alice.signedBundle(fresh), alice.preKeys(fresh, 1)};
        auto forged = request;
        forged.entry.signature[0] = char(forged.entry.signature[0] ^ 1);
        QVERIFY(codeOf(relay.ask(alice.address(), forged)) == Code::BadSignature);
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(alice.address(), request)));
        QVERIFY(waitFor(relay.backend.findDevice({alice.id(), fresh.id})));
        QVERIFY(!waitFor(relay.backend.findDevice(alice.address())));
    }

    void T046_aDeviceThatIsRevokedWhileItLogsInIsNotWelcome()
    {
        HandlerFixture relay;
        Member bob(2, 21);
        relay.join(bob);
        const kit::TestDevice laptop = relay.addLaptop(bob);
        const DeviceAddress lost{bob.id(), laptop.id};
        QVERIFY(waitFor(relay.backend.findDevice(lost))); // its signature is being checked
        const auto revoking =
            makeRevokeDevice(bob.account.log, bob.account.first.actor(), laptop.id, relay.clock.now());
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::AppendLog{revoking, {}, {}})));
        QVERIFY(relay.router.ended.empty()); // it had not been claimed yet
        relay.router.connected = {lost};
        const auto welcome = waitFor(relay.backend.welcome(lost));
        QVERIFY(!welcome);
        QVERIFY(welcome.error().code == ErrorCode::Refused);
    }

    void aLogIsAppliedOnceHoweverOftenADevicePublishes()
    {
        HandlerFixture relay;
        Member bob(2, 21);
        relay.join(bob);
        for (int i = 0; i < 20; ++i) {
            QVERIFY(std::holds_alternative<wire::PreKeyCount>(
                relay.ask(bob.address(), wire::PublishPreKeys{bob.preKeys(bob.account.first, 1)})));
        }
        QCOMPARE(relay.deviceKeys.replays(), 1);
        const kit::TestDevice laptop = relay.addLaptop(bob);
        const DeviceAddress added{bob.id(), laptop.id};
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(added, wire::PublishBundle{bob.signedBundle(laptop)})));
        QVERIFY(codeOf(relay.ask(added, wire::PublishBundle{bob.signedBundle(bob.account.first)}))
                != Code::Unspecified);
        QCOMPARE(relay.deviceKeys.replays(), 1);
    }

    void T047_aRecoveryBringsARevokedDeviceBack()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        bob.account.now = relay.clock.now();
        kit::TestDevice laptop(22, bob.account.random);
        const auto adding = bob.account.adding(laptop, bob.account.first);
        const wire::SignedEntry laptopsBundle = bob.signedBundle(laptop);
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::AppendLog{adding, laptopsBundle, {}})));
        bob.account.append(adding);
        // A thief with the first desktop revokes the other; the owner goes back to before that.
        bob.account.now = relay.clock.now();
        const auto revoking =
            makeRevokeDevice(bob.account.log, bob.account.first.actor(), laptop.id, relay.clock.now());
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::AppendLog{revoking, {}, {}})));
        bob.account.append(revoking);
        bob.account.now = relay.clock.now();
        kit::TestDevice fresh(23, bob.account.random);
        const auto recovering = makeRecover(bob.account.log, 2, bob.account.claim(fresh), {bob.account.first.id},
                                            bob.account.root, relay.clock.now(), bob.account.random);
        QVERIFY(recovering);
        const auto recovered =
            relay.ask(bob.address(), wire::AppendLog{*recovering, bob.signedBundle(fresh), bob.preKeys(fresh, 1)});
        QVERIFY2(std::holds_alternative<wire::Ok>(recovered), name(codeOf(recovered)));
        const DeviceAddress back{bob.id(), laptop.id};
        QVERIFY(waitFor(relay.backend.findDevice(back)));
        QVERIFY(waitFor(relay.backend.findDevice({bob.id(), fresh.id})));
        QVERIFY(waitFor(relay.backend.findDevice(bob.address())).error().code == ErrorCode::Refused);
        QVERIFY(waitFor(relay.backend.welcome(back))->gapBeforeSeq != 0);
        // It has a bundle before it has come online, mail reaches it again, and it can publish keys.
        const auto fetched = relay.ask(alice.address(), wire::FetchBundles{bob.id(), {laptop.id}, bob.token});
        QCOMPARE(std::get<wire::Bundles>(fetched).bundles.size(), std::size_t(1));
        QVERIFY(std::get<wire::Bundles>(fetched).bundles[0].bundle == laptopsBundle);
        wire::Submit submit{1, relay.random.id<SubmitId>().value(), wire::MailClass::Message, 0, {}, {}};
        wire::Target target{bob.id(), 4, bob.token, {}};
        for (const DeviceId device : {laptop.id, fresh.id})
            target.copies.push_back({device, wire::CopyKind::Signal, "sealed", "hello"});
        submit.targets.push_back(target);
        QVERIFY(std::holds_alternative<wire::Accepted>(relay.ask(alice.address(), submit)));
        QCOMPARE(waitFor(relay.backend.readMail(back, {}, 64, 1 << 20))->size(), std::size_t(1));
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(back, wire::PublishBundle{bob.signedBundle(laptop)})));
    }

    void T062_oneAccountGetsOneOneTimeKeyADay()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        Member carol(3, 31);
        for (Member *member : {&alice, &bob, &carol})
            relay.join(*member);
        const auto fetch = [&relay, &bob](const Member &by) {
            return std::get<wire::Bundles>(relay.ask(by.address(), wire::FetchBundles{bob.id(), {}, {}})).bundles;
        };
        QVERIFY(fetch(alice)[0].oneTimePreKey);
        QVERIFY(!fetch(alice)[0].oneTimePreKey);
        QCOMPARE(fetch(alice).size(), std::size_t(1)); // the bundle comes all the same
        QVERIFY(fetch(carol)[0].oneTimePreKey);
        QCOMPARE(std::get<wire::PreKeyCount>(
                     relay.ask(bob.address(), wire::PublishPreKeys{bob.preKeys(bob.account.first, 3)}))
                     .oneTimePreKeys,
                 3u);
        relay.clock.advance(std::chrono::hours(24));
        QVERIFY(fetch(alice)[0].oneTimePreKey);
    }

    void T063_allTogetherGetSixtyAnHour()
    {
        kit::FakeClock clock;
        RequestLimiter limiter(clock, RequestLimits());
        PreKeyQuota quota(clock, limiter);
        int given = 0;
        for (int i = 0; i < 100; ++i)
            given += quota.take(accountId(100 + i), address(1, 11), PreKeyAsker::TokenHolder) ? 1 : 0;
        QCOMPARE(given, 60);
        QVERIFY(quota.take(accountId(1), address(2, 21), PreKeyAsker::Stranger));
    }
    void T063_strangersLeaveHalfToThoseWithTheToken()
    {
        HandlerFixture relay;
        Member bob(2, 21);
        relay.join(bob);
        int given = 0;
        for (int i = 0; i < 100; ++i)
            given += relay.preKeys.take(accountId(100 + i), bob.address(), PreKeyAsker::Stranger) ? 1 : 0;
        QCOMPARE(given, 30);
        // The relay's own door: a stranger's bundle has no one-time prekey now, a contact's has; a wrong token is none.
        Member carol(3, 31);
        Member mallory(4, 41);
        Member alice(1, 11);
        const auto keyFor = [&](Member &member, std::optional<Bytes> token) {
            relay.join(member);
            const auto answer = relay.ask(member.address(), wire::FetchBundles{bob.id(), {}, token});
            const auto *bundles = std::get_if<wire::Bundles>(&answer);
            if (!bundles || bundles->bundles.size() != 1)
                qFatal("everybody gets the bundle");
            return bundles->bundles[0].oneTimePreKey.has_value();
        };
        QVERIFY(!keyFor(carol, std::nullopt));
        QVERIFY(!keyFor(mallory, Bytes(16, 'x')));
        QVERIFY(keyFor(alice, bob.token));
    }
    void T069_bundlesAreCountedWhetherNamedOrNot()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        const kit::TestDevice laptop = relay.addLaptop(bob);
        int answered = 0;
        wire::ResponseBody last{wire::Ok{}};
        for (int i = 0; i < 100; ++i) {
            last = relay.ask(alice.address(), wire::FetchBundles{bob.id(), {}, bob.token});
            answered += std::holds_alternative<wire::Bundles>(last) ? 1 : 0;
        }
        QCOMPARE(answered, 60); // of two bundles each
        QVERIFY(codeOf(last) == Code::RateLimited);
        QVERIFY(std::get<wire::RelayError>(last).retryAfterMs > 0);
        QVERIFY(codeOf(relay.ask(bob.address(), wire::FetchBundles{accountId(9), {}, {}})) == Code::NotFound);
    }

    void onlyKeysOfTheOwnLogArePublished()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        QVERIFY(std::holds_alternative<wire::Ok>(
            relay.ask(alice.address(), wire::PublishBundle{alice.signedBundle(alice.account.first)})));
        QVERIFY(codeOf(relay.ask(bob.address(), wire::PublishBundle{alice.signedBundle(alice.account.first)}))
                != Code::Unspecified);
        QVERIFY(codeOf(relay.ask(bob.address(), wire::PublishPreKeys{alice.preKeys(alice.account.first, 1)}))
                != Code::Unspecified);
    }

    void aProfileIsForThoseWithTheToken()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        const auto fetch = [&](std::optional<Bytes> token) {
            return relay.ask(bob.address(), wire::FetchProfile{alice.id(), token});
        };
        QVERIFY(codeOf(fetch(alice.token)) == Code::NotFound);
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(alice.address(), wire::PutProfile{"sealed profile"})));
        QCOMPARE(std::get<wire::Profile>(fetch(alice.token)).sealedProfile, Bytes("sealed profile"));
        QVERIFY(fetch(std::nullopt) == relay.ask(bob.address(), wire::FetchProfile{accountId(9), {}}));
        QVERIFY(codeOf(fetch(bob.token)) == Code::NotFound);
        QVERIFY(std::holds_alternative<wire::Profile>(
            relay.ask(alice.address(), wire::FetchProfile{alice.id(), std::nullopt})));
        // A new token: the old one is good for a week.
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(alice.address(), wire::SetTokens{sha256(Bytes(16, 'n'))})));
        QVERIFY(std::holds_alternative<wire::Profile>(fetch(Bytes(16, 'n'))));
        QVERIFY(std::holds_alternative<wire::Profile>(fetch(alice.token)));
        relay.clock.advance(std::chrono::hours(24 * 7));
        QVERIFY(codeOf(fetch(alice.token)) == Code::NotFound);
        QVERIFY(std::holds_alternative<wire::Profile>(fetch(Bytes(16, 'n'))));
    }
    void aTokenCanBeEndedAtOnce()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::PutProfile{"sealed profile"})));
        const auto write = [&](const Bytes &text) {
            return relay.ask(alice.address(), relay.compose(alice, bob, text));
        };
        const auto look = [&] { return relay.ask(alice.address(), wire::FetchProfile{bob.id(), bob.token}); };
        QVERIFY(std::holds_alternative<wire::Accepted>(write(Bytes(4000, 'a'))));
        wire::Submit large = relay.compose(alice, bob, "with a payload");
        large.payload = Bytes(20'000, 'p');
        QVERIFY(std::holds_alternative<wire::Accepted>(relay.ask(alice.address(), large)));
        QVERIFY(std::holds_alternative<wire::Profile>(look()));
        // Alice keeps writing with the old token: what needs one is refused from the very next request on.
        const Hash256 fresh = sha256(Bytes(16, 'n'));
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::SetTokens{fresh, true})));
        wire::Submit next = relay.compose(alice, bob, "with a payload");
        next.payload = Bytes(20'000, 'p');
        QVERIFY(codeOf(relay.ask(alice.address(), next)) == Code::TooLarge);
        QVERIFY(codeOf(look()) == Code::NotFound);
        for (int i = 0; i < 3; ++i)
            QVERIFY(std::holds_alternative<wire::Accepted>(write("as any stranger")));
        QVERIFY(codeOf(write("once too often")) == Code::RateLimited);
        // Those who have the new token notice nothing.
        bob.token = Bytes(16, 'n');
        QVERIFY(std::holds_alternative<wire::Accepted>(write("with the new token")));
        // A grace that runs already ends too.
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::SetTokens{sha256(Bytes(16, 'm'))})));
        QVERIFY(std::holds_alternative<wire::Profile>(look()));
        QVERIFY(
            std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::SetTokens{sha256(Bytes(16, 'm')), true})));
        QVERIFY(codeOf(look()) == Code::NotFound);
    }

    void membersInviteWithinTheirQuota()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        const InviteSecret secret = relay.random.id<InviteSecret>().value();
        const auto made = relay.ask(alice.address(), wire::CreateInvite{sha256(secret.view())});
        QVERIFY(std::get<wire::InviteCreated>(made).expires == relay.clock.now() + std::chrono::hours(24 * 14));
        Member bob(2, 21);
        QVERIFY(std::holds_alternative<wire::Registered>(relay.ask(std::nullopt, bob.registration(secret))));
        relay.services.settings.invites = InviteQuota{5, 7};
        for (int i = 0; i < 4; ++i) {
            QVERIFY(std::holds_alternative<wire::InviteCreated>(
                relay.ask(alice.address(), wire::CreateInvite{hash(60 + i)})));
        }
        QVERIFY(codeOf(relay.ask(alice.address(), wire::CreateInvite{hash(70)})) == Code::NotPermitted);
        QVERIFY(codeOf(relay.ask(bob.address(), wire::CreateInvite{hash(71)})) == Code::NotPermitted); // new here
        relay.clock.advance(std::chrono::hours(24 * 7));
        QVERIFY(std::holds_alternative<wire::InviteCreated>(relay.ask(alice.address(), wire::CreateInvite{hash(71)})));
        QVERIFY(std::holds_alternative<wire::InviteCreated>(relay.ask(bob.address(), wire::CreateInvite{hash(72)})));
        relay.services.settings.membersInvite = false;
        QVERIFY(codeOf(relay.ask(bob.address(), wire::CreateInvite{hash(73)})) == Code::NotPermitted);
    }
};

SOTTO_TEST(AccountHandlersTest)
#include "account_handlers_test.moc"
