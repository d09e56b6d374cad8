// storage_bench [--smoke] [MESSAGES]
// What the database alone costs when mail is received: everything the inbox writes for a message but the ratchet work
// (session record, dedupe row, stream, message, full-text terms, receipt, queue sequence), 100 messages in a
// transaction; and the size of the whole file, after a checkpoint, with all its tables and indexes: that of 1,000,000
// messages has a bar. message_bench measures the receive path whole; here a bar only keeps the database's part small.
#include "core/client/schema.h"
#include "core/client/text_index.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/key_store_db.h"
#include "core/storage/storage.h"
#include "tests/bench/figures.h"
#include "tests/bench/search_corpus.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <random>
#include <string_view>

namespace sotto::bench {
namespace {

constexpr int kMessagesPerTransaction = 100;
constexpr int kSessionRecordBytes = 400; ///< security.md A1.2: 338 to 638
/// The receive path's 5,000 messages/s: its database part must not take all of it, even behind 1,000,000 messages.
constexpr double kStoredMicroseconds = 200;
constexpr int kPeers = 50;

template <class Id> Id randomId(std::mt19937_64 &random)
{
    std::array<std::uint8_t, Id::kSize> bytes;
    for (std::uint8_t &byte : bytes)
        byte = std::uint8_t(random());
    return Id(bytes);
}

/// The writes for one message from one of the peers.
class Receiver {
public:
    explicit Receiver(Database &database)
        : m_index(database),
          m_storage(database, &m_index),
          m_keys(database, {{randomId<CurvePublicKey>(m_random), SecretBytes::zeros(32)}, 1})
    {
        must(m_storage.relay.store({randomId<RelayKey>(m_random), std::nullopt, {}, 1, {}}));
        for (int i = 0; i < kPeers; ++i) {
            m_peers.push_back({{randomId<AccountId>(m_random), *DeviceId::from(std::uint64_t(i + 1))},
                               randomId<ConversationId>(m_random)});
            must(m_storage.conversations.ensure(m_peers.back().chat, m_peers.back().address.account));
        }
    }
    void receive(int number, const QString &text)
    {
        Peer &peer = m_peers[m_random() % kPeers];
        const Timestamp now{1'700'000'000'000 + number * 1000LL};
        const auto hash = randomId<Hash256>(m_random);
        if (must(m_storage.dedupe.contains(hash)))
            return;
        must(m_keys.loadSession(peer.address));
        must(m_keys.storeSession(peer.address, Bytes(kSessionRecordBytes, char(number)), now));
        must(m_storage.dedupe.add(hash, now));
        auto stream = must(m_storage.streams.find(peer.chat, peer.address)).value_or(StreamState());
        stream.lastCounter += 1;
        stream.lastHash = hash;
        stream.lastSortTime = now;
        must(m_storage.streams.store(peer.chat, peer.address, stream));
        const Message message{.id = randomId<MessageId>(m_random),
                              .conversation = peer.chat,
                              .sender = peer.address.account,
                              .senderDevice = peer.address.device,
                              .counter = stream.lastCounter,
                              .clientTime = now,
                              .sortTime = now,
                              .text = text,
                              .delivery = Delivery::Delivered};
        must(m_storage.messages.insert(message, Unread::Yes));
        must(m_storage.receipts.setDue({peer.chat, peer.address.account, now}));
        must(m_storage.relay.noteCommitted(std::uint64_t(number)));
    }

private:
    struct Peer {
        DeviceAddress address;
        ConversationId chat;
    };
    std::mt19937_64 m_random{7};
    TextIndex m_index;
    Storage m_storage;
    KeyStoreDb m_keys;
    std::vector<Peer> m_peers;
};

bool run(int messages, bool smoke)
{
    QTemporaryDir directory;
    const QString path = directory.filePath(QStringLiteral("sotto.db"));
    const Bytes key(Database::kKeyBytes, 'k');
    const auto database = must(Database::open(path, {.key = key}));
    must(migrate(*database, clientMigrations()));
    Receiver receiver(*database);
    Corpus corpus(11);
    double textBytes = 0;
    Meter meter;
    for (int done = 0; done < messages; done += kMessagesPerTransaction) {
        std::vector<QString> texts;
        for (int i = 0; i < kMessagesPerTransaction; ++i) {
            texts.push_back(corpus.next());
            textBytes += double(texts.back().toUtf8().size());
        }
        meter.start();
        auto transaction = must(Transaction::begin(*database));
        for (int i = 0; i < kMessagesPerTransaction; ++i)
            receiver.receive(done + i, texts[std::size_t(i)]);
        must(transaction.commit());
        meter.stop();
    }
    must(database->checkpoint());
    const double fileBytes = double(QFileInfo(path).size());
    std::printf("%d messages, %.1f bytes of text each; file %.1f MB, %.0f bytes a message\n", messages,
                textBytes / messages, fileBytes / 1e6, fileBytes / messages);
    std::printf("stored: %.0f messages/s of CPU, %.0f messages/s of wall time\n", messages / meter.cpu(),
                messages / meter.wall());
    Bars bars(smoke);
    bars.atMost("database work of a received message", meter.cpu() * 1e6 / messages, kStoredMicroseconds, "us CPU");
    bars.atMost("whole database / (3.5 text + 220 B a message)", fileBytes / (3.5 * textBytes + 220.0 * messages), 1,
                "times");
    return bars.allHold();
}

} // namespace
} // namespace sotto::bench

int main(int argc, char **argv)
{
    const bool smoke = argc > 1 && std::string_view(argv[1]) == "--smoke";
    const int messages = smoke ? 5000 : argc > 1 ? QByteArray(argv[1]).toInt() : 1'000'000;
    return sotto::bench::run(messages, smoke) ? 0 : 1;
}
