// One description of the fields of the result model, for whoever writes or reads it by name. An
// archive offers `field(key, value)`; keys of nanoseconds end in `_ns`.
#pragma once

#include "harness/campaign/result.hpp"

namespace raceproof::report {

template <class Archive>
void fields(Archive& a, campaign::RangedDelay& v) {
  a.field("name", v.name);
  a.field("low_ns", v.low);
  a.field("high_ns", v.high);
}

template <class Archive>
void fields(Archive& a, campaign::Cut& v) {
  a.field("call_site", v.call_site);
  a.field("count", v.count);
}

template <class Archive>
void fields(Archive& a, campaign::Bound& v) {
  a.field("strategy", v.strategy);
  a.field("complete", v.complete);
  a.field("limit", v.limit);
  a.field("classes_explored", v.classes_explored);
  a.field("classes_tie_only", v.classes_tie_only);
  a.field("classes_failing", v.classes_failing);
  a.field("classes_relaxed_confirmed", v.classes_relaxed_confirmed);
  a.field("classes_impossible", v.classes_impossible);
  a.field("runs_sampled", v.runs_sampled);
  a.field("runs_failing", v.runs_failing);
  a.field("ranges", v.ranges);
  a.field("threads", v.threads);
  a.field("epsilon_ns", v.epsilon);
  a.field("cuts", v.cuts);
  a.field("exclusions", v.exclusions);
  a.field("failure_probability_bound", v.failure_probability_bound);
  a.field("unseen_class_probability", v.unseen_class_probability);
}

template <class Archive>
void fields(Archive& a, campaign::CheckResult& v) {
  a.field("text", v.text);
  a.field("kind", v.kind);
  a.field("source_line", v.source_line);
  a.field("status", v.status);
  a.field("classes", v.classes);
  a.field("first_witness", v.first_witness);
}

template <class Archive>
void fields(Archive& a, campaign::WitnessTime& v) {
  a.field("name", v.name);
  a.field("at_ns", v.at);
}

template <class Archive>
void fields(Archive& a, campaign::Margin& v) {
  a.field("parameter", v.parameter);
  a.field("slack_ns", v.slack);
}

template <class Archive>
void fields(Archive& a, campaign::RestsOn& v) {
  a.field("fake", v.fake);
  a.field("server", v.server);
  a.field("verified", v.verified);
  a.field("unverified", v.unverified);
}

template <class Archive>
void fields(Archive& a, campaign::Failure& v) {
  a.field("id", v.id);
  a.field("check", v.check);
  a.field("cause", v.cause);
  a.field("call_site", v.call_site);
  a.field("witness", v.witness);
  a.field("delays", v.delays);
  a.field("steady_witness", v.steady_witness);
  a.field("steady_delays", v.steady_delays);
  a.field("steady_slack_ns", v.steady_slack);
  a.field("region", v.region);
  a.field("fails_if", v.fails_if);
  a.field("fails_if_more", v.fails_if_more);
  a.field("fails_if_complete", v.fails_if_complete);
  a.field("rests_on", v.rests_on);
  a.field("baseline_distance", v.baseline_distance);
  a.field("margin", v.margin);
  a.field("tie_only", v.tie_only);
  a.field("file", v.file);
  a.field("replay_command", v.replay_command);
}

template <class Archive>
void fields(Archive& a, campaign::Distribution& v) {
  a.field("count", v.count);
  a.field("min_ns", v.min);
  a.field("median_ns", v.median);
  a.field("max_ns", v.max);
  a.field("variance_ms2", v.variance_ms2);
}

template <class Archive>
void fields(Archive& a, campaign::NamedDistribution& v) {
  a.field("name", v.name);
  a.field("values", v.values);
}

template <class Archive>
void fields(Archive& a, campaign::ClientSummary& v) {
  a.field("name", v.name);
  a.field("attempts", v.attempts);
  a.field("successes", v.successes);
  a.field("session_established", v.session_established);
  a.field("latencies", v.latencies);
}

template <class Archive>
void fields(Archive& a, campaign::FakeUsed& v) {
  a.field("name", v.name);
  a.field("level", v.level);
  a.field("server", v.server);
  a.field("when", v.when);
  a.field("scope", v.scope);
}

template <class Archive>
void fields(Archive& a, campaign::VariantResult& v) {
  a.field("name", v.name);
  a.field("expect", v.expect);
  a.field("verdict", v.verdict);
  a.field("reason", v.reason);
  a.field("reason_text", v.reason_text);
  a.field("bound", v.bound);
  a.field("checks", v.checks);
  a.field("failures", v.failures);
  a.field("fakes", v.fakes);
  a.field("all_clients", v.all_clients);
  a.field("clients", v.clients);
  a.field("virtual_time_max_ns", v.virtual_time_max);
  a.field("wall_seconds", v.wall_seconds);
  a.field("runs_per_second", v.runs_per_second);
  a.field("digest", v.digest);
}

template <class Archive>
void fields(Archive& a, campaign::ScenarioResult& v) {
  a.field("name", v.name);
  a.field("file", v.file);
  a.field("shows", v.shows);
  a.field("source", v.source);
  a.field("tags", v.tags);
  a.field("variants", v.variants);
}

template <class Archive>
void fields(Archive& a, campaign::StartParameter& v) {
  a.field("name", v.name);
  a.field("value", v.value);
}

template <class Archive>
void fields(Archive& a, campaign::InputError& v) {
  a.field("file", v.file);
  a.field("diagnostics", v.diagnostics);
}

template <class Archive>
void fields(Archive& a, campaign::Totals& v) {
  a.field("scenarios", v.scenarios);
  a.field("variants", v.variants);
  a.field("passed", v.passed);
  a.field("failed", v.failed);
  a.field("unknown", v.unknown);
  a.field("classes", v.classes);
  a.field("runs", v.runs);
}

template <class Archive>
void fields(Archive& a, campaign::CampaignResult& v) {
  a.field("format_version", v.format_version);
  a.field("tool_version", v.tool_version);
  a.field("seed", v.seed);
  a.field("jobs", v.jobs);
  a.field("parameters", v.parameters);
  a.field("input_errors", v.input_errors);
  a.field("scenarios", v.scenarios);
  a.field("totals", v.totals);
  a.field("wall_seconds", v.wall_seconds);
  a.field("exit_code", v.exit_code);
}

}  // namespace raceproof::report
