// Figures and verdicts in words.
#include "reports/words.hpp"

#include <gtest/gtest.h>

#include "tests/reports/sample.hpp"

namespace raceproof::report {
namespace {

// Passing means: virtual times lose nothing, because boundaries are exact.
TEST(Words, ExactTimes) {
  EXPECT_EQ(exact(0ns), "0 ms");
  EXPECT_EQ(exact(312500us), "312.5 ms");
  EXPECT_EQ(exact(500ms), "500 ms");
  EXPECT_EQ(exact(1s), "1 s");
  EXPECT_EQ(exact(7500ms + 1ns), "7.500000001 s");
  EXPECT_EQ(exact(41us), "41 us");
  EXPECT_EQ(exact(-20ms), "-20 ms");
  EXPECT_EQ(exact(std::chrono::nanoseconds::min()), "-9223372036.854775808 s");
}

// Passing means: wall times are rounded to what a person wants to know.
TEST(Words, RoundedTimes) {
  EXPECT_EQ(rounded_seconds(0), "0 ms");
  EXPECT_EQ(rounded_seconds(0.0123), "12.3 ms");
  EXPECT_EQ(rounded_seconds(0.8123), "812 ms");
  EXPECT_EQ(rounded_seconds(0.9996), "1.00 s");
  EXPECT_EQ(rounded_seconds(12.34), "12.3 s");
  EXPECT_EQ(rounded_seconds(200.4), "3 min 20 s");
}

TEST(Words, Counts) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "order"), "1 order");
  EXPECT_EQ(counted(12345, "order"), "12,345 orders");
  EXPECT_EQ(counted(2, "class"), "2 classes");
  EXPECT_EQ(percent(0.0015), "0.15 %");
  EXPECT_EQ(percent(0.982), "98 %");
  EXPECT_EQ(percent(255.0 / 256), "99.60 %");
  EXPECT_EQ(percent(0.999999), "99.99 %");
  EXPECT_EQ(percent(1), "100 %");
  EXPECT_EQ(percent(0), "0 %");
}

// Passing means: a complete verdict says what it is complete over and what it leaves out.
TEST(Words, CompleteBound) {
  EXPECT_EQ(
      bound_in_words(reproduced_variant().bound),
      "complete: all orders, all latencies in the declared ranges (2 delays), 1 thread; ready "
      "work is picked up within 50 us (epsilon); 4 classes only at exactly equal times; 7 classes "
      "confirmed exactly; "
      "3 classes left out that no latency can produce; "
      "3 cuts at gateway/example.cpp:41");
  auto bounded = reproduced_variant().bound;
  bounded.limit = "2 preemptions";
  EXPECT_EQ(bound_in_words(bounded).find("complete up to 2 preemptions: all orders, "), 0U);
  EXPECT_EQ(exclusions_in_words(reproduced_variant().bound), "not varied: fragmentation, faults");
  EXPECT_EQ(found_in_words(reproduced_variant()), "12 of 340 classes fail");
}

// Passing means: a sampled verdict states both of its estimates and never claims to be complete.
TEST(Words, SampledBound) {
  const auto sampled = sample_result().scenarios[0].variants[1];
  EXPECT_EQ(bound_in_words(sampled.bound),
            "not complete (random walk), 2 threads; ready work is picked up within 0 ms (epsilon); "
            "at most 0.15 % of runs fail (95 %); "
            "about 1.2 % of further runs would show a new class");
  EXPECT_EQ(found_in_words(sampled), "no failure in 2,000 sampled runs");
}

// Passing means: a verdict that is not green says why, naming the guard that was never seen.
TEST(Words, Reasons) {
  const auto result = sample_result();
  EXPECT_EQ(reason_in_words(result.scenarios[0].variants[0]), "");
  EXPECT_EQ(reason_in_words(result.scenarios[1].variants[0]),
            "never happened: sometimes: { close: 1011 }");
  auto variant = result.scenarios[1].variants[1];
  EXPECT_EQ(reason_in_words(variant), "a check that must hold was violated");
  variant.reason_text = "in other words";
  EXPECT_EQ(reason_in_words(variant), "in other words");
}

