// One simulated process, what it observed and when.
#pragma once

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway::testing {

/// An observation as text: "transition machine=run id=r1 from=pending to=starting".
inline std::string text_of(const Observation& observation) {
  std::string text(observation.name);
  for (const Field& field : observation.fields) {
    text.append(1, ' ').append(field.key).append(1, '=');
    if (const auto* value = std::get_if<std::string_view>(&field.value)) {
      text += *value;
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
      text += *flag ? "true" : "false";
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
      text += std::to_string(*number);
    } else {
      text += "time";
    }
  }
  return text;
}

/// Runs one process on the usual order with the shortest delays, until nothing is left to happen.
class Simulation {
 public:
  /// When something was observed, in milliseconds from the start of the run.
  struct Seen {
    std::int64_t ms;
    std::string what;
  };

  /// `start` runs on the process's root strand; `destroy` after all its handlers are gone.
  sim::RunEnd run(std::function<void(Runtime&, const Executor&)> start,
                  std::function<void()> destroy = {}) {
    seen.clear();
    explore::BaselineDecider decider;
    sim::RunOptions options;
    options.horizon = Duration::max();
    options.on_observation = [this](const Observation& observation) {
      seen.push_back({world.now_ns() / 1'000'000, text_of(observation)});
    };
    world.begin(options, decider);
    world.add_process({.name = "gateway",
                       .cold_start = {},
                       .start = std::move(start),
                       .destroy = std::move(destroy)});
    const sim::RunEnd end = world.run();
    end_ms = world.now_ns() / 1'000'000;
    waiting.clear();
    for (const sim::Waiting& wait : world.waiting()) waiting.push_back(wait.text());
    world.end();
    return end;
  }

  /// How often something was observed that begins with `text`.
  [[nodiscard]] std::size_t count(std::string_view text) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        seen, [&](const Seen& entry) { return entry.what.starts_with(text); }));
  }
  [[nodiscard]] bool saw(std::string_view text) const { return count(text) > 0; }
  /// When it was first observed; -1 if it was not.
  [[nodiscard]] std::int64_t when(std::string_view text) const {
    const auto found =
        std::ranges::find_if(seen, [&](const Seen& entry) { return entry.what.starts_with(text); });
    return found == seen.end() ? -1 : found->ms;
  }
  /// Everything observed that begins with `text`, without its times.
  [[nodiscard]] std::vector<std::string> all(std::string_view text) const {
    std::vector<std::string> found;
    for (const Seen& entry : seen) {
      if (entry.what.starts_with(text)) found.push_back(entry.what);
    }
    return found;
  }

  sim::World world;
  std::vector<Seen> seen;
  std::int64_t end_ms = 0;
  std::vector<std::string> waiting;
};

/// Does something on a strand of a simulated process.
inline void on_a_strand(const std::function<void(Runtime&)>& action) {
  Simulation simulation;
  const auto end = simulation.run([&](Runtime& runtime, const Executor&) { action(runtime); });
  EXPECT_EQ(end, sim::RunEnd::quiescent) << simulation.world.failure();
}

}  // namespace raceproof::gateway::testing
