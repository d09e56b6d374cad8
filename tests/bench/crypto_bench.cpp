#include "core/crypto/sealed_sender.h"
#include "tests/bench/figures.h"
#include "tests/bench/raw_signal.h"
#include "tests/unit/core_crypto/party.h"

#include <benchmark/benchmark.h>
#include <map>
#include <string_view>

// crypto_bench [--smoke] [options of Google Benchmark]
// Sotto's ratchet and sender-key work beside the same work by the bare library (bar: 1.25 times), and sealed senders
// (bars: 150 µs to seal, 80 µs to open). 256-byte texts; stores in memory on both sides; the column Time is
// CPU time of one operation.

namespace sotto {

namespace {
using kit::CryptoWorld;
using kit::Party;

constexpr int kBatch = 200;
const Bytes kText(256, 't');

/// Measures `work(i)` for i in a batch that `prepare` has made ready, which is not measured.
template <class Prepare, class Work> void measure(benchmark::State &state, Prepare prepare, Work work)
{
    for (auto _ : state) {
        prepare();
        const double start = bench::cpuSeconds();
        for (int i = 0; i < kBatch; ++i) {
            if (!work(i))
                state.SkipWithError("refused");
        }
        const double taken = bench::cpuSeconds() - start;
        state.SetIterationTime(taken / kBatch);
    }
}

struct Pair {
    CryptoWorld world;
    Party alice{world, "alice"}, bob{world, "bob"};
    std::vector<RatchetFrame> frames;
    Pair() { converse(alice, bob); }
    void prepareOneWay()
    {
        frames.clear();
        for (int i = 0; i < kBatch; ++i)
            frames.push_back(alice.writes(bob, kText));
    }
};

void sottoEncrypt(benchmark::State &state)
{
    Pair pair;
    measure(
        state, [] {}, [&](int) { return bool(pair.alice.sessions.encrypt(pair.bob.address, kText)); });
}

void rawEncrypt(benchmark::State &state)
{
    bench::RawPair pair;
    measure(
        state, [] {}, [&](int) { return !pair.alice.encrypt(kText).isEmpty(); });
}

void sottoDecrypt(benchmark::State &state)
{
    Pair pair;
    measure(
        state, [&] { pair.prepareOneWay(); },
        [&](int i) { return bool(pair.bob.reads(pair.alice, pair.frames[std::size_t(i)])); });
}

void rawDecrypt(benchmark::State &state)
{
    bench::RawPair pair;
    std::vector<Bytes> frames;
    measure(
        state,
        [&] {
            frames.clear();
            for (int i = 0; i < kBatch; ++i)
                frames.push_back(pair.alice.encrypt(kText));
        },
        [&](int i) { return pair.bob.decrypt(frames[std::size_t(i)]); });
}

void sottoPingPong(benchmark::State &state)
{
    Pair pair;
    measure(
        state, [] {},
        [&](int) {
            return pair.bob.reads(pair.alice, pair.alice.writes(pair.bob, kText)).hasValue()
                && pair.alice.reads(pair.bob, pair.bob.writes(pair.alice, kText)).hasValue();
        });
}

void rawPingPong(benchmark::State &state)
{
    bench::RawPair pair;
    measure(
        state, [] {},
        [&](int) {
            return pair.bob.decrypt(pair.alice.encrypt(kText)) && pair.alice.decrypt(pair.bob.encrypt(kText));
        });
}

const GroupId kGroup({1});

void sottoGroupEncrypt(benchmark::State &state)
{
    Pair pair;
    const SenderKeyName chain{kGroup, pair.alice.address};
    (void)pair.alice.groups.createDistribution(chain).value();
    measure(
        state, [] {}, [&](int) { return bool(pair.alice.groups.encrypt(chain, kText)); });
}

void rawGroupEncrypt(benchmark::State &state)
{
    bench::RawPair pair;
    pair.alice.createDistribution();
    measure(
        state, [] {}, [&](int) { return !pair.alice.encryptGroup(kText).isEmpty(); });
}

void sottoGroupDecrypt(benchmark::State &state)
{
    Pair pair;
    const SenderKeyName chain{kGroup, pair.alice.address};
    (void)pair.bob.groups.processDistribution(chain, *pair.alice.groups.createDistribution(chain), 1).value();
    std::vector<Bytes> frames;
    measure(
        state,
        [&] {
            frames.clear();
            for (int i = 0; i < kBatch; ++i)
                frames.push_back(*pair.alice.groups.encrypt(chain, kText));
        },
        [&](int i) { return bool(pair.bob.groups.decrypt(chain, frames[std::size_t(i)])); });
}

void rawGroupDecrypt(benchmark::State &state)
{
    bench::RawPair pair;
    pair.bob.processDistribution(pair.alice.createDistribution());
    std::vector<Bytes> frames;
    measure(
        state,
        [&] {
            frames.clear();
            for (int i = 0; i < kBatch; ++i)
                frames.push_back(pair.alice.encryptGroup(kText));
        },
        [&](int i) { return pair.bob.decryptGroup(frames[std::size_t(i)]); });
}

struct Sealing {
    kit::SeededRandom random;
    DeviceAddress alice{AccountId({1}), *DeviceId::from(1)}, bob{AccountId({2}), *DeviceId::from(2)};
    X25519KeyPair aliceKey = x25519FromPrivate(Bytes(32, 'a')), bobKey = x25519FromPrivate(Bytes(32, 'b'));
    SealedSender sender{alice, x25519FromPrivate(Bytes(32, 'a')), random};
    SealedSender recipient{bob, x25519FromPrivate(Bytes(32, 'b')), random};
    const Bytes ciphertext = Bytes(400, 'c');
    Result<Bytes, CryptoError> seal()
    {
        return sender.seal(bob, bobKey.publicKey, {MessageId({7}), ciphertext, std::nullopt});
    }
};

void sealSender(benchmark::State &state)
{
    Sealing sealing;
    measure(
        state, [] {}, [&](int) { return bool(sealing.seal()); });
}

void openSender(benchmark::State &state)
{
    Sealing sealing;
    const Bytes sealed = sealing.seal().value();
    measure(
        state, [] {},
        [&](int) {
            const auto claim = sealing.recipient.open(sealed);
            return claim
                && sealing.recipient.verify(*claim, sealing.aliceKey.publicKey, sealing.ciphertext, std::nullopt);
        });
}

void forgedCounter(benchmark::State &state)
{
    Pair pair;
    Bytes frame("\x33\x0a\x21");
    frame += makeCurveKeyPair(pair.world.random)->publicKey.toBytes();
    frame += QByteArray::fromHex("10d00f18002220") + Bytes(32, 'c') + Bytes(8, 'm'); // counter 2000
    for (auto _ : state) {
        const double start = bench::cpuSeconds();
        benchmark::DoNotOptimize(pair.bob.reads(pair.alice, {RatchetFrameType::Signal, frame}));
        const double taken = bench::cpuSeconds() - start;
        state.SetIterationTime(taken);
        pair.bob.sessions.jumpLimiter() = {};
    }
}

/// Remembers what each benchmark took and holds it against the bars.
class Judge final : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs)
            m_microseconds[run.run_name.function_name] = run.GetAdjustedRealTime();
        ConsoleReporter::ReportRuns(runs);
    }
    bool allHold(bool smoke) const
    {
        bench::Bars bars(smoke);
        for (const char *work : {"Encrypt", "Decrypt", "PingPong", "GroupEncrypt", "GroupDecrypt"}) {
            const auto raw = m_microseconds.find(std::string("raw") + work);
            const auto ours = m_microseconds.find(std::string("sotto") + work);
            if (raw != m_microseconds.end() && ours != m_microseconds.end())
                bars.atMost((std::string("crypto ") + work + " / bare library").c_str(), ours->second / raw->second,
                            1.25, "times");
        }
        for (const auto &[name, bar] : {std::pair("sealSender", 150.0), std::pair("openSender", 80.0)}) {
            if (const auto taken = m_microseconds.find(name); taken != m_microseconds.end())
                bars.atMost((std::string("crypto ") + name).c_str(), taken->second, bar, "us CPU");
        }
        return bars.allHold();
    }

private:
    std::map<std::string, double> m_microseconds;
};
} // namespace

int judged(bool smoke)
{
    Judge judge;
    benchmark::RunSpecifiedBenchmarks(&judge);
    return judge.allHold(smoke) ? 0 : 1;
}

BENCHMARK(rawEncrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(100);
BENCHMARK(sottoEncrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(100);
BENCHMARK(rawDecrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(100);
BENCHMARK(sottoDecrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(100);
BENCHMARK(rawPingPong)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(4);
BENCHMARK(sottoPingPong)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(4);
BENCHMARK(rawGroupEncrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(sottoGroupEncrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(rawGroupDecrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(sottoGroupDecrypt)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(sealSender)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(openSender)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(20);
BENCHMARK(forgedCounter)->UseManualTime()->Unit(benchmark::kMicrosecond)->Iterations(50);

} // namespace sotto

int main(int argc, char **argv)
{
    const bool smoke = argc > 1 && std::string_view(argv[1]) == "--smoke";
    if (smoke)
        std::swap(argv[1], argv[--argc]);
    benchmark::Initialize(&argc, argv);
    return sotto::judged(smoke);
}
