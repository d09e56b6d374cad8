#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"
#include "tests/process/live_desktop.h"
#include "tests/process/relay_process.h"
#include "tests/process/waiting.h"

#include <QSet>
#include <QTemporaryDir>
#include <QTest>

using namespace sotto;
using namespace sotto::kit;

namespace {

/// Two people with two desktops each on a relay that is killed again and again, both of Alice's writing all the time.
class Story {
public:
    Story() : relay(m_folder.filePath(QStringLiteral("relay")), QStringLiteral("killed-relay")) { }

    void begin()
    {
        QVERIFY(relay.start());
        const QStringList invites = relay.invites(1);
        QCOMPARE(invites.size(), 1);
        alice.registersWith(invites.first(), QStringLiteral("Alice"), QStringLiteral("alice"));
        bob.registersWith(*waitFor(alice.client().createInvite()), QStringLiteral("Bob"));
        aliceLaptop.joins(alice);
        bobLaptop.joins(bob);
        QVERIFY(until([this] { return alice.knows(bob.account()) && aliceLaptop.knows(bob.account()); }));
        for (LiveDesktop *desktop : {&alice, &aliceLaptop}) {
            QObject::connect(&desktop->client(), &Client::deliveryChanged, &desktop->client(),
                             [this, desktop](const ConversationId &chat, const MessageId &id) {
                                 const auto message = desktop->client().message(chat, id);
                                 if (message && *message && (*message)->delivery != Delivery::Queued)
                                     accepted.insert(id.toHex());
                             });
        }
    }
    /// Writes, from both of Alice's desktops in turn, until `count` messages have no answer of the relay.
    void keepOnTheirWay(int count)
    {
        while (written.size() - accepted.size() < count) {
            LiveDesktop &from = written.size() % 2 == 0 ? alice : aliceLaptop;
            const QString text = QStringLiteral("Parcel %1").arg(written.size());
            from.writesTo(bob.account(), text);
            written.append(text);
        }
    }
    void everybodyTriesAtOnce()
    {
        for (LiveDesktop *desktop : {&alice, &aliceLaptop, &bob, &bobLaptop})
            desktop->client().networkMayBeBack();
    }

private:
    QTemporaryDir m_folder;

public:
    RelayProcess relay;
    LiveDesktop alice{m_folder.filePath(QStringLiteral("alice"))};
    LiveDesktop aliceLaptop{m_folder.filePath(QStringLiteral("alice-laptop"))};
    LiveDesktop bob{m_folder.filePath(QStringLiteral("bob"))};
    LiveDesktop bobLaptop{m_folder.filePath(QStringLiteral("bob-laptop"))};
    QStringList written;
    QSet<QString> accepted; ///< ids of what the relay said it has
};

QStringList sorted(QStringList list)
{
    list.sort();
    return list;
}

} // namespace

/// T193: kill -9 of the real relay under load.
class KilledRelayProcessTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void T193_whatTheRelayAcceptedArrivesOnceAtEveryDesktop()
    {
        constexpr int kKills = SOTTO_RELAY_KILLS;
        constexpr int kOnTheirWay = 24;
        constexpr int kMostAcceptedPerLife = 20;
        SeededRandom random(193);
        Story story;
        story.begin();
        int killsUnderLoad = 0;
        for (int kill = 0; kill < kKills; ++kill) {
            // None: while everybody is still connecting. Else while that and more submits are open.
            const auto acceptedBefore = story.accepted.size();
            const auto wanted = qsizetype(*random.below(kMostAcceptedPerLife + 1));
            story.keepOnTheirWay(kOnTheirWay + kMostAcceptedPerLife);
            QVERIFY2(until([&] { return story.accepted.size() - acceptedBefore >= wanted; }),
                     qPrintable(QStringLiteral("life %1").arg(kill)));
            story.relay.kill();
            killsUnderLoad += story.accepted.size() > acceptedBefore ? 1 : 0;
            QVERIFY(story.relay.start());
            story.everybodyTriesAtOnce();
        }
        const auto everythingIsThere = [&story](const LiveDesktop &desktop, const LiveDesktop &other) {
            return desktop.textsWith(other.account()).size() >= story.written.size();
        };
        QVERIFY(until([&] { return story.accepted.size() >= story.written.size(); }));
        QVERIFY(until([&] {
            return everythingIsThere(story.bob, story.alice) && everythingIsThere(story.bobLaptop, story.alice)
                && everythingIsThere(story.alice, story.bob) && everythingIsThere(story.aliceLaptop, story.bob);
        }));
        const QStringList expected = sorted(story.written);
        QCOMPARE(sorted(story.bob.textsWith(story.alice.account())), expected);
        QCOMPARE(sorted(story.bobLaptop.textsWith(story.alice.account())), expected);
        QCOMPARE(sorted(story.alice.textsWith(story.bob.account())), expected);
        QCOMPARE(sorted(story.aliceLaptop.textsWith(story.bob.account())), expected);
        QVERIFY(until([&] { return story.relay.status(QStringLiteral("queued_mail")) == 0; }));
        QVERIFY2(killsUnderLoad > kKills / 2, qPrintable(QString::number(killsUnderLoad)));
        qInfo("%d kills, %d under load, %d messages", kKills, killsUnderLoad, int(story.written.size()));
    }
};

SOTTO_TEST(KilledRelayProcessTest)
#include "killed_relay_test.moc"
