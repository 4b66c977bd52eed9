// From a concrete run to its class: the symbolic run that lets the same things happen in the same
// order, for every time with which they do.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/sim/decider.hpp"
#include "harness/sim/time_model.hpp"

namespace raceproof::explore {

/// What a concrete run did, by identities that its class has too.
struct ConcreteRun {
  std::vector<sim::Identity> steps;  ///< in the order in which they happened; first the set-up
  std::vector<std::int64_t> times;   ///< when, in nanoseconds
  std::unordered_map<sim::Identity, std::size_t> answers;  ///< to choices within steps
  std::unordered_map<sim::Identity, std::int64_t> delays;  ///< drawn, parameters included
};

/// Passes questions of a concrete run on, and notes the answers.
class ConcreteRecorder final : public sim::Decider {
 public:
  explicit ConcreteRecorder(sim::Decider& inner) : inner_(inner) {}
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t high_ns, const sim::Meaning&) override;

  /// All of the run, which has ended and is still in its log and trace.
  [[nodiscard]] ConcreteRun take(const sim::StepLog& steps, const trace::Trace& trace);

 private:
  sim::Decider& inner_;
  ConcreteRun run_;
};

/// Decides a symbolic run, in local time, as a concrete one went. A program that reads a time as a
/// number (a cut) may go another way: then the run is given up, or its class is another one.
class ClassDecider final : public sim::Decider {
 public:
  /// `run` and `time`, the world's, must outlive it. `blocking` are the processes whose steps are
  /// all dependent.
  ClassDecider(const ConcreteRun& run, const sim::TimeModel& time,
               const std::vector<std::string>& blocking);
  std::size_t choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) override;
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
  sim::StepLog* local_time() override { return &log_; }
  [[nodiscard]] const sim::StepLog& log() const { return log_; }

 private:
  [[nodiscard]] bool comparison() const;
  [[nodiscard]] std::int64_t value_of(const sim::TimeModel::Variable& variable) const;

  const ConcreteRun& run_;
  const sim::TimeModel& time_;
  sim::StepLog log_;
};

}  // namespace raceproof::explore
