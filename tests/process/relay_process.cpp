#include "tests/process/relay_process.h"

#include "tests/process/waiting.h"

#include <QFile>

namespace sotto::kit {

namespace {
const QString kReady = QStringLiteral("ready ");

QStringList linesOf(const QByteArray &text) { return QString::fromUtf8(text).split(u'\n', Qt::SkipEmptyParts); }
} // namespace

QString relayProgram() { return QStringLiteral(SOTTO_RELAY_EXECUTABLE); }
QString clientProgram() { return QStringLiteral(SOTTO_CLI_EXECUTABLE); }

QProcessEnvironment mostVerbose()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_LOGGING_RULES"), QStringLiteral("*=true"));
    return environment;
}

QString logFileFor(const QString &name)
{
    const QString folder = qEnvironmentVariable("SOTTO_TEST_LOGS");
    return folder.isEmpty() ? QString() : folder + u'/' + name + QStringLiteral(".log");
}

void lookForInLogs(const QString &label, const QString &value)
{
    const QString folder = qEnvironmentVariable("SOTTO_TEST_LOGS");
    if (folder.isEmpty())
        return;
    QFile file(folder + QStringLiteral("/processes.secrets"));
    if (!file.open(QIODevice::Append))
        qFatal("the list of secrets cannot be written");
    file.write(QStringLiteral("%1 %2\n").arg(label, value).toUtf8());
}

Outcome runProgram(const QString &program, const QStringList &words, const QByteArray &input)
{
    QProcess process;
    process.start(program, words);
    if (!input.isEmpty())
        process.write(input);
    process.closeWriteChannel();
    if (!until([&process] { return process.state() == QProcess::NotRunning; }))
        process.kill();
    process.waitForFinished();
    const bool ended = process.exitStatus() == QProcess::NormalExit;
    return {ended ? process.exitCode() : -1, linesOf(process.readAllStandardOutput()), process.readAllStandardError()};
}

RelayProcess::RelayProcess(QString dataDirectory, const QString &name)
    : m_dataDirectory(std::move(dataDirectory)), m_logFile(logFileFor(name)), m_address(QStringLiteral("127.0.0.1:0"))
{ }

RelayProcess::~RelayProcess() { kill(); }

bool RelayProcess::start()
{
    kill();
    m_process = std::make_unique<QProcess>();
    m_process->setProcessEnvironment(mostVerbose());
    if (!m_logFile.isEmpty())
        m_process->setStandardErrorFile(m_logFile, QIODevice::Append);
    m_process->start(
        relayProgram(),
        {QStringLiteral("run"), QStringLiteral("--data"), m_dataDirectory, QStringLiteral("--listen"), m_address});
    bool isReady = false;
    const auto look = [this, &isReady] {
        while (!isReady && m_process->canReadLine()) {
            const QString line = QString::fromUtf8(m_process->readLine()).trimmed();
            isReady = line.startsWith(kReady);
            if (isReady)
                m_address = line.mid(kReady.size());
        }
        return isReady || m_process->state() == QProcess::NotRunning;
    };
    return until(look) && isReady;
}

void RelayProcess::kill()
{
    if (!m_process)
        return;
    m_process->kill();
    m_process->waitForFinished();
    m_process.reset();
}

bool RelayProcess::stop()
{
    if (!m_process)
        return false;
    m_process->terminate();
    const bool ended = until([this] { return m_process->state() == QProcess::NotRunning; })
        && m_process->exitStatus() == QProcess::NormalExit && m_process->exitCode() == 0;
    kill();
    return ended;
}

QStringList RelayProcess::invites(int count) const
{
    const Outcome asked = runProgram(relayProgram(),
                                     {QStringLiteral("invite"), QStringLiteral("--data"), m_dataDirectory,
                                      QStringLiteral("--count"), QString::number(count)});
    return asked.code == 0 ? asked.lines : QStringList();
}

qint64 RelayProcess::status(const QString &name) const
{
    const Outcome asked =
        runProgram(relayProgram(), {QStringLiteral("status"), QStringLiteral("--data"), m_dataDirectory});
    for (const QString &line : asked.lines) {
        if (line.startsWith(name + u' '))
            return line.mid(name.size() + 1).toLongLong();
    }
    return -1;
}

} // namespace sotto::kit
