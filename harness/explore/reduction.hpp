// Partial-order reduction: visits one run of each class of runs that differ only in the order of
// independent steps.
//
// Optimal dynamic partial-order reduction with source sets, wake-up trees and sleep sets (Abdulla,
// Aronis, Jonsson, Sagonas, "Source sets: a foundation for optimal dynamic partial order
// reduction", JACM 64(4), 2017) over the steps of sim::StepLog; source-DPOR, its simpler form, may
// perform runs that turn out redundant. Choices inside a step (comparisons of times, threads) are
// all followed.
//
// Timed runs are in local time: the zone holds only the delays and the order of dependent steps, so
// it is the exact region of the class, whatever the order of execution. A race is turned round only
// if its two steps can happen the other way round in the region found so far. A run whose times
// turn out to contradict each other ends at once; its races are turned round like any other's.
// Merging two wake-up sequences needs that they are possible together, which is known only of steps
// that happened together: in timed runs a sequence joins a branch only if it contains the branch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "harness/sim/decider.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::explore {

struct ReductionOptions {
  enum class Kind : std::uint8_t { optimal, source } kind = Kind::optimal;
  /// Delays restrict nothing: what is armed may happen in any order. For programs without time.
  bool untimed = false;
  /// With several threads: no run preempts a thread (lets another take a step although it could)
  /// more often than this.
  std::uint32_t preemptions = UINT32_MAX;
};

/// Decides one run after the other: give it to `World::begin`, run, call `next`, until that returns
/// false. Runs are symbolic. Not thread-safe.
class Reduction final : public sim::Decider {
 public:
  explicit Reduction(ReductionOptions options);
  ~Reduction() override;

  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
  sim::StepLog* local_time() override { return &log_; }

  /// Takes in the run that has just ended. False if nothing is left to visit.
  bool next(sim::RunEnd end);
  /// The choices of the latest run, as `ReducedPath` repeats them.
  [[nodiscard]] std::vector<std::uint32_t> path() const;

  [[nodiscard]] sim::StepLog& log() { return log_; }
  /// Runs that were complete and possible: one for each class.
  [[nodiscard]] std::uint64_t classes() const { return classes_; }
  /// Runs given up because nothing new could come of them.
  [[nodiscard]] std::uint64_t blocked() const { return blocked_; }
  /// Runs ended because their times contradict each other.
  [[nodiscard]] std::uint64_t impossible() const { return impossible_; }
  /// The bound on preemptions left something out.
  [[nodiscard]] bool bounded() const { return bounded_; }

 private:
  struct Footprint;
  struct Node;
  struct Branch;
  using Branches = std::vector<Branch>;

  std::size_t next_step(std::span<const sim::Meaning> alternatives);
  std::size_t answer(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives);
  std::size_t free_choice(const Node& node, std::span<const sim::Meaning> alternatives) const;
  void finish_node();
  void reverse_races();
  void reverse(sim::StepId earlier, sim::StepId later);
  void reverse_cancellation(const sim::StepLog::Cancelled& event);
  void insert(Node& node, std::vector<std::shared_ptr<const Footprint>> sequence,
              const std::vector<sim::StepId>& steps);
  [[nodiscard]] std::shared_ptr<const Footprint> footprint(sim::StepId step);
  bool backtrack();

  ReductionOptions options_;
  sim::StepLog log_;
  std::vector<Node> path_;
  std::size_t depth_ = 0;         ///< nodes that the current run has passed
  std::size_t first_new_ = 0;     ///< nodes before this one were in the run before
  std::vector<std::uint32_t> node_of_;  ///< by step: its node
  std::uint64_t classes_ = 0;
  std::uint64_t blocked_ = 0;
  std::uint64_t impossible_ = 0;
  bool bounded_ = false;
};

/// Repeats a run of a reduction from its path.
class ReducedPath final : public sim::Decider {
 public:
  ReducedPath(std::vector<std::uint32_t> path, bool untimed) : path_(std::move(path)) {
    log_.untimed = untimed;
  }
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override {
    return depth_ < path_.size() ? path_[depth_++] : 0;
  }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
  sim::StepLog* local_time() override { return &log_; }
  [[nodiscard]] sim::StepLog& log() { return log_; }

 private:
  sim::StepLog log_;
  std::vector<std::uint32_t> path_;
  std::size_t depth_ = 0;
};

}  // namespace raceproof::explore
