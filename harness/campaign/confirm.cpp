#include "harness/campaign/confirm.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/campaign/failing_region.hpp"
#include "harness/campaign/fakes_used.hpp"
#include "harness/campaign/region_text.hpp"
#include "harness/campaign/replay.hpp"
#include "harness/campaign/rests_on.hpp"
#include "harness/campaign/why.hpp"
#include "harness/explore/fewest.hpp"
#include "harness/explore/replay.hpp"
#include "harness/explore/witness.hpp"

namespace raceproof::campaign {

namespace {

/// Named moments that place a failure: states, set-ups, closes, what failed or was lost.
std::vector<WitnessTime> moments(const trace::Trace& trace) {
  std::vector<WitnessTime> times;
  for (const auto& record : trace.observations()) {
    const auto name = trace.text(record.name);
    std::string label;
    if (name == "state") {
      const auto* value = trace.find(record, "value");
      label = fmt::format("{} {}{}", text_field(trace, record, "subject"),
                          value != nullptr && value->number == 0 ? "no longer " : "",
                          text_field(trace, record, "property"));
    } else if (name == "client_connecting") {
      label = fmt::format("{}: connects", text_field(trace, record, "client"));
    } else if (name == "session_setup") {
      label = fmt::format("{}: session set-up begins", text_field(trace, record, "peer"));
    } else if (name == "session_setup_failed") {
      label = fmt::format("{}: set-up fails at {}", text_field(trace, record, "peer"),
                          text_field(trace, record, "step"));
    } else if (name == "client_close") {
      label = fmt::format("{}: closed with {}", text_field(trace, record, "client"),
                          text_field(trace, record, "code"));
    } else if (name == "startup_phase" && text_field(trace, record, "status") == "failed") {
      label = fmt::format("start-up fails in phase {}", text_field(trace, record, "phase"));
    } else if (name == "transition" && text_field(trace, record, "machine") == "breaker") {
      label = fmt::format("breaker of {}: {}", text_field(trace, record, "id"),
                          text_field(trace, record, "to"));
    } else if (name == "message_lost") {
      label = fmt::format("'{}' for {} is lost", text_field(trace, record, "type"),
                          text_field(trace, record, "user"));
    } else if (name == "shutdown_begin") {
      label = fmt::format("{}: shutdown begins", process_of(trace, record.strand));
    } else if (name == "grace_period_begin" || name == "grace_period_end") {
      label = name == "grace_period_begin" ? "grace period begins" : "grace period ends";
    } else {
      continue;
    }
    times.push_back({std::move(label), nanoseconds(record.time_ns)});
  }
  return times;
}

/// A symbolic run performed once more, with times for it.
struct SymbolicReplay {
  explore::SymbolicOrder order;
  std::optional<explore::Witness> simplest;
  std::optional<explore::Witness> most_slack;
  std::optional<std::int64_t> slack;
  std::vector<std::string> region;
};

/// The class's region, if it is one piece.
std::vector<std::string> region_of_class(const sim::TimeModel& time,
                                         const NamedDurations& durations,
                                         std::vector<explore::PointCondition> further) {
  const auto set =
      explore::ClassSystem(time, durations.opened, std::move(further)).project(durations.onto);
  const auto pieces = set.pieces(durations.context);
  return pieces.size() == 1 ? piece_text(pieces.front(), durations.names)
                            : std::vector<std::string>{};
}

/// Performs the symbolic run again and finds times for it with which `check` is violated.
SymbolicReplay solve_again(Runner& runner, const scenario::Scenario& scenario,
                           const scenario::ResolvedVariant& variant,
                           const explore::Strategy& strategy, RunRecord record, std::size_t check) {
  SymbolicReplay replay;
  const auto repeated = strategy.repeat(record.key);
  explore::OrderRecorder recorder(*repeated, replay.order);
  const RunRecord again = runner.run(sim::TimeMode::symbolic, recorder);
  replay.order.events = runner.world().happened();
  const auto& time = runner.world().time();
  const ClassFailure failure = failure_of(runner, variant, again, check);
  // Of several limits that it may exceed, the first that it can.
  for (const auto& further : ways_of(failure)) {
    replay.simplest = explore::solve(time, explore::Prefer::simplest, further);
    if (!replay.simplest) continue;
    replay.most_slack = explore::solve(time, explore::Prefer::most_slack, further);
    if (replay.most_slack) replay.slack = explore::least_slack(time, *replay.most_slack);
    replay.region = region_of_class(time, NamedDurations(scenario, variant), further);
    break;
  }
  return replay;
}

/// The ranged parameters and what they are in a witness.
std::vector<WitnessTime> named_delays(const scenario::ResolvedVariant& variant,
                                      const explore::Witness& witness) {
  std::vector<WitnessTime> delays;
  for (std::size_t i = 0; i < variant.parameters.size(); ++i) {
    const auto& parameter = variant.parameters[i];
    if (parameter.low_ns == parameter.high_ns) continue;
    delays.push_back({parameter.name, nanoseconds(witness.variable_values[i])});
  }
  return delays;
}

/// Whether a violation of it is that something happened, and not that something did not.
bool is_about_an_event(const check::Check& check) {
  using Kind = check::Check::Kind;
  if (check.kind == Kind::eventually || check.kind == Kind::leads_to) return false;
  return check.pattern.kind != check::Pattern::Kind::invariant ||
         check.pattern.invariant != check::Invariant::no_deadlock;
}

}  // namespace

std::optional<Confirmed> confirm(const scenario::Scenario& scenario,
                                 const scenario::ResolvedVariant& variant,
                                 const explore::Strategy& strategy, const RunRecord& record,
                                 std::size_t check, std::uint64_t seed) {
  Runner runner(variant, seed);
  const bool symbolic = strategy.time() == sim::TimeMode::symbolic;
  const bool by_check = check < variant.checks.size();
  const auto violates = [&](const RunRecord& run) {
    return by_check ? ((run.violated >> check) & 1) != 0 : is_broken(run.end) || !run.clients_ok;
  };
  Confirmed confirmed;
  Failure& failure = confirmed.failure;
  std::unique_ptr<sim::Decider> concrete;
  if (symbolic) {
    auto replay = solve_again(runner, scenario, variant, strategy, record, check);
    if (!replay.simplest) return std::nullopt;
    const auto decider_of = [&](const explore::Witness& witness) {
      return std::make_unique<explore::WitnessDecider>(runner.world().time(), witness,
                                                       replay.order);
    };
    concrete = decider_of(*replay.simplest);
    confirmed.parameters = replay.simplest->variable_values;
    failure.delays = named_delays(variant, *replay.simplest);
    failure.region = std::move(replay.region);
    if (replay.most_slack) {
      const auto steady = decider_of(*replay.most_slack);
      const RunRecord shown =
          runner.run(sim::TimeMode::concrete, *steady, {.keep_payloads = false, .fragment = false});
      if (violates(shown)) {
        confirmed.parameters = replay.most_slack->variable_values;
        failure.steady_delays = named_delays(variant, *replay.most_slack);
        failure.steady_witness = moments(runner.world().trace());
        if (replay.slack) failure.steady_slack = nanoseconds(*replay.slack);
      }
    }
    confirmed.parameters.resize(variant.parameters.size());
  } else {
    auto key = record.key;
    concrete = strategy.repeat(key);
  }
  const RunChoices choices = {.keep_payloads = false, .fragment = !symbolic};
  std::optional<explore::RecordingDecider> recording;
  const auto perform = [&](sim::Decider& decider) {
    recording.emplace(decider, runner.world().trace());
    return runner.run(sim::TimeMode::concrete, *recording, choices);
  };
  RunRecord shown = perform(*concrete);
  if (!violates(shown)) return std::nullopt;
  if (by_check && !symbolic) {
    // A witness stands for its class. A random run is as good as any that shows the same.
    const auto fewest = explore::fewest_decisions(
        recording->decisions(),
        [&](const auto& fewer) -> std::optional<std::vector<explore::Decision>> {
          explore::ReplayDecider replay(fewer, runner.world().trace(), explore::MeetBy::name);
          if (!violates(perform(replay))) return std::nullopt;
          return recording->decisions();
        });
    explore::ReplayDecider replay(fewest, runner.world().trace());
    shown = perform(replay);
    if (!violates(shown)) return std::nullopt;
  }

  const auto& trace = runner.world().trace();
  const auto& steps = *runner.world().steps();
  std::size_t rests = Past::of_the_end;
  if (by_check) {
    const auto& finding = runner.findings()[check];
    failure.check = variant.checks[check].text;
    failure.cause = explain(trace, steps, variant.checks[check], finding);
    if (is_about_an_event(variant.checks[check])) rests = finding.observation;
  } else if (is_broken(shown.end)) {
    failure.check = run_ends_in_order;
    failure.cause =
        fmt::format("the run ended with: {}{}{}", sim::name_of(shown.end),
                    runner.world().failure().empty() ? "" : ", ", runner.world().failure());
  } else {
    failure.check = scripts_are_met;
    failure.cause = "a client's step was not met";
    for (const auto& observation : trace.observations()) {
      if (trace.text(observation.name) != "client_step_failed") continue;
      failure.cause = describe_failed_step(trace, observation);
      break;
    }
  }
  failure.rests_on = rests_on(Past(trace, steps, rests), fakes_used(variant));
  failure.witness = moments(trace);
  failure.baseline_distance = recording->decisions().size();
  failure.tie_only = record.tie_only;
  // One order may violate several checks; each is a failure with a file of its own.
  const auto name = sim::mix(shown.order, failure.check);
  failure.id = fmt::format("{:08x}", static_cast<std::uint32_t>(name ^ (name >> 32)));

  SavedFailure& saved = confirmed.saved;
  saved.scenario = scenario.name();
  saved.scenario_file = scenario.file();
  saved.scenario_text = scenario.text();
  saved.variant = variant.name;
  saved.check = failure.check;
  saved.cause = failure.cause;
  saved.seed = seed;
  saved.tie_only = record.tie_only;
  saved.fragment = choices.fragment;
  saved.digest = shown.digest;
  saved.order = order_of_events(trace);
  saved.asked = recording->asked();
  saved.decisions = recording->decisions();
  return confirmed;
}

}  // namespace raceproof::campaign
