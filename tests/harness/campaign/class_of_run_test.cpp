// From concrete runs to their classes. Passing means: the symbolic run that follows a concrete one
// is of the same class, fails as it does, and what a replay says of it is what the search said.
#include "harness/explore/class_of_run.hpp"

#include <gtest/gtest.h>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/confirm.hpp"
#include "harness/campaign/replay.hpp"
#include "harness/campaign/variant_search.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::campaign {
namespace {

std::shared_ptr<const scenario::Scenario> load_file(const std::string& name) {
  const auto loaded = scenario::load("scenarios/" + name + ".yaml");
  EXPECT_TRUE(loaded.has_value()) << name;
  return loaded ? *loaded : nullptr;
}

/// Random runs of a variant on the clock, each followed by the symbolic run of its class.
void expect_same_classes(const std::string& name, const std::string& variant_name,
                         std::uint64_t runs) {
  SCOPED_TRACE(name + ", " + variant_name);
  const auto variant = load_file(name)->resolve(variant_name);
  ASSERT_NE(variant, nullptr);
  Runner runner(*variant, 1);
  std::uint64_t violated = 0;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    explore::RandomDecider random(seed);
    explore::ConcreteRecorder recorder(random);
    const auto shown = runner.run(sim::TimeMode::concrete, recorder, {.fragment = false});
    const auto run = recorder.take(*runner.world().steps(), runner.world().trace());
    explore::ClassDecider decider(run, runner.world().time(), blocking_processes(*variant));
    const auto symbolic = runner.run(sim::TimeMode::symbolic, decider);
    ASSERT_EQ(symbolic.end, shown.end) << "seed " << seed;
    ASSERT_EQ(symbolic.order, shown.order) << "seed " << seed;
    // Its times are a solution: what is violated whatever they are is violated here.
    ASSERT_FALSE(symbolic.impossible) << "seed " << seed;
    ASSERT_EQ(symbolic.violated & shown.violated, shown.violated) << "seed " << seed;
    violated += shown.violated != 0 ? 1 : 0;
  }
  EXPECT_GT(violated, 0U) << "no run violated anything";
}

TEST(ClassOfRun, IsTheRunsOwn) {
  expect_same_classes("cold_start/premature_readiness", "without_grace", 300);
  expect_same_classes("cold_start/grace_too_short", "whole_range", 200);
  expect_same_classes("auth/breaker_storm", "shared", 100);
  expect_same_classes("database/deadlock", "as_given", 50);
  expect_same_classes("platform/partition", "outlasts_the_limit", 100);
}

TEST(ClassOfRun, IsTheRunsOwnWhereProcessesStall) {
  expect_same_classes("cold_start/cpu_stall", "throttled", 100);
  expect_same_classes("cold_start/blocking_grace", "blocking_one_thread", 100);
}

/// What `replay` reads of the plainest failure of a variant, and what the search said of it.
void expect_reads_the_same(const std::string& name, const std::string& variant_name) {
  SCOPED_TRACE(name + ", " + variant_name);
  const auto scenario = load_file(name);
  const auto variant = scenario->resolve(variant_name);
  CampaignOptions options;
  options.timing_runs = 0;
  const SearchOutcome outcome = search_variant(*variant, options);
  const auto& part = outcome.parts.front();
  for (const RunRecord& record : part.result.records) {
    if (record.violated == 0) continue;
    const auto check = static_cast<std::size_t>(std::countr_zero(record.violated));
    const auto confirmed = confirm(*scenario, *variant, *part.strategy, record, check, 1);
    ASSERT_TRUE(confirmed.has_value());
    FailureReplay player(confirmed->saved, variant);
    const auto replay = player.play({});
    const auto read = player.read_class(replay, {});
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->unknown, "");
    ASSERT_EQ(read->region.pieces.size(), 1U);
    EXPECT_EQ(read->region.pieces.front(), confirmed->failure.region);
    ASSERT_EQ(read->spans.size(), confirmed->failure.delays.size());
    EXPECT_EQ(read->delays, confirmed->failure.delays);
    for (std::size_t i = 0; i < read->spans.size(); ++i) {
      EXPECT_LE(read->spans[i].low, read->delays[i].at);
      EXPECT_GE(read->spans[i].high, read->delays[i].at);
    }
    return;
  }
  FAIL() << "nothing is violated";
}

TEST(ReplayedClass, HasTheRegionThatTheSearchGave) {
  expect_reads_the_same("cold_start/premature_readiness", "without_grace");
  expect_reads_the_same("connections/stale_disconnect", "removes_newest");
  expect_reads_the_same("handshake/transport_ready", "answered_and_dropped");
}

// The flagship's plainest failure: what is known of it by other means, exactly.
TEST(ReplayedClass, SaysByHowMuch) {
  using std::chrono::milliseconds;
  CampaignOptions options;
  options.variants = {"without_grace"};
  options.timing_runs = 0;
  const auto scenario = load_file("cold_start/premature_readiness");
  const auto variant = scenario->resolve("without_grace");
  const SearchOutcome outcome = search_variant(*variant, options);
  const auto& part = outcome.parts.front();
  for (const RunRecord& record : part.result.records) {
    if (record.violated == 0 || record.tie_only) continue;
    const auto confirmed = confirm(*scenario, *variant, *part.strategy, record, 0, 1);
    ASSERT_TRUE(confirmed.has_value());
    FailureReplay player(confirmed->saved, variant);
    const auto read = player.read_class(player.play({}), {});
    ASSERT_TRUE(read.has_value());
    // One nanosecond beyond each end the order is another one, or is there no more.
    for (std::size_t i = 0; i < read->spans.size(); ++i) {
      const auto& span = read->spans[i];
      const auto& parameter =
          *std::ranges::find(variant->parameters, span.name, &scenario::Parameter::name);
      for (const auto end : {span.low, span.high}) {
        const bool is_end_of_range =
            end.count() == parameter.low_ns || end.count() == parameter.high_ns;
        if (is_end_of_range) continue;
        const auto beyond = end == span.low ? end.count() - 1 : end.count() + 1;
        auto moved = confirmed->saved;
        bool found = false;
        for (auto& decision : moved.decisions) {
          if (!decision.strand.empty() || decision.label != span.name) continue;
          decision.value = beyond;
          found = true;
        }
        if (!found) continue;
        FailureReplay other(moved, variant);
        const auto replay = other.play({.continuations = 0});
        EXPECT_NE(replay.course, Course::same_run) << span.name;
        EXPECT_NE(replay.course, Course::same_order) << span.name << " " << beyond;
      }
    }
    return;
  }
  FAIL() << "nothing is violated";
}

TEST(ReplayedClass, SaysWhyItIsNotKnown) {
  const auto scenario = load_file("connections/concurrent_connects");
  CampaignOptions options;
  options.timing_runs = 0;
  options.runs = 20;
  const auto variant = scenario->resolve("connected");
  const SearchOutcome outcome = search_variant(*variant, options);
  const auto& part = outcome.parts.front();
  const auto record =
      std::ranges::find_if(part.result.records, [](const auto& run) { return run.violated != 0; });
  ASSERT_NE(record, part.result.records.end());
  const auto check = static_cast<std::size_t>(std::countr_zero(record->violated));
  const auto confirmed = confirm(*scenario, *variant, *part.strategy, *record, check, 1);
  ASSERT_TRUE(confirmed.has_value());
  FailureReplay player(confirmed->saved, variant);
  const auto read = player.read_class(player.play({}), {});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->unknown,
            "the scenario names no duration that has a range or differs among variants");
}

}  // namespace
}  // namespace raceproof::campaign
