#include "server/relay/epoll_dispatcher.h"
#include "server/relay/event_loop.h"
#include "tests/kit/test_main.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QSocketNotifier>
#include <QTest>
#include <QThread>
#include <QTimer>

#include <atomic>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto::relay {

namespace {

/// A thread with an event loop of the wanted kind, and a way to run code on it.
class LoopThread {
public:
    explicit LoopThread(EventLoopKind kind)
    {
        auto dispatcher = makeEventDispatcher(kind);
        if (dispatcher)
            m_thread.setEventDispatcher(dispatcher.release());
        m_context.moveToThread(&m_thread);
        m_thread.start();
    }
    ~LoopThread()
    {
        m_thread.quit();
        m_thread.wait();
    }
    /// Runs `fn` there and waits for it.
    template <class Fn> void run(Fn fn) { QMetaObject::invokeMethod(&m_context, fn, Qt::BlockingQueuedConnection); }
    template <class Fn> void post(Fn fn) { QMetaObject::invokeMethod(&m_context, fn, Qt::QueuedConnection); }

private:
    QThread m_thread;
    QObject m_context;
};

struct SocketPair {
    SocketPair() { valid = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0; }
    ~SocketPair()
    {
        ::close(ends[0]);
        ::close(ends[1]);
    }
    int ends[2] = {-1, -1};
    bool valid = false;
};

} // namespace

class EpollDispatcherTest : public QObject {
    Q_OBJECT
private:
    static void addKinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("epoll") << int(EventLoopKind::Epoll);
        QTest::newRow("stock") << int(EventLoopKind::Stock);
    }
    static EventLoopKind kind()
    {
        QFETCH(int, kind);
        return EventLoopKind(kind);
    }

