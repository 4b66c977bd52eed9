// From a symbolic run to a concrete one: times and delays that produce its order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "harness/explore/class_system.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

/// One solution of a symbolic run's conditions, all in nanoseconds.
struct Witness {
  std::vector<std::int64_t> point_times;      ///< by point
  std::vector<std::int64_t> variable_values;  ///< by variable (parameters first)
};

/// Which of a class's solutions.
enum class Prefer : std::uint8_t {
  earliest,  ///< every event as early as it can be
  simplest,  ///< the shortest delays where possible, else the roundest: the named parameters first,
             ///< then drawn delays in their order; with those, every event as early as it can be
  most_slack,  ///< the least time between two events whose order matters is as long as it can be;
               ///< with that, the roundest delays
};

/// A solution of the run's conditions and of `further` ones, or nothing if there is none: exact for
/// relaxed runs too. Without those it is shortest paths in the graph of differences, integral
/// because all bounds are. `most_slack` is exact for runs that are not relaxed; in those, delays
/// that the zone could not hold are first given values in the middle of what they can be.
std::optional<Witness> solve(const sim::TimeModel& time, Prefer prefer = Prefer::earliest,
                             std::span<const PointCondition> further = {});

/// Whether the run is one of a class that exists: always, unless it is relaxed.
bool feasible(const sim::TimeModel& time);

/// Whether the witness meets everything that the run required of its times.
bool is_solution(const sim::TimeModel& time, const Witness& witness);

/// The least time between two events that the run put in an order and that could be apart, as
/// `most_slack` maximises it; nothing if no two events could.
std::optional<std::int64_t> least_slack(const sim::TimeModel& time, const Witness& witness);

/// That every two events which are apart in `witness`, and whose order the run required, are apart:
/// what has to hold on top for the class to need no tie but those that it cannot do without.
std::vector<PointCondition> orders_apart(const sim::TimeModel& time, const Witness& witness);

/// The value in [low, high] with the fewest digits in nanoseconds: a multiple of the highest power
/// of ten that has one there, of those the one nearest to the middle. `low` is not negative.
std::int64_t roundest(std::int64_t low, std::int64_t high);

/// The greatest t_to - t_from that the run's conditions allow, in nanoseconds.
std::int64_t longest(const sim::TimeModel& time, sim::PointId from, sim::PointId to);

/// What a symbolic run did, as far as a concrete run of the same times has to be told.
struct SymbolicOrder {
  std::vector<sim::Meaning> events;  ///< in the order in which they happened
  /// Choices within steps (timer_queued, threads), by identity.
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
