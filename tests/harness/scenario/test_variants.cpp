// Variants. Passing means: a variant changes exactly the places it names, for itself alone, and its
// mistakes are reported where it makes them.
#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

constexpr std::int64_t ms = 1'000'000;

const std::string base = head + R"(parameters: {redis.stabilise: 50ms..400ms}
gateway: {grace_period: 500ms, threads: 1}
backends: {redis: {on: {subscribe: {delay: $redis.stabilise}}}}
clients:
  alice: [connect, {wait: 5ms}]
  users: {count: 2, steps: [connect]}
)" + checks;

std::shared_ptr<const ResolvedVariant> variant_of(const std::string& changes) {
  return must_load(base + "variants:\n  v: {" + changes + ", expect: reproduces}\n")->resolve("v");
}

TEST(ScenarioVariants, ChangeSettings) {
  const auto scenario =
      must_load(base +
                "variants:\n"
                "  one: {gateway.grace_period: 0ms, expect: reproduces}\n"
                "  two: {gateway.readiness.redis: connected, expect: holds, shows: x}\n");
  ASSERT_EQ(scenario->variant_names(), (std::vector<std::string>{"one", "two"}));
  const auto one = scenario->resolve("one");
  const auto two = scenario->resolve("two");
  EXPECT_EQ(one->expect, Expectation::reproduces);
  EXPECT_EQ(two->expect, Expectation::holds);
  EXPECT_EQ(two->shows, "x");
  EXPECT_EQ(one->line, 14);
  const Parameter grace{"gateway.grace_period", 0, 0, true, 14};
  EXPECT_EQ(one->parameters.at(1), grace);
  EXPECT_EQ(two->parameters.at(1).low_ns, 500 * ms);
  EXPECT_FALSE(one->gateway.readiness.redis);
  EXPECT_EQ(two->gateway.readiness.redis, gateway::RedisCriterion::connected);
}

// Names with dots, elements of lists, whole parts, and taking a value away.
TEST(ScenarioVariants, ChangeAnyPlace) {
  EXPECT_EQ(variant_of("parameters.redis.stabilise: 7ms")->parameters.at(0).high_ns, 7 * ms);
  EXPECT_EQ(variant_of("gateway.threads: ~")->gateway.threads, 1);
  EXPECT_EQ(variant_of("gateway.grace_period: ~")->gateway.grace_period, std::nullopt);
  EXPECT_EQ(variant_of("backends.redis.on.publish.times: 3")->backends.redis.on.size(), 2u);
  EXPECT_EQ(variant_of("clients.users.count: 5")->clients.size(), 6u);
  EXPECT_EQ(variant_of("clients.users: ~")->clients.size(), 1u);
  EXPECT_EQ(variant_of("network.latency: 3ms")->network.latency.low.to_ns(), 3 * ms);
  EXPECT_EQ(variant_of("explore.search: random")->explore.search, Search::random);
  EXPECT_EQ(variant_of("process.kill: [{at: 1s}]")->process.kill.size(), 1u);
  const auto changed = variant_of("clients.alice.1.wait: 9ms");
  EXPECT_EQ(std::get<fakes::client::Wait>(changed->clients[0].steps[1]).delay.low.to_ns(), 9 * ms);
}

// A check applies to the variants that it names.
TEST(ScenarioVariants, ChecksApplyWhereTheySay) {
  const auto scenario = must_load(head +
                                  "variants:\n  a: {expect: holds}\n  b: {expect: holds}\n"
                                  "check:\n  - never: {close: 1011}\n"
                                  "  - sometimes: {close: 1000, in: [b]}\n");
  EXPECT_EQ(own_checks(*scenario->resolve("a")).size(), 1u);
  EXPECT_EQ(own_checks(*scenario->resolve("b")).size(), 2u);
}

TEST(ScenarioVariants, MistakesAreReportedWhereTheyAreMade) {
  const auto unknown =
      complaints(base + "variants:\n  v: {gateway.grace_perid: 1s, expect: holds}\n");
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_TRUE(
      unknown[0].starts_with("s.yaml:14:15: unknown key 'grace_perid' in 'gateway' (did you "
                             "mean 'grace_period'?)"))
      << unknown[0];
  expect_complaint(
      base + "variants:\n  v: {gatway.threads: 1, expect: holds}\n",
      "s.yaml:14:7: a variant cannot change 'gatway.threads' (did you mean 'gateway'?); "
      "it can change: parameters, gateway, backends, network, process, balancer, clients, explore, "
      "expect, shows");
  expect_complaint(base + "variants:\n  v: {gateway.threads.x: 1, expect: holds}\n",
                   "s.yaml:14:23: gateway.threads is '1', so nothing inside it can be set");
  expect_complaint(base + "variants:\n  v: {clients.alice.7: get, expect: holds}\n",
                   "s.yaml:14:21: '7' is no element of the list: expected 0 to 2, exclusive");
  expect_complaint(
      base + "variants:\n  v: {gateway.threads: 1}\n",
      "s.yaml:14:3: variant 'v' does not say what it expects: add 'expect: reproduces' or "
      "'expect: holds'");
  expect_complaint(
      base + "variants:\n  v: {expect: reproduce}\n",
      "s.yaml:14:15: expected reproduces or holds for 'expect', got 'reproduce' (did you "
      "mean 'reproduces'?); choices: reproduces, holds");
  expect_complaint(
      base + "variants:\n  v: 5\n",
      "s.yaml:14:6: expected a map of dotted names to values for variant 'v', got '5'");
}

// A mistake of the scenario itself is reported once, however many variants share it.
TEST(ScenarioVariants, SharedMistakesAreReportedOnce) {
  EXPECT_EQ(complaints(head + "gateway: {threads: 0}\n" + checks +
                       "variants: {a: {expect: holds}, b: {gateway.threads: 2, expect: holds}}\n")
                .size(),
            1u);
}

// Reproducing needs something that can fail.
TEST(ScenarioVariants, ReproducingNeedsACheck) {
  expect_complaint(
      head + "variants:\n  v: {expect: reproduces}\ncheck: [{sometimes: {close: 1011}}]\n",
      "s.yaml:5:1: variant 'v' is to reproduce a failure, but no check that could fail "
      "applies to it (never, always, eventually or leads_to)");
  expect_complaint(
      head + "variants:\n  v: {expect: holds}\ncheck: [{sometimes: {close: 1011}}]\n",
      "s.yaml:5:1: warning: variant 'v': no check but the built-in invariants could fail");
}

}  // namespace
}  // namespace raceproof::scenario
