#include "core/base/task.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QTest>

namespace sotto {

namespace {

Task<int> twice(Task<int> number)
{
    const int value = co_await std::move(number);
    co_return 2 * value;
}

/// Says when a coroutine's locals are destroyed.
struct Witness {
    explicit Witness(bool *gone) : m_gone(gone) { }
    ~Witness() { *m_gone = true; }
    bool *m_gone;
};

Task<int> holdWhile(Task<int> number, bool *gone)
{
    const Witness witness(gone);
    const int value = co_await std::move(number);
    co_return value;
}

class Counter : public QObject {
public:
    Task<int> addWhenThere(Task<int> number, bool *gone)
    {
        const Witness witness(gone);
        const int value = co_await std::move(number);
        m_sum += value;
        co_return m_sum;
    }
    int m_sum = 0;
};

Task<int> sumInLoop(std::vector<Completer<int>> *sources)
{
    int sum = 0;
    for (auto &source : *sources) {
        Task<int> next = source.task();
        const int value = co_await std::move(next);
        sum += value;
    }
    co_return sum;
}

} // namespace

class TaskTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void runsToItsFirstWaitAndFinishesWithTheAnswer()
    {
        Completer<int> source;
        Task<int> task = twice(source.task());
        QVERIFY(!task.isFinished());
        source.finish(21);
        QVERIFY(task.isFinished());
        QCOMPARE(task.result(), 42);
    }
    void goesOnAtOnceWhenTheAnswerIsThereAlready()
    {
        const Task<int> task = twice(Task<int>::finished(4));
        QVERIFY(task.isFinished());
        QCOMPARE(task.result(), 8);
    }
    void waitsInLoops()
    {
        std::vector<Completer<int>> sources(50);
        Task<int> task = sumInLoop(&sources);
        for (int i = 0; i < 50; ++i)
            sources[std::size_t(i)].finish(i);
        QVERIFY(task.isFinished());
        QCOMPARE(task.result(), 1225);
    }
    void droppingATaskEndsItsWholeChain()
    {
        bool gone = false;
        Completer<int> source;
        {
            const Task<int> task = twice(holdWhile(source.task(), &gone));
            QVERIFY(!gone);
        }
        QVERIFY(gone);
        source.finish(1); // nobody waits: nothing happens
    }
    void aDroppedCompleterEndsTheWaiters()
    {
        bool gone = false;
        auto source = std::make_unique<Completer<int>>();
        const Task<int> task = twice(holdWhile(source->task(), &gone));
        source.reset();
        QVERIFY(gone);
        QVERIFY(!task.isFinished());
    }
    void aDetachedTaskRunsOn()
    {
        bool gone = false;
        Completer<int> source;
        detach(holdWhile(source.task(), &gone));
        QVERIFY(!gone);
        source.finish(1);
        QVERIFY(gone);
    }
    void aMemberCoroutineDiesWithItsObject()
    {
        bool gone = false;
        Completer<int> source;
        auto counter = std::make_unique<Counter>();
        detach(counter->addWhenThere(source.task(), &gone));
        counter.reset();
        QVERIFY(gone);
        source.finish(1);
    }
    void anObjectMayDieWhileItsCoroutineWaitsForAnother()
    {
        bool gone = false;
        Completer<int> source;
        auto counter = std::make_unique<Counter>();
        const Task<int> outer = twice(counter->addWhenThere(source.task(), &gone));
        counter.reset();
        QVERIFY(gone);
        QVERIFY(!outer.isFinished());
    }
    void thenCallsBackOnlyWhileTheContextLives()
    {
        Completer<int> first;
        Completer<int> second;
        int seen = 0;
        auto context = std::make_unique<QObject>();
        twice(first.task()).then(context.get(), [&seen](int value) { seen = value; });
        twice(second.task()).then(context.get(), [&seen](int value) { seen = value; });
        first.finish(1);
        QCOMPARE(seen, 2);
        context.reset();
        second.finish(5);
        QCOMPARE(seen, 2);
    }
};

SOTTO_TEST(TaskTest)

} // namespace sotto

#include "task_test.moc"
