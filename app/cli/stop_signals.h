#pragma once
#include <QObject>
#include <QSocketNotifier>
#include <memory>

namespace sotto {

/// Turns SIGINT and SIGTERM into a signal of the event loop, so that what runs can end in order. One object at a time.
class StopSignals : public QObject {
    Q_OBJECT
public:
    explicit StopSignals(QObject *parent = nullptr);
    ~StopSignals() override;

Q_SIGNALS:
    /// Somebody asked this process to end.
    void stopAsked();

private:
    int m_pipe[2] = {-1, -1};
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace sotto
