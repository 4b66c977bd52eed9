// The envelope of the flagship and of small scenarios. Passing means: its boundary is where
// complete searches of plain variants begin to fail, to the nanosecond, ties included; concrete
// runs agree; what it cannot know it does not say.
#include "harness/campaign/envelope.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

#include "harness/campaign/campaign.hpp"
#include "harness/campaign/envelope_minimum.hpp"
#include "harness/scenario/library.hpp"

namespace raceproof::campaign {
namespace {

constexpr std::int64_t ms = 1'000'000;

std::shared_ptr<const scenario::Scenario> flagship() {
  const auto loaded = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  return loaded ? *loaded : nullptr;
}

/// The flagship with another upper end of Redis' stabilisation.
std::shared_ptr<const scenario::Scenario> flagship_stabilising_within(const std::string& high) {
  std::ifstream file("scenarios/cold_start/premature_readiness.yaml");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string range = "redis.stabilise: 50ms..400ms";
  const auto at = text.find(range);
  if (at == std::string::npos) return nullptr;
  text.replace(at, range.size(), "redis.stabilise: 50ms.." + high);
  const auto loaded = scenario::load_text(text, "premature_readiness.yaml");
  return loaded ? *loaded : nullptr;
}

EnvelopeResult envelope_of(const scenario::Scenario& scenario, const std::string& variant,
                           const EnvelopeOptions& options) {
  auto result = find_envelope(scenario, *scenario.resolve(variant), options);
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().front());
  return result ? *result : EnvelopeResult{};
}

Verdict verdict_of_variant(const scenario::Scenario& scenario, const std::string& variant) {
  CampaignOptions options;
  options.variants = {variant};
  options.timing_runs = 0;
  const auto result = run_scenario(scenario, options);
  return result.variants.size() == 1 ? result.variants[0].verdict : Verdict::unknown;
}

TEST(Envelope, OfTheFlagshipIsOneLineAndConcreteRunsAgree) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  EnvelopeOptions options;
  options.axes = {{"gateway.grace_period", 0, 600 * ms}, {"redis.stabilise", 50 * ms, 700 * ms}};
  const auto result = envelope_of(*scenario, "with_grace", options);
  EXPECT_EQ(result.exit_code, ExitCode::pass);
  EXPECT_TRUE(result.bound.complete);
  EXPECT_TRUE(result.contradictions.empty());
  ASSERT_EQ(result.possible_failure.pieces.size(), 1U);
  EXPECT_EQ(result.possible_failure.pieces[0].inequalities,
            std::vector<std::string>{"gateway.grace_period < redis.stabilise + 61ms"});
  ASSERT_EQ(result.safe.pieces.size(), 1U);
  EXPECT_EQ(result.safe.pieces[0].inequalities,
            std::vector<std::string>{"gateway.grace_period >= redis.stabilise + 61ms"});
  // A client may also come too late to meet the window.
  EXPECT_TRUE(result.certain_failure.pieces.empty());
  ASSERT_EQ(result.possible_failure.boundary.size(), 1U);
  EXPECT_NEAR(
      result.possible_failure.boundary[0].from.x - result.possible_failure.boundary[0].from.y,
      61.0 * ms, 2);
  std::uint64_t failed = 0;
  for (const auto& point : result.grid) failed += point.failed;
  EXPECT_GT(failed, 100U);
}

// The reduction leaves out orders, and no region: the plain enumeration says the same.
TEST(Envelope, IsTheSameWithoutReduction) {
  for (const char* name : {"premature_readiness", "grace_too_short", "missing_scripts"}) {
    const auto loaded = scenario::load(std::string("scenarios/cold_start/") + name + ".yaml");
    ASSERT_TRUE(loaded.has_value());
    const std::vector<scenario::RangeChange> axes = {
        {"gateway.grace_period", 0, 900 * ms},
        {std::string(name) == "missing_scripts" ? "client.arrives" : "redis.stabilise", 50 * ms,
         1000 * ms}};
    const auto variant = (*loaded)->variants().front();
    const auto ranged = (*loaded)->with_ranges(*variant, axes);
    ASSERT_TRUE(ranged.has_value()) << ranged.error().front();
    EnvelopeOptions options;
    const std::vector<std::string> names = {axes[0].name, axes[1].name};
    const auto reduced = search_regions(*ranged, names, options, "");
    options.search = scenario::Search::enumeration;
    const auto plain = search_regions(*ranged, names, options, "");
    ASSERT_TRUE(reduced.complete && plain.complete) << name;
    EXPECT_TRUE(reduced.failing == plain.failing) << name;
    EXPECT_TRUE(reduced.passing == plain.passing) << name;
    EXPECT_LE(reduced.classes, plain.classes) << name;
  }
}

