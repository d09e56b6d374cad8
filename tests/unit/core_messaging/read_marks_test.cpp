// What was read here and on our other desktops, and the settings that all of them share.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"
#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/base/check.h"
#include "core/messaging/sync/synced_settings.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/wire/limits.h"

#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <array>

namespace sotto {

using content::SyncOp;
using kit::chatOf;
using kit::Desk;
using kit::device;
using kit::filled;
using kit::MailFixture;
using kit::shown;
using namespace std::chrono_literals;

namespace {

/// Bob's desk hears of what another desktop of his has done.
InboxNews hears(MailFixture &mail, std::vector<SyncOp> ops, DeviceId from = device(9))
{
    InboxNews news;
    auto transaction = Transaction::begin(*mail.bob().database);
    const content::OwnSync sync{std::move(ops)};
    const bool kept = transaction && mail.bob().parts->registers.take(sync, from, news) && transaction->commit();
    Q_ASSERT(kept);
    return news;
}

/// Another desktop of Bob's has read so much of Alice's first device, at that time.
SyncOp read(MailFixture &mail, std::uint64_t upTo, std::vector<std::uint64_t> missing, Timestamp at)
{
    return {at, content::SyncRead{chatOf(mail), {{mail.alice().address().device, upTo, std::move(missing)}}}};
}

SyncOp set(const BoolSetting &setting, bool value, Timestamp at)
{
    return {at, content::SyncSetting{QString::fromLatin1(setting.name), boolValue(value)}};
}

void comes(MailFixture &mail, std::uint64_t counter, std::uint32_t timer = 0)
{
    mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), counter),
                           content::Text{QStringLiteral("text %1").arg(counter), timer, timer ? 1u : 0u}));
}

std::int64_t unread(MailFixture &mail) { return mail.bob().storage->conversations.find(chatOf(mail))->value().unread; }

ReadMark mark(MailFixture &mail) { return mail.bob().storage->reads.find(chatOf(mail), mail.alice().address())->mark; }

void look(MailFixture &mail) { QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail))); }

bool isOn(MailFixture &mail, const BoolSetting &setting)
{
    return Settings(mail.bob().storage->settings).get(setting).value();
}

/// How far the receipt says that Bob has read of Alice's first device, which he owes now; nothing when he owes none.
std::optional<std::uint64_t> toldByReceipt(MailFixture &mail)
{
    Storage &bobs = *mail.bob().storage;
    if (!*bobs.receipts.nextDue())
        return std::nullopt;
    const std::int64_t before = bobs.outbox.count().value();
    mail.bob().parts->receipts.setTellsRead(isOn(mail, kSendReadReceipts));
    mail.clock().advance(20s);
    mail.bob().parts->receipts.plan();
    if (!QTest::qWaitFor([&] { return bobs.outbox.count().value() == before + 1; }))
        return std::nullopt;
    const auto sent = bobs.outbox.dueAfter(0, mail.clock().now(), 100);
    const auto body = content::decodeBody(sent->back().content);
    return std::get<content::Receipt>(*body).streams.at(0).readUpTo;
}

void setReceipts(MailFixture &mail, bool on)
{
    QVERIFY(mail.bob().parts->registers.setSettings({{QString::fromLatin1(kSendReadReceipts.name), boolValue(on)}}));
}

} // namespace

class ReadMarksTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // ---- Reading
    void aLookReadsWhatIsHere()
    {
        MailFixture mail;
        for (const std::uint64_t counter : {1u, 2u, 5u})
            comes(mail, counter);
        QCOMPARE(unread(mail), 3);
        look(mail);
        QCOMPARE(unread(mail), 0);
        QCOMPARE(mark(mail), (ReadMark{5, {3, 4}}));
        // What was missing is new when it comes.
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 4), content::Text{QStringLiteral("late")}));
        QCOMPARE(unread(mail), 1);
        look(mail);
        QCOMPARE(unread(mail), 0);
        QCOMPARE(mark(mail), (ReadMark{5, {3}}));
    }
    void T088_whatCannotBeNamedIsNotRead()
    {
        MailFixture mail;
        comes(mail, 1);
        comes(mail, 100);
        look(mail);
        QCOMPARE(mark(mail).upTo, 65u);
        QCOMPARE(mark(mail).missing.size(), std::size_t(64));
        QCOMPARE(unread(mail), 0); // it was on the screen
    }
    void T092_whatASiblingHasReadIsRead()
    {
        MailFixture mail;
        for (const std::uint64_t counter : {1u, 2u, 3u, 4u})
            comes(mail, counter);
        const Timestamp now = mail.clock().now();
        const InboxNews news = hears(mail, {read(mail, 3, {2}, now)});
        QCOMPARE(news.conversations.size(), std::size_t(2)); // marks and the flag
        QCOMPARE(unread(mail), 2);
        hears(mail, {read(mail, 2, {}, now - 1s)}); // an older one that comes later adds what it has
        QCOMPARE(unread(mail), 1);
        QCOMPARE(mark(mail), (ReadMark{3, {}}));
        hears(mail, {read(mail, 3, {2}, now)}); // and a repetition nothing
        QCOMPARE(mark(mail), (ReadMark{3, {}}));
        QCOMPARE(unread(mail), 1);
    }
    void T092_whatASiblingReadBeforeItCameIsNotUnread()
    {
        MailFixture mail;
        comes(mail, 1);
        hears(mail, {read(mail, 4, {3}, mail.clock().now())});
        QCOMPARE(unread(mail), 0);
        for (const std::uint64_t counter : {2u, 3u, 4u, 5u})
            comes(mail, counter);
        QCOMPARE(unread(mail), 2); // the third and the fifth
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
    }
    /// Nothing has come of a device; its first message says where its stream begins for us.
    void aMarkAheadMakesNoGap()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Accepted);
        hears(mail, {read(mail, 3, {}, mail.clock().now())});
        auto header = mail.header(mail.alice(), mail.bob(), 3);
        header.streamStart = 3;
        mail.deliver(mail.post(header, content::Text{QStringLiteral("first")}));
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
        QCOMPARE(unread(mail), 0);
        QCOMPARE(mail.bobSees(), QStringList{QStringLiteral("first")});
    }
    void T096_manyDesktopsOfAContactFitIntoWhatIsTold()
    {
        kit::RepairFixture mail;
        mail.addDevice(mail.bob(), mail.alice());
        constexpr std::uint64_t kFar = std::uint64_t(1) << 60; // nine bytes each
        auto transaction = Transaction::begin(*mail.bob().database);
        for (std::uint32_t number = 1; number <= 200; ++number) {
            ReadMark far{kFar + 65, {}};
            for (std::uint64_t i = 0; i < 64; ++i)
                far.missing.push_back(kFar + i);
            const StreamReading reading{{mail.alice().account(), device(number)}, far, 0, mail.clock().now()};
            QVERIFY(mail.bob().storage->reads.store(chatOf(mail), reading));
        }
        QVERIFY(transaction->commit());
        look(mail);
        mail.clock().advance(6s);
        std::size_t streams = 0;
        for (const OutboxEntry &entry : mail.waiting(mail.bob(), mail.bob(), OutboxPurpose::Content)) {
            QVERIFY(std::size_t(entry.content.size()) < wire::kMaxPayloadBytes / 2);
            const auto body = content::decodeBody(entry.content);
            QVERIFY(body);
            for (const SyncOp &op : std::get<content::OwnSync>(*body).ops)
                streams += std::get<content::SyncRead>(op.what).streams.size();
        }
        QCOMPARE(streams, std::size_t(201));
    }
    void whatAPlaceholderHidIsNew()
    {
        MailFixture mail;
        comes(mail, 1);
        const auto hidden = mail.header(mail.alice(), mail.bob(), 2);
        const auto broken = mail.post(hidden, content::Text{QStringLiteral("hidden")});
        QVERIFY(mail.bob().database->prepare("UPDATE session SET hash = x'00'").run());
        mail.deliver(broken);
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(), 1);
        QCOMPARE(unread(mail), 2);
        look(mail);
        QCOMPARE(unread(mail), 0);
        mail.buildSession(mail.alice(), mail.bob());
        mail.deliver(mail.post(hidden, content::Text{QStringLiteral("hidden")}));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(), 0);
        QCOMPARE(unread(mail), 1);
    }

    // ---- The mark "unread"
    void T092_aLookTakesAwayWhatWasMarkedBeforeIt()
    {
        const Timestamp start{1'790'000'000'000};
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            MailFixture mail;
            comes(mail, 1);
            const std::array<SyncOp, 3> ops{SyncOp{start, content::SyncUnread{chatOf(mail), true}},
                                            read(mail, 1, {}, start + 2s),
                                            SyncOp{start + 1s, content::SyncUnread{chatOf(mail), true}}};
            for (const std::size_t next : order)
                hears(mail, {ops[next]});
            QVERIFY(!mail.bob().storage->registers.unreadMark(chatOf(mail))->on);
            hears(mail, {{start + 3s, content::SyncUnread{chatOf(mail), true}}});
            QVERIFY(mail.bob().storage->registers.unreadMark(chatOf(mail))->on);
            hears(mail, {ops[1]});
            QVERIFY(mail.bob().storage->registers.unreadMark(chatOf(mail))->on);
            // A look here comes after whatever is known, though our clock is behind.
            look(mail);
            QVERIFY(!mail.bob().storage->registers.unreadMark(chatOf(mail))->on);
        } while (std::next_permutation(order.begin(), order.end()));
    }

    // ---- What disappears
    void T173_itsTimeBeginsWithTheSiblingsLook()
    {
        MailFixture mail;
        const auto endOf = [&mail](const MessageId &id) {
            return mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), id)->value().expiresAt;
        };
        const auto first = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(first, content::Text{QStringLiteral("first"), 3600, 1}));
        mail.clock().advance(30min);
        const auto second = mail.header(mail.alice(), mail.bob(), 2);
        mail.deliver(mail.post(second, content::Text{QStringLiteral("second"), 3600, 1}));
        const Timestamp now = mail.clock().now();
        // It looked ten minutes ago, when the second was not there.
        hears(mail, {read(mail, 1, {}, now - 10min)});
        QCOMPARE(endOf(first.messageId), std::optional(now + 50min));
        QCOMPARE(endOf(second.messageId), std::optional(now + 30 * 24h));
        look(mail);
        QCOMPARE(endOf(first.messageId), std::optional(now + 50min)); // never later
        QCOMPARE(endOf(second.messageId), std::optional(now + 1h));
        // An old look at the first does not shorten the second's time.
        hears(mail, {read(mail, 1, {}, now - 20min)});
        QCOMPARE(endOf(first.messageId), std::optional(now + 40min));
        QCOMPARE(endOf(second.messageId), std::optional(now + 1h));
    }
    void T173_aSiblingsClockDestroysNothingEarly()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first"), 3600, 1}));
        const auto end = [&] {
            return mail.bob()
                .storage->messages.find(chatOf(mail), mail.alice().account(), text.messageId)
                ->value()
                .expiresAt;
        };
        const Timestamp now = mail.clock().now();
        hears(mail, {read(mail, 1, {}, now + 24h * 365)}); // ahead: as if now
        QCOMPARE(end(), std::optional(now + 1h));
        hears(mail, {read(mail, 1, {}, Timestamp{0})}); // behind: not before it was written
        QCOMPARE(end(), std::optional(text.clientTime + 1h));
    }
    void T173_whatWasReadElsewhereAndIsOverLeavesNothing()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        mail.bob().parts->expiry.sweep();
        QVERIFY(mail.bob().parts->credible.isKnown());
        comes(mail, 1);
        const auto text = mail.header(mail.alice(), mail.bob(), 2);
        const auto late = mail.post(text, content::Text{QStringLiteral("late"), 60, 1});
        hears(mail, {read(mail, 2, {}, mail.clock().now())});
        mail.clock().advance(61s);
        mail.deliver(late);
        QCOMPARE(mail.bobSees(), QStringList{QStringLiteral("text 1")});
        QVERIFY(*mail.bob().storage->registers.isWiped(chatOf(mail), {mail.alice().account(), text.messageId}));
        QCOMPARE(unread(mail), 0);
    }

    // ---- Receipts
    void T088_aLookIsToldOnceAndASiblingsToo()
    {
        MailFixture mail;
        comes(mail, 1);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(0));
        look(mail);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(1));
        look(mail);
        QCOMPARE(toldByReceipt(mail), std::nullopt);
        comes(mail, 2);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(1));
        hears(mail, {read(mail, 2, {}, mail.clock().now())});
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(2));
        hears(mail, {read(mail, 2, {}, mail.clock().now())});
        QCOMPARE(toldByReceipt(mail), std::nullopt);
    }
    void T088_whatWasReadWhileNothingIsToldIsNeverTold()
    {
        MailFixture mail;
        setReceipts(mail, false);
        comes(mail, 1);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(0)); // delivery always is
        look(mail);
        QCOMPARE(toldByReceipt(mail), std::nullopt); // that alone would say that somebody looked
        const Timestamp meanwhile = mail.clock().now();
        setReceipts(mail, true);
        QCOMPARE(toldByReceipt(mail), std::nullopt);
        look(mail); // at nothing new
        QCOMPARE(toldByReceipt(mail), std::nullopt);
        comes(mail, 2);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(0));
        // A sibling's look of that time comes late.
        hears(mail, {read(mail, 2, {}, meanwhile - 1s)});
        QCOMPARE(toldByReceipt(mail), std::nullopt);
        comes(mail, 3);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(0));
        look(mail);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(3));
    }
    /// The sibling's receipt comes before its mark: it went at once.
    void T088_whatASiblingHasToldIsNotToldAgain()
    {
        MailFixture mail;
        comes(mail, 1);
        QCOMPARE(toldByReceipt(mail), std::optional<std::uint64_t>(0));
        StreamReading told = *mail.bob().storage->reads.find(chatOf(mail), mail.alice().address());
        told.told = 1; // as the inbox notes it of the copy
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().storage->reads.store(chatOf(mail), told));
        QVERIFY(transaction->commit());
        hears(mail, {read(mail, 1, {}, mail.clock().now())});
        QCOMPARE(unread(mail), 0);
        QCOMPARE(toldByReceipt(mail), std::nullopt);
    }
    void T091_whoDoesNotTellIsNotTold()
    {
        MailFixture mail;
        Storage &bobs = *mail.bob().storage;
        const DeviceAddress own = mail.bob().address();
        auto transaction = Transaction::begin(bobs.database);
        QVERIFY(bobs.conversations.ensure(chatOf(mail), mail.alice().account()));
        QVERIFY(bobs.streams.store(chatOf(mail), own, {1, 5, std::nullopt, {}, 0}));
        QVERIFY(transaction->commit());
        const auto receipt = [&](std::uint64_t upTo) {
            mail.deliver(
                mail.post(mail.header(mail.alice(), mail.bob(), 0), content::Receipt{{{own.device, upTo, upTo, {}}}}));
            return bobs.receipts.find(chatOf(mail), mail.alice().account(), own.device)->value();
        };
        QCOMPARE(receipt(1), (DeliveryState{1, 1, {}}));
        setReceipts(mail, false);
        QCOMPARE(receipt(2), (DeliveryState{2, 1, {}}));
        setReceipts(mail, true);
        QCOMPARE(receipt(3), (DeliveryState{3, 3, {}}));
    }

    // ---- Settings
    void T092_settingsEndEqualInEveryOrder()
    {
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            MailFixture mail;
            const Timestamp now = mail.clock().now();
            const std::array<std::pair<SyncOp, DeviceId>, 3> changes{
                std::pair{set(kSendTyping, true, now), device(2)}, std::pair{set(kSendTyping, false, now), device(7)},
                std::pair{set(kSendTyping, true, now - 1s), device(9)}};
            for (const std::size_t next : order) {
                for (int repeat = 0; repeat < 2; ++repeat)
                    hears(mail, {changes[next].first}, changes[next].second);
            }
            QVERIFY(!isOn(mail, kSendTyping));
            QVERIFY(isOn(mail, kSendReadReceipts) && isOn(mail, kSharePresence));
            QCOMPARE(*mail.bob().storage->settings.change(QString::fromLatin1(kSendTyping.name)),
                     (SettingChange{now, device(7)}));
        } while (std::next_permutation(order.begin(), order.end()));
    }
    void whatIsSetHereGoesToTheSiblings()
    {
        MailFixture mail;
        OwnRegisters &here = mail.bob().parts->registers;
        const QString name = QString::fromLatin1(kSendTyping.name);
        hears(mail, {set(kSendTyping, true, mail.clock().now() + 1h)}); // a clock that is ahead
        QVERIFY(here.setSettings({{name, boolValue(true)}})->conversations.empty());
        QCOMPARE(mail.bob().storage->outbox.count().value(), 0); // nothing changes
        const auto news = here.setSettings({{name, boolValue(false)}});
        QVERIFY(news && news->isSettingChanged);
        QVERIFY(!isOn(mail, kSendTyping));
        const auto sent = mail.bob().storage->outbox.dueAfter(0, mail.clock().now(), 10);
        QCOMPARE(sent->size(), std::size_t(1));
        QCOMPARE(sent->front().recipient, mail.bob().account());
        const auto body = content::decodeBody(sent->front().content);
        QCOMPARE(std::get<content::OwnSync>(*body).ops,
                 (std::vector<SyncOp>{set(kSendTyping, false, mail.clock().now() + 1h + 1ms)}));
    }
    void whatThisVersionDoesNotKnowIsIgnored()
    {
        MailFixture mail;
        const Timestamp now = mail.clock().now();
        const auto news =
            hears(mail,
                  {{now, content::SyncSetting{QStringLiteral("account.bundle_published"), QStringLiteral("false")}},
                   {now, content::SyncSetting{QString::fromLatin1(kSendTyping.name), QStringLiteral("maybe")}}});
        QVERIFY(!news.isSettingChanged);
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM setting_change").number().value(), 0);
        QVERIFY(isOn(mail, kSendTyping) && isOn(mail, kBundlePublished));
    }
    void aNewDesktopStartsWithWhatStands()
    {
        MailFixture mail;
        const Timestamp now = mail.clock().now();
        QVERIFY(settingsToHandOver(*mail.bob().storage)->empty());
        hears(mail, {set(kSharePresence, false, now)}, device(7));
        const auto handed = settingsToHandOver(*mail.bob().storage);
        QCOMPARE(*handed,
                 (std::vector<content::SyncSetting>{
                     {QString::fromLatin1(kSharePresence.name), boolValue(false), now, device(7)}}));
        Desk fresh = mail.makeDesk(QStringLiteral("Carol"));
        auto transaction = Transaction::begin(*fresh.database);
        for (const content::SyncSetting &one : *handed)
            QVERIFY(*takeSetting(*fresh.storage, one, {one.changed, one.device}));
        // A change made before is older there, too.
        QVERIFY(!*takeSetting(*fresh.storage, {QString::fromLatin1(kSharePresence.name), boolValue(true)},
                              {now, device(6)}));
        QVERIFY(transaction->commit());
        QVERIFY(!Settings(fresh.storage->settings).get(kSharePresence).value());
    }

    // ---- Presence
    void T091_whoIsNotSeenSeesNobody()
    {
        MailFixture mail;
        PresenceService &presence = mail.bob().parts->presence;
        QVERIFY(mail.bob().storage->contacts.setProfileKey(mail.alice().account(), Bytes(32, 'k'), {1}));
        mail.relayAccepts();
        mail.goOnline(mail.bob());
        QTRY_VERIFY(mail.bob().parts->connection.isOnline());
        presence.refresh();
        const Bytes topic = PresenceService::topic(Bytes(32, 'k'), mail.clock().now());
        presence.take({topic, true, {}});
        QVERIFY(presence.known(mail.alice().account()));
        QSignalSpy told(&presence, &PresenceService::presenceChanged);
        presence.setShared(false);
        QCOMPARE(told.count(), 1);
        QVERIFY(!presence.known(mail.alice().account()));
        presence.take({topic, true, {}}); // a relay that was not asked again, or lies
        QVERIFY(!presence.known(mail.alice().account()));
    }
};

SOTTO_TEST(ReadMarksTest)

} // namespace sotto

#include "read_marks_test.moc"
