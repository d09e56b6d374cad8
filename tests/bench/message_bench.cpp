// message_bench [--smoke] [--messages N] [--directory DIR] [--only send|receive]
// What a client's core does for a message, whole: everything between the facade and the socket (no TLS).
//
// send: Composer::writeText for each text, each its own durable transaction (WAL, synchronous=FULL), as a person or
// bot commands them; then OutboxPump as it runs: encrypts up to 64 due entries in one transaction (ratchet steps,
// sealed senders, the bytes to send), encodes and submits them; the relay's answers come back and are settled in
// transactions. Both people have two desktops: every message is three copies. A second line shows one copy.
//
// receive: frames of a relay's Deliver are decoded, joined to batches of 100 and taken by the Inbox as it runs: opens
// the sealed sender, checks its tag, deduplicates, decrypts, checks the header, stores session, dedupe, stream,
// message, full-text terms, conversation and receipt rows in one transaction, commits durably and acknowledges. Ten
// people write at random; sessions are running and nobody answers in between, as in a queue that waited overnight.
//
// Bars are in messages per second of processor time of the whole process; the bench's relay is subtracted. Wall time,
// which includes the disk's, stands beside it.
#include "core/sqlite/transaction.h"
#include "tests/bench/desk.h"
#include "tests/bench/direct_relay.h"
#include "tests/bench/figures.h"
#include "tests/bench/search_corpus.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTemporaryDir>

