#pragma once
#include "core/base/bytes.h"

#include <QObject>
#include <QSocketNotifier>
#include <QString>

namespace sotto {

/// A line that somebody types, without the spaces around it; waits for it. Empty at the end of standard input.
QString readTypedLine();

/// Standard input without blocking the event loop. (Windows: QSocketNotifier knows no pipes there; the reader of that
/// system comes with its port.)
class StandardInput : public QObject {
    Q_OBJECT
public:
    explicit StandardInput(QObject *parent = nullptr);

    /// Stops and goes on reading; the sender waits meanwhile.
    void pause() { m_notifier.setEnabled(false); }
    void resume();

Q_SIGNALS:
    /// Some bytes, at most 64 KiB at a time.
    void arrived(const sotto::Bytes &bytes);
    /// It is over; nothing more comes.
    void ended();

private:
    void read();
    QSocketNotifier m_notifier;
    bool m_ended = false;
};

} // namespace sotto
