#include "harness/campaign/confirm.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/campaign/replay.hpp"
#include "harness/explore/fewest.hpp"
#include "harness/explore/replay.hpp"
#include "harness/explore/witness.hpp"

namespace raceproof::campaign {

namespace {

std::string text_field(const trace::Trace& trace, const trace::ObservationRecord& record,
                       std::string_view key) {
  const auto* field = trace.find(record, key);
  if (field == nullptr) return {};
  if (field->type == trace::FieldType::text) return std::string(trace.value_text(*field));
  return std::to_string(field->number);
}

std::string milliseconds(std::int64_t ns) { return fmt::format("{:.3f} ms", double(ns) / 1e6); }

/// The violating observation in words.
std::string describe(const trace::Trace& trace, const trace::ObservationRecord& record) {
  const auto name = trace.text(record.name);
  const auto client = text_field(trace, record, "client");
  if (name == "client_close") {
    return fmt::format("{} was closed with {} ({})", client, text_field(trace, record, "code"),
                       text_field(trace, record, "reason"));
  }
  if (name == "client_http") {
    return fmt::format("{} got HTTP {}", client, text_field(trace, record, "status"));
  }
  if (name == "client_frame") {
    return fmt::format("{} received '{}'", client, text_field(trace, record, "type"));
  }
  return std::string(name);
}

/// Named moments that place a failure: states, set-ups, closes.
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
    } else if (name == "grace_period_begin" || name == "grace_period_end") {
      label = name == "grace_period_begin" ? "grace period begins" : "grace period ends";
    } else {
      continue;
    }
    times.push_back({std::move(label), nanoseconds(record.time_ns)});
  }
  return times;
}

struct SymbolicReplay {
  explore::SymbolicOrder order;
  std::optional<explore::Witness> witness;
};

/// Performs the symbolic run again and finds times for it.
SymbolicReplay solve_again(Runner& runner, const explore::Strategy& strategy, RunRecord record) {
  SymbolicReplay replay;
  const auto repeated = strategy.repeat(record.key);
  explore::OrderRecorder recorder(*repeated, replay.order);
  (void)runner.run(sim::TimeMode::symbolic, recorder);
  replay.order.events = runner.world().happened();
  replay.witness = explore::solve(runner.world().time());
  return replay;
}

}  // namespace

std::string explain(const trace::Trace& trace, const check::Finding& finding) {
  if (finding.observation >= trace.observations().size()) {
    return "it had not happened when the run ended";
  }
  const auto& violation = trace.observations()[finding.observation];
  std::string text = describe(trace, violation);
  const auto chain = check::causes_of(trace, violation.event);
  const auto among_causes = [&](trace::EventId event) {
    return std::ranges::binary_search(chain, event, std::greater<>());
  };
  // The answer of a backend nearest before the violation, and the states that were missing then.
  const trace::ObservationRecord* answer = nullptr;
  std::string missing;
  for (const auto& record : trace.observations()) {
    if (&record > &violation) break;
    const auto name = trace.text(record.name);
    if (name == "redis_reply" && among_causes(record.event)) answer = &record;
  }
  if (answer != nullptr) {
    text += fmt::format(" after Redis answered {} -> {}", text_field(trace, *answer, "command"),
                        text_field(trace, *answer, "reply"));
    if (answer->time_ns >= 0) text += fmt::format(" at {}", milliseconds(answer->time_ns));
  }
  return text;
}

std::optional<Confirmed> confirm(const scenario::Scenario& scenario,
                                 const scenario::ResolvedVariant& variant,
                                 const explore::Strategy& strategy, const RunRecord& record,
                                 std::size_t check, std::uint64_t seed) {
  Runner runner(variant, seed);
  std::unique_ptr<sim::Decider> concrete;
  if (strategy.time() == sim::TimeMode::symbolic) {
    auto replay = solve_again(runner, strategy, record);
    if (!replay.witness) return std::nullopt;
    concrete = std::make_unique<explore::WitnessDecider>(runner.world().time(), *replay.witness,
                                                         std::move(replay.order));
  } else {
    auto key = record.key;
    concrete = strategy.repeat(key);
  }
  const bool symbolic = strategy.time() == sim::TimeMode::symbolic;
  const RunChoices choices = {.keep_payloads = false, .fragment = !symbolic};
  std::optional<explore::RecordingDecider> recording;
  const auto perform = [&](sim::Decider& decider) {
    recording.emplace(decider, runner.world().trace());
    return runner.run(sim::TimeMode::concrete, *recording, choices);
  };
  const bool by_check = check < variant.checks.size();
  const auto shows = [&](const RunRecord& run) {
    return by_check ? ((run.violated >> check) & 1) != 0 : is_broken(run.end) || !run.clients_ok;
  };
  RunRecord shown = perform(*concrete);
  if (!shows(shown)) return std::nullopt;
  if (by_check && !symbolic) {
    // A witness stands for its class. A random run is as good as any that shows the same.
    const auto fewest = explore::fewest_decisions(
        recording->decisions(),
        [&](const auto& fewer) -> std::optional<std::vector<explore::Decision>> {
          explore::ReplayDecider replay(fewer, runner.world().trace(), explore::MeetBy::name);
          if (!shows(perform(replay))) return std::nullopt;
          return recording->decisions();
        });
    explore::ReplayDecider replay(fewest, runner.world().trace());
    shown = perform(replay);
    if (!shows(shown)) return std::nullopt;
  }

  const auto& trace = runner.world().trace();
  Confirmed confirmed;
  Failure& failure = confirmed.failure;
  if (by_check) {
    failure.check = variant.checks[check].text;
    failure.cause = explain(trace, runner.findings()[check]);
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
      failure.cause = fmt::format(
          "{}: step {} expected {}, got {}", text_field(trace, observation, "client"),
          text_field(trace, observation, "step"), text_field(trace, observation, "expected"),
          text_field(trace, observation, "got"));
      break;
    }
  }
  failure.witness = moments(trace);
  failure.baseline_distance = recording->decisions().size();
  failure.tie_only = record.tie_only;
  failure.id = fmt::format("{:08x}", static_cast<std::uint32_t>(shown.order ^ (shown.order >> 32)));

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