// The range that the envelope allows with the grace period of 500 ms: below 439 ms and at it.
TEST(Envelope, SaysWhereTheFlagshipBeginsToFail) {
  for (const char* high : {"438ms", "439ms"}) {
    const auto scenario = flagship_stabilising_within(high);
    ASSERT_NE(scenario, nullptr);
    EXPECT_EQ(verdict_of_variant(*scenario, "with_grace"), Verdict::pass) << high;
  }
  for (const char* high : {"439000001ns", "440ms"}) {
    const auto scenario = flagship_stabilising_within(high);
    ASSERT_NE(scenario, nullptr);
    EXPECT_EQ(verdict_of_variant(*scenario, "with_grace"), Verdict::fail) << high;
  }
}

TEST(Envelope, FindsTheLeastGracePeriodAndChecksIt) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  EnvelopeOptions options;
  options.minimum = {"gateway.grace_period", {}};
  options.scales = {{"redis.stabilise", "2", 2, 1}};
  const auto result = envelope_of(*scenario, "with_grace", options);
  EXPECT_EQ(result.exit_code, ExitCode::pass);
  ASSERT_EQ(result.minima.size(), 2U);
  EXPECT_EQ(result.minima[0].value, nanoseconds(461 * ms));
  EXPECT_EQ(result.minima[1].value, nanoseconds(861 * ms));
  for (const auto& minimum : result.minima) {
    EXPECT_TRUE(minimum.verified());
    EXPECT_TRUE(minimum.safe_above);
    ASSERT_TRUE(minimum.at && minimum.below);
    EXPECT_FALSE(minimum.at->failed);
    EXPECT_TRUE(minimum.below->failed);
    EXPECT_EQ(minimum.at->value - minimum.below->value, nanoseconds(1));
  }
}

TEST(Envelope, SaysWhenNoValueIsSafe) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  EnvelopeOptions options;
  options.minimum = {"gateway.grace_period",
                     scenario::RangeChange{"gateway.grace_period", 0, 460 * ms}};
  const auto result = envelope_of(*scenario, "with_grace", options);
  EXPECT_EQ(result.exit_code, ExitCode::pass);
  ASSERT_EQ(result.minima.size(), 1U);
  EXPECT_TRUE(result.minima[0].complete);
  EXPECT_FALSE(result.minima[0].value.has_value());
  EXPECT_FALSE(result.minima[0].verified());
}

TEST(Envelope, OfAnIncompleteSearchOnlyKnowsSomeFailures) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  EnvelopeOptions options;
  options.axes = {{"gateway.grace_period", 0, 600 * ms}};
  options.minimum = {"gateway.grace_period", {}};
  options.classes = 20;
  const auto result = envelope_of(*scenario, "without_grace", options);
  EXPECT_EQ(result.exit_code, ExitCode::unknown);
  EXPECT_FALSE(result.bound.complete);
  EXPECT_TRUE(result.safe.pieces.empty());
  EXPECT_TRUE(result.certain_failure.pieces.empty());
  EXPECT_TRUE(result.grid.empty());
  ASSERT_EQ(result.minima.size(), 1U);
  EXPECT_FALSE(result.minima[0].complete);
  EXPECT_FALSE(result.minima[0].value.has_value());
}

// A time limit splits a class: some of its times keep it and some do not.
TEST(Envelope, OfATimeLimitIsExactToo) {
  const auto loaded = scenario::load_text(R"(
scenario: limit
shows: A session within 200 ms.
source: made for this test
parameters: {client.arrives: 0ms..300ms, redis.stabilise: 50ms..90ms}
gateway:
  environment: staging
  grace_period: 100ms
  threads: 1
  readiness: {redis: connected, poll: 100ms}
backends: {redis: {connect: 20ms, on: {subscribe: {delay: $redis.stabilise}}}}
clients:
  alice:
    - wait: $client.arrives
    - connect: {token: valid, retry_on: [503], every: 10ms, for: 5s}
    - expect: session_established
check:
  - eventually: {frame: session_established, within: 250ms}
explore: {search: complete, until: 5s}
)",
                                          "limit.yaml");
  ASSERT_TRUE(loaded.has_value()) << print(loaded.error().front());
  const auto& scenario = **loaded;
  EnvelopeOptions options;
  options.axes = {{"client.arrives", 0, 300 * ms}};
  options.grid = 61;
  options.runs_per_point = 4;
  const auto result = envelope_of(scenario, "default", options);
  EXPECT_EQ(result.exit_code, ExitCode::pass);
  EXPECT_TRUE(result.contradictions.empty());
  ASSERT_EQ(result.possible_failure.pieces.size(), 1U);
  EXPECT_EQ(result.possible_failure.pieces[0].inequalities,
            std::vector<std::string>{"client.arrives > 250ms"});
  EXPECT_EQ(result.certain_failure.pieces, result.possible_failure.pieces);
}

