// What may have led to one moment of a run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/sim/step_log.hpp"
#include "harness/trace/trace.hpp"

namespace raceproof::campaign {

/// The causal past of an observation: what its step has done before it, and all steps that happen
/// before that one, because they armed it or touched what it depends on. Nothing else can have had
/// a part in it; what is in the past need not have had one. Refers to a run that has ended.
class Past {
 public:
  /// In place of an observation: the end of the run, which everything leads to. Of what did not
  /// happen.
  static constexpr std::size_t of_the_end = SIZE_MAX;

  Past(const trace::Trace& trace, const sim::StepLog& steps, std::size_t observation);

  /// Whether the step of `event` is in it.
  [[nodiscard]] bool has_step_of(trace::EventId event) const;
  /// Whether the observation of that index, made before, is in it.
  [[nodiscard]] bool has(std::size_t observation) const;
  /// One past the last observation that can be in it.
  [[nodiscard]] std::size_t end() const { return end_; }
  [[nodiscard]] const trace::Trace& trace() const { return trace_; }

 private:
  [[nodiscard]] sim::StepId step_of(trace::EventId event) const;

  const trace::Trace& trace_;
  const sim::StepLog& steps_;
  std::size_t end_ = 0;
  bool all_ = false;
  sim::StepId step_ = 0;
};

/// A field as text, empty if there is none; durations and instants in nanoseconds.
[[nodiscard]] std::string text_field(const trace::Trace& trace,
                                     const trace::ObservationRecord& record, std::string_view key);

/// The process that a strand belongs to: "gateway" of "gateway/main/clients/alice".
[[nodiscard]] std::string_view process_of(const trace::Trace& trace, trace::StrandId strand);

}  // namespace raceproof::campaign
