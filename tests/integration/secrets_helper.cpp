// Prints the secrets of a profile, each byte inverted and in hexadecimal digits: a test can look for them in its own
// memory without holding them. Usage: secrets_helper FOLDER PASSPHRASE, the passphrase in the same writing
#include "core/crypto/device_keys.h"
#include "core/sqlite/database.h"
#include "core/storage/profile_key.h"

#include <QCoreApplication>
#include <cstdio>

using namespace sotto;

namespace {

QByteArray inverted(QByteArray bytes)
{
    for (char &c : bytes)
        c = char(~c);
    return bytes;
}

void print(const char *name, ByteView secret)
{
    std::printf("%s %s\n", name, inverted(secret.toByteArray()).toHex().constData());
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (argc != 3 || !initialisePrimitives())
        return 2;
    const QString folder = QString::fromLocal8Bit(argv[1]);
    const QByteArray passphrase = inverted(QByteArray::fromHex(argv[2]));
    auto unlocking = unlockProfile(folder, nullptr, SecretBytes::copyOf(passphrase));
    while (!unlocking.isFinished())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    const auto &key = unlocking.result();
    if (!key)
        return 3;
    const auto database =
        Database::open(folder + QStringLiteral("/sotto.db"),
                       {.key = key->view(), .mode = Database::Mode::Reader, .create = Database::Create::Never});
    if (!database)
        return 4;
    const auto secrets = (*database)->prepare("SELECT device_keys, backup_root FROM own_account").first([](Row &row) {
        return std::pair(row.bytes(0), row.bytes(1));
    });
    if (!secrets || !*secrets)
        return 5;
    const auto keys = DeviceKeys::fromSecret((*secrets)->first);
    if (!keys)
        return 6;
    print("database_key", key->view());
    print("identity_key", keys->identity.privateKey.view());
    print("signing_key", keys->signing.seed());
    print("sealing_key", keys->sealing.privateKey.view());
    print("backup_root", (*secrets)->second);
    return 0;
}
