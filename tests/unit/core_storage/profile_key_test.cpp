#include "core/storage/profile_key.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QDirIterator>
#include <QEventLoop>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <map>

namespace sotto {

namespace {
const QString kDatabase = QStringLiteral("sotto.db");

SecretBytes words(const char *text) { return SecretBytes::copyOf(ByteView(text)); }

/// A keychain that behaves or misbehaves as the test says.
class TestKeychain final : public SecretStore {
public:
    QString backend() const override { return name; }
    Task<Result<SecretBytes>> read(QString account) override
    {
        ++reads;
        if (failure)
            return Task<Result<SecretBytes>>::finished(*failure);
        const auto item = items.find(account);
        if (item == items.end())
            return Task<Result<SecretBytes>>::finished(ErrorCode::NotFound);
        return Task<Result<SecretBytes>>::finished(item->second.clone());
    }
    Task<Result<Done>> write(QString account, SecretBytes secret) override
    {
        ++writes;
        if (failure)
            return Task<Result<Done>>::finished(*failure);
        if (!forgets)
            items.insert_or_assign(account, std::move(secret));
        return Task<Result<Done>>::finished(Done{});
    }
    Task<Result<Done>> remove(QString account) override
    {
        items.erase(account);
        return Task<Result<Done>>::finished(Done{});
    }

    QString name = QStringLiteral("secret-service");
    std::map<QString, SecretBytes> items;
    std::optional<Error> failure;
    bool forgets = false;
    int reads = 0;
    int writes = 0;
};
} // namespace

/// T174: whatever the keychain does, no key is lost, none is written in the clear and none is made anew.
class ProfileKeyTest : public QObject {
    Q_OBJECT

    kit::SeededRandom m_random;
    std::unique_ptr<QTemporaryDir> m_folder;
    TestKeychain m_keychain;
    SecretBytes m_key;

    QString folder() const { return m_folder->path(); }
    Result<SecretBytes> make(SecretStore *keychain, std::optional<SecretBytes> passphrase)
    {
        auto task =
            makeProfileKey(folder(), kDatabase, keychain, std::move(passphrase), Argon2Parameters::floor(), &m_random);
        return finished(std::move(task));
    }
    Result<SecretBytes> unlock(SecretStore *keychain, std::optional<SecretBytes> passphrase)
    {
        auto task = unlockProfile(folder(), keychain, std::move(passphrase));
        return finished(std::move(task));
    }
    Result<SecretBytes> recover(const X25519KeyPair &kit, const char *newPassphrase)
    {
        auto task = recoverProfile(folder(), copyOf(kit), words(newPassphrase), Argon2Parameters::floor(), &m_random);
        return finished(std::move(task));
    }
    static X25519KeyPair copyOf(const X25519KeyPair &pair) { return {pair.publicKey, pair.privateKey.clone()}; }
    static Result<SecretBytes> finished(Task<Result<SecretBytes>> task)
    {
        if (task.isFinished())
            return task.result() ? Result<SecretBytes>(task.result()->clone()) : task.result().error();
        Result<SecretBytes> key = ErrorCode::Internal;
        QEventLoop loop;
        std::move(task).then(&loop, [&](Result<SecretBytes> result) {
            key = std::move(result);
            loop.quit();
        });
        loop.exec();
        return key;
    }
    std::map<QString, QByteArray> files() const
    {
        std::map<QString, QByteArray> result;
        for (QDirIterator it(folder(), QDir::Files | QDir::Hidden); it.hasNext();) {
            QFile file(it.next());
            if (file.open(QIODevice::ReadOnly))
                result[it.fileName()] = file.readAll();
        }
        return result;
    }
    void isLockedAndUntouched(SecretStore *keychain)
    {
        const auto before = files();
        const int writes = m_keychain.writes;
        const auto key = unlock(keychain, std::nullopt);
        QVERIFY(!key);
        QCOMPARE(key.error().code, ErrorCode::Locked);
        QVERIFY(!key.error().detail.isEmpty());
        QVERIFY(files() == before);
        QCOMPARE(m_keychain.writes, writes);
    }

private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_keychain = TestKeychain();
        auto key = make(&m_keychain, std::nullopt);
        QVERIFY(key);
        m_key = std::move(*key);
    }

