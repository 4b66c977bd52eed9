// The class of a replayed run: when it fails, and how far it is from not failing.
#include <fmt/format.h>

#include "harness/campaign/replay.hpp"
#include "harness/scenario/processes.hpp"

namespace raceproof::campaign {

namespace {

/// The parameters' values in a run, by their order.
std::vector<std::int64_t> parameters_in(const scenario::ResolvedVariant& variant,
                                        const sim::TimeModel& time,
                                        const explore::ConcreteRun& run) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < variant.parameters.size(); ++i) {
    const auto drawn = run.delays.find(time.variables()[i].meaning.identity);
    values.push_back(drawn == run.delays.end() ? variant.parameters[i].low_ns : drawn->second);
  }
  return values;
}

}  // namespace

std::optional<RunRecord> FailureReplay::perform_class(const explore::ConcreteRun& run) {
  auto blocking = blocking_processes(*variant_);
  while (true) {
    explore::ClassDecider decider(run, runner_.world().time(), blocking);
    RunRecord record = runner_.run(sim::TimeMode::symbolic, decider);
    if (!is_run(record.end)) return std::nullopt;
    if (!decider.log().learned()) return record;
    blocking = scenario::process_names(*variant_);  // one turned out to block
  }
}

std::optional<ReplayedClass> FailureReplay::read_class(const Replay& replay,
                                                       const ReplayOptions& options) {
  const bool followed = replay.answer == ReplayAnswer::reproduced;
  if (!followed && !replay.continuations.first) return std::nullopt;
  explore::BaselineDecider baseline;
  explore::RandomDecider random(followed ? 0 : seed_of(options, *replay.continuations.first));
  explore::PrefixDecider decisions(
      followed ? replay.followed.answers
               : answers_before(replay.followed, *replay.continuations.first),
      followed ? static_cast<sim::Decider&>(baseline) : random);
  explore::ConcreteRecorder recorder(decisions);
  const RunRecord shown = perform(recorder, false);
  const explore::ConcreteRun run = recorder.take(*runner_.world().steps(), runner_.world().trace());
  const auto at = parameters_in(*variant_, runner_.world().time(), run);

  ReplayedClass result;
  const auto loaded = scenario::load_text(failure_.scenario_text, failure_.scenario_file);
  if (!loaded || NamedDurations(**loaded, *variant_).onto.empty()) {
    result.unknown = "the scenario names no duration that has a range or differs among variants";
    return result;
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto& parameter = variant_->parameters[i];
    if (parameter.low_ns == parameter.high_ns) continue;
    result.delays.push_back({parameter.name, nanoseconds(at[i])});
  }
  const auto symbolic = perform_class(run);
  if (!symbolic || symbolic->order != shown.order) {
    result.unknown = failure_.fragment && variant_->network.fragment
                         ? "the run cuts the byte stream, which only runs on the clock do"
                         : "the program reads a time as a number, and goes another way with others";
    return result;
  }
  const auto check = violated_check(*symbolic).value_or(variant_->checks.size());
  try {
    FailingRegion region(**loaded, *variant_, at);
    region.add(runner_, *symbolic, check);
    result.region = region.text();
    result.spans = region.spans();
    result.tie_only = symbolic->tie_only;
  } catch (const std::runtime_error& error) {
    result.unknown = error.what();
  }
  return result;
}

}  // namespace raceproof::campaign
