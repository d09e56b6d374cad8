#pragma once
#include "core/base/task.h"

#include <QAbstractEventDispatcher>
#include <QMetaObject>
#include <QThread>
#include <memory>

namespace sotto {

/// Runs `fn` on the thread of `context` and brings its result back to the calling thread's event loop: the one way to
/// cross threads. `fn` returns a plain value. When `context` is gone before `fn` ran, the waiter ends (see task.h).
template <class Fn> auto callOn(QObject *context, Fn fn) -> Task<std::invoke_result_t<Fn>>
{
    using R = std::invoke_result_t<Fn>;
    // The completer belongs to the calling thread; the other thread only carries it there and back.
    struct Trip {
        Trip(QObject *h, Fn f) : home(h), fn(std::move(f)) { }
        ~Trip()
        {
            // Never ran, or the way home closed: end the waiter where it lives.
            if (completer && home && QThread::currentThread() != home->thread()) {
                QMetaObject::invokeMethod(
                    home, [orphan = std::make_shared<std::unique_ptr<Completer<R>>>(std::move(completer))] {},
                    Qt::QueuedConnection);
            }
        }
        QPointer<QObject> home;
        Fn fn;
        std::unique_ptr<Completer<R>> completer = std::make_unique<Completer<R>>();
    };
    auto trip = std::make_shared<Trip>(QAbstractEventDispatcher::instance(), std::move(fn));
    Task<R> task = trip->completer->task();
    QMetaObject::invokeMethod(
        context,
        [trip] {
            auto result = std::make_shared<R>(trip->fn());
            if (!trip->home)
                return;
            QMetaObject::invokeMethod(
                trip->home,
                [trip, result] {
                    const auto completer = std::move(trip->completer);
                    completer->finish(std::move(*result));
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
    return task;
}

} // namespace sotto