    void theKeychainGivesTheKeyBack()
    {
        const auto again = unlock(&m_keychain, std::nullopt);
        QVERIFY(again);
        QVERIFY(*again == m_key);
    }
    void T174_aMissingKeychainIsLocked()
    {
        isLockedAndUntouched(nullptr);
        m_keychain.failure = Error(ErrorCode::Unsupported);
        isLockedAndUntouched(&m_keychain);
    }
    void T174_aLockedKeychainIsLocked()
    {
        m_keychain.failure = Error(ErrorCode::NotPermitted);
        isLockedAndUntouched(&m_keychain);
    }
    void T174_aSlowKeychainIsLocked()
    {
        m_keychain.failure = Error(ErrorCode::TimedOut);
        isLockedAndUntouched(&m_keychain);
    }
    void T174_anotherKeychainIsNotAskedAtAll()
    {
        m_keychain.name = QStringLiteral("kwallet");
        const int reads = m_keychain.reads;
        isLockedAndUntouched(&m_keychain);
        QCOMPARE(m_keychain.reads, reads);
    }
    void T174_aDeletedItemIsLocked()
    {
        m_keychain.items.clear();
        isLockedAndUntouched(&m_keychain);
    }
    void T174_anAlteredItemIsAWrongKey()
    {
        m_keychain.items.begin()->second.data()[3] ^= 1;
        const auto before = files();
        QCOMPARE(unlock(&m_keychain, std::nullopt).error().code, ErrorCode::WrongKey);
        m_keychain.items.begin()->second = words("short");
        QCOMPARE(unlock(&m_keychain, std::nullopt).error().code, ErrorCode::WrongKey);
        QVERIFY(files() == before);
    }
    void T174_noNewKeyOverAnOldOne()
    {
        const auto before = files();
        QCOMPARE(make(&m_keychain, std::nullopt).error().code, ErrorCode::AlreadyExists);
        for (const char *name : {"keys.v1", "keys.v1.copy"})
            QVERIFY(QFile::remove(folder() + u'/' + QString::fromLatin1(name)));
        // Even without any key file an existing database is not given a new key.
        QFile database(folder() + u'/' + kDatabase);
        QVERIFY(database.open(QIODevice::WriteOnly));
        database.close();
        QCOMPARE(make(&m_keychain, std::nullopt).error().code, ErrorCode::AlreadyExists);
        QCOMPARE(unlock(&m_keychain, std::nullopt).error().code, ErrorCode::NotFound);
    }
    void T174_aKeychainThatForgetsIsNotReliedOn()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_keychain = TestKeychain();
        m_keychain.forgets = true;
        QVERIFY(!make(&m_keychain, std::nullopt));
        QVERIFY(files().empty());
        m_keychain.failure = Error(ErrorCode::Unsupported);
        QCOMPARE(make(&m_keychain, std::nullopt).error().code, ErrorCode::Unsupported);
        QVERIFY(files().empty());
    }
    void T174_nothingInTheClear()
    {
        for (const auto &[name, content] : files()) {
            QVERIFY(!content.contains(m_key.view().toByteArray()));
            QVERIFY(!content.contains(m_keychain.items.begin()->second.view().toByteArray()));
        }
    }
    void withoutKeychainAndPassphraseThereIsNoKey()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QCOMPARE(make(nullptr, std::nullopt).error().code, ErrorCode::Locked);
        QVERIFY(files().empty());
    }
    void aPassphraseWorksWithoutKeychain()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        const auto key = make(nullptr, words("correct horse"));
        QVERIFY(key);
        const auto again = unlock(nullptr, words("correct horse"));
        QVERIFY(again);
        QVERIFY(*again == *key);
        QCOMPARE(unlock(nullptr, words("wrong horse")).error().code, ErrorCode::WrongKey);
        QCOMPARE(unlock(nullptr, std::nullopt).error().code, ErrorCode::Locked);
        QCOMPARE(unlock(&m_keychain, std::nullopt).error().code, ErrorCode::Locked);
    }
    void bothTogetherNeedBoth()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_keychain = TestKeychain();
        const auto key = make(&m_keychain, words("horse"));
        QVERIFY(key);
        QCOMPARE(unlock(nullptr, words("horse")).error().code, ErrorCode::Locked);
        QCOMPARE(unlock(&m_keychain, std::nullopt).error().code, ErrorCode::Locked);
        QCOMPARE(unlock(&m_keychain, words("cow")).error().code, ErrorCode::WrongKey);
        const auto again = unlock(&m_keychain, words("horse"));
        QVERIFY(again);
        QVERIFY(*again == *key);
    }
    void T174_theRecoveryKitIsTheWayBack()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        QCOMPARE(recover(kit, "new").error().code, ErrorCode::NotFound);
        QVERIFY(keepKitSlot(folder(), m_key, kit.publicKey, m_random));
        m_keychain.items.clear();
        QCOMPARE(recover(makeX25519KeyPair(m_random).value(), "new").error().code, ErrorCode::WrongKey);
        const auto key = recover(kit, "new");
        QVERIFY(key);
        QVERIFY(*key == m_key);
        const auto again = unlock(nullptr, words("new"));
        QVERIFY(again);
        QVERIFY(*again == m_key);
        QVERIFY(!KeyFile::load(folder())->has(KeySlotKind::Keychain));
    }
    void aNewKitTakesThePlaceOfTheOld()
    {
        const X25519KeyPair old = makeX25519KeyPair(m_random).value();
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        QVERIFY(keepKitSlot(folder(), m_key, old.publicKey, m_random));
        QVERIFY(keepKitSlot(folder(), m_key, kit.publicKey, m_random));
        const auto written = files();
        QVERIFY(keepKitSlot(folder(), m_key, kit.publicKey, m_random)); // nothing to do: nothing is written
        QVERIFY(files() == written);
        QCOMPARE(recover(old, "new").error().code, ErrorCode::WrongKey);
        QVERIFY(files() == written);
        QVERIFY(recover(kit, "new"));
    }
    void aKitIsOnlyAddedByWhoHasTheKey()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        const auto before = files();
        SecretBytes other = m_key.clone();
        other.data()[0] ^= 1;
        QCOMPARE(keepKitSlot(folder(), other, kit.publicKey, m_random).error().code, ErrorCode::WrongKey);
        QVERIFY(files() == before);
        m_random.failNow();
        QCOMPARE(keepKitSlot(folder(), m_key, kit.publicKey, m_random).error().code, ErrorCode::RandomFailed);
        m_random.failNever();
        QVERIFY(files() == before);
    }
    void thePassphraseIsDerivedOffThisThread()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(make(nullptr, words("horse")));
        auto task = unlockProfile(folder(), nullptr, words("horse"));
        QVERIFY(!task.isFinished()); // it would be, had it been derived here
        QVERIFY(finished(std::move(task)));
    }
    void aDamagedCopyIsRepaired()
    {
        QFile copy(folder() + QStringLiteral("/keys.v1.copy"));
        QVERIFY(copy.open(QIODevice::WriteOnly | QIODevice::Truncate));
        copy.close();
        QVERIFY(unlock(&m_keychain, std::nullopt));
        const auto now = files();
        QCOMPARE(now.at(QStringLiteral("keys.v1")), now.at(QStringLiteral("keys.v1.copy")));
        QVERIFY(!KeyFile::load(folder())->needsRepair());
    }
};

SOTTO_TEST(ProfileKeyTest)

} // namespace sotto

#include "profile_key_test.moc"
