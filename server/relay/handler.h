#pragma once
#include "core/base/task.h"
#include "core/wire/frame.h"
#include "server/relay/reply.h"
#include "server/relay/session_context.h"

#include <array>
#include <memory>

namespace sotto::relay {

/// Place of a request type in wire::RequestBody; the index of the dispatch table.
using RequestKind = std::size_t;
/// How many request types there are.
inline constexpr RequestKind kRequestKinds = std::variant_size_v<wire::RequestBody>;

namespace detail {
template <class Request, std::size_t Index = 0> constexpr RequestKind kindOf()
{
    static_assert(Index < kRequestKinds, "not a request of wire::RequestBody");
    if constexpr (std::is_same_v<Request, std::variant_alternative_t<Index, wire::RequestBody>>)
        return Index;
    else
        return kindOf<Request, Index + 1>();
}
} // namespace detail

/// The kind of one request type: kRequestKindOf<wire::Submit>.
template <class Request> inline constexpr RequestKind kRequestKindOf = detail::kindOf<Request>();

/// Answers one type of request. One object serves all sessions: handle() is called on any worker thread, by several at
/// once, so a handler holds only references to things that are safe to share. The Task finishes on the thread that
/// called. A handler outlives every Task it gave out. Derive from HandlerFor<…>.
class Handler {
public:
    virtual ~Handler() = default;
    /// Which requests it takes.
    virtual RequestKind kind() const = 0;
    /// Answers `request`, which is of kind(). Limits of the wire format have been checked, nothing else.
    virtual Task<Reply> dispatch(SessionContext session, wire::RequestBody request) = 0;
};

/// Base of the handler of one request type: `class SubmitHandler final : public HandlerFor<wire::Submit>`.
template <class Request> class HandlerFor : public Handler {
public:
    RequestKind kind() const final { return kRequestKindOf<Request>; }
    Task<Reply> dispatch(SessionContext session, wire::RequestBody request) final
    {
        return handle(std::move(session), std::get<Request>(std::move(request)));
    }
    /// Answers one request. Usually a coroutine; the answer may come after a commit.
    virtual Task<Reply> handle(SessionContext session, Request request) = 0;
};

/// The dispatch table: one handler a request type. Filled by the composition root before the relay starts, then const.
class HandlerTable {
public:
    /// Registers `handler` for its kind; a second one for the same kind is a programming error.
    void add(std::unique_ptr<Handler> handler)
    {
        const RequestKind kind = handler->kind();
        Q_ASSERT(!m_handlers[kind]);
        m_handlers[kind] = std::move(handler);
    }
    /// The handler of a kind; null when this relay does not offer it (answered with Unsupported).
    Handler *find(RequestKind kind) const { return m_handlers[kind].get(); }

private:
    std::array<std::unique_ptr<Handler>, kRequestKinds> m_handlers;
};

} // namespace sotto::relay
