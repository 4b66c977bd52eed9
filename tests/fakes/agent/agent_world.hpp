// A simulated world with the fake agent service and one client process.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "fakes/agent/server.hpp"
#include "gateway/agents/http_agent.hpp"
#include "gateway/http_client.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"
#include "tests/gateway/agents/simulation.hpp"

namespace raceproof::fakes::agent::test {

class AgentWorld {
 public:
  using Start = std::function<void(Runtime&, const Executor&)>;

  explicit AgentWorld(Settings with = {}) : settings(std::move(with)) {}

  /// Runs the service and a process "gateway" that `start` makes, until the horizon or `stop`.
  sim::RunEnd run(Start start, std::function<void()> destroy = {}) {
    seen.clear();
    explore::BaselineDecider decider;
    sim::RunOptions options;
    options.horizon = std::chrono::seconds(100);
    options.event_limit = event_limit;
    options.on_observation = [this](const Observation& observation) {
      seen.push_back({world.now_ns() / 1'000'000, gateway::testing::text_of(observation)});
    };
    world.begin(options, decider);
    world.add_process({.name = "agent",
                       .cold_start = {},
                       .start =
                           [this](Runtime& runtime, const Executor&) {
                             server = std::make_unique<Server>(runtime, settings);
                             server->start();
                           },
                       .destroy = [this] { server.reset(); }});
    world.add_process({.name = "gateway",
                       .cold_start = std::chrono::milliseconds(1),
                       .start = std::move(start),
                       .destroy = std::move(destroy)});
    const auto end = world.run();
    failure = world.failure();
    waiting.clear();
    for (const sim::Waiting& wait : world.waiting()) waiting.push_back(wait.text());
    end_ms = world.now_ns() / 1'000'000;
    events = world.trace().events().size();
    world.end();
    return end;
  }

  [[nodiscard]] std::vector<std::string> all(std::string_view text) const {
    std::vector<std::string> found;
    for (const auto& entry : seen) {
      if (entry.what.starts_with(text)) found.push_back(entry.what);
    }
    return found;
  }

  Settings settings;
  std::uint32_t event_limit = 10'000'000;  ///< the run is cut after so many
  sim::World world;
  std::unique_ptr<Server> server;
  std::vector<gateway::testing::Simulation::Seen> seen;
  std::vector<std::string> waiting;  ///< what was still waited for when the run ended
  std::string failure;
  std::int64_t end_ms = 0;
  std::size_t events = 0;
};

/// The gateway's settings for the simulated service.
inline gateway::AgentSettings agent_settings() {
  gateway::AgentSettings settings;
  settings.host = "agent";
  return settings;
}

}  // namespace raceproof::fakes::agent::test
