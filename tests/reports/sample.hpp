// A campaign result in which every field has a value of its own, so that a renderer that drops or
// mixes up one is found out.
#pragma once

#include "harness/campaign/verdict.hpp"

namespace raceproof::report {

using namespace std::chrono_literals;

inline campaign::VariantResult reproduced_variant() {
  using namespace campaign;
  VariantResult variant{.name = "without_grace",
                        .expect = Expectation::reproduces,
                        .verdict = Verdict::pass,
                        .reason = Reason::as_expected};
  variant.bound = {.strategy = "enumeration",
                   .complete = true,
                   .classes_explored = 340,
                   .classes_tie_only = 4,
                   .classes_failing = 12,
                   .classes_relaxed_confirmed = 7,
                   .classes_impossible = 3,
                   .ranges = {{"redis.stabilise", 50ms, 400ms}, {"client.arrives", 0ms, 1500ms}},
                   .threads = 1,
                   .epsilon = 50us,
                   .cuts = {{"gateway/example.cpp:41", 3}},
                   .exclusions = {"fragmentation", "faults"}};
  variant.checks = {{"never: { close: 1011 }", CheckKind::never, 31, CheckStatus::violated, 12,
                     "alice closed with 1011 at 312.5 ms"},
                    {"sometimes: { observe: session_setup }", CheckKind::sometimes, 32,
                     CheckStatus::satisfied, 40, "run 3"}};
  variant.failures = {
      {.id = "a1b2c3",
       .check = "never: { close: 1011 }",
       .cause = "PUBLISH met 0 receivers: alice was accepted before SUBSCRIBE was answered",
       .call_site = "gateway/session.cpp:120",
       .witness = {{"client.arrives", 312500us}, {"redis.stabilise", 400ms}},
       .delays = {{"redis.stabilise", 300ms}},
       .steady_witness = {{"client.arrives", 250ms}},
       .steady_delays = {{"redis.stabilise", 333ms}},
       .steady_slack = 41ms,
       .region = {"client.arrives < redis.stabilise + 20ms"},
       .fails_if = {{"client.arrives < redis.stabilise + 30ms"},
                    {"client.arrives > 1s", "redis.stabilise > 300ms"}},
       .fails_if_more = 5,
       .fails_if_complete = true,
       .rests_on = {{"redis", "redis-server 7.0.15", {"PING", "PUBLISH"}, {"outage"}},
                    {"auth", "", {}, {"health", "validate"}}},
       .baseline_distance = 2,
       .margin = Margin{"client.arrives", 107500us},
       .tie_only = false,
       .file = "out/failures/a1b2c3.json",
       .replay_command = "raceproof replay out/failures/a1b2c3.json"}};
  variant.fakes = {{"redis", "protocol", "redis-server 7.0.15", "2025-09-08", "400 conversations"},
                   {"database", "port", "PostgreSQL 15.18", "", "9000 statements"},
                   {"auth", "protocol", "", "", ""}};
  const Distribution times{9, 41ms, 322ms, 1200ms, 12.5};
  const Distribution latency{8, 2ms, 3ms, 5ms, 0.5};
  variant.all_clients =
      ClientSummary{"all clients", 10, 9, times, {{"chat -> agent_completed", latency}}};
  variant.clients = {{"alice", 10, 9, times, {}}};
  variant.virtual_time_max = 5s;
  variant.wall_seconds = 0.81;
  variant.runs_per_second = 5123.5;
  variant.digest = "9f86d081884c7d65";
  return variant;
}

inline campaign::CampaignResult sample_result() {
  using namespace campaign;
  CampaignResult result;
  result.tool_version = "0.1.0";
  result.seed = 18446744073709551615U;
  result.jobs = 2;
  result.parameters = {{"paths", "scenarios"}, {"runs", "2000"}};
  auto& scenario = result.scenarios.emplace_back();
  scenario.name = "cold_start/premature_readiness";
  scenario.file = "scenarios/cold_start/premature_readiness.yaml";
  scenario.shows = "A client accepted too early is closed with 1011.";
  scenario.source = "domain.md section 12";
  scenario.tags = {"flagship"};
  scenario.variants.push_back(reproduced_variant());

  VariantResult sampled{.name = "with_grace",
                        .expect = Expectation::holds,
                        .verdict = Verdict::pass,
                        .reason = Reason::as_expected};
  sampled.bound = {.strategy = "random walk",
                   .runs_sampled = 2000,
                   .threads = 2,
                   .failure_probability_bound = 0.0015,
                   .unseen_class_probability = 0.012};
  scenario.variants.push_back(sampled);

  auto& other = result.scenarios.emplace_back();
  other.name = "cold_start/slow_redis";
  other.file = "scenarios/cold_start/slow_redis.yaml";
  VariantResult vacuous{.name = "default",
                        .expect = Expectation::holds,
                        .verdict = Verdict::unknown,
                        .reason = Reason::vacuous};
  vacuous.bound.complete = true;
  vacuous.bound.classes_explored = 1;
  vacuous.checks = {
      {"sometimes: { close: 1011 }", CheckKind::sometimes, 9, CheckStatus::never_seen, 0, ""}};
  other.variants.push_back(vacuous);
  VariantResult failed = reproduced_variant();
  failed.name = "broken";
  failed.expect = Expectation::holds;
  failed.verdict = Verdict::fail;
  failed.reason = Reason::violated;
  other.variants.push_back(failed);
  result.wall_seconds = 3.25;
  conclude(result);
  return result;
}

}  // namespace raceproof::report
