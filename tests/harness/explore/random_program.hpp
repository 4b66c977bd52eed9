// Small random programs over named parameters and drawn delays, for tests that compare the exact
// systems of symbolic runs with brute force over all integer delays.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::explore {

/// One step of a task.
struct ProgramStep {
  enum class Kind { sleep, draw, compare, race } kind = Kind::sleep;
  /// sleep: how long; compare: whether less than this has passed since the task began; race: a
  /// time-out of a sleep that lasts `high`. Factors by parameter.
  std::vector<std::int64_t> factors;
  std::int64_t constant = 0;
  std::int64_t low = 0;  ///< draw
  std::int64_t high = 0;
  bool used_twice = false;  ///< draw: slept for twice
};

/// Tasks on strands of their own in one process, with parameters of small ranges.
struct RandomProgram {
  std::vector<sim::ParameterRange> parameters;
  std::vector<std::vector<ProgramStep>> tasks;

  explicit RandomProgram(std::uint64_t seed) {
    Random random(seed);
    const auto count = 1 + random.below(2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto low = static_cast<std::int64_t>(random.below(3));
      parameters.push_back({std::string(1, static_cast<char>('x' + i)), low,
                            low + 1 + static_cast<std::int64_t>(random.below(3))});
    }
    tasks.resize(2);
    for (auto& task : tasks) {
      const auto steps = 1 + random.below(4);
      for (std::uint64_t i = 0; i < steps; ++i) task.push_back(random_step(random));
    }
  }

  [[nodiscard]] static Duration duration(const ProgramStep& step) {
    Duration sum = std::chrono::nanoseconds(step.constant);
    for (std::size_t i = 0; i < step.factors.size(); ++i) {
      if (step.factors[i] == 0) continue;
      sum += Duration(detail::Affine{0, static_cast<FormId>(i + 1)}) * step.factors[i];
    }
    return sum;
  }

  void build(sim::World& world, sim::Log& log) const {
    world.add_process({.name = "p",
                       .threads = 1,
                       .cold_start = {},
                       .start =
                           [this, &log](Runtime& runtime, const Executor&) {
                             for (std::size_t i = 0; i < tasks.size(); ++i) {
                               const Executor strand =
                                   runtime.make_strand("task" + std::to_string(i));
                               spawn(runtime, strand, "task", play(runtime, i, log));
                             }
                           },
                       .destroy = {}});
  }

 private:
  ProgramStep random_step(Random& random) const {
    ProgramStep step;
    step.kind = static_cast<ProgramStep::Kind>(random.below(4));
    step.high = static_cast<std::int64_t>(random.below(5));
    if (step.kind == ProgramStep::Kind::draw) {
      step.low = static_cast<std::int64_t>(random.below(3));
      step.high = step.low + 1 + static_cast<std::int64_t>(random.below(2));
      step.used_twice = random.below(4) == 0;
      return step;
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      step.factors.push_back(static_cast<std::int64_t>(random.below(3)));
    }
    step.constant = static_cast<std::int64_t>(random.below(4));
    return step;
  }

  Awaitable<> play(Runtime& runtime, std::size_t index, sim::Log& log) const {
    const std::string name = std::to_string(index);
    const Instant begin = runtime.now();
    for (const ProgramStep& step : tasks[index]) {
      switch (step.kind) {
        case ProgramStep::Kind::sleep:
          co_await runtime.sleep_for(duration(step));
          log.push_back(name + " slept");
          break;
        case ProgramStep::Kind::draw: {
          const DelayRange range{std::chrono::nanoseconds(step.low),
                                 std::chrono::nanoseconds(step.high)};
          const Duration drawn = runtime.draw(range, "draw");
          co_await runtime.sleep_for(drawn);
          log.push_back(name + " drew");
          if (!step.used_twice) break;
          co_await runtime.sleep_for(drawn);
          log.push_back(name + " again");
          break;
        }
        case ProgramStep::Kind::race: {
          using namespace asio::experimental::awaitable_operators;
          const Duration work = std::chrono::nanoseconds(step.high);
          const Duration limit = duration(step);
          const auto first =
              co_await (runtime.sleep_for(work, "work") || runtime.sleep_for(limit, "limit"));
          log.push_back(name + (first.index() == 0 ? " done" : " timed out"));
          break;
        }
        case ProgramStep::Kind::compare:
          log.push_back(name + (runtime.now() < begin + duration(step) ? " early" : " late"));
          break;
      }
    }
  }
};

}  // namespace raceproof::explore
