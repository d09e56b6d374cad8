#pragma once
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/migrations.h"
#include "core/storage/storage.h"

#include <QTemporaryDir>
#include <map>

namespace sotto {

template <class Id> Id idOf(char letter) { return *Id::fromBytes(Bytes(Id::kSize, letter)); }
inline DeviceId deviceOf(std::uint32_t number) { return *DeviceId::from(number); }

/// An index that remembers what it was told, to compare with the table.
class RecordingIndex : public MessageTextIndex {
public:
    Result<Done> add(std::int64_t row, QStringView text) override
    {
        if (fails)
            return ErrorCode::DiskFull;
        const bool isNew = texts.emplace(row, text.toString()).second;
        return isNew ? Result<Done>(Done{}) : Result<Done>(ErrorCode::AlreadyExists);
    }
    Result<Done> remove(std::int64_t row, QStringView text) override
    {
        const auto found = texts.find(row);
        if (found == texts.end() || found->second != text)
            return ErrorCode::Internal;
        texts.erase(found);
        return Done{};
    }
    std::map<std::int64_t, QString> texts;
    bool fails = false;
};

/// An encrypted database with every table, Alice as its owner and a chat with Bob.
struct StorageFixture {
    StorageFixture()
    {
        Database::Options options;
        const Bytes key(Database::kKeyBytes, 'k');
        options.key = key;
        auto opened = Database::open(directory.filePath(QStringLiteral("sotto.db")), options);
        Q_ASSERT(opened);
        database = std::move(*opened);
        const auto migrated = migrate(*database, kStorageMigrations);
        Q_ASSERT(migrated);
        storage.emplace(*database, &index);
    }
    void registerAlice()
    {
        OwnSecrets secrets{SecretBytes::copyOf(Bytes(96, 'd')), SecretBytes::copyOf(Bytes(32, 'p')),
                           SecretBytes::copyOf(Bytes(32, 'b')), SecretBytes::copyOf(Bytes(32, 'r'))};
        OwnAccount own{alice, QStringLiteral("Alice"), {}, {}, {}, Timestamp{1000}};
        const auto created = storage->ownAccount.create(own, secrets);
        Q_ASSERT(created);
        const auto chatMade = storage->conversations.ensure(chat, bob.account);
        Q_ASSERT(chatMade);
    }
    /// A text of `sender` that the relay accepted at `sortTime`.
    Message text(const DeviceAddress &sender, char id, std::uint64_t counter, std::int64_t sortTime) const
    {
        return Message{.id = idOf<MessageId>(id),
                       .conversation = chat,
                       .sender = sender.account,
                       .senderDevice = sender.device,
                       .counter = counter,
                       .clientTime = Timestamp{sortTime - 5},
                       .sortTime = Timestamp{sortTime},
                       .text = QStringLiteral("text %1").arg(QLatin1Char(id)),
                       .delivery = sender == alice ? Delivery::Sent : Delivery::Delivered};
    }

    const DeviceAddress alice{idOf<AccountId>('A'), deviceOf(11)};
    const DeviceAddress bob{idOf<AccountId>('B'), deviceOf(21)};
    const DeviceAddress bobsOther{idOf<AccountId>('B'), deviceOf(22)};
    const ConversationId chat = idOf<ConversationId>('C');

    QTemporaryDir directory;
    RecordingIndex index;
    std::unique_ptr<Database> database;
    std::optional<Storage> storage;
};

} // namespace sotto
