#include "core/storage/profile_key.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTest>
#include <map>

namespace sotto {

using kit::Person;
using kit::World;

/// T174 through the facade: however the usual way into a profile is lost, the recovery kit opens it, and nothing else
/// does.
class UnlockingPlay : public QObject {
    Q_OBJECT

    static SecretBytes words(const char *text) { return SecretBytes::copyOf(ByteView(text)); }
    static Unlock withPassphrase(const char *passphrase) { return {.passphrase = words(passphrase)}; }
    static Unlock withKit(const SecretBytes &code, const char *newPassphrase)
    {
        return {.passphrase = words(newPassphrase), .recoveryKit = code.clone()};
    }
    static Result<std::unique_ptr<Client>> open(World &world, const QString &directory, Unlock unlock,
                                                SecretStore *keychain = nullptr)
    {
        ClientEnvironment environment{world.clock(), world.random(), keychain};
        environment.proxy.kind = ProxySettings::Kind::None;
        environment.passphraseCost = Argon2Parameters::floor();
        return world.wait(Client::open(directory, std::move(environment), std::move(unlock)), "a profile opens");
    }
    static ErrorCode refusal(World &world, const QString &directory, Unlock unlock, SecretStore *keychain = nullptr)
    {
        const auto opened = open(world, directory, std::move(unlock), keychain);
        return opened ? ErrorCode::Internal : opened.error().code;
    }
    static std::map<QString, QByteArray> keyFiles(const QString &directory)
    {
        std::map<QString, QByteArray> files;
        for (QDirIterator it(directory, {QStringLiteral("keys.*")}, QDir::Files); it.hasNext();) {
            QFile file(it.next());
            if (file.open(QIODevice::ReadOnly))
                files[it.fileName()] = file.readAll();
        }
        return files;
    }

private Q_SLOTS:
    void T174_aForgottenPassphraseIsReplacedWithTheKit()
    {
        World world;
        const QString directory = world.folder() + QStringLiteral("/alice");
        std::optional<AccountId> account;
        std::optional<SecretBytes> code;
        {
            auto client = open(world, directory, withPassphrase("forgotten"));
            QVERIFY(client);
            const auto registered =
                world.wait((*client)->registerAccount(world.operatorInvite(), QStringLiteral("Alice"), QString()),
                           "the registration");
            QVERIFY(registered);
            account = *registered;
            auto shown = (*client)->recoveryKit();
            QVERIFY(shown);
            code = std::move(*shown);
            const QStringList groups = QString::fromLatin1(code->view()).split(u'-');
            QVERIFY((*client)->confirmRecoveryKit(0, groups[0], 13, groups[13]));
        }
        const auto before = keyFiles(directory);
        QCOMPARE(refusal(world, directory, withPassphrase("remembered wrongly")), ErrorCode::WrongKey);
        QCOMPARE(refusal(world, directory, {.recoveryKit = code->clone()}), ErrorCode::InvalidArgument);
        QVERIFY(keyFiles(directory) == before);
        {
            const auto client = open(world, directory, withKit(*code, "new and shiny"));
            QVERIFY(client);
            QVERIFY((*client)->account()->account == *account);
        }
        QCOMPARE(refusal(world, directory, withPassphrase("forgotten")), ErrorCode::WrongKey);
        QVERIFY(open(world, directory, withPassphrase("new and shiny")));
        QVERIFY(open(world, directory, withKit(*code, "newer"))); // it goes on being the way back
    }
    void T174_anEmptiedKeychainIsNoLoss()
    {
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.registersWith(world.operatorInvite());
        const auto code = alice.desktop().recoveryKit();
        QVERIFY(code);
        alice.addDesktop();
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            alice.closes(desktop);
            kit::MemorySecretStore empty;
            QCOMPARE(refusal(world, alice.directory(desktop), {}, &empty), ErrorCode::Locked);
            QCOMPARE(refusal(world, alice.directory(desktop), {}), ErrorCode::Locked);
            // The second desktop never had the kit: the log told it whom to wrap its key to.
            const auto client = open(world, alice.directory(desktop), withKit(*code, "from paper"), &empty);
            QVERIFY(client);
            QVERIFY((*client)->account()->account == alice.account());
        }
    }
    void T174_aLostDatabaseIsNotReplacedByAnEmptyOne()
    {
        World world;
        const QString directory = world.folder() + QStringLiteral("/alice");
        const QString database = directory + QStringLiteral("/sotto.db");
        QVERIFY(open(world, directory, withPassphrase("horse")));
        QVERIFY(QFile::rename(database, database + QStringLiteral(".elsewhere")));
        const auto refused = open(world, directory, withPassphrase("horse"));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Corrupt);
        QVERIFY(refused.error().detail.contains(QStringLiteral("sotto.db")));
        QVERIFY(!QFile::exists(database));
        QCOMPARE(refusal(world, directory, withPassphrase("cow")), ErrorCode::WrongKey);
        // An empty file is none either.
        QVERIFY(QFile(database).open(QIODevice::WriteOnly));
        QCOMPARE(refusal(world, directory, withPassphrase("horse")), ErrorCode::Corrupt);
        QVERIFY(QFile::remove(database));
        QVERIFY(QFile::rename(database + QStringLiteral(".elsewhere"), database));
        QVERIFY(open(world, directory, withPassphrase("horse")));
    }
    void T174_aProfileThatDiedBetweenKeyAndDatabaseGetsOne()
    {
        World world;
        const QString directory = world.folder() + QStringLiteral("/alice");
        QVERIFY(QDir().mkpath(directory));
        QVERIFY(world.wait(makeProfileKey(directory, QStringLiteral("sotto.db"), nullptr, words("horse"),
                                          Argon2Parameters::floor(), &world.random()),
                           "a key file"));
        // SQLite may have made the file, and nothing in it.
        QVERIFY(QFile(directory + QStringLiteral("/sotto.db")).open(QIODevice::WriteOnly));
        QVERIFY(open(world, directory, withPassphrase("horse")));
        QVERIFY(QFile::remove(directory + QStringLiteral("/sotto.db")));
        QCOMPARE(refusal(world, directory, withPassphrase("horse")), ErrorCode::Corrupt);
    }
    void T174_anotherKitOpensNothing()
    {
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.registersWith(world.operatorInvite());
        Person bob(world, QStringLiteral("Bob"));
        bob.registersWith(world.operatorInvite());
        const auto bobsCode = bob.desktop().recoveryKit();
        const auto alicesCode = alice.desktop().recoveryKit();
        QVERIFY(bobsCode && alicesCode);
        alice.closes(0);
        const QString directory = alice.directory();
        const auto before = keyFiles(directory);
        QCOMPARE(refusal(world, directory, withKit(*bobsCode, "mine now")), ErrorCode::WrongKey);
        SecretBytes mistyped = alicesCode->clone();
        mistyped.data()[0] = mistyped.data()[0] == '7' ? '8' : '7';
        QCOMPARE(refusal(world, directory, withKit(mistyped, "mine now")), ErrorCode::WrongKey);
        QCOMPARE(refusal(world, directory, withKit(words("AAAA"), "mine now")), ErrorCode::InvalidArgument);
        QCOMPARE(refusal(world, world.folder() + QStringLiteral("/nobody"), withKit(*alicesCode, "mine now")),
                 ErrorCode::NotFound);
        QVERIFY(keyFiles(directory) == before);
    }
};

SOTTO_TEST(UnlockingPlay)

} // namespace sotto

#include "unlocking_test.moc"
