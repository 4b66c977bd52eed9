#include "harness/campaign/past.hpp"

#include <algorithm>

namespace raceproof::campaign {

Past::Past(const trace::Trace& trace, const sim::StepLog& steps, std::size_t observation)
    : trace_(trace), steps_(steps) {
  const auto& observations = trace.observations();
  all_ = observation >= observations.size();
  end_ = all_ ? observations.size() : observation + 1;
  if (!all_) step_ = step_of(observations[observation].event);
}

sim::StepId Past::step_of(trace::EventId event) const {
  // The last step that begins at or before the event.
  std::size_t low = 0;
  std::size_t high = steps_.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    const auto first = steps_.step(static_cast<sim::StepId>(middle)).first_event;
    (first <= event ? low : high) = middle;
  }
  return static_cast<sim::StepId>(low);
}

bool Past::has_step_of(trace::EventId event) const {
  if (all_) return true;
  const sim::StepId step = step_of(event);
  return step == step_ || (step < step_ && steps_.happens_before(step, step_));
}

bool Past::has(std::size_t observation) const {
  return observation < end_ && has_step_of(trace_.observations()[observation].event);
}

std::string text_field(const trace::Trace& trace, const trace::ObservationRecord& record,
                       std::string_view key) {
  const auto* field = trace.find(record, key);
  if (field == nullptr) return {};
  if (field->type == trace::FieldType::text) return std::string(trace.value_text(*field));
  return std::to_string(field->number);
}

std::string_view process_of(const trace::Trace& trace, trace::StrandId strand) {
  const std::string_view name = trace.strand_name(strand);
  return name.substr(0, name.find('/'));
}

}  // namespace raceproof::campaign
