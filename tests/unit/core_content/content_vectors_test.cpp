// Bytes of every content that stays in the queues of relays and in databases: what one version writes, every later one
// reads. Made from the field tables by a second implementation; they never change.
#include "core/content/content.h"
#include "tests/kit/seeds.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::content {

namespace {

const AccountId kAlice = *AccountId::fromBytes(Bytes(32, 'a'));
const AccountId kBob = *AccountId::fromBytes(Bytes(32, 'b'));
const ConversationId kConversation = *ConversationId::fromBytes(Bytes(32, 'c'));
const MessageId kMessage = *MessageId::fromBytes(Bytes(16, 'm'));

Hash256 hash(char fill) { return *Hash256::fromBytes(Bytes(32, fill)); }
Reference target() { return {kAlice, kMessage}; }
Body sync(SyncOp op) { return OwnSync{{std::move(op)}}; }

struct Vector {
    const char *name;
    Body body;
    const char *hex;
};

std::vector<Vector> bodies()
{
    return {
        {"text", Text{QStringLiteral("noon"), 604'800, 3, target(), true},
         "0a460a046e6f6f6e1080f52418038201340a20616161616161616161616161616161616161616161616161616161"
         "616161616112106d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d880101"},
        {"request",
         ContactRequest{QStringLiteral("Al"),
                        QStringLiteral("alice"),
                        Bytes(32, 'k'),
                        *InviteSecret::fromBytes(Bytes(16, 'i')),
                        Bytes(16, 'l'),
                        {1'772'000'000'000}},
         "1a5a0a02416c1205616c6963651a206b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b"
         "6b2210696969696969696969696969696969698201106c6c6c6c6c6c6c6c6c6c6c6c6c6c6c6c880180f0b89bc933"},
        {"accept", ContactAccept{QStringLiteral("Bob"), Bytes(32, 'k'), {1'772'000'000'001}},
         "222f0a03426f6212206b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b800181f0b8"
         "9bc933"},
        {"void", Void{VoidReason::Gone}, "3a03800101"},
        {"edit", Edit{kMessage, QStringLiteral("one"), 10}, "42190a106d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d12036f6e65180a"},
        {"delete", Delete{target()},
         "4a360a340a20616161616161616161616161616161616161616161616161616161616161616112106d6d6d6d6d6d"
         "6d6d6d6d6d6d6d6d6d6d"},
        {"reaction", Reaction{target(), QStringLiteral("👍"), 2},
         "523e0a340a20616161616161616161616161616161616161616161616161616161616161616112106d6d6d6d6d6d"
         "6d6d6d6d6d6d6d6d6d6d1204f09f918d1802"},
        {"timer", TimerChange{86'400, 4}, "5a060880a3051004"},
        {"sync-delete", sync({{7}, SyncDelete{kConversation, {target()}}}),
         "625e0a5c080712580a20636363636363636363636363636363636363636363636363636363636363636312340a20"
         "616161616161616161616161616161616161616161616161616161616161616112106d6d6d6d6d6d6d6d6d6d6d6d"
         "6d6d6d6d"},
        {"sync-star", sync({{8}, SyncStar{kConversation, target(), true}}),
         "62600a5e08081a5a0a20636363636363636363636363636363636363636363636363636363636363636312340a20"
         "616161616161616161616161616161616161616161616161616161616161616112106d6d6d6d6d6d6d6d6d6d6d6d"
         "6d6d6d6d1801"},
        {"sync-unread", sync({{9}, SyncUnread{kConversation, true}}),
         "622a0a28080922240a2063636363636363636363636363636363636363636363636363636363636363631001"},
        {"sync-read", sync({{10}, SyncRead{kConversation, {{*DeviceId::from(3), 300, {5, 200}}}}}),
         "62340a32080a2a2e0a206363636363636363636363636363636363636363636363636363636363636363120a0803"
         "10ac021a0305c801"},
        {"sync-setting", sync({{11}, SyncSetting{QStringLiteral("privacy.typing"), QStringLiteral("false")}}),
         "621d0a1b080b32170a0e707269766163792e747970696e67120566616c7365"},
    };
}

} // namespace

class ContentVectorsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void bodiesKeepTheirForm()
    {
        for (const Vector &vector : bodies()) {
            const Bytes bytes = Bytes::fromHex(vector.hex);
            kit::offerSeed(QStringLiteral("content"), QString::fromLatin1(vector.name), bytes);
            QCOMPARE(encode(vector.body).toHex(), Bytes(vector.hex));
            const auto read = decodeBody(bytes);
            QVERIFY2(read && *read == vector.body, vector.name);
        }
    }
    void headersKeepTheirForm()
    {
        const char *const hex =
            "0afa010a206363636363636363636363636363636363636363636363636363636363636363122061616161616161"
            "61616161616161616161616161616161616161616161616161180722106d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d2a"
            "26080110031a2068686868686868686868686868686868686868686868686868686868686868683226080110041a"
            "207070707070707070707070707070707070707070707070707070707070707070380c4220767676767676767676"
            "7676767676767676767676767676767676767676767676480150e8075a2062626262626262626262626262626262"
            "626262626262626262626262626262628001d00f8801281204626f6479";
        const Inner inner{{kConversation,
                           kAlice,
                           *DeviceId::from(7),
                           kMessage,
                           {1, 3, hash('h')},
                           {1, 4, hash('p')},
                           12,
                           hash('v'),
                           1,
                           {1000},
                           kBob,
                           Timestamp{2000},
                           40},
                          Bytes("body"),
                          std::nullopt};
        kit::offerSeed(QStringLiteral("content"), QStringLiteral("inner-resent"), Bytes::fromHex(hex));
        QCOMPARE(encode(inner).toHex(), Bytes(hex));
        QCOMPARE(decodeInner(Bytes::fromHex(hex)).value(), inner);
    }
    void sealedContentKeepsItsForm()
    {
        const char *const hex =
            "0a20616161616161616161616161616161616161616161616161616161616161616110071a206262626262626262"
            "62626262626262626262626262626262626262626262626220092a730a350a106d6d6d6d6d6d6d6d6d6d6d6d6d6d"
            "6d6d12210572727272727272727272727272727272727272727272727272727272727272720a120a106e6e6e6e6e"
            "6e6e6e6e6e6e6e6e6e6e6e12260a2063636363636363636363636363636363636363636363636363636363636363"
            "6310041806";
        const SealedContent content{
            {kAlice, *DeviceId::from(7)},
            {kBob, *DeviceId::from(9)},
            {{{kMessage, '\x05' + Bytes(32, 'r')}, {*MessageId::fromBytes(Bytes(16, 'n')), Bytes()}},
             {{kConversation, 4, 6}}}};
        kit::offerSeed(QStringLiteral("content"), QStringLiteral("sealed"), Bytes::fromHex(hex));
        QCOMPARE(encode(content).toHex(), Bytes(hex));
        QCOMPARE(decodeSealedContent(Bytes::fromHex(hex)).value(), content);
    }
};

SOTTO_TEST(ContentVectorsTest)

} // namespace sotto::content

#include "content_vectors_test.moc"
