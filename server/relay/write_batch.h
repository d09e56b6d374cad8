#pragma once
#include <QObject>

#include <vector>

namespace sotto::relay {

class LeanSocket;

/// Writes each socket once per turn of the event loop, however many frames it was given in that turn: one system call
/// and one TLS record instead of dozens. One for each worker thread.
class WriteBatch final : public QObject {
    Q_OBJECT
public:
    explicit WriteBatch(QObject *parent = nullptr) : QObject(parent) { }
    /// Flushes `socket` at the end of this turn. A socket adds itself once and removes itself before it dies.
    void add(LeanSocket *socket);
    void remove(LeanSocket *socket);

protected:
    bool event(QEvent *event) override;

private:
    std::vector<LeanSocket *> m_sockets;
    bool m_posted = false;
};

} // namespace sotto::relay
