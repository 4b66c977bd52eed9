// The flagship's race is real. Passing means: the 1011 follows from what Redis answers, not from a
// time written anywhere: without the answer to SUBSCRIBE it appears however long the grace period
// is, and with a Redis that needs no time it is gone without any grace period.
#include <gtest/gtest.h>

#include "harness/campaign/variant_search.hpp"

namespace raceproof::campaign {
namespace {

std::string flagship_with(const std::string& from, const std::string& to) {
  auto loaded = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  EXPECT_TRUE(loaded.has_value());
  std::string text = (*loaded)->text();
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

struct Counts {
  std::uint64_t classes = 0;
  std::uint64_t with_1011 = 0;
  std::uint64_t cuts = 0;
  bool complete = false;
};

/// Enumerates the variant; the flagship's first check is `never: {close: 1011}`.
Counts enumerate(const std::string& text, const std::string& variant_name) {
  auto loaded = scenario::load_text(text, "flagship.yaml");
  EXPECT_TRUE(loaded.has_value());
  if (!loaded) return {};
  const auto variant = (*loaded)->resolve(variant_name);
  CampaignOptions options;
  options.jobs = 2;
  options.timing_runs = 0;
  const auto outcome = search_variant(*variant, options);
  Counts counts;
  counts.complete = outcome.parts.front().result.finished;
  for (const auto& record : outcome.parts.front().result.records) {
    ++counts.classes;
    counts.with_1011 += record.violated & 1;
    for (const auto& cut : record.cuts) counts.cuts += cut.count;
  }
  return counts;
}

constexpr const char* slow_subscribe = "on: {subscribe: {delay: $redis.stabilise}}";

TEST(Realness, WithoutTheSubscribeReplyTheGracePeriodDoesNotHelp) {
  const auto counts = enumerate(
      flagship_with(slow_subscribe, "on: {subscribe: {delay: $redis.stabilise, drop_reply: true}}"),
      "with_grace");
  EXPECT_TRUE(counts.complete);
  EXPECT_EQ(counts.with_1011, counts.classes);
  EXPECT_GT(counts.classes, 10U);
}

TEST(Realness, WithEverythingPreloadedNoGracePeriodIsNeeded) {
  std::string text = flagship_with(slow_subscribe, "scripts: warm");
  const auto replace = [&text](const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
  };
  replace("connect: 20ms..80ms", "connect: 0ms");
  replace("reply: 1ms..3ms", "reply: 0ms");
  replace("  redis.stabilise: 50ms..400ms\n", "");
  const auto counts = enumerate(text, "without_grace");
  EXPECT_TRUE(counts.complete);
  EXPECT_EQ(counts.with_1011, 0U);
  EXPECT_GT(counts.classes, 1U);
}

// Passing means: nothing in the flagship reads a time as a number, so its verdicts hold for all
// times in the ranges and not for witnesses of them.
TEST(Realness, TheFlagshipHasNoCuts) {
  auto loaded = scenario::load("scenarios/cold_start/premature_readiness.yaml");
  ASSERT_TRUE(loaded.has_value());
  for (const auto& variant : (*loaded)->variants()) {
    EXPECT_EQ(enumerate((*loaded)->text(), variant->name).cuts, 0U) << variant->name;
  }
}

// Passing means: the gateway, Redis and the clients do not depend on how TCP cuts their bytes; and
// the cuts are made: runs of one seed with and without them differ.
TEST(Realness, FragmentedBytesChangeNothingForTheClient) {
  std::string text = flagship_with("clients:\n", "network: {fragment: true}\nclients:\n");
  auto loaded = scenario::load_text(text, "flagship.yaml");
  ASSERT_TRUE(loaded.has_value());
  const auto variant = (*loaded)->resolve("with_grace");
  Runner runner(*variant, 1);
  std::uint64_t more_events = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    explore::RandomDecider whole(seed);
    (void)runner.run(sim::TimeMode::concrete, whole, {.keep_payloads = false, .fragment = false});
    const auto events = runner.world().trace().events().size();
    explore::RandomDecider pieces(seed);
    const auto record = runner.run(sim::TimeMode::concrete, pieces);
    EXPECT_TRUE(record.clients_ok) << "seed " << seed;
    EXPECT_EQ(record.violated, 0U) << "seed " << seed;
    more_events += runner.world().trace().events().size() > events ? 1 : 0;
  }
  EXPECT_GT(more_events, 150U);
}

}  // namespace
}  // namespace raceproof::campaign
