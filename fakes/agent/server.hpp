// The fake agent service: HTTP, written against the seam. Its agents follow a script.
//
//   GET  /health  200 {"status": "ok"}
//   POST /runs    {"user_id", "run_id", "text", ...}: 200, and a line of JSON for each step:
//                 {"step": "tool_executing", "tool": "search", "text": "hello"}
//
// Observations (`operation` is run, health or unknown; `run` and `user` are what the request says),
// besides those of fakes/http/server.hpp with "agent" in front:
//   agent_request{operation, run, user}   when the service takes a request up, before its delay
//   agent_step{run, user, step}           when a step is sent
//   agent_fault{operation, run, user, fault}  a rule's fault took effect
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/agent/settings.hpp"
#include "fakes/http/server.hpp"

namespace raceproof::fakes::agent {

class Server {
 public:
  /// Makes the strand "agent" and nothing else. `runtime` must outlive the server.
  Server(Runtime& runtime, Settings settings);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // As in http::Server.
  Awaitable<> run() { return http_.run(); }
  void start() { http_.start(); }
  Awaitable<> stop() { return http_.stop(); }
  Awaitable<std::uint16_t> listening() { return http_.listening(); }
  [[nodiscard]] const Executor& strand() const { return http_.strand(); }

 private:
  /// A request as it is understood.
  struct Operation {
    std::string_view name;
    std::string run;
    std::string user;
    std::string text;
    bool usable = true;
  };

  Awaitable<> handle(http::Request request, http::Exchange& exchange);
  Awaitable<const OperationRule*> take_up(const Operation& operation);
  Awaitable<> work(const Operation& operation, const OperationRule& rule, http::Exchange& exchange);
  Awaitable<bool> misbehave(const Operation& operation, const OperationRule& rule,
                            std::int64_t steps, http::Exchange& exchange);
  Awaitable<> hang();
  Awaitable<> wait(const DelayRange& delay, const char* what);
  void observe_fault(const Operation& operation, std::string_view fault);

  Runtime& runtime_;
  const Settings settings_;
  const std::vector<ScriptStep> script_;
  http::Server http_;
  std::map<std::string, std::int64_t, std::less<>>
      applied_;  ///< how often each rule has; on `strand()`
};

}  // namespace raceproof::fakes::agent
