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
// it is the exact region of the class, whatever the order of execution. A race is turned round if
// its two steps can happen the other way round in the region found so far; where the order of other
// steps forbids that, the later step is tried before those, if there are times for it. A run whose
// times turn out to contradict each other ends at once; its races are turned round like any
// other's. Merging two wake-up sequences needs that they are possible together, which in time is
// known only of steps that happened together, and that steps touch the same objects in either
// order. Elsewhere a sequence joins a branch only if it contains the branch; some runs may then
// turn out redundant.
//
// A step that can go several ways falls asleep in each of them, and may be woken in some only: a
// run in which it then goes one of the others is given up when the step ends.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <cstdint>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "harness/sim/decider.hpp"

namespace raceproof::explore {

struct ReductionOptions {
  /// Source-DPOR is for programs without time: in time it may miss classes (it did in 1 of 29,340
  /// generated programs), because it does not say how a reversed race is to go on.
  enum class Kind : std::uint8_t { optimal, source } kind = Kind::optimal;
  /// Delays restrict nothing: what is armed may happen in any order. For programs without time.
  bool untimed = false;
  /// A step touches the same objects, whatever it reads while it runs: the model of the paper, a
  /// step being one access. Merging wake-up sequences needs it, and with it no run is redundant.
  bool fixed_footprints = false;
  /// With several threads: no run preempts a thread (lets another take a step although it could)
  /// more often than this.
  std::uint32_t preemptions = UINT32_MAX;
};

/// Decides one run after the other: give it to `World::begin`, run, call `next`, until that returns
/// false. Runs are symbolic. Not thread-safe.
class Reduction final : public sim::Decider {
 public:
  explicit Reduction(const ReductionOptions& options);
  ~Reduction() override;
  Reduction(const Reduction&) = delete;
  Reduction& operator=(const Reduction&) = delete;

  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
  sim::StepLog* local_time() override { return &log_; }

  /// Takes in the run that has just ended. False if nothing is left to visit.
  bool next();
  /// The latest run was one of a class of its own (not given up, not impossible).
  [[nodiscard]] bool is_class() const { return !log_.given_up && !log_.impossible; }
  /// The choices of the coming run are to be kept in `path`, as `ReducedPath` repeats them.
  void keep_path_in(std::vector<PathDecider::Step>& path) {
    path.clear();
    trail_ = &path;
  }

  [[nodiscard]] sim::StepLog& log() { return log_; }
  /// Runs that were complete and possible: one for each class.
  [[nodiscard]] std::uint64_t classes() const { return classes_; }
  /// Runs given up because nothing new could come of them.
  [[nodiscard]] std::uint64_t blocked() const { return blocked_; }
  /// Runs ended because their times contradict each other.
  [[nodiscard]] std::uint64_t impossible() const { return impossible_; }
  /// The bound on preemptions left something out.
  [[nodiscard]] bool bounded() const { return bounded_; }
  /// A process turned out to block, of which that was not known: what was visited before counts for
  /// nothing, and the reduction has begun again from the start.
  [[nodiscard]] bool restarted() const { return restarted_; }

 private:
  struct Footprint;
  using FootprintPtr = boost::intrusive_ptr<const Footprint>;
  struct Branch;
  using Branches = std::vector<Branch>;
  struct Node;
  /// Steps of the latest run in their order, then the one that is to come before another.
  struct Sequence {
    std::vector<sim::StepId> steps;
    bool has_last = true;
    sim::StepId last = 0;  ///< none: an event that did not happen
    sim::Identity last_identity = 0;
  };

  std::size_t next_step(std::span<const sim::Meaning> alternatives);
  std::size_t next_answer(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives);
  std::size_t took(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives,
                   std::size_t chosen);
  [[nodiscard]] bool within_bound(const Node& node, std::uint32_t alternative);
  Node& push_node();
  void note_footprint(sim::StepId step);
  const FootprintPtr& footprint(sim::StepId step);
  void reverse_races();
  void reverse(sim::StepId earlier, sim::StepId later, bool overtakes = false);
  void reverse_cancellation(const sim::StepLog::Cancelled& event, sim::StepId earlier,
                            bool overtakes = false);
  [[nodiscard]] bool is_new(Node& node, const Sequence& sequence) const;
  [[nodiscard]] bool can_overtake(sim::StepId earlier, std::uint32_t point);
  void overtake(sim::StepId earlier, sim::StepId later);
  void overtake(const sim::StepLog::Cancelled& event);
  [[nodiscard]] Sequence independent_of(sim::StepId step) const;
  [[nodiscard]] bool contains(const Sequence& sequence, sim::Identity identity) const;
  [[nodiscard]] bool is_initial(const Footprint& step, const Sequence& sequence,
                                bool known_here) const;
  [[nodiscard]] bool is_independent(const Footprint& step, const Sequence& sequence) const;
  [[nodiscard]] bool take(const Footprint& step, Sequence& sequence);
  void insert(Node& node, Sequence sequence);
  void insert_initial(Node& node, const Sequence& sequence);
  void append(Branches& level, const Sequence& sequence);
  void follow(Branch branch);
  [[nodiscard]] std::size_t anything(const Node& node,
                                     std::span<const sim::Meaning> alternatives) const;
  void retake(Node& node);
  /// Whether it is known of steps that have not happened together that they are independent.
  [[nodiscard]] bool merges() const { return options_.untimed && options_.fixed_footprints; }
  bool backtrack();
  void begin_run();

  ReductionOptions options_;
  sim::StepLog log_;
  std::vector<Node> path_;  ///< `length_` of them are in use
  std::size_t length_ = 0;
  std::size_t depth_ = 0;                 ///< nodes that the current run has passed
  std::vector<std::uint32_t> node_of_;    ///< by step: its node
  std::vector<FootprintPtr> footprints_;  ///< by step
  sim::StepId first_changed_ = 1;         ///< steps from here on differ from the run before
  Branches guide_;                        ///< what the next new node is to take
  bool guide_anything_ = false;           ///< ... and then whatever else there is
  FootprintPtr guiding_;  ///< the current step, as it was where the guide comes from
  std::vector<bool> happened_;
  std::size_t answers_in_step_ = 0;
  std::size_t at_step_ = 0;  ///< the node of the current step
  sim::Identity way_ = 0;    ///< that the current step has gone so far (Footprint::way)
  std::uint32_t preemptions_ = 0;
  std::vector<PathDecider::Step>* trail_ = nullptr;
  std::uint64_t classes_ = 0;
  std::uint64_t blocked_ = 0;
  std::uint64_t impossible_ = 0;
  bool bounded_ = false;
  bool restarted_ = false;
};

/// Repeats a run of a reduction from its path.
class ReducedPath final : public sim::Decider {
 public:
  ReducedPath(std::vector<PathDecider::Step> path, bool untimed) : path_(std::move(path)) {
    log_.untimed = untimed;
  }
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override {
    return depth_ < path_.size() ? path_[depth_++].chosen : 0;
  }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
  sim::StepLog* local_time() override { return &log_; }
  [[nodiscard]] sim::StepLog& log() { return log_; }

 private:
  sim::StepLog log_;
  std::vector<PathDecider::Step> path_;
  std::size_t depth_ = 0;
};

}  // namespace raceproof::explore
