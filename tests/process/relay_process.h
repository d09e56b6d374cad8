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
/// This process's environment, in which a program logs whatever it and Qt can.
QProcessEnvironment mostVerbose();
/// Where a program of a play writes its log: `name`.log in the folder of SOTTO_TEST_LOGS, which a scan reads in the end
/// (T183, T195); nowhere when a person runs the test without.
QString logFileFor(const QString &name);
/// Adds a line `label value` to what that scan looks for.
void lookForInLogs(const QString &label, const QString &value);

/// A real `sotto-relay run` on a data folder. Between kill() and start() it keeps its port. Never outlives its object.
class RelayProcess {
public:
    /// `name` is that of its log.
    RelayProcess(QString dataDirectory, const QString &name);
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
    qint64 processId() const { return m_process ? m_process->processId() : 0; }
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
