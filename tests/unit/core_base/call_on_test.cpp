#include "core/base/call_on.h"
#include "tests/kit/test_main.h"

#include <QEventLoop>
#include <QSemaphore>
#include <QTest>
#include <QThread>
#include <atomic>
#include <thread>

namespace sotto {

namespace {

/// Notes on which thread a coroutine's locals are destroyed.
struct Witness {
    explicit Witness(std::atomic<std::thread::id> *where) : m_where(where) { }
    ~Witness() { m_where->store(std::this_thread::get_id()); }
    std::atomic<std::thread::id> *m_where;
};

Task<int> waitsFor(Task<int> number, std::atomic<std::thread::id> *endedOn)
{
    const Witness witness(endedOn);
    const int value = co_await std::move(number);
    co_return value;
}

/// A thread with an event loop and an object that lives there.
class Elsewhere {
public:
    Elsewhere()
    {
        m_thread.start();
        object->moveToThread(&m_thread);
    }
    ~Elsewhere()
    {
        m_thread.quit();
        m_thread.wait();
    }
    QThread *thread() { return &m_thread; }
    std::unique_ptr<QObject> object = std::make_unique<QObject>();

private:
    QThread m_thread;
};

} // namespace

class CallOnTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runsThereAndAnswersHere()
    {
        Elsewhere there;
        QThread *answeredOn = nullptr;
        QThread *ranOn = nullptr;
        QEventLoop loop;
        QObject here;
        callOn(there.object.get(), [] { return QThread::currentThread(); }).then(&here, [&](QThread *thread) {
            ranOn = thread;
            answeredOn = QThread::currentThread();
            loop.quit();
        });
        loop.exec();
        QCOMPARE(ranOn, there.thread());
        QCOMPARE(answeredOn, QThread::currentThread());
    }
    void thePoolRunsOffThisThread()
    {
        QThread *answeredOn = nullptr;
        QThread *ranOn = nullptr;
        QEventLoop loop;
        QObject here;
        // A value that cannot be copied travels too.
        callOnPool([] {
            return std::make_unique<QThread *>(QThread::currentThread());
        }).then(&here, [&](std::unique_ptr<QThread *> thread) {
            ranOn = *thread;
            answeredOn = QThread::currentThread();
            loop.quit();
        });
        loop.exec();
        QVERIFY(ranOn && ranOn != QThread::currentThread());
        QCOMPARE(answeredOn, QThread::currentThread());
    }
    void aContextThatGoesFirstEndsTheWaiterHere()
    {
        std::atomic<std::thread::id> endedOn;
        Elsewhere there;
        QSemaphore busy;
        // Its loop is held up, so that the object can go before the call is delivered.
        QMetaObject::invokeMethod(
            there.object.get(), [&busy] { busy.acquire(); }, Qt::QueuedConnection);
        auto *const context = new QObject;
        context->moveToThread(there.thread());
        context->deleteLater();
        bool ran = false;
        detach(waitsFor(callOn(context, [&ran] { return ran = true, 1; }), &endedOn));
        busy.release();
        QTRY_VERIFY(endedOn.load() != std::thread::id());
        QVERIFY(endedOn.load() == std::this_thread::get_id());
        QVERIFY(!ran);
    }
    void aCallingThreadThatEndsTakesItsWaitersAlong()
    {
        Elsewhere there;
        QSemaphore begun;
        QSemaphore goOn;
        std::atomic<std::thread::id> endedOn;
        std::thread caller([&] {
            detach(waitsFor(callOn(there.object.get(),
                                   [&] {
                                       begun.release();
                                       goOn.acquire();
                                       return 1;
                                   }),
                            &endedOn));
            begun.acquire();
        });
        const std::thread::id home = caller.get_id();
        caller.join();
        // The answer is still being made; the waiter is gone already, where it lived.
        QVERIFY(endedOn.load() == home);
        goOn.release();
    }
    void anAnswerMayMeetTheEndOfItsThread()
    {
        Elsewhere there;
        std::atomic<int> made = 0;
        constexpr int kThreads = 200;
        for (int i = 0; i < kThreads; ++i) {
            std::atomic<std::thread::id> endedOn;
            std::thread caller([&] {
                detach(waitsFor(callOn(there.object.get(), [&made] { return ++made; }), &endedOn));
                if (i % 2)
                    QCoreApplication::processEvents();
            });
            const std::thread::id home = caller.get_id();
            caller.join();
            QVERIFY(endedOn.load() == home);
        }
        QTRY_COMPARE(made.load(), kThreads);
    }
};

SOTTO_TEST(CallOnTest)

} // namespace sotto

#include "call_on_test.moc"
