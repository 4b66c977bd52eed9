// The port behind which agents think: one run gives a stream of steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// What an agent is asked.
struct AgentRequest {
  std::string user;
  std::string thread;
  std::string run;
  std::string text;
  std::string request;  ///< id of this request, for logs
};

/// One thing an agent does. `text` is the thought, the tool's input or output, or the reply, by
/// `kind`.
struct AgentStep {
  enum class Kind { thinking, tool_executing, tool_completed, reply };
  Kind kind = Kind::thinking;
  std::string tool;  ///< of the two tool kinds
  std::string text;
};

/// Why a run gave no reply: `reason` is one of "refused" (the backend said no), "unreachable",
/// "cut_off" (the stream ended before the reply), "malformed", "silent" (nothing came in time).
class AgentError : public std::runtime_error {
 public:
  AgentError(std::string reason, const std::string& message)
      : std::runtime_error(message), reason_(std::move(reason)) {}
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

/// The steps of one run, as they come. On the strand that started it.
class AgentRun {
 public:
  virtual ~AgentRun() = default;
  /// The next step; nothing after the reply. Throws AgentError. Cancellable.
  virtual Awaitable<std::optional<AgentStep>> next() = 0;
};

/// Starts runs. Safe to use from any strand.
class AgentBackend {
 public:
  AgentBackend() = default;
  AgentBackend(const AgentBackend&) = delete;
  AgentBackend& operator=(const AgentBackend&) = delete;
  virtual ~AgentBackend() = default;

  /// Asks for a run; it begins with the first `next()`. Throws AgentError.
  virtual Awaitable<std::unique_ptr<AgentRun>> start(AgentRequest request) = 0;
  /// Asks whether runs can be started. Throws AgentError. Cancellable; time-outs are the caller's.
  virtual Awaitable<> check() { co_return; }
};

}  // namespace raceproof::gateway
