// profile_filler PROFILE PASSPHRASE-FILE MESSAGES
// Puts received messages straight into the database of a profile that nobody has open, in ten conversations, as the
// inbox stores them (index included): benches of a full profile need not send 100,000 messages first.
#include "core/base/task.h"
#include "core/client/text_index.h"
#include "core/sqlite/database.h"
#include "core/sqlite/instance_lock.h"
#include "core/sqlite/transaction.h"
#include "core/storage/profile_key.h"
#include "core/storage/storage.h"
#include "tests/bench/figures.h"
#include "tests/bench/search_corpus.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>

namespace sotto::bench {

namespace {

constexpr int kChats = 10;
constexpr int kBatch = 1000;

std::unique_ptr<Database> openProfile(const QString &profile, const QString &passphraseFile)
{
    QFile source(passphraseFile);
    must(source.open(QIODevice::ReadOnly), "read the passphrase");
    auto unlocking = unlockProfile(profile, nullptr, SecretBytes::copyOf(source.readAll().trimmed()));
    while (!unlocking.isFinished())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const auto &key = unlocking.result();
    must(bool(key), "unlock the profile");
    return must(Database::open(QDir(profile).filePath(QStringLiteral("sotto.db")),
                               {.key = key->view(), .create = Database::Create::Never}),
                "open the database");
}

void fill(Database &database, int messages)
{
    SystemRandom random;
    TextIndex index(database);
    Storage storage(database, &index);
    Corpus corpus(3);
    const Timestamp start{1'700'000'000'000};
    struct Chat {
        ConversationId id;
        AccountId peer;
    };
    std::vector<Chat> chats;
    for (int i = 0; i < kChats; ++i)
        chats.push_back({must(random.id<ConversationId>()), must(random.id<AccountId>())});
    for (int done = 0; done < messages; done += kBatch) {
        auto transaction = must(Transaction::begin(database));
        for (int i = done; i < std::min(done + kBatch, messages); ++i) {
            const Chat &chat = chats[std::size_t(i % kChats)];
            const Timestamp now = start + Milliseconds(i * 1000LL);
            must(storage.conversations.ensure(chat.id, chat.peer), "make a conversation");
            const Message message{.id = must(random.id<MessageId>()),
                                  .conversation = chat.id,
                                  .sender = chat.peer,
                                  .senderDevice = *DeviceId::from(1),
                                  .counter = std::uint64_t(i / kChats + 1),
                                  .clientTime = now,
                                  .sortTime = now,
                                  .text = corpus.next(),
                                  .delivery = Delivery::Delivered};
            must(storage.messages.insert(message, Unread::Yes), "store a message");
        }
        must(transaction.commit(), "commit");
    }
}

} // namespace

} // namespace sotto::bench

int main(int argc, char **argv)
{
    using namespace sotto;
    const QCoreApplication application(argc, argv);
    if (argc != 4) {
        std::fprintf(stderr, "usage: profile_filler PROFILE PASSPHRASE-FILE MESSAGES\n");
        return 2;
    }
    bench::must(initialisePrimitives(), "start the libraries");
    const QString profile = QString::fromLocal8Bit(argv[1]);
    const auto lock = bench::must(InstanceLock::acquire(profile), "lock the profile");
    const auto database = bench::openProfile(profile, QString::fromLocal8Bit(argv[2]));
    bench::fill(*database, QByteArray(argv[3]).toInt());
    return 0;
}
