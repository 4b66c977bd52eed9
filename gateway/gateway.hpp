// The whole gateway on one runtime: listener, startup, Redis, readiness, connections.
#pragma once

#include <cstdint>
#include <exception>
#include <list>
#include <memory>

#include "gateway/agents/agent_backend.hpp"
#include "gateway/agents/bridge.hpp"
#include "gateway/auth/auth.hpp"
#include "gateway/connection.hpp"
#include "gateway/connections/connection_manager.hpp"
#include "gateway/database/database_manager.hpp"
#include "gateway/figures.hpp"
#include "gateway/metrics.hpp"
#include "gateway/ports/ports.hpp"
#include "gateway/readiness/readiness.hpp"
#include "gateway/redis_manager.hpp"
#include "gateway/services.hpp"
#include "gateway/settings.hpp"
#include "gateway/startup.hpp"
#include "runtime/confined.hpp"
#include "runtime/notice.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {

/// One gateway process. Must outlive its tasks: destroy it after `run()` has returned, or after the
/// runtime has destroyed all of its handlers (a kill).
class Gateway {
 public:
  Gateway(Runtime& runtime, Settings settings, Ports ports = {});

  /// The strand that `run()` belongs on.
  [[nodiscard]] const Executor& strand() const { return strand_; }

  /// Listens, starts up, serves, and returns after an orderly shutdown. Throws system_error when it
  /// cannot listen, and StartupError (after the same orderly shutdown) when a required phase fails.
  Awaitable<> run();
  /// Spawns `run()` on its strand; what it throws goes to `Runtime::task_failed`.
  void start();
  /// Asks for an orderly shutdown: no new connection, sessions closed with 1001. From any thread.
  void shutdown();
  /// The port that is listened on; 0 before. On the gateway's strand.
  [[nodiscard]] Awaitable<std::uint16_t> port() const;

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] const Figures& figures() const { return figures_; }
  /// For tests and operators: called into by `call(readiness().strand(), ...)`.
  [[nodiscard]] Readiness& readiness() { return readiness_; }

 private:
  void listen();
  std::unique_ptr<Auth> make_auth();
  std::unique_ptr<database::DatabaseManager> make_database();
  void plan_startup();
  Awaitable<> check_settings();
  Awaitable<> start_services();
  Awaitable<> wait_for_readiness();
  Awaitable<> start_up();
  Awaitable<> accept_connections();
  void admit(Stream stream);
  Awaitable<> serve(Connection& connection);
  Awaitable<> forget(Connection& connection);
  void receive(std::string_view message);
  Awaitable<std::string> metrics();
  Awaitable<> request_shutdown();
  Awaitable<> close_down();
  Awaitable<> close_connections();

  Runtime& runtime_;
  Ports ports_;
  const Settings settings_;
  const Figures figures_;
  Executor strand_;
  Readiness readiness_;
  RedisManager redis_;
  Presence presence_;
  ConnectionManager manager_;
  std::unique_ptr<Auth> auth_;                           // null where nobody is asked for a token
  std::unique_ptr<database::DatabaseManager> database_;  // null where nothing is stored
  std::unique_ptr<AgentBackend> agent_;
  AgentBridge bridge_;
  Services services_;
  Startup startup_;
  Listener listener_;
  /// Each until it is forgotten. Its coroutines refer to it and own nothing of it: Beast keeps some
  /// of them inside its session, which would then own itself.
  Confined<std::list<std::shared_ptr<Connection>>> connections_;
  ConnectionTotals totals_;  // on the gateway's strand
  Notice changed_;           // shutdown was asked for, startup failed, or the last connection ended
  TaskScope tasks_;
  bool shutdown_requested_ = false;
  bool closing_ = false;
  std::exception_ptr startup_failure_;
};

}  // namespace raceproof::gateway
