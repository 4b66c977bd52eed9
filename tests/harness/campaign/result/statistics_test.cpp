// The estimates a sampled verdict states.
#include "harness/campaign/statistics.hpp"

#include <gtest/gtest.h>

namespace raceproof::campaign {
namespace {

using namespace std::chrono_literals;

// Passing means: 3/n, never above certainty, and no claim without runs.
TEST(RuleOfThree, IsThreeOverN) {
  EXPECT_DOUBLE_EQ(rule_of_three(2000).value(), 0.0015);
  EXPECT_DOUBLE_EQ(rule_of_three(2).value(), 1.0);
  EXPECT_FALSE(rule_of_three(0).has_value());
}

// Passing means: the share of classes met once, and no claim without runs.
TEST(GoodTuring, IsTheShareOfSingletons) {
  EXPECT_DOUBLE_EQ(good_turing(5, 200).value(), 0.025);
  EXPECT_DOUBLE_EQ(good_turing(0, 200).value(), 0.0);
  EXPECT_FALSE(good_turing(0, 0).has_value());
}

// Passing means: the figures of a known sample, whatever the order the runs ended in.
TEST(Summarize, KnownSample) {
  const Distribution summary = summarize({10ms, 2ms, 5ms, 4ms});
  EXPECT_EQ(summary.count, 4U);
  EXPECT_EQ(summary.min, 2ms);
  EXPECT_EQ(summary.median, 4ms);  // the lower of the two in the middle
  EXPECT_EQ(summary.max, 10ms);
  EXPECT_NEAR(summary.variance_ms2, 8.6875, 1e-9);
  EXPECT_EQ(summarize({2ms, 4ms, 5ms, 10ms}), summary);
  EXPECT_EQ(summarize({}), Distribution{});
}

// Passing means: the variance of late instants is not lost in rounding.
TEST(Summarize, KeepsSmallVarianceOfLargeValues) {
  const auto base = std::chrono::hours(24 * 365);
  EXPECT_NEAR(summarize({base + 1ms, base + 3ms}).variance_ms2, 1.0, 1e-9);
}

}  // namespace
}  // namespace raceproof::campaign
