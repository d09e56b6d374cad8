#pragma once
#include "server/store/embedded_store.h"

#include <QEventLoop>
#include <QTemporaryDir>
#include <QTimer>

// What tests of the relay's back half share: waiting for a Task, accounts and mail out of small numbers.
namespace sotto::relay::test {

/// Runs the event loop until `task` is finished; fails hard after ten seconds.
template <class T> T waitFor(Task<T> task)
{
    QObject context;
    QEventLoop loop;
    std::optional<T> answer;
    std::move(task).then(&context, [&](T value) {
        answer.emplace(std::move(value));
        loop.quit();
    });
    if (!answer) {
        QTimer::singleShot(10'000, &loop, [] { qFatal("a task did not finish"); });
        loop.exec();
    }
    return std::move(*answer);
}

/// Fixed ids: accountId(1), accountId(2) … differ in every byte, so a mix-up shows.
AccountId accountId(int number);
DeviceId deviceId(int number);
DeviceAddress address(int account, int device);
Hash256 hash(int number);
SubmitId submitId(int number);
wire::SignedEntry entry(const char *body);

/// An open store in a directory of its own.
struct StoreOnDisk {
    StoreOnDisk();
    /// Closes and opens again, as a restart does.
    void restart();
    QString path() const { return directory.filePath(QStringLiteral("relay.db")); }
    /// All bytes of all files of the store.
    Bytes diskContent() const;

    QTemporaryDir directory;
    std::unique_ptr<EmbeddedStore> store;
};

inline constexpr Timestamp kNow{1'772'366'400'000};

/// An account with one device, made with an invite of the operator.
AccountRecord makeAccount(EmbeddedStore &store, int number, int device, const QString &handle = {});
/// One more device in its log.
AccountRecord addDevice(EmbeddedStore &store, const AccountRecord &account, int device);

} // namespace sotto::relay::test
