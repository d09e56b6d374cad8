#pragma once
#include <QProcess>
#include <QString>
#include <QStringList>
#include <memory>

namespace sotto::kit {

/// What a program said and how it ended.
struct Outcome {
    int code = -1; ///< -1: it crashed or did not end
    QStringList lines;
    QByteArray errors;
};

/// Runs a program to its end, the event loop going on meanwhile. `input` is its standard input.
Outcome runProgram(const QString &program, const QStringList &words, const QByteArray &input = {});
/// The executables of this build.
QString relayProgram();
QString clientProgram();

/// A real `sotto-relay run` on a data folder. Between kill() and start() it keeps its port. Never outlives its object.
class RelayProcess {
public:
    /// `logFile` takes everything it writes to standard error, of all its starts; empty: nowhere.
    explicit RelayProcess(QString dataDirectory, QString logFile = {});
    ~RelayProcess();

    /// Starts it and waits, with the event loop running, until it says that it is ready.
    [[nodiscard]] bool start();
    /// SIGKILL, and gone when this returns.
    void kill();
    /// SIGTERM; whether it ended in order.
    [[nodiscard]] bool stop();

    /// "127.0.0.1:PORT" it listens on.
    const QString &address() const { return m_address; }
    const QString &dataDirectory() const { return m_dataDirectory; }
    /// Fresh links by `sotto-relay invite`, or nothing.
    QStringList invites(int count) const;
    /// The number `name` of `sotto-relay status`; -1 when it does not say.
    qint64 status(const QString &name) const;

private:
    QString m_dataDirectory;
    QString m_logFile;
    QString m_address;
    std::unique_ptr<QProcess> m_process;
};

} // namespace sotto::kit
