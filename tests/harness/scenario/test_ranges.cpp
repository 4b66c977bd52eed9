// Ranges in place of what the file says. Passing means: parameters and settings become parameters
// with those ranges, everything else of the variant stays, and what is no duration is refused.
#include <algorithm>

#include "tests/harness/scenario/texts.hpp"

namespace raceproof::scenario {
namespace {

constexpr std::int64_t ms = 1'000'000;

const std::string text = head + R"(parameters: {redis.stabilise: 50ms..400ms}
gateway: {grace_period: 500ms, threads: 1}
backends: {redis: {connect: 20ms..80ms, on: {subscribe: {delay: $redis.stabilise}}}}
process: {stall: [{at: 100ms, for: 600ms}]}
clients: {alice: [connect]}
)" + checks + "variants:\n  v: {gateway.grace_period: 300ms, expect: holds}\n";

const Parameter* find(const ResolvedVariant& variant, std::string_view name) {
  const auto found = std::ranges::find(variant.parameters, name, &Parameter::name);
  return found == variant.parameters.end() ? nullptr : &*found;
}

std::shared_ptr<const ResolvedVariant> ranged(const std::vector<RangeChange>& changes) {
  const auto scenario = must_load(text);
  auto variant = scenario->with_ranges(*scenario->resolve("v"), changes);
  if (!variant) ADD_FAILURE() << variant.error().front();
  return variant ? *variant : nullptr;
}

std::string refusal(const std::string& name) {
  const auto scenario = must_load(text);
  const auto variant = scenario->with_ranges(*scenario->resolve("v"), {{name, 0, ms}});
  return variant ? "" : variant.error().front();
}

TEST(ScenarioRanges, ReplaceAParametersRange) {
  const auto variant = ranged({{"redis.stabilise", 10 * ms, 20 * ms}});
  ASSERT_NE(variant, nullptr);
  const auto* parameter = find(*variant, "redis.stabilise");
  ASSERT_NE(parameter, nullptr);
  EXPECT_EQ(parameter->low_ns, 10 * ms);
  EXPECT_EQ(parameter->high_ns, 20 * ms);
  EXPECT_EQ(find(*variant, "gateway.grace_period")->low_ns, 300 * ms);  // the variant's own
  EXPECT_EQ(variant->expect, Expectation::holds);
}

TEST(ScenarioRanges, MakeParametersOfSettings) {
  const auto variant = ranged({{"gateway.grace_period", 0, 600 * ms},
                               {"backends.redis.connect", 1, 2},
                               {"gateway.shutdown_grace", 1 * ms, 2 * ms},
                               {"process.stall[0].for", 0, 9 * ms}});
  ASSERT_NE(variant, nullptr);
  for (const auto& [name, high] :
       {std::pair("gateway.grace_period", 600 * ms),
        std::pair("backends.redis.connect", std::int64_t{2}),
        std::pair("gateway.shutdown_grace", 2 * ms), std::pair("process.stall[0].for", 9 * ms)}) {
    const auto* parameter = find(*variant, name);
    ASSERT_NE(parameter, nullptr) << name;
    EXPECT_EQ(parameter->high_ns, high) << name;
    EXPECT_FALSE(parameter->implicit) << name;
  }
  // The setting is the parameter: the form with the number of its place.
  ASSERT_TRUE(variant->gateway.grace_period.has_value());
  const auto form = variant->gateway.grace_period->affine().form;
  EXPECT_EQ(variant->parameters.at(form - 1).name, "gateway.grace_period");
}

TEST(ScenarioRanges, ASingleValueIsOne) {
  const auto variant = ranged({{"gateway.grace_period", 461 * ms, 461 * ms}});
  ASSERT_NE(variant, nullptr);
  EXPECT_EQ(find(*variant, "gateway.grace_period")->low_ns, 461 * ms);
  EXPECT_EQ(find(*variant, "gateway.grace_period")->high_ns, 461 * ms);
}

TEST(ScenarioRanges, RefuseWhatIsNoDuration) {
  EXPECT_NE(refusal("redis.stabilize").find("did you mean 'redis.stabilise'"), std::string::npos);
  EXPECT_NE(refusal("gateway.grace_perod").find("did you mean 'grace_period'"), std::string::npos);
  EXPECT_NE(refusal("gateway.threads").find("threads"), std::string::npos);
  EXPECT_NE(refusal("gateway").find("neither a parameter nor"), std::string::npos);
  EXPECT_NE(refusal("parameters.redis.stabilise").find("neither a parameter nor"),
            std::string::npos);
  EXPECT_NE(refusal("process.stall[7].for").find("no element of the list"), std::string::npos);
  EXPECT_NE(refusal("process.stall.0").find("stall"), std::string::npos);
  EXPECT_NE(refusal("").find("neither a parameter nor"), std::string::npos);
}

TEST(ScenarioRanges, HoldTheGatewaysOwnRules) {
  const auto scenario = must_load(text);
  const auto variant =
      scenario->with_ranges(*scenario->resolve("v"), {{"gateway.readiness.poll", 0, ms}});
  ASSERT_FALSE(variant.has_value());
  EXPECT_NE(variant.error().front().find("gateway.readiness.poll"), std::string::npos);
}

}  // namespace
}  // namespace raceproof::scenario