namespace sotto::bench {

namespace {

constexpr double kSentPerSecond = 1500;
constexpr double kReceivedPerSecond = 5000;
constexpr int kBatch = 100;
constexpr std::size_t kEnvelopesPerFrame = 50;
constexpr int kPeople = 10;

void pumpUntil(const std::function<bool()> &done)
{
    while (!done())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

/// Everything one run works on.
struct Scene {
    explicit Scene(const QString &folder) : directory(folder), relay(clock, random) { }

    std::unique_ptr<Desk> person(const QString &fileName,
                                 Database::Synchronous synchronous = Database::Synchronous::Full)
    {
        return std::make_unique<Desk>(directory + u'/' + fileName, clock, random, relay.invite(), relay.transports(),
                                      synchronous);
    }
    std::unique_ptr<Desk> secondDesktop(const QString &fileName, Desk &first)
    {
        return std::make_unique<Desk>(directory + u'/' + fileName, clock, random, relay.invite(), relay.transports(),
                                      first);
    }

    QString directory;
    RealClock clock;
    SystemRandom random;
    DirectRelay relay;
    Corpus corpus{11};
};

void introduce(Desk &one, Desk &other)
{
    one.knows(other);
    other.knows(one);
}

void print(const char *what, int messages, const Meter &meter)
{
    std::printf("%s: %.1f us CPU a message, %.0f messages/s of CPU, %.0f messages/s of wall time\n", what,
                meter.cpu() * 1e6 / messages, messages / meter.cpu(), messages / meter.wall());
}

/// Writes and submits `messages` texts; the figures are those of the second half and on, once sessions run.
double measureSending(Scene &scene, Desk &from, Desk &to, int messages, const char *what)
{
    from.goesOnline();
    Meter meter;
    for (int done = 0; done < messages; done += kBatch) {
        QStringList texts;
        for (int i = 0; i < kBatch; ++i)
            texts.append(scene.corpus.next());
        const std::int64_t expected = scene.relay.submits() + kBatch;
        const double relayBefore = scene.relay.cpu();
        meter.start();
        for (const QString &text : texts)
            must(from.parts->composer.writeText(to.account(), text), "write a text");
        from.parts->pump.wake();
        pumpUntil([&] { return scene.relay.submits() == expected && must(from.storage->outbox.count()) == 0; });
        meter.stop();
        meter.subtractCpu(scene.relay.cpu() - relayBefore);
    }
    from.parts->connection.stop();
    print(what, messages, meter);
    return messages / meter.cpu();
}

double measureTwoDesktops(const QString &folder, int messages)
{
    Scene scene(folder);
    const auto alice = scene.person(QStringLiteral("a1.db"));
    const auto alice2 = scene.secondDesktop(QStringLiteral("a2.db"), *alice);
    const auto bob = scene.person(QStringLiteral("b1.db"));
    const auto bob2 = scene.secondDesktop(QStringLiteral("b2.db"), *bob);
    introduce(*alice, *bob);
    for (Desk *device : {alice2.get(), bob.get(), bob2.get()})
        alice->buildsSessionWith(*device);
    return measureSending(scene, *alice, *bob, messages, "send, 2 x 2 desktops (3 copies)");
}

double measureOneDesktop(const QString &folder, int messages)
{
    Scene scene(folder);
    const auto alice = scene.person(QStringLiteral("c1.db"));
    const auto bob = scene.person(QStringLiteral("d1.db"));
    introduce(*alice, *bob);
    alice->buildsSessionWith(*bob);
    return measureSending(scene, *alice, *bob, messages, "send, one desktop each (1 copy)");
}

/// Envelopes to `bob` from people who write in random order, in frames as a relay sends them.
class Post {
public:
    Post(Scene &scene, Desk &bob) : m_scene(scene), m_bob(bob)
    {
        for (int i = 0; i < kPeople; ++i) {
            m_people.push_back(scene.person(QStringLiteral("p%1.db").arg(i), Database::Synchronous::Normal));
            introduce(*m_people.back(), bob);
            m_people.back()->buildsSessionWith(bob);
            answerOnce(*m_people.back());
        }
    }
    /// Deliver frames with `count` messages.
    std::vector<Bytes> frames(int count)
    {
        std::vector<wire::Envelope> envelopes;
        for (int i = 0; i < count; ++i)
            envelopes.push_back(written(*m_people[m_choice() % kPeople]));
        std::vector<Bytes> encoded;
        for (std::size_t at = 0; at < envelopes.size(); at += kEnvelopesPerFrame) {
            const auto end = std::min(at + kEnvelopesPerFrame, envelopes.size());
            encoded.push_back(wire::encode(wire::Frame(wire::Push(
                wire::Deliver{{envelopes.begin() + std::ptrdiff_t(at), envelopes.begin() + std::ptrdiff_t(end)}}))));
        }
        return encoded;
    }

private:
    /// Bob writes back once, so that sessions run and carry no prekey parts.
    void answerOnce(Desk &person)
    {
        m_bob.parts->inbox.take({{written(person)}});
        const wire::Envelope answer = write(m_bob, person);
        person.parts->inbox.take({{answer}});
    }
    wire::Envelope written(Desk &from) { return write(from, m_bob); }
    wire::Envelope write(Desk &from, Desk &to)
    {
        must(from.parts->composer.writeText(to.account(), m_scene.corpus.next()), "write a text");
        auto transaction = must(Transaction::begin(*from.database));
        const auto due = must(from.storage->outbox.dueAfter(0, m_scene.clock.now() + Milliseconds(1), 1));
        auto submit = from.parts->sealer.seal(due.front());
        must(submit && *submit, "encrypt");
        must(from.storage->outbox.remove(due.front().id), "empty the outbox");
        must(transaction.commit(), "commit");
        const wire::Copy &copy = (*submit)->targets.front().copies.front();
        return {++m_seq,           m_scene.clock.now(), wire::MailClass::Message, copy.kind,
                copy.sealedSender, copy.ciphertext,     (*submit)->payload};
    }

    Scene &m_scene;
    Desk &m_bob;
    std::vector<std::unique_ptr<Desk>> m_people;
    std::mt19937_64 m_choice{5};
    std::uint64_t m_seq = 0;
};

double measureReceiving(const QString &folder, int messages)
{
    Scene scene(folder);
    const auto bob = scene.person(QStringLiteral("r1.db"));
    bob->goesOnline();
    Post post(scene, *bob);
    const std::int64_t before = must(bob->storage->messages.count());
    std::vector<Bytes> frames = post.frames(messages);
    const double relayBefore = scene.relay.cpu();
    std::printf("receiving %d messages\n", messages); // profilers attach here
    std::fflush(stdout);
    Meter meter;
    meter.start();
    constexpr std::size_t kFramesPerBatch = kBatch / kEnvelopesPerFrame;
    for (std::size_t at = 0; at < frames.size(); at += kFramesPerBatch) {
        wire::Deliver mail;
        for (std::size_t i = at; i < std::min(at + kFramesPerBatch, frames.size()); ++i) {
            auto frame = wire::decodeFrame(frames[i]);
            must(bool(frame), "decode a frame");
            auto &part = std::get<wire::Deliver>(std::get<wire::Push>(*frame)).envelopes;
            mail.envelopes.insert(mail.envelopes.end(), std::make_move_iterator(part.begin()),
                                  std::make_move_iterator(part.end()));
        }
        bob->parts->inbox.take(mail);
        pumpUntil([&] { return bob->parts->inbox.isIdle(); });
    }
    meter.stop();
    meter.subtractCpu(scene.relay.cpu() - relayBefore);
    must(must(bob->storage->messages.count()) == before + messages, "store every message");
    must(bob->parts->inbox.dropped() == 0, "store every message without a refusal");
    print("receive, batches of 100", messages, meter);
    return messages / meter.cpu();
}

int run(const QString &directory, int messages, const QString &only, bool smoke)
{
    Bars bars(smoke);
    if (only != QStringLiteral("receive")) {
        const int sent = messages / 4;
        bars.atLeast("send path, 2 x 2 desktops", measureTwoDesktops(directory, sent), kSentPerSecond, "/s CPU");
        bars.atLeast("send path, 1 copy", measureOneDesktop(directory, sent), kSentPerSecond, "/s CPU");
    }
    if (only != QStringLiteral("send"))
        bars.atLeast("receive path", measureReceiving(directory, messages), kReceivedPerSecond, "/s CPU");
    return bars.allHold() ? 0 : 1;
}

} // namespace

} // namespace sotto::bench

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    const QCommandLineOption messages(QStringLiteral("messages"), {}, QStringLiteral("N"), QStringLiteral("20000"));
    const QCommandLineOption directory(QStringLiteral("directory"), {}, QStringLiteral("DIR"));
    const QCommandLineOption smoke(QStringLiteral("smoke"));
    const QCommandLineOption only(QStringLiteral("only"), {}, QStringLiteral("PATH"));
    parser.addOptions({messages, directory, only, smoke});
    parser.process(application);
    sotto::bench::must(sotto::initialisePrimitives(), "start the libraries");
    const QTemporaryDir own;
    const bool isSmoke = parser.isSet(smoke);
    return sotto::bench::run(parser.isSet(directory) ? parser.value(directory) : own.path(),
                             isSmoke ? 2000 : parser.value(messages).toInt(), parser.value(only), isSmoke);
}