// Passing means: a reader learns how far each fake can be trusted.
TEST(Fakes, SayWhatTheyWereComparedWith) {
  const auto variant = reproduced_variant();
  EXPECT_EQ(fake_in_words(variant.fakes[0]),
            "redis: as redis-server 7.0.15 in 400 conversations, 2025-09-08");
  EXPECT_EQ(fake_in_words(variant.fakes[1]),
            "database (port level): as PostgreSQL 15.18 in 9000 statements");
  EXPECT_EQ(fake_in_words(variant.fakes[2]), "auth: no real service to compare with");
  EXPECT_EQ(levels_in_words(variant), "database: port level");
  EXPECT_EQ(fake_in_words({"redis", "protocol", "", "", ""}),
            "redis: not yet compared with a real server");
}

// Passing means: a finding says what of it nothing real was compared with, and nothing if that is
// nothing.
TEST(Fakes, SayWhatAFindingOwesToThem) {
  auto failure = reproduced_variant().failures[0];
  EXPECT_EQ(unverified_in_words(failure),
            "redis: not among what was compared with redis-server 7.0.15 (outage); "
            "auth: no real service to compare with (health, validate)");
  EXPECT_EQ(unverified_fakes(reproduced_variant()), "redis, auth");
  failure.rests_on = {{"agent", "", {}, {"a", "b", "c", "d", "e", "f", "g", "h"}}};
  EXPECT_EQ(unverified_in_words(failure),
            "agent: no real service to compare with (a, b, c, d, e, f, 2 more)");
  failure.rests_on = {{"redis", "redis-server 7.0.15", {"PING"}, {}}};
  EXPECT_EQ(unverified_in_words(failure), "");
}

// Passing means: a region is of all orders where that is known, says when it is not, and is
// bounded in length.
TEST(Words, Regions) {
  auto failure = reproduced_variant().failures[0];
  EXPECT_EQ(region_in_words(failure),
            "client.arrives < redis.stabilise + 30ms; or client.arrives > 1s and redis.stabilise > "
            "300ms; or in 5 more regions");
  failure.fails_if_complete = false;
  failure.fails_if_more = 0;
  failure.fails_if = {{"a > 1ms"}, {"b > 1ms"}, {"c > 1ms"}, {"d > 1ms"}, {"e > 1ms"}};
  EXPECT_EQ(
      region_in_words(failure),
      "a > 1ms; or b > 1ms; or c > 1ms; or d > 1ms; or in 1 more region; and maybe elsewhere");
  failure.fails_if_complete = true;
  failure.fails_if = {{"x = 0ms", "a > 1ms"}, {"b > 1ms", "x = 0ms"}};
  EXPECT_EQ(region_in_words(failure), "x = 0ms and either a > 1ms; or b > 1ms");
  failure.fails_if = {{"x = 0ms"}, {"b > 1ms", "x = 0ms"}};
  EXPECT_EQ(region_in_words(failure), "x = 0ms; or b > 1ms and x = 0ms");
  failure.fails_if.clear();
  EXPECT_EQ(region_in_words(failure),
            "client.arrives < redis.stabilise + 20ms (this order; others were not looked at)");
  failure.region.clear();
  EXPECT_EQ(region_in_words(failure), "");
}

// Passing means: the few words of a line claim no more than the many of the report.
TEST(Words, InShort) {
  auto variant = reproduced_variant();
  EXPECT_EQ(found_in_short(variant), "reproduced in 12 of 340 classes");
  EXPECT_EQ(bound_in_short(variant), "complete, 2 delays, 3 cuts, port level");
  variant.bound.limit = "2 preemptions";
  EXPECT_EQ(bound_in_short(variant), "complete up to 2 preemptions, 2 delays, 3 cuts, port level");
  variant.bound.classes_failing = 0;
  EXPECT_EQ(found_in_short(variant), "not reproduced in 340 classes");
  variant.bound.complete = false;
  EXPECT_EQ(bound_in_short(variant), "not complete, 3 cuts, port level");
  variant.bound.runs_sampled = 50;
  variant.expect = campaign::Expectation::holds;
  EXPECT_EQ(found_in_short(variant), "holds in 340 classes, 50 runs");
  EXPECT_EQ(bound_in_short(variant), "sampled, 3 cuts, port level");
  EXPECT_EQ(found_in_short({}), "nothing was run");
}

}  // namespace
}  // namespace raceproof::report
