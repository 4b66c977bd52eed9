// The port behind which runs are kept: what has to be durable before an event may speak of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/agents/event.hpp"

namespace raceproof::gateway {

/// An event that was written together with what it reports, and how to say that it has left. 0
/// where nothing is stored.
struct OutboxEntry {
  std::int64_t id = 0;
  AgentEvent event;
};

/// Keeps threads, messages and runs. Each call is one transaction, retried where that is safe; it
/// returns after the commit and throws database::Error (or DatabaseError, its classified form) when
/// nothing was stored. Called into by `call(strand(), ...)`.
class RunStore {
 public:
  RunStore() = default;
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;
  virtual ~RunStore() = default;

  [[nodiscard]] virtual const Executor& strand() const = 0;
  /// The thread (made if it is new; another user's thread is refused), the user's message, the run,
  /// and the event that reports it.
  virtual Awaitable<OutboxEntry> begin_run(AgentEvent started, std::string message) = 0;
  /// The reply, or why there is none, the run's end, and the event that reports it.
  virtual Awaitable<OutboxEntry> end_run(AgentEvent ended) = 0;
  /// The event has reached a queue or a connection; it will not be sent again after a restart.
  virtual Awaitable<> sent(std::int64_t id) = 0;
  /// Events that were committed but have not left, in their order: what a process that died owed.
  virtual Awaitable<std::vector<OutboxEntry>> unsent() = 0;
};

}  // namespace raceproof::gateway
