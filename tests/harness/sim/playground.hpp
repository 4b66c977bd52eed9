// Small simulated worlds for the kernel's own tests: run a program once, or in every way there is.
#pragma once

#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::sim {

/// What handlers wrote down, in the order in which they ran.
using Log = std::vector<std::string>;

/// What came of one run.
struct Outcome {
  RunEnd end = RunEnd::quiescent;
  Log log;
  bool tie_only = false;
  bool relaxed = false;
  std::uint64_t digest = 0;
  friend bool operator<(const Outcome& a, const Outcome& b) { return a.log < b.log; }
};

/// Like PathDecider, and takes a drawn delay for a choice among all integers of its range.
class ExhaustiveDecider final : public Decider {
 public:
  using Path = std::vector<explore::PathDecider::Step>;
  explicit ExhaustiveDecider(Path& path) : path_(path) {}
  std::size_t choose(ChoiceKind, std::span<const Meaning> alternatives) override {
    return next(alternatives.size());
  }
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const Meaning&) override {
    return low_ns + static_cast<std::int64_t>(next(static_cast<std::size_t>(high_ns - low_ns + 1)));
  }

 private:
  std::size_t next(std::size_t alternatives) {
    if (depth_ == path_.size()) path_.push_back({0, static_cast<std::uint32_t>(alternatives)});
    return path_[depth_++].chosen;
  }
  Path& path_;
  std::size_t depth_ = 0;
};

/// On to the next path of a depth-first search; false after the last one.
inline bool next_path(ExhaustiveDecider::Path& path) {
  while (!path.empty() && path.back().chosen + 1 >= path.back().alternatives) path.pop_back();
  if (path.empty()) return false;
  ++path.back().chosen;
  return true;
}

/// A world that is used for many runs of one program.
class Playground {
 public:
  /// Adds the program's processes to a world that has begun.
  using Build = std::function<void(World&, Log&)>;

  explicit Playground(Build build) : build_(std::move(build)) {}
  ~Playground() { world.end(); }
  Playground(const Playground&) = delete;
  Playground& operator=(const Playground&) = delete;

  Outcome run(const RunOptions& options, Decider& decider) {
    Outcome outcome;
    world.begin(options, decider);
    build_(world, outcome.log);
    outcome.end = world.run();
    outcome.tie_only = world.time().tie_only();
    outcome.relaxed = world.time().relaxed();
    outcome.digest = world.trace().digest();
    return outcome;
  }

  /// The usual order with the shortest delays.
  Outcome run(const RunOptions& options = {}) {
    explore::BaselineDecider decider;
    const Outcome outcome = run(options, decider);
    world.end();
    return outcome;
  }

  /// Every run there is, depth first: all choices and, in concrete runs, all integer delays.
  /// `look` is called while the world of each run still stands.
  std::vector<Outcome> all(const RunOptions& options, const std::function<void(World&)>& look = {},
                           std::size_t runs_max = 200'000) {
    std::vector<Outcome> outcomes;
    ExhaustiveDecider::Path path;
    do {
      if (outcomes.size() == runs_max) {
        ADD_FAILURE() << "more than " << runs_max << " runs";
        break;
      }
      ExhaustiveDecider decider(path);
      outcomes.push_back(run(options, decider));
      if (look) look(world);
      world.end();
    } while (next_path(path));
    return outcomes;
  }

  World world;

 private:
  Build build_;
};

/// Without a horizon that could tie with the program's own events, unless the program takes long.
inline RunOptions symbolic() {
  RunOptions options;
  options.time = TimeMode::symbolic;
  return options;
}

inline std::set<Log> logs_of(const std::vector<Outcome>& outcomes) {
  std::set<Log> logs;
  for (const auto& outcome : outcomes) logs.insert(outcome.log);
  return logs;
}

/// A process whose root strand spawns `body`.
template <class Body>
ProcessOptions process(std::string name, Body body, int threads = 1) {
  return {
      .name = std::move(name),
      .threads = threads,
      .cold_start = {},
      .start = [body](Runtime& runtime,
                      const Executor& root) { spawn(runtime, root, "body", body(runtime, root)); },
      .destroy = {}};
}

}  // namespace raceproof::sim
