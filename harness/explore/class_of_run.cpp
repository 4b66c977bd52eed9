#include "harness/explore/class_of_run.hpp"

#include <algorithm>

namespace raceproof::explore {

std::size_t ConcreteRecorder::choose(sim::ChoiceKind kind,
                                     std::span<const sim::Meaning> alternatives) {
  const std::size_t chosen = inner_.choose(kind, alternatives);
  if (kind != sim::ChoiceKind::next_event) run_.answers.emplace(alternatives[0].identity, chosen);
  return chosen;
}

std::int64_t ConcreteRecorder::draw(std::int64_t low_ns, std::int64_t high_ns,
                                    const sim::Meaning& meaning) {
  const std::int64_t value = inner_.draw(low_ns, high_ns, meaning);
  run_.delays.emplace(meaning.identity, value);
  return value;
}

ConcreteRun ConcreteRecorder::take(const sim::StepLog& steps, const trace::Trace& trace) {
  for (std::size_t id = 0; id < steps.size(); ++id) {
    const auto& step = steps.step(static_cast<sim::StepId>(id));
    run_.steps.push_back(step.identity);
    run_.times.push_back(trace.events()[step.first_event].time_ns);
  }
  return std::move(run_);
}

ClassDecider::ClassDecider(const ConcreteRun& run, const sim::TimeModel& time,
                           const std::vector<std::string>& blocking)
    : run_(run), time_(time) {
  for (const auto& process : blocking) log_.declare_blocking(process);
}

std::size_t ClassDecider::choose(sim::ChoiceKind kind, std::span<const sim::Meaning> alternatives) {
  if (kind == sim::ChoiceKind::comparison) return comparison() ? 1 : 0;
  if (kind != sim::ChoiceKind::next_event) {
    const auto answer = run_.answers.find(alternatives[0].identity);
    return answer == run_.answers.end() ? 0 : std::min(answer->second, alternatives.size() - 1);
  }
  const std::size_t next = log_.size();
  if (next < run_.steps.size()) {
    const auto found = std::ranges::find(alternatives, run_.steps[next], &sim::Meaning::identity);
    if (found != alternatives.end()) {
      return static_cast<std::size_t>(found - alternatives.begin());
    }
  }
  log_.given_up = true;
  return 0;
}

bool ClassDecider::comparison() const {
  const auto compared = time_.compared();
  std::int64_t sum = compared.constant;
  for (const sim::Term& term : compared.terms) {
    sum += term.factor * value_of(time_.variables()[term.variable]);
  }
  return sum < 0;
}

std::int64_t ClassDecider::value_of(const sim::TimeModel::Variable& variable) const {
  if (variable.kind != sim::TimeModel::Variable::Kind::point) {
    const auto drawn = run_.delays.find(variable.meaning.identity);
    return drawn == run_.delays.end() ? variable.low : drawn->second;
  }
  // The program holds instants of steps that have happened, as a rule of the latest ones.
  for (std::size_t id = std::min(log_.size(), run_.times.size()); id-- > 0;) {
    if (log_.step(static_cast<sim::StepId>(id)).point == variable.point) return run_.times[id];
  }
  return 0;
}

}  // namespace raceproof::explore
