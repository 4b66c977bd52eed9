// A gateway on the production runtime with a scripted Redis behind it, for one test.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/gateway.hpp"
#include "runtime/asio/runtime.hpp"
#include "tests/gateway/scripted_redis.hpp"

namespace raceproof::gateway::testing {

/// Settings for quick tests: GCP without a grace period, looks every 10 ms, reconnects after 50 ms.
Settings quick_settings();

/// Runs from construction to destruction, which shuts the gateway down in order.
class World {
 public:
  explicit World(Script script = {}, Settings settings = quick_settings());
  ~World();

  [[nodiscard]] ScriptedRedis& redis() { return redis_; }
  /// The port that the gateway listens on.
  std::uint16_t port();
  /// Waits until an observation holds `text` ("session_closed", "property=ready value=true"); false
  /// after ten seconds. Sees past ones too.
  bool saw(std::string_view text);
  /// How many observations hold `text` by now.
  std::size_t count(std::string_view text);
  /// Waits until the gateway calls itself ready.
  bool becomes_ready() { return saw("subject=gateway property=ready value=true"); }
  /// Asks for the orderly shutdown.
  void shutdown() { gateway_->shutdown(); }
  /// Waits until `run()` has returned; what it threw, or empty.
  std::string ended();

 private:
  void record(const Observation& observation);
  Awaitable<> run_gateway();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> observations_;
  std::optional<std::string> ended_;
  AsioRuntime runtime_;
  AsioRuntime::WorkGuard guard_;
  ScriptedRedis redis_;
  std::thread thread_;
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace raceproof::gateway::testing
