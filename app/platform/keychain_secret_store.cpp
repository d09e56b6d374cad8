#include "app/platform/keychain_secret_store.h"

#include <QFileInfo>
#include <qt6keychain/keychain.h>

namespace sotto {

namespace {
Error errorOf(QKeychain::Error error)
{
    switch (error) {
    case QKeychain::EntryNotFound: return ErrorCode::NotFound;
    case QKeychain::AccessDeniedByUser:
    case QKeychain::AccessDenied: return ErrorCode::NotPermitted;
    case QKeychain::NoBackendAvailable:
    case QKeychain::NotImplemented: return ErrorCode::Unsupported;
    default: return Error(ErrorCode::InputOutput, QStringLiteral("the keychain reports a failure"));
    }
}

/// Whether asking once more can help.
bool isPassing(const Error &error) { return error.code == ErrorCode::InputOutput || error.code == ErrorCode::TimedOut; }

#ifdef Q_OS_LINUX
/// Whether `address` is a D-Bus address at which somebody could listen. Anything but a socket path is believed.
bool isReachable(const QString &address)
{
    for (const QString &one : address.split(u';', Qt::SkipEmptyParts)) {
        if (!one.startsWith(QStringLiteral("unix:path=")))
            return true;
        if (QFileInfo::exists(one.mid(10).section(u',', 0, 0)))
            return true;
    }
    return false;
}
#endif
} // namespace

KeychainSecretStore::KeychainSecretStore(Clock &clock, QString service, QObject *parent)
    : QObject(parent), m_clock(clock), m_service(std::move(service))
{ }

bool KeychainSecretStore::isAvailable()
{
#ifdef Q_OS_LINUX
    const QString address = qEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS");
    if (!address.isEmpty())
        return isReachable(address);
    const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
    return !runtime.isEmpty() && QFileInfo::exists(runtime + QStringLiteral("/bus"));
#else
    return true;
#endif
}

QString KeychainSecretStore::backend() const
{
#if defined(Q_OS_MACOS)
    return QStringLiteral("macos-keychain");
#elif defined(Q_OS_WIN)
    return QStringLiteral("windows-credentials");
#else
    // QtKeychain chooses by the desktop in the environment and does not say what it chose; this follows its rule.
    const bool isKde = qEnvironmentVariable("XDG_CURRENT_DESKTOP") == QStringLiteral("KDE")
        || !qEnvironmentVariableIsEmpty("KDE_FULL_SESSION");
    return isKde ? QStringLiteral("kwallet") : QStringLiteral("secret-service");
#endif
}

Task<KeychainSecretStore::Answer> KeychainSecretStore::run(QKeychain::Job *job)
{
    // The job deletes itself once it has finished; one that never does is left alone, its library may still use it.
    const auto completer = std::make_shared<Completer<Answer>>();
    job->setInsecureFallback(false);
    QObject::connect(job, &QKeychain::Job::finished, this, [completer](QKeychain::Job *finished) {
        if (!completer->isPending())
            return;
        Answer answer{Done{}, {}};
        if (finished->error() != QKeychain::NoError)
            answer.result = errorOf(finished->error());
        else if (const auto *reading = qobject_cast<QKeychain::ReadPasswordJob *>(finished))
            answer.data = reading->binaryData();
        completer->finish(std::move(answer));
    });
    Timer patience(m_clock, [completer] {
        if (completer->isPending())
            completer->finish({ErrorCode::TimedOut, {}});
    });
    patience.start(kPatience);
    auto task = completer->task();
    job->start();
    const Answer answer = co_await std::move(task);
    co_return answer;
}

Task<Done> KeychainSecretStore::pause()
{
    const auto completer = std::make_shared<Completer<Done>>();
    Timer timer(m_clock, [completer] { completer->finish(Done{}); });
    timer.start(kPause);
    auto task = completer->task();
    const Done done = co_await std::move(task);
    co_return done;
}

Task<Result<SecretBytes>> KeychainSecretStore::readOnce(QString account)
{
    auto *const job = new QKeychain::ReadPasswordJob(m_service);
    job->setKey(account);
    Answer answer = co_await run(job);
    if (!answer.result)
        co_return answer.result.error();
    SecretBytes secret = SecretBytes::copyOf(answer.data);
    wipe(answer.data);
    co_return secret;
}

Task<Result<Done>> KeychainSecretStore::writeOnce(QString account, Bytes data)
{
    auto *const job = new QKeychain::WritePasswordJob(m_service);
    job->setKey(account);
    job->setBinaryData(data);
    const Answer answer = co_await run(job);
    co_return answer.result;
}

Task<Result<SecretBytes>> KeychainSecretStore::read(QString account)
{
    if (!isAvailable())
        co_return ErrorCode::Unsupported;
    Error failure = ErrorCode::InputOutput;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        if (attempt > 0)
            co_await pause();
        auto secret = co_await readOnce(account);
        if (secret)
            co_return std::move(*secret);
        failure = secret.error();
        if (!isPassing(failure))
            break;
    }
    co_return failure;
}

Task<Result<Done>> KeychainSecretStore::write(QString account, SecretBytes secret)
{
    const auto present = co_await read(account);
    if (!present && present.error().code != ErrorCode::NotFound)
        co_return present.error();
    if (present && *present == secret)
        co_return Done{};
    Bytes data = secret.view().toByteArray();
    const auto written = co_await writeOnce(account, data);
    wipe(data);
    co_return written;
}

Task<Result<Done>> KeychainSecretStore::remove(QString account)
{
    if (!isAvailable())
        co_return ErrorCode::Unsupported;
    auto *const job = new QKeychain::DeletePasswordJob(m_service);
    job->setKey(account);
    const Answer answer = co_await run(job);
    if (!answer.result && answer.result.error().code == ErrorCode::NotFound)
        co_return Done{};
    co_return answer.result;
}

} // namespace sotto
