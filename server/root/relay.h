#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/random.h"
#include "core/base/task.h"
#include "server/config/relay_config.h"

#include <QStringList>
#include <memory>

namespace sotto::relay {

/// A whole relay, as the executable runs it and as tests run it inside their own process: folder, keys, store, sessions
/// and the operator's door, on threads of its own. start(), stop() and destruction on one thread; the rest on any that
/// has an event loop.
class Relay {
public:
    struct Options {
        RelayConfig config;
        QString dataDirectory;
        bool withControlSocket = true;
    };
    /// Starts one; it accepts connections when this returns. `clock` and `random` outlive it. The error's detail is a
    /// sentence for the operator.
    static Result<std::unique_ptr<Relay>> start(const Options &options, Clock &clock, Random &random);
    /// Stops when it still runs.
    ~Relay();

    /// Says GoingDown to everybody, commits what waits and ends. Mail that was accepted is on the disk afterwards.
    void stop();

    /// The port it listens on.
    std::uint16_t port() const;
    /// "ADDRESS:PORT" it listens on.
    QString listenAddress() const;
    /// Its public key, as invites state it.
    RelayKey key() const;
    /// Where clients reach it, the best first.
    QStringList addresses() const;
    /// Sessions now, of any state.
    int sessions() const;

    /// Fresh invite links of the operator, 1 to 1000.
    Task<Result<QStringList>> makeInvites(int count);
    /// Whether nobody is registered and no invite is open: the operator needs one.
    Task<Result<bool>> isEmpty();
    /// One line an account, for the operator (server/ops/README.md).
    Task<Result<QStringList>> users();
    /// "name value" lines, for the operator.
    Task<Result<QStringList>> status();

private:
    struct Parts;
    explicit Relay(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

} // namespace sotto::relay
