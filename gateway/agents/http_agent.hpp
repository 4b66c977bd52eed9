// The agent service over HTTP.
//
//   POST /runs    {"user_id", "thread_id", "run_id", "request_id", "text"}: 200, and a line of JSON
//                 for each step as it is taken: {"step": "thinking" | "tool_executing" |
//                 "tool_completed" | "reply", "tool": "...", "text": "..."}. `tool` is required of
//                 the tool steps, `text` of the reply, which is the last one. Empty lines are a
//                 sign of life of the connection and nothing else.
//   GET  /health  200 when runs can be started
#pragma once

#include <memory>

#include "gateway/agents/agent_backend.hpp"
#include "gateway/agents/settings.hpp"

namespace raceproof::gateway {

/// Each run is a request on a connection of its own, which ends with the run. An AgentError says
/// "unreachable" (no connection, or no answer within `connect_limit`), "refused" (another status
/// than 200), "silent" (no line within `idle_limit`), "cut_off" or "malformed".
class HttpAgent final : public AgentBackend {
 public:
  /// `settings` must outlive it and name the service's host.
  HttpAgent(Runtime& runtime, const AgentSettings& settings);

  Awaitable<std::unique_ptr<AgentRun>> start(AgentRequest request) override;
  Awaitable<> check() override;

 private:
  Runtime& runtime_;
  const AgentSettings& settings_;
};

}  // namespace raceproof::gateway