private Q_SLOTS:
    void theEnvironmentChoosesTheLoop()
    {
        qunsetenv("SOTTO_RELAY_EVENT_LOOP");
        QCOMPARE(eventLoopKind(EventLoopKind::Epoll), EventLoopKind::Epoll);
        qputenv("SOTTO_RELAY_EVENT_LOOP", "stock");
        QCOMPARE(eventLoopKind(EventLoopKind::Epoll), EventLoopKind::Stock);
        qputenv("SOTTO_RELAY_EVENT_LOOP", "epoll");
        QCOMPARE(eventLoopKind(EventLoopKind::Stock), EventLoopKind::Epoll);
        qunsetenv("SOTTO_RELAY_EVENT_LOOP");
        QVERIFY(!makeEventDispatcher(EventLoopKind::Stock));
        QVERIFY(dynamic_cast<EpollDispatcher *>(makeEventDispatcher(EventLoopKind::Epoll).get()));
    }
    void wakesForPostedEvents_data() { addKinds(); }
    void wakesForPostedEvents()
    {
        LoopThread loop(kind());
        std::atomic<int> seen{0};
        for (int i = 0; i < 1000; ++i)
            loop.post([&seen] { ++seen; });
        loop.run([] {});
        QCOMPARE(seen.load(), 1000);
    }
    void readsAndWritesWhenSocketsAreReady_data() { addKinds(); }
    void readsAndWritesWhenSocketsAreReady()
    {
        LoopThread loop(kind());
        SocketPair pair;
        QVERIFY(pair.valid);
        std::unique_ptr<QSocketNotifier> reader;
        std::unique_ptr<QSocketNotifier> writer;
        std::atomic<int> received{0};
        std::atomic<int> writable{0};
        loop.run([&] {
            reader = std::make_unique<QSocketNotifier>(pair.ends[0], QSocketNotifier::Read);
            connect(reader.get(), &QSocketNotifier::activated, reader.get(), [&] {
                char byte = 0;
                if (::read(pair.ends[0], &byte, 1) == 1)
                    ++received;
            });
            writer = std::make_unique<QSocketNotifier>(pair.ends[0], QSocketNotifier::Write);
            connect(writer.get(), &QSocketNotifier::activated, writer.get(), [&] {
                ++writable;
                writer->setEnabled(false);
            });
        });
        QTRY_COMPARE(writable.load(), 1);
        QCOMPARE(::write(pair.ends[1], "abc", 3), ssize_t(3));
        QTRY_COMPARE(received.load(), 3);
        loop.run([&] { reader->setEnabled(false); });
        QCOMPARE(::write(pair.ends[1], "d", 1), ssize_t(1));
        loop.run([] {});
        QCOMPARE(received.load(), 3);
        loop.run([&] { reader->setEnabled(true); });
        QTRY_COMPARE(received.load(), 4);
        loop.run([&] {
            reader.reset();
            writer.reset();
        });
    }
    void aClosedPeerIsNoticedByAReader_data() { addKinds(); }
    void aClosedPeerIsNoticedByAReader()
    {
        LoopThread loop(kind());
        int ends[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        std::atomic<bool> ended{false};
        std::unique_ptr<QSocketNotifier> reader;
        loop.run([&] {
            reader = std::make_unique<QSocketNotifier>(ends[0], QSocketNotifier::Read);
            connect(reader.get(), &QSocketNotifier::activated, reader.get(), [&] {
                char byte = 0;
                ended = ::read(ends[0], &byte, 1) == 0;
                reader->setEnabled(false);
            });
        });
        ::close(ends[1]);
        QTRY_VERIFY(ended.load());
        loop.run([&] { reader.reset(); });
        ::close(ends[0]);
    }
    void aReusedDescriptorGetsNoEventOfItsPredecessor()
    {
        // Both sockets are ready in one turn; the first receiver closes the second and opens another of that number.
        LoopThread loop(EventLoopKind::Epoll);
        SocketPair first;
        int second[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, second), 0);
        SocketPair third;
        std::atomic<int> strayEvents{0};
        std::atomic<bool> swapped{false};
        std::unique_ptr<QSocketNotifier> firstReader;
        std::unique_ptr<QSocketNotifier> secondReader;
        std::unique_ptr<QSocketNotifier> thirdReader;
        const auto swap = [&] {
            char byte = 0;
            if (::read(first.ends[0], &byte, 1) != 1 || swapped.exchange(true))
                return;
            secondReader.reset();
            ::dup2(third.ends[0], second[0]); // the same number is another, silent socket now
            thirdReader = std::make_unique<QSocketNotifier>(second[0], QSocketNotifier::Read);
            connect(thirdReader.get(), &QSocketNotifier::activated, thirdReader.get(), [&] { ++strayEvents; });
        };
        loop.run([&] {
            firstReader = std::make_unique<QSocketNotifier>(first.ends[0], QSocketNotifier::Read);
            connect(firstReader.get(), &QSocketNotifier::activated, firstReader.get(), swap);
            secondReader = std::make_unique<QSocketNotifier>(second[0], QSocketNotifier::Read);
            connect(secondReader.get(), &QSocketNotifier::activated, secondReader.get(), [&] {
                // Came first: then there is nothing to prove in this order; the first receiver runs afterwards.
                secondReader->setEnabled(false);
            });
            QCOMPARE(::write(first.ends[1], "a", 1), ssize_t(1));
            QCOMPARE(::write(second[1], "b", 1), ssize_t(1));
        });
        QTRY_VERIFY(swapped.load());
        loop.run([] {});
        QCOMPARE(strayEvents.load(), 0);
        loop.run([&] {
            firstReader.reset();
            thirdReader.reset();
        });
        ::close(second[0]);
        ::close(second[1]);
    }
    void timersKeepTheirOrderAndTheirBeat_data() { addKinds(); }
    void timersKeepTheirOrderAndTheirBeat()
    {
        LoopThread loop(kind());
        std::vector<int> order;
        std::atomic<int> beats{0};
        std::atomic<bool> done{false};
        std::unique_ptr<QTimer> beat;
        QElapsedTimer clock;
        clock.start();
        loop.run([&] {
            QTimer::singleShot(60, Qt::PreciseTimer, [&] {
                order.push_back(3);
                done = true;
            });
            QTimer::singleShot(20, Qt::PreciseTimer, [&] { order.push_back(1); });
            QTimer::singleShot(40, Qt::PreciseTimer, [&] { order.push_back(2); });
            beat = std::make_unique<QTimer>();
            connect(beat.get(), &QTimer::timeout, beat.get(), [&] { ++beats; });
            beat->start(5);
        });
        QTRY_VERIFY(done.load());
        QVERIFY(clock.elapsed() >= 59);
        QVERIFY2(beats.load() >= 4, "a timer of 5 ms has to fire several times in 60 ms");
        loop.run([&] { beat.reset(); });
        QCOMPARE(order, (std::vector<int>{1, 2, 3}));
    }
    void aStoppedTimerStaysSilentAndAZeroTimerFiresAtOnce_data() { addKinds(); }
    void aStoppedTimerStaysSilentAndAZeroTimerFiresAtOnce()
    {
        LoopThread loop(kind());
        std::atomic<int> fired{0};
        std::atomic<int> zero{0};
        std::atomic<bool> later{false};
        loop.run([&] {
            auto *timer = new QTimer;
            connect(timer, &QTimer::timeout, timer, [&] { ++fired; });
            timer->start(10);
            timer->stop();
            delete timer;
            QTimer::singleShot(0, [&] { ++zero; });
            QTimer::singleShot(30, [&] { later = true; });
        });
        QTRY_VERIFY(later.load());
        QCOMPARE(fired.load(), 0);
        QCOMPARE(zero.load(), 1);
    }
    void aTimerRestartedWithoutEndDoesNotGrowTheHeap()
    {
        // Would take 100,000 entries with nothing compacted; the loop must stay quick afterwards.
        auto dispatcher = EpollDispatcher::create();
        QVERIFY(dispatcher);
        QObject owner;
        for (int i = 0; i < 100'000; ++i) {
            dispatcher->registerTimer(7, 60'000, Qt::PreciseTimer, &owner);
            QVERIFY(dispatcher->unregisterTimer(7));
        }
        dispatcher->registerTimer(7, 60'000, Qt::PreciseTimer, &owner);
        QCOMPARE(dispatcher->registeredTimers(&owner).size(), 1);
        QVERIFY(dispatcher->remainingTime(7) > 59'000);
        QCOMPARE(dispatcher->remainingTime(8), -1);
        QVERIFY(dispatcher->unregisterTimers(&owner));
        QVERIFY(!dispatcher->unregisterTimers(&owner));
        QVERIFY(!dispatcher->unregisterTimer(7));
    }
    void aNestedLoopServesSocketsAndTimers_data() { addKinds(); }
    void aNestedLoopServesSocketsAndTimers()
    {
        LoopThread loop(kind());
        std::atomic<bool> nestedDone{false};
        std::atomic<bool> outerDone{false};
        loop.post([&] {
            QEventLoop nested;
            QTimer::singleShot(10, [&] {
                nestedDone = true;
                nested.quit();
            });
            nested.exec();
            outerDone = true;
        });
        QTRY_VERIFY(outerDone.load());
        QVERIFY(nestedDone.load());
    }
    void socketsCanBeLeftOut()
    {
        LoopThread loop(EventLoopKind::Epoll);
        SocketPair pair;
        int events = 0;
        loop.run([&] {
            QSocketNotifier reader(pair.ends[0], QSocketNotifier::Read);
            connect(&reader, &QSocketNotifier::activated, &reader, [&] {
                char byte = 0;
                events += ::read(pair.ends[0], &byte, 1) == 1 ? 1 : 0;
            });
            QCOMPARE(::write(pair.ends[1], "a", 1), ssize_t(1));
            QAbstractEventDispatcher::instance()->processEvents(QEventLoop::ExcludeSocketNotifiers);
            QCOMPARE(events, 0);
            QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents);
            QCOMPARE(events, 1);
        });
    }
    void interruptEndsAWait()
    {
        LoopThread loop(EventLoopKind::Epoll);
        std::atomic<bool> returned{false};
        std::atomic<QAbstractEventDispatcher *> dispatcher{nullptr};
        loop.post([&] {
            dispatcher = QAbstractEventDispatcher::instance();
            QAbstractEventDispatcher::instance()->processEvents(QEventLoop::WaitForMoreEvents
                                                                | QEventLoop::ExcludeSocketNotifiers);
            returned = true;
        });
        QTRY_VERIFY(dispatcher.load() != nullptr);
        dispatcher.load()->interrupt();
        QTRY_VERIFY(returned.load());
    }
};

SOTTO_TEST(EpollDispatcherTest)

} // namespace sotto::relay

#include "epoll_dispatcher_test.moc"
