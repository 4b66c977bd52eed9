#include "harness/campaign/confirm.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/campaign/class_region.hpp"
#include "harness/campaign/region_text.hpp"
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
  if (name == "client_sent") {
    return fmt::format("{} sent '{}'", client, text_field(trace, record, "type"));
  }
  if (!client.empty()) return fmt::format("{} of {}", name, client);
  return std::string(name);
}

std::string describe_failed_step(const trace::Trace& trace,
                                 const trace::ObservationRecord& record) {
  return fmt::format("{}: step {} expected {}, got {}", text_field(trace, record, "client"),
                     text_field(trace, record, "step"), text_field(trace, record, "expected"),
                     text_field(trace, record, "got"));
}

/// The first start-up or step of a client that failed; empty if none did.
std::string first_failure(const trace::Trace& trace) {
  for (const auto& record : trace.observations()) {
    const auto name = trace.text(record.name);
    if (name == "client_step_failed") return describe_failed_step(trace, record);
    if (name == "startup_phase" && text_field(trace, record, "status") == "failed") {
      return fmt::format("start-up failed in phase {}: {}", text_field(trace, record, "phase"),
                         text_field(trace, record, "reason"));
    }
  }
  return {};
}

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

/// The class's region of named durations: those with a range, within those, and settings in which
/// the scenario's variants differ, as if they could take any value.
std::vector<std::string> region_of_class(const sim::TimeModel& time,
                                         const scenario::Scenario& scenario,
                                         const scenario::ResolvedVariant& variant,
                                         std::vector<explore::PointCondition> further) {
  std::vector<sim::VariableId> onto;
  std::vector<sim::VariableId> opened;
  std::vector<std::string> names;
  std::vector<explore::Inequality> known;
  for (sim::VariableId id = 0; id < variant.parameters.size(); ++id) {
    const auto& parameter = variant.parameters[id];
    const bool single = parameter.low_ns == parameter.high_ns;
    if (single && !varies(scenario, parameter)) continue;
    onto.push_back(id);
    names.push_back(parameter.name);
    if (single) opened.push_back(id);
  }
  for (std::size_t i = 0; i < onto.size(); ++i) {
    const auto& parameter = variant.parameters[onto[i]];
    const bool single = parameter.low_ns == parameter.high_ns;
    explore::Inequality end{std::vector<std::int64_t>(onto.size(), 0),
                            single ? 0 : -parameter.low_ns};
    end.factors[i] = 1;
    known.push_back(end);
    if (single) continue;
    end.factors[i] = -1;
    end.constant = parameter.high_ns;
    known.push_back(end);
  }
  const auto set = explore::ClassSystem(time, std::move(opened), std::move(further)).project(onto);
  const auto pieces = set.pieces(explore::IntegerSet(onto.size(), known));
  return pieces.size() == 1 ? piece_text(pieces.front(), names) : std::vector<std::string>{};
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
  std::vector<std::vector<explore::PointCondition>> ways;
  if (failure.always) ways.emplace_back();
  for (const auto& late : failure.late) ways.push_back({late});
  for (const auto& further : ways) {
    replay.simplest = explore::solve(time, explore::Prefer::simplest, further);
    if (!replay.simplest) continue;
    replay.most_slack = explore::solve(time, explore::Prefer::most_slack, further);
    if (replay.most_slack) replay.slack = explore::least_slack(time, *replay.most_slack);
    replay.region = region_of_class(time, scenario, variant, further);
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

/// Of an upgrade that was refused, the reason; else `before`.
std::string refusal_of(const trace::Trace& trace, const trace::ObservationRecord& record,
                       const std::string& before) {
  const auto name = trace.text(record.name);
  if (name == "upgrade_refused") return text_field(trace, record, "reason");
  return name == "balancer_refused" ? "no instance took the connection" : before;
}

/// The first message that was lost after `from`, as the end of a sentence; empty if none was.
std::string first_loss(const trace::Trace& trace, const trace::ObservationRecord& from) {
  for (const auto& record : trace.observations()) {
    if (&record < &from || trace.text(record.name) != "message_lost") continue;
    return fmt::format("; '{}' for {} was lost ({})", text_field(trace, record, "type"),
                       text_field(trace, record, "user"), text_field(trace, record, "reason"));
  }
  return {};
}

/// Whether it may explain a failure: an answer of Redis, whatever it is, what went wrong at the
/// other backends, and on the way to the database.
bool is_telling(const trace::Trace& trace, const trace::ObservationRecord& record) {
  static constexpr std::string_view telling[] = {"redis_reply", "agent_fault", "auth_fault",
                                                 "db_fault"};
  const auto name = trace.text(record.name);
  if (name == "db_reply") return text_field(trace, record, "result") != "ok";
  // What the gateway met before it came to the database.
  if (name == "database_trouble") {
    return text_field(trace, record, "kind") == "exhausted" ||
           text_field(trace, record, "sqlstate").empty();
  }
  return std::ranges::find(telling, name) != std::end(telling);
}

/// As the end of a sentence.
std::string told(const trace::Trace& trace, const trace::ObservationRecord& record) {
  const auto field = [&](std::string_view key) { return text_field(trace, record, key); };
  const auto name = trace.text(record.name);
  if (name == "redis_reply") {
    return fmt::format("Redis answered {} -> {}", field("command"), field("reply"));
  }
  if (name == "db_reply") {
    return fmt::format("the database answered {} -> {}", field("kind"), field("result"));
  }
  if (name == "db_fault") {
    return fmt::format("the database's fault at {}: {}", field("kind"), field("fault"));
  }
  if (name == "database_trouble") {
    return fmt::format("the gateway met '{}' at step '{}'", field("reason"), field("step"));
  }
  const std::string_view service = name == "agent_fault" ? "agent" : "auth";
  return fmt::format("the {} service's fault at {}: {}", service, field("operation"),
                     field("fault"));
}

}  // namespace

std::string explain(const trace::Trace& trace, const check::Check& check,
                    const check::Finding& finding) {
  if (finding.observation >= trace.observations().size()) {
    const std::string failed = first_failure(trace);
    return "it had not happened when the run ended" + (failed.empty() ? "" : "; " + failed);
  }
  if (!finding.why.empty()) return finding.why;
  const auto& violation = trace.observations()[finding.observation];
  std::string text = describe(trace, violation);
  if (check.kind == check::Check::Kind::leads_to) {
    text += check.within ? ", not followed in time by " : ", not followed by ";
    return text + check.to.text + first_loss(trace, violation);
  }
  const auto chain = check::causes_of(trace, violation.event);
  const auto among_causes = [&](trace::EventId event) {
    return std::ranges::binary_search(chain, event, std::greater<>());
  };
  const bool refused = trace.text(violation.name) == "client_http";
  // What a backend did that is nearest before the violation.
  const trace::ObservationRecord* nearest = nullptr;
  std::string refusal;
  for (const auto& record : trace.observations()) {
    if (&record > &violation) break;
    if (is_telling(trace, record) && among_causes(record.event)) nearest = &record;
    if (refused && among_causes(record.event)) refusal = refusal_of(trace, record, refusal);
  }
  if (!refusal.empty()) text += " (" + refusal + ")";
  if (nearest != nullptr) {
    text += " after " + told(trace, *nearest);
    if (nearest->time_ns >= 0) text += fmt::format(" at {}", milliseconds(nearest->time_ns));
  }
  return text;
}

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
  if (by_check) {
    failure.check = variant.checks[check].text;
    failure.cause = explain(trace, variant.checks[check], runner.findings()[check]);
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