// A setting that is used twice makes classes of which the zone knows only an approximation: those
// that no latency produces are left out, and concrete runs agree with what remains.
TEST(Envelope, LeavesOutClassesThatDoNotExist) {
  const auto loaded = scenario::load("scenarios/cold_start/grace_too_short.yaml");
  ASSERT_TRUE(loaded.has_value());
  EnvelopeOptions options;
  options.axes = {{"gateway.grace_period", 0, 1000 * ms}, {"redis.stabilise", 100 * ms, 1000 * ms}};
  options.grid = 11;
  const auto result = envelope_of(**loaded, "whole_range", options);
  EXPECT_EQ(result.exit_code, ExitCode::pass);
  EXPECT_GT(result.classes_impossible, 0U);
  EXPECT_GT(result.bound.classes_relaxed_confirmed, 0U);
  ASSERT_EQ(result.possible_failure.pieces.size(), 1U);
  EXPECT_EQ(result.possible_failure.pieces[0].inequalities,
            std::vector<std::string>{"redis.stabilise >= gateway.grace_period + 100ms"});
  // Its end belongs to it: there, two events have to meet.
  ASSERT_EQ(result.only_at_ties.pieces.size(), 1U);
  EXPECT_EQ(result.only_at_ties.pieces[0].inequalities,
            std::vector<std::string>{"redis.stabilise = gateway.grace_period + 100ms"});
}

/// Whether anything fails with these parameters at these values, over all orders and other delays.
bool can_fail(const scenario::Scenario& scenario, const std::string& variant,
              const std::vector<WitnessTime>& delays, const std::string& moved,
              nanoseconds moved_to) {
  std::vector<scenario::RangeChange> values;
  for (const auto& delay : delays) {
    const auto value = (delay.name == moved ? moved_to : delay.at).count();
    values.push_back({delay.name, value, value});
  }
  const auto pinned = scenario.with_ranges(*scenario.resolve(variant), values);
  EXPECT_TRUE(pinned.has_value());
  if (!pinned) return false;
  const auto search = search_regions(*pinned, {}, {}, "");
  EXPECT_TRUE(search.complete);
  return !search.failing.is_empty();
}

// The margin of a failure: moved by so much it is gone, by one nanosecond less it is not.
TEST(Failures, HaveExactMarginsAndRegions) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  CampaignOptions options;
  options.variants = {"without_grace"};
  options.timing_runs = 0;
  const auto result = run_scenario(*scenario, options);
  ASSERT_EQ(result.variants.size(), 1U);
  ASSERT_EQ(result.variants[0].failures.size(), 1U);
  const Failure& failure = result.variants[0].failures[0];
  EXPECT_EQ(failure.delays.size(), 2U);
  EXPECT_EQ(failure.steady_delays.size(), 2U);
  ASSERT_TRUE(failure.steady_slack.has_value());
  EXPECT_GT(*failure.steady_slack, nanoseconds(ms));
  EXPECT_FALSE(failure.steady_witness.empty());
  ASSERT_FALSE(failure.region.empty());
  const auto speaks_of_a_parameter = [](const std::string& inequality) {
    return inequality.find("redis.stabilise") != std::string::npos ||
           inequality.find("client.arrives") != std::string::npos;
  };
  EXPECT_TRUE(std::ranges::any_of(failure.region, speaks_of_a_parameter));
  // Round numbers: whole milliseconds.
  for (const auto& delay : failure.delays) EXPECT_EQ(delay.at.count() % ms, 0) << delay.name;
  ASSERT_TRUE(failure.margin.has_value());
  const auto& [parameter, slack] = *failure.margin;
  const auto at = std::ranges::find(failure.steady_delays, parameter, &WitnessTime::name);
  ASSERT_NE(at, failure.steady_delays.end());
  EXPECT_TRUE(can_fail(*scenario, "without_grace", failure.steady_delays, parameter, at->at));
  const nanoseconds one(1);
  const auto fails_at = [&](nanoseconds value) {
    return can_fail(*scenario, "without_grace", failure.steady_delays, parameter, value);
  };
  EXPECT_TRUE(fails_at(at->at - slack + one));
  EXPECT_TRUE(fails_at(at->at + slack - one));
  EXPECT_TRUE(!fails_at(at->at - slack) || !fails_at(at->at + slack));
}

TEST(Envelope, RefusesWhatIsNoDuration) {
  const auto scenario = flagship();
  ASSERT_NE(scenario, nullptr);
  const auto problem = [&](const std::string& name) {
    EnvelopeOptions options;
    options.axes = {{name, 0, ms}};
    const auto result = find_envelope(*scenario, *scenario->resolve("with_grace"), options);
    return result ? std::string() : result.error().front();
  };
  EXPECT_NE(problem("redis.stabilize").find("did you mean 'redis.stabilise'"), std::string::npos);
  EXPECT_NE(problem("gateway.grace_perod").find("grace_period"), std::string::npos);
  EXPECT_FALSE(problem("gateway.threads").empty());
  EXPECT_FALSE(problem("gateway").empty());
  EXPECT_FALSE(problem("check.never").empty());
}

}  // namespace
}  // namespace raceproof::campaign
