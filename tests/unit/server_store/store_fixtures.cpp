#include "tests/unit/server_store/store_fixtures.h"

#include <QDir>
#include <QFile>

namespace sotto::relay::test {

namespace {
template <class Id> Id filled(int number)
{
    std::array<std::uint8_t, Id::kSize> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = std::uint8_t(i == 0 ? number >> 8 : number + int(i) * 16);
    return Id(bytes);
}
} // namespace

AccountId accountId(int number) { return filled<AccountId>(number); }
DeviceId deviceId(int number) { return *DeviceId::from(std::uint64_t(number)); }
DeviceAddress address(int account, int device) { return {accountId(account), deviceId(device)}; }
Hash256 hash(int number) { return filled<Hash256>(number); }
SubmitId submitId(int number) { return filled<SubmitId>(number); }

wire::SignedEntry entry(const char *body) { return {Bytes(body), Bytes(64, 's'), {Bytes(64, 'p'), Bytes(10, 'q')}}; }

StoreOnDisk::StoreOnDisk() { restart(); }

void StoreOnDisk::restart()
{
    store.reset();
    auto opened = EmbeddedStore::open(path());
    if (!opened)
        qFatal("the store does not open");
    store = std::move(*opened);
}

Bytes StoreOnDisk::diskContent() const
{
    Bytes all;
    const QDir files(directory.path());
    for (const QString &name : files.entryList(QDir::Files)) {
        QFile file(files.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("a file of the store cannot be read");
        all += file.readAll();
    }
    return all;
}

AccountRecord makeAccount(EmbeddedStore &store, int number, int device, const QString &handle)
{
    const auto invited = waitFor(store.createInvites({hash(100 + number)}, kNow + Milliseconds(1000)));
    if (!invited)
        qFatal("no invite");
    NewDevice first{deviceId(device), Bytes(32, 'k'), entry("bundle"), {entry("prekey one"), entry("prekey two")}};
    NewAccount account{accountId(number), hash(100 + number), entry("genesis"), first, handle, hash(200 + number)};
    const auto made = waitFor(store.createAccount(account, kNow));
    if (!made || !std::holds_alternative<AccountRecord>(*made))
        qFatal("no account");
    return std::get<AccountRecord>(*made);
}

AccountRecord addDevice(EmbeddedStore &store, const AccountRecord &account, int device)
{
    NewDevice added{deviceId(device), Bytes(32, 'd'), entry("bundle of another"), {}};
    const LogAppend change{account.key, account.logVersion, entry("add_device"), added, {}, false, {}};
    const auto appended = waitFor(store.appendLog(change, kNow));
    if (!appended || !std::holds_alternative<AccountRecord>(*appended))
        qFatal("the log did not take the device");
    return std::get<AccountRecord>(*appended);
}

} // namespace sotto::relay::test
