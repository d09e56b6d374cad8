// Compiled into the test binaries and sotto-relay of preset tsan only, with the linker option --wrap for each function
// below.
#include "tests/kit/tsan_qt.h"

#include <QDeadlineTimer>
#include <QObject>
#include <QSemaphore>
#include <QThread>
#include <QThreadPool>
#include <functional>
#include <new>
#include <sanitizer/tsan_interface.h>

namespace {

char anyThread;

/// What this thread wrote is known to whoever takes an event of `receiver`'s thread after this.
void release(QObject *receiver) { __tsan_release(receiver->thread()); }

/// On a pool's thread: what the starter wrote before is known now.
void runBoxed(std::function<void()> *box)
{
    __tsan_acquire(box);
    (*box)();
    delete box;
}

} // namespace

namespace sotto::kit {

bool TestApplication::notify(QObject *receiver, QEvent *event)
{
    __tsan_acquire(QThread::currentThread());
    __tsan_acquire(&anyThread);
    const bool handled = QCoreApplication::notify(receiver, event);
    __tsan_release(QThread::currentThread()); // for whoever waits for this thread or for its answer
    return handled;
}

} // namespace sotto::kit

// The linker sends calls of Qt's function X to __wrap_X and calls of __real_X to Qt. The names are mangled ones.
extern "C" {

// QCoreApplication's constructor, for programs: their application becomes one that shows its events. It has no members
// of its own, so it lies where the other would.
void __wrap__ZN16QCoreApplicationC1ERiPPci(void *place, int &argumentCount, char **arguments, int flags)
{
    static_assert(sizeof(sotto::kit::TestApplication) == sizeof(QCoreApplication));
    new (place) sotto::kit::TestApplication(argumentCount, arguments, flags);
}

// QMetaObject::invokeMethod with a functor
bool __real__ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv(
    QObject *receiver, void *slot, Qt::ConnectionType type, void *result);
bool __wrap__ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv(
    QObject *receiver, void *slot, Qt::ConnectionType type, void *result)
{
    QThread *const thread = receiver->thread(); // a queued call may be the receiver's last
    __tsan_release(thread);
    const bool done =
        __real__ZN11QMetaObject16invokeMethodImplEP7QObjectPN9QtPrivate15QSlotObjectBaseEN2Qt14ConnectionTypeEPv(
            receiver, slot, type, result);
    if (type == Qt::BlockingQueuedConnection)
        __tsan_acquire(thread);
    return done;
}

// QMetaObject::activate: a signal, perhaps queued to receivers of any thread
void __real__ZN11QMetaObject8activateEP7QObjectPKS_iPPv(QObject *sender, const QMetaObject *type, int signal, void **a);
void __wrap__ZN11QMetaObject8activateEP7QObjectPKS_iPPv(QObject *sender, const QMetaObject *type, int signal, void **a)
{
    __tsan_release(&anyThread);
    __real__ZN11QMetaObject8activateEP7QObjectPKS_iPPv(sender, type, signal, a);
}

// QCoreApplication::postEvent
void __real__ZN16QCoreApplication9postEventEP7QObjectP6QEventi(QObject *receiver, QEvent *event, int priority);
void __wrap__ZN16QCoreApplication9postEventEP7QObjectP6QEventi(QObject *receiver, QEvent *event, int priority)
{
    release(receiver);
    __real__ZN16QCoreApplication9postEventEP7QObjectP6QEventi(receiver, event, priority);
}

// QObject::deleteLater
void __real__ZN7QObject11deleteLaterEv(QObject *object);
// Aligned, because `&QObject::deleteLater` is this function's address then, and an odd one means a virtual function.
__attribute__((aligned(16))) void __wrap__ZN7QObject11deleteLaterEv(QObject *object)
{
    release(object);
    __real__ZN7QObject11deleteLaterEv(object);
}

// QThread::wait
bool __real__ZN7QThread4waitE14QDeadlineTimer(QThread *thread, QDeadlineTimer deadline);
bool __wrap__ZN7QThread4waitE14QDeadlineTimer(QThread *thread, QDeadlineTimer deadline)
{
    const bool ended = __real__ZN7QThread4waitE14QDeadlineTimer(thread, deadline);
    if (ended)
        __tsan_acquire(thread);
    return ended;
}

// QThreadPool::start with a function. What reads the box without being watched is called by Qt on the pool's thread.
void __real__ZN11QThreadPool5startESt8functionIFvvEEi(QThreadPool *pool, std::function<void()> function, int priority);
void __wrap__ZN11QThreadPool5startESt8functionIFvvEEi(QThreadPool *pool, std::function<void()> function, int priority)
{
    auto *const box = new std::function<void()>(std::move(function));
    __tsan_release(box);
    const auto unbox = [box]() __attribute__((no_sanitize("thread"))) { runBoxed(box); };
    __real__ZN11QThreadPool5startESt8functionIFvvEEi(pool, unbox, priority);
}

// QSemaphore: counts in futexes
void __real__ZN10QSemaphore7releaseEi(QSemaphore *semaphore, int n);
void __wrap__ZN10QSemaphore7releaseEi(QSemaphore *semaphore, int n)
{
    __tsan_release(semaphore);
    __real__ZN10QSemaphore7releaseEi(semaphore, n);
}
void __real__ZN10QSemaphore7acquireEi(QSemaphore *semaphore, int n);
void __wrap__ZN10QSemaphore7acquireEi(QSemaphore *semaphore, int n)
{
    __real__ZN10QSemaphore7acquireEi(semaphore, n);
    __tsan_acquire(semaphore);
}
bool __real__ZN10QSemaphore10tryAcquireEii(QSemaphore *semaphore, int n, int timeout);
bool __wrap__ZN10QSemaphore10tryAcquireEii(QSemaphore *semaphore, int n, int timeout)
{
    const bool done = __real__ZN10QSemaphore10tryAcquireEii(semaphore, n, timeout);
    if (done)
        __tsan_acquire(semaphore);
    return done;
}

} // extern "C"
