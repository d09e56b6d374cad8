// Writes the binary seeds of corpora/{ratchet_frame,sealed,signal_records,stored_rows} below the folder that it is
// given.
// usage: make_seeds tests/fuzz/corpora
#include "core/crypto/sealed_sender.h"
#include "core/crypto/sender_key_row.h"
#include "core/crypto/session_row.h"
#include "core/primitives/padding.h"
#include "core/storage/counter_list.h"
#include "tests/fuzz/talk.h"

#include <QDir>
#include <QFile>
#include <cstdio>

using namespace sotto;
using namespace sotto::kit;

namespace {
class Seeds {
public:
    explicit Seeds(QString root) : m_root(std::move(root)) { }
    void write(const char *corpus, const char *name, ByteView bytes)
    {
        const QDir folder(m_root + u'/' + QString::fromLatin1(corpus));
        QFile file(folder.filePath(QString::fromLatin1(name)));
        const bool done = folder.mkpath(QStringLiteral(".")) && file.open(QIODevice::WriteOnly)
            && file.write(bytes.data(), bytes.size()) == bytes.size();
        m_failures += done ? 0 : 1;
    }
    int failures() const { return m_failures; }

private:
    QString m_root;
    int m_failures = 0;
};

void frames(Seeds &seeds, Talk &talk)
{
    seeds.write("ratchet_frame", "signal", talk.alice.writes(talk.bob, "a signal message").bytes);
    seeds.write("ratchet_frame", "signal-own", talk.bob.writes(talk.alice, "reflected").bytes);
    (void)talk.alice.sessions.processBundle(talk.bob.address, talk.bob.bundle()).value();
    seeds.write("ratchet_frame", "prekey", talk.alice.writes(talk.bob, "a prekey message").bytes);
    seeds.write("ratchet_frame", "distribution", talk.distribution);
    seeds.write("ratchet_frame", "group", talk.alice.groups.encrypt(talk.chain, "a group message").value());
    const SenderKeyName other{talk.chain.group, talk.bob.address};
    seeds.write("ratchet_frame", "distribution-other", talk.bob.groups.createDistribution(other).value());
}

void records(Seeds &seeds, Talk &talk)
{
    const MemoryKeyStores::Content &bob = talk.bob.stores.content;
    const Bytes session = bob.sessions.begin()->second;
    seeds.write("stored_rows", "session", session);
    seeds.write("signal_records", "session", SessionRow::parse(session).value().record.view());
    const Bytes archived = talk.alice.stores.content.sessions.begin()->second;
    seeds.write("stored_rows", "session-with-archive", archived);
    seeds.write("signal_records", "session-with-archive", SessionRow::parse(archived).value().record.view());
    const Bytes chain = bob.senderKeys.at(talk.chain);
    seeds.write("stored_rows", "sender-key", chain);
    seeds.write("signal_records", "sender-key", SenderKeyRow::parse(chain).value().record.view());
    const Bytes own = talk.alice.stores.content.senderKeys.at(talk.chain);
    seeds.write("signal_records", "sender-key-own", SenderKeyRow::parse(own).value().record.view());
    seeds.write("signal_records", "prekey", bob.preKeys.begin()->second.record);
    seeds.write("signal_records", "signed-prekey", bob.signedPreKeys.begin()->second.record);
    seeds.write("stored_rows", "counters", encodeCounters({1, 2, 900, 1ULL << 63}));
}

void sealed(Seeds &seeds, Talk &talk)
{
    SealedSender alice(talk.alice.address, x25519FromPrivate(Bytes(32, 'a')), talk.world.random);
    const Bytes bobsKey = x25519FromPrivate(Bytes(32, 's')).publicKey;
    const auto box = alice.seal(talk.bob.address, bobsKey, {MessageId({1}), "ciphertext", std::nullopt});
    seeds.write("sealed", "sender", box.value());
    const auto inside = openSealed(x25519FromPrivate(Bytes(32, 's')), box.value());
    seeds.write("sealed", "sender-inside", inside.value().view());
    seeds.write("sealed", "padded", padded("content"));
}
} // namespace

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::fputs("usage: make_seeds FOLDER\n", stderr);
        return 2;
    }
    Seeds seeds(QString::fromLocal8Bit(argv[1]));
    Talk talk;
    frames(seeds, talk);
    records(seeds, talk);
    sealed(seeds, talk);
    return seeds.failures() > 0 ? 1 : 0;
}
