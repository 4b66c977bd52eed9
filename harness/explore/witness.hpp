// From a symbolic run to a concrete one: times and delays that produce its order.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "harness/explore/decisions.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

/// One solution of a symbolic run's conditions, all in nanoseconds.
struct Witness {
  std::vector<std::int64_t> point_times;      ///< by point
  std::vector<std::int64_t> variable_values;  ///< by variable (parameters first)
};

/// The earliest solution of the run's conditions, or nothing if none was found. Exact for runs that
/// are not `relaxed()`: shortest paths in the graph of differences (Bellman-Ford), integral because
/// all bounds are. For relaxed runs a few values of the drawn delays are tried: a solution is a
/// solution, its absence proves nothing.
std::optional<Witness> solve(const sim::TimeModel& time);

/// The greatest t_to - t_from that the run's conditions allow, in nanoseconds.
std::int64_t longest(const sim::TimeModel& time, sim::PointId from, sim::PointId to);

/// What a symbolic run did, as far as a concrete run of the same times has to be told.
struct SymbolicOrder {
  std::vector<sim::Meaning> events;  ///< in the order in which they happened
  /// Choices within steps (timer_queued, thread_step), by identity.
  std::unordered_map<sim::Identity, std::size_t> answers;
};

/// Passes questions on and notes the answers that `SymbolicOrder` needs (all but `events`, which
/// the world knows).
class OrderRecorder final : public sim::Decider {
 public:
  OrderRecorder(sim::Decider& inner, SymbolicOrder& order) : inner_(inner), order_(order) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns,
                    const sim::Meaning& meaning) override {
    return inner_.draw(low_ns, high_ns, meaning);
  }
  sim::StepLog* local_time() override { return inner_.local_time(); }

 private:
  sim::Decider& inner_;
  SymbolicOrder& order_;
};

/// Decides a concrete run as `witness` says: the delays it has, ties in the order in which the
/// symbolic run let its events happen.
class WitnessDecider final : public sim::Decider {
 public:
  WitnessDecider(const sim::TimeModel& time, const Witness& witness, SymbolicOrder order);
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

 private:
  SymbolicOrder order_;
  std::unordered_map<sim::Identity, std::size_t> positions_;
  std::unordered_map<sim::Identity, std::int64_t> delays_;
};

}  // namespace raceproof::explore
