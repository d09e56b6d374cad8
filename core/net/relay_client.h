#pragma once
#include "core/base/task.h"
#include "core/net/relay_connection.h"
#include "core/net/request_error.h"

#include <unordered_map>

namespace sotto {

/// Requests with deadlines and pushes, over a RelayConnection. Every request is answered exactly once: by the relay, by
/// its deadline, or with Offline when the line drops. Core thread.
class RelayClient : public QObject {
    Q_OBJECT
public:
    static constexpr Milliseconds kRequestDeadline{30'000};
    static constexpr std::size_t kMaxOpenRequests = 256;
    static constexpr qint64 kMaxUnsentBytes = 8 * 1024 * 1024;
    /// Ephemeral frames are worth nothing behind a backlog of more than this.
    static constexpr qint64 kMaxUnsentBeforeEphemeral = 64 * 1024;
    /// What a relay may have delivered without our acknowledgement; it knows a window of 64 frames or 256 KiB.
    static constexpr std::size_t kMaxUnacknowledgedEnvelopes = 4096;
    static constexpr qsizetype kMaxUnacknowledgedBytes = 1024 * 1024;

    template <class Body> using Reply = Task<Result<Body, RequestError>>;

    /// `connection` and `clock` outlive it.
    RelayClient(RelayConnection &connection, Clock &clock, QObject *parent = nullptr);
    ~RelayClient() override;

    /// Sends a request; ends with any answer but an Error, which comes as RequestError::Refused.
    Reply<wire::ResponseBody> request(wire::RequestBody body, Milliseconds deadline = kRequestDeadline);

    /// The relay's refusal of a submit is data (SubmitReply), as in a batch.
    Reply<wire::SubmitReply> submit(wire::Submit submit);
    /// One reply a submit, in order.
    Reply<std::vector<wire::SubmitReply>> submitBatch(std::vector<wire::Submit> submits);
    Reply<wire::Log> fetchLog(wire::FetchLog request);
    Reply<wire::Ok> appendLog(wire::AppendLog request);
    Reply<wire::Bundles> fetchBundles(wire::FetchBundles request);
    Reply<wire::Ok> publishBundle(wire::PublishBundle request);
    Reply<wire::PreKeyCount> publishPreKeys(wire::PublishPreKeys request);
    Reply<wire::HandleFound> lookupHandle(wire::LookupHandle request);
    Reply<wire::Ok> setTokens(wire::SetTokens request);
    Reply<wire::Ok> putProfile(wire::PutProfile request);
    Reply<wire::Profile> fetchProfile(wire::FetchProfile request);
    Reply<wire::InviteCreated> createInvite(wire::CreateInvite request);
    Reply<wire::Ok> publishPresence(wire::PublishPresence request);
    Reply<wire::Ok> watchPresence(wire::WatchPresence request);

    /// Tells the relay that this mail is committed here. Lost when offline: the relay delivers it again.
    void acknowledge(const std::vector<std::uint64_t> &seqs);
    /// Typing and the like: sent if it can go at once, else dropped.
    void sendEphemeral(const wire::Ephemeral &frame);

    /// Requests without an answer so far.
    std::size_t openRequests() const { return m_open.size(); }
    RelayConnection &connection() { return m_connection; }
    /// Whether the relay of the last connection takes partial targets.
    bool knowsPartialTargets() const;

Q_SIGNALS:
    /// Mail; to be acknowledged after its commit.
    void delivered(const sotto::wire::Deliver &mail);
    void queueDrained(const sotto::wire::QueueDrained &mark);
    void presenceChanged(const sotto::wire::Presence &presence);
    void logChanged(const sotto::wire::LogChanged &change);
    void noticeArrived(const sotto::wire::Notice &notice);
    void ephemeralArrived(const sotto::wire::EphemeralArrived &frame);
    void ownDevicesChanged(const sotto::wire::OwnDevices &devices);

private:
    struct OpenRequest {
        Completer<Result<wire::ResponseBody, RequestError>> answer;
        std::unique_ptr<Timer> deadline;
    };
    template <class Body> Reply<Body> ask(wire::RequestBody body);
    std::uint32_t freeId();
    void handleFrame(const wire::Frame &frame);
    void handleResponse(const wire::Response &response);
    void handlePush(const wire::Push &push);
    void handleDeliver(const wire::Deliver &mail);
    void finish(std::uint32_t id, Result<wire::ResponseBody, RequestError> answer);
    void handleOffline();

    RelayConnection &m_connection;
    Clock &m_clock;
    std::unordered_map<std::uint32_t, OpenRequest> m_open;
    std::uint32_t m_nextId = 1;
    std::unordered_map<std::uint64_t, qsizetype> m_unacknowledged; ///< sequence → bytes, on this line
    qsizetype m_unacknowledgedBytes = 0;
};

} // namespace sotto
