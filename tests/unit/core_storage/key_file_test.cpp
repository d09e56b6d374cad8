#include "core/primitives/hash.h"
#include "core/primitives/labels.h"
#include "core/storage/durable_file.h"
#include "core/storage/key_file.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

namespace {
const QString kBackend = QStringLiteral("test-keychain");

SecretBytes words(const char *text) { return SecretBytes::copyOf(ByteView(text)); }
} // namespace

class KeyFileTest : public QObject {
    Q_OBJECT

    kit::SeededRandom m_random;
    std::unique_ptr<QTemporaryDir> m_folder;
    SecretBytes m_keychainKey;
    SecretBytes m_databaseKey;

    QString folder() const { return m_folder->path(); }
    QString path(const char *name) const { return folder() + u'/' + QString::fromLatin1(name); }
    Bytes content(const char *name) const { return readSmallFile(path(name), 10'000).value(); }
    void overwrite(const char *name, const Bytes &bytes)
    {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
        QCOMPARE(file.write(bytes), bytes.size());
    }
    /// The bytes with a checksum that fits, as somebody with an editor would leave them.
    static Bytes sealedAnew(Bytes bytes)
    {
        bytes.chop(32);
        return bytes + blake2b256(bytes).toBytes();
    }
    KeyFile loaded() { return std::move(KeyFile::load(folder())).value(); }

private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_keychainKey = SecretBytes::random(kKeyEncryptionKeyBytes, m_random).value();
        auto file = KeyFile::create(m_random);
        QVERIFY(file);
        QVERIFY(file->setKeychain(m_keychainKey, kBackend, m_random));
        QVERIFY(file->save(folder()));
        m_databaseKey = file->databaseKey().clone();
    }

    void everyKindOfSlotOpens()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        {
            KeyFile file = loaded();
            QVERIFY(!file.isUnlocked());
            QVERIFY(file.unlockWithKeychain(m_keychainKey));
            QVERIFY(file.setPassphrase(words("correct horse"), Argon2Parameters::floor(), m_random));
            QVERIFY(file.setBoth(m_keychainKey, kBackend, words("battery"), Argon2Parameters::floor(), m_random));
            QVERIFY(file.setRecoveryKit(kit.publicKey, m_random));
            QVERIFY(file.save(folder()));
        }
        KeyFile byKeychain = loaded(), byPassphrase = loaded(), byBoth = loaded(), byKit = loaded();
        QVERIFY(byKeychain.unlockWithKeychain(m_keychainKey));
        QVERIFY(byPassphrase.unlockWithPassphrase(words("correct horse")));
        QVERIFY(byBoth.unlockWithBoth(m_keychainKey, words("battery")));
        QVERIFY(byKit.unlockWithKit(kit));
        for (const KeyFile *file : {&byKeychain, &byPassphrase, &byBoth, &byKit}) {
            QVERIFY(file->databaseKey() == m_databaseKey);
            QVERIFY(file->databaseKey().isGuarded());
            QVERIFY(!file->needsRepair());
        }
        QCOMPARE(byKit.keychainBackend(), kBackend);
    }
    void thatTheDatabaseWasMadeIsKeptAndAuthenticated()
    {
        KeyFile file = loaded();
        QVERIFY(!file.isDatabaseMade());
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        file.noteDatabaseMade();
        QVERIFY(file.save(folder()));
        QVERIFY(loaded().isDatabaseMade());
        // Taken out with an editor, the file no longer fits its key.
        const Bytes noted = content("keys.v1");
        Bytes edited = noted.first(noted.size() - 65) + noted.last(64);
        edited = sealedAnew(edited);
        overwrite("keys.v1", edited);
        overwrite("keys.v1.copy", edited);
        QVERIFY(!loaded().isDatabaseMade());
        QCOMPARE(loaded().unlockWithKeychain(m_keychainKey).error().code, ErrorCode::Corrupt);
        // It is there as one or not at all.
        for (const char *note : {"\x02", "\x01\x01"}) {
            Bytes odd = noted.first(noted.size() - 65) + note + noted.last(64);
            overwrite("keys.v1", sealedAnew(odd));
            overwrite("keys.v1.copy", sealedAnew(odd));
            QCOMPARE(KeyFile::load(folder()).error().code, ErrorCode::Corrupt);
        }
    }
    void aWrongSecretIsAWrongKey()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.setBoth(m_keychainKey, kBackend, words("battery"), Argon2Parameters::floor(), m_random));
        QVERIFY(file.setRecoveryKit(kit.publicKey, m_random));
        QVERIFY(file.save(folder()));
        KeyFile locked = loaded();
        QCOMPARE(locked.unlockWithKeychain(words("12345678123456781234567812345678")).error().code,
                 ErrorCode::WrongKey);
        QCOMPARE(locked.unlockWithBoth(m_keychainKey, words("Battery")).error().code, ErrorCode::WrongKey);
        QCOMPARE(locked.unlockWithKit(makeX25519KeyPair(m_random).value()).error().code, ErrorCode::WrongKey);
        QCOMPARE(locked.unlockWithPassphrase(words("battery")).error().code, ErrorCode::NotFound);
        QVERIFY(!locked.isUnlocked());
    }
    void aChangedPassphraseNoLongerOpens()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.setPassphrase(words("old"), Argon2Parameters::floor(), m_random));
        QVERIFY(file.save(folder()));
        const Bytes older = content("keys.v1");
        QVERIFY(file.setPassphrase(words("new"), Argon2Parameters::floor(), m_random));
        QVERIFY(file.save(folder()));
        // Not even when a crash left one copy behind.
        overwrite("keys.v1", older);
        KeyFile locked = loaded();
        QVERIFY(locked.needsRepair());
        QCOMPARE(locked.unlockWithPassphrase(words("old")).error().code, ErrorCode::WrongKey);
        QVERIFY(locked.unlockWithPassphrase(words("new")));
    }
    void theLastSlotStays()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QCOMPARE(file.remove(KeySlotKind::Keychain).error().code, ErrorCode::NotPermitted);
        QVERIFY(file.setPassphrase(words("x"), Argon2Parameters::floor(), m_random));
        QVERIFY(file.remove(KeySlotKind::Keychain));
        QVERIFY(!file.has(KeySlotKind::Keychain));
    }

    void T176_everyFlippedByteIsRefusedAndTheOtherCopyUsed()
    {
        const Bytes good = content("keys.v1");
        QCOMPARE(content("keys.v1.copy"), good);
        for (const char *damaged : {"keys.v1", "keys.v1.copy"}) {
            for (qsizetype i = 0; i < good.size(); ++i) {
                Bytes bad = good;
                bad[i] = char(bad[i] ^ (1 << (i % 8)));
                QVERIFY(!parseKeyFile(bad));
                overwrite(damaged, bad);
                KeyFile file = loaded();
                QVERIFY(file.needsRepair());
                QVERIFY(file.unlockWithKeychain(m_keychainKey));
                QVERIFY(file.databaseKey() == m_databaseKey);
            }
            overwrite(damaged, good);
        }
    }
    void T176_everyTruncationIsRefusedAndTheOtherCopyUsed()
    {
        const Bytes good = content("keys.v1");
        for (qsizetype size = 0; size < good.size(); ++size) {
            QVERIFY(!parseKeyFile(good.first(size)));
            overwrite("keys.v1", good.first(size));
            KeyFile file = loaded();
            QVERIFY(file.unlockWithKeychain(m_keychainKey));
        }
        overwrite("keys.v1", good + 'x');
        QVERIFY(loaded().unlockWithKeychain(m_keychainKey));
        overwrite("keys.v1", Bytes(1'000'000, 'x'));
        QVERIFY(loaded().unlockWithKeychain(m_keychainKey));
        QVERIFY(QFile::remove(path("keys.v1")));
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.save(folder()));
        QCOMPARE(content("keys.v1"), content("keys.v1.copy"));
    }
    void T176_twoDamagedCopiesAreCorruptAndStay()
    {
        overwrite("keys.v1", "rubbish");
        overwrite("keys.v1.copy", Bytes());
        QCOMPARE(KeyFile::load(folder()).error().code, ErrorCode::Corrupt);
        QVERIFY(KeyFile::exists(folder()));
        QCOMPARE(content("keys.v1"), Bytes("rubbish"));
    }
    void aLaterVersionIsNotTouched()
    {
        Bytes later = content("keys.v1");
        later[8] = 2;
        later = sealedAnew(later);
        overwrite("keys.v1", later);
        overwrite("keys.v1.copy", later);
        QCOMPARE(KeyFile::load(folder()).error().code, ErrorCode::NewerSchema);
    }
    void noFileIsNotFound()
    {
        const QTemporaryDir empty;
        QVERIFY(!KeyFile::exists(empty.path()));
        QCOMPARE(KeyFile::load(empty.path()).error().code, ErrorCode::NotFound);
    }

    void T175_parametersInTheFileCannotBeLowered()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        const Argon2Parameters costly{80 * 1024, 3};
        QVERIFY(file.setPassphrase(words("horse"), costly, m_random));
        QVERIFY(file.save(folder()));
        Bytes edited = content("keys.v1");
        const Bytes before = Bytes::fromHex("0001400000000003"); // 80 MiB, 3 passes
        const qsizetype at = edited.indexOf(before);
        QVERIFY(at > 0 && edited.indexOf(before, at + 1) < 0);

        // Still above the floor: the slot does not open, because its header is part of what it authenticates.
        edited.replace(at, 8, Bytes::fromHex("0001400000000002"));
        edited = sealedAnew(edited);
        overwrite("keys.v1", edited);
        overwrite("keys.v1.copy", edited);
        QCOMPARE(loaded().unlockWithPassphrase(words("horse")).error().code, ErrorCode::WrongKey);
        // Under the floor: the file is not even read.
        edited.replace(at, 8, Bytes::fromHex("0000040000000001"));
        edited = sealedAnew(edited);
        overwrite("keys.v1", edited);
        overwrite("keys.v1.copy", edited);
        QCOMPARE(KeyFile::load(folder()).error().code, ErrorCode::Corrupt);
    }
    void anExchangedSlotIsNoticedByTheOthers()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.setRecoveryKit(kit.publicKey, m_random));
        QVERIFY(file.save(folder()));
        // Somebody puts his own key into the kit's slot and waits for the person to unlock.
        Bytes edited = content("keys.v1");
        const X25519KeyPair other = makeX25519KeyPair(m_random).value();
        edited.replace(kit.publicKey, other.publicKey);
        edited = sealedAnew(edited);
        overwrite("keys.v1", edited);
        overwrite("keys.v1.copy", edited);
        KeyFile altered = loaded();
        QVERIFY(!altered.unlockWithKeychain(m_keychainKey));
        QCOMPARE(altered.unlockWithKeychain(m_keychainKey).error().code, ErrorCode::Corrupt);
    }
    void aKitsSlotBelongsToItsFile()
    {
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.setRecoveryKit(kit.publicKey, m_random));
        QVERIFY(file.save(folder()));
        // The id of another profile in front of the same slots; the code cannot be made, the slot must refuse first.
        StoredKeyFile stored = parseKeyFile(content("keys.v1")).value();
        stored.content.id = Bytes(kKeyFileIdBytes, 'i');
        const SecretBytes codeKey = derive(m_databaseKey.view(), Label::KeyFileCode, kDatabaseKeyBytes);
        const Bytes moved = encodeKeyFile(stored.content, codeKey.view());
        overwrite("keys.v1", moved);
        overwrite("keys.v1.copy", moved);
        KeyFile altered = loaded();
        QVERIFY(!altered.unlockWithKit(kit));
        QCOMPARE(altered.unlockWithKit(kit).error().code, ErrorCode::Corrupt);
        QCOMPARE(altered.unlockWithKeychain(m_keychainKey).error().code, ErrorCode::WrongKey);
    }

    void neitherKeyNorPassphraseIsInTheFile()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(file.setPassphrase(words("correct horse"), Argon2Parameters::floor(), m_random));
        QVERIFY(file.save(folder()));
        for (const char *name : {"keys.v1", "keys.v1.copy"}) {
            const Bytes bytes = content(name);
            QVERIFY(!bytes.contains(m_databaseKey.view().toByteArray()));
            QVERIFY(!bytes.contains(m_keychainKey.view().toByteArray()));
            QVERIFY(!bytes.contains("correct horse"));
            QCOMPARE(QFile::permissions(path(name))
                         & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
                     QFile::Permissions());
        }
    }
    void weakInputIsRefused()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QCOMPARE(file.setPassphrase(words(""), Argon2Parameters::floor(), m_random).error().code,
                 ErrorCode::InvalidArgument);
        QCOMPARE(file.setPassphrase(words("x"), {1024, 1}, m_random).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(file.setKeychain(words("short"), kBackend, m_random).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(file.setRecoveryKit(Bytes(32, 0), m_random).error().code, ErrorCode::InvalidArgument);
    }
    void T014_nothingIsMadeWithoutRandomness()
    {
        kit::SeededRandom failing;
        failing.failNow();
        QCOMPARE(KeyFile::create(failing).error().code, ErrorCode::RandomFailed);
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QCOMPARE(file.setKeychain(m_keychainKey, kBackend, failing).error().code, ErrorCode::RandomFailed);
        QCOMPARE(file.setPassphrase(words("x"), Argon2Parameters::floor(), failing).error().code,
                 ErrorCode::RandomFailed);
        const X25519KeyPair kit = makeX25519KeyPair(m_random).value();
        QCOMPARE(file.setRecoveryKit(kit.publicKey, failing).error().code, ErrorCode::RandomFailed);
    }
    void aFolderThatCannotBeWrittenKeepsItsFile()
    {
        KeyFile file = loaded();
        QVERIFY(file.unlockWithKeychain(m_keychainKey));
        QVERIFY(!file.save(folder() + QStringLiteral("/missing")));
        QVERIFY(loaded().unlockWithKeychain(m_keychainKey));
    }
};

SOTTO_TEST(KeyFileTest)

} // namespace sotto

#include "key_file_test.moc"
