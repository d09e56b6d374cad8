#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"

namespace sotto::relay {

/// One client's connection as a session sees it: whole binary frames in and out. Everything below (WebSocket, TLS,
/// limits of a socket) is behind this, so that it can be replaced without touching a session. Lives on one worker.
class ClientConnection {
public:
    /// Told what happens to a connection, on the worker's thread. It may destroy the connection inside a call.
    class Listener {
    public:
        /// One whole frame of at most the frame limit.
        virtual void handleFrame(const Bytes &frame) = 0;
        /// The client has read what waited: pendingBytes() is small again after it was large.
        virtual void handleDrained() = 0;
        /// The connection is over; exactly once, not after the listener was taken away.
        virtual void handleClosed() = 0;

    protected:
        ~Listener() = default;
    };

    virtual ~ClientConnection() = default;
    /// Who is told from now on; null for nobody. Outlives the connection or takes itself away.
    virtual void setListener(Listener *listener) = 0;
    /// Sends a frame. Frames given in one turn of the event loop leave together.
    virtual void send(const Bytes &frame) = 0;
    /// Bytes sent that the client has not taken yet. The caller stops sending mail at its cap and pages later.
    virtual qsizetype pendingBytes() const = 0;
    /// When something last came from the client, by the monotonic clock.
    virtual Milliseconds lastReceived() const = 0;
    /// Reads nothing from the client for this long: TCP then slows it down. What has been read is still handed over.
    virtual void pauseReading(Milliseconds time) = 0;
    /// Asks the other side for a sign of life; it shows in lastReceived().
    virtual void ping() = 0;
    /// Sends what waits and ends the connection; handleClosed() follows later.
    virtual void close() = 0;
};

} // namespace sotto::relay
