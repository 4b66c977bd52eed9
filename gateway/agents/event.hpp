// What a user sees of an agent's run (domain.md section 7).
#pragma once

#include <string>
#include <string_view>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// The five critical events in their order, and the one that ends a run without a reply.
enum class AgentEventType {
  agent_started,
  agent_thinking,
  tool_executing,
  tool_completed,
  agent_completed,
  agent_failed,
};
std::string_view to_string(AgentEventType type);

/// One event of a run, for one user. Every field but `tool` is required.
struct AgentEvent {
  AgentEventType type = AgentEventType::agent_started;
  std::string user;
  std::string thread;
  std::string run;
  std::string agent;      ///< name of the agent
  std::string tool;       ///< of the two tool events
  std::string text;       ///< the thought, the tool's input or output, the reply, why it failed
  std::string timestamp;  ///< Runtime::timestamp() when it was made
};

/// The frame: {"type", "user_id", "thread_id", "run_id", "agent_name", "timestamp", "payload":
/// {"text", "tool_name"}}.
std::string to_frame(const AgentEvent& event);

/// What observations call the transaction that `event` reports: "RUN/begin" of agent_started,
/// "RUN/end" of agent_completed and agent_failed; empty for the others, which report none.
std::string transaction_of(const AgentEvent& event);

/// What became of a message for a user.
enum class Delivery {
  delivered,  ///< handed to at least one connection of the user, here or on another instance
  queued,     ///< kept for when the user connects
  lost,       ///< neither; the caller is told, and it is observed and counted
};
std::string_view to_string(Delivery delivery);

/// Where events go to reach their user.
class EventSink {
 public:
  EventSink() = default;
  EventSink(const EventSink&) = delete;
  EventSink& operator=(const EventSink&) = delete;
  virtual ~EventSink() = default;

  [[nodiscard]] virtual const Executor& strand() const = 0;
  /// On `strand()`: events arrive at a user in the order of these calls.
  virtual Awaitable<Delivery> send_agent_event(AgentEvent event) = 0;
};

}  // namespace raceproof::gateway
