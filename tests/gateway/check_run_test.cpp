// Passing means: a readiness check ends exactly when its deadline, budget, limits and grace period
// say (domain.md sections 2 and 12), without any clock.
#include "gateway/readiness/check_run.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Step = CheckRun::Step;

constexpr Look bad{false, "not connected", 0};
constexpr Look good{true, {}, 1};

struct Case {
  Check check{"redis", nullptr, {Duration(seconds(60)), milliseconds(1500), 0}, {}};
  InheritedLimits limits{Instant(), seconds(130), Instant(), seconds(65)};
  Instant now{};

  /// Looks and fails until the check ends; how long that took, in milliseconds.
  std::int64_t fail_until_end(CheckRun& run) {
    for (;;) {
      const auto action = run.looked(bad, now, true);
      if (action.step == Step::fail) return (now - Instant()).to_ns() / 1'000'000;
      EXPECT_EQ(action.step, Step::look_at);
      now = action.at;
    }
  }
  std::int64_t time_to_fail() {
    CheckRun run(check, limits, now);
    return fail_until_end(run);
  }
};

// What holds at once passes at once when there is no grace period.
TEST(CheckRun, PassesAtOnce) {
  Case c;
  CheckRun run(c.check, c.limits, c.now);
  EXPECT_EQ(run.looked(good, c.now, true).step, Step::pass);
  EXPECT_EQ(run.attempts(), 1);
}

// The deadline is real: 30 s end at 30 s, 60 s at 60 s.
TEST(CheckRun, DeadlineEndsTheCheck) {
  Case c;
  EXPECT_EQ(c.time_to_fail(), 60'000);
  Case shorter;
  shorter.check.policy.deadline = Duration(seconds(30));
  EXPECT_EQ(shorter.time_to_fail(), 30'000);
}

// There is a last look at the deadline itself, even between two retries.
TEST(CheckRun, LooksAtTheDeadline) {
  Case c;
  c.check.policy.deadline = Duration(milliseconds(2000));
  CheckRun run(c.check, c.limits, c.now);
  EXPECT_EQ(c.fail_until_end(run), 2000);
  EXPECT_EQ(run.attempts(), 3);  // at 0, 1.5 and 2.0 s
}

// Five retries of 1.5 s end at 7.5 s whatever the deadline: the time-out of the reports is inert.
TEST(CheckRun, RetryBudgetMakesTheDeadlineInert) {
  for (const int deadline : {30, 60}) {
    Case c;
    c.check.policy.retry_budget = 5;
    c.check.policy.deadline = Duration(seconds(deadline));
    EXPECT_EQ(c.time_to_fail(), 7500);
  }
}

// Group and overall limits bind also where a check has no deadline of its own.
TEST(CheckRun, InheritsTheEarlierLimit) {
  Case c;
  c.check.policy.deadline.reset();
  EXPECT_EQ(c.time_to_fail(), 65'000);
  Case overall;
  overall.check.policy.deadline.reset();
  overall.limits.evaluation_limit = seconds(9);
  EXPECT_EQ(overall.time_to_fail(), 9000);
}

struct GraceCase : Case {
  GraceCase() { check.grace.period = Duration(milliseconds(500)); }
};

// A success waits for the grace period, and passes if the second look agrees.
TEST(CheckRunGrace, WaitsThenPasses) {
  GraceCase c;
  CheckRun run(c.check, c.limits, c.now);
  const auto action = run.looked(good, c.now, true);
  ASSERT_EQ(action.step, Step::grace);
  EXPECT_EQ((action.at - c.now).to_ns(), Duration(milliseconds(500)).to_ns());
  EXPECT_EQ(run.looked(good, action.at, true).step, Step::pass);
}

// The second look counts: what dropped meanwhile is retried, and has to wait anew.
TEST(CheckRunGrace, SecondLookCounts) {
  GraceCase c;
  CheckRun run(c.check, c.limits, c.now);
  const auto grace = run.looked(good, c.now, true);
  const auto retry = run.looked(bad, grace.at, true);
  ASSERT_EQ(retry.step, Step::look_at);
  EXPECT_EQ(run.looked(good, retry.at, true).step, Step::grace);
}

// A connection that was replaced during the wait has not been waited for.
TEST(CheckRunGrace, ReplacedConnectionWaitsAnew) {
  GraceCase c;
  CheckRun run(c.check, c.limits, c.now);
  const auto grace = run.looked(good, c.now, true);
  EXPECT_EQ(run.looked({true, {}, 2}, grace.at, true).step, Step::look_at);
}

// The original's mistake: sampled before the wait, the verdict is stale.
TEST(CheckRunGrace, SampledBeforeIsStale) {
  GraceCase c;
  c.check.grace.sampled = VerdictSampled::before_grace;
  CheckRun run(c.check, c.limits, c.now);
  const auto grace = run.looked(good, c.now, true);
  EXPECT_EQ(run.looked(bad, grace.at, true).step, Step::pass);
}

// Whoever has waited already does not wait again.
TEST(CheckRunGrace, NotWhenItDoesNotApply) {
  GraceCase c;
  CheckRun run(c.check, c.limits, c.now);
  EXPECT_EQ(run.looked(good, c.now, false).step, Step::pass);
}

// A grace period that does not fit into the group's limit fails the check.
TEST(CheckRunGrace, BoundByTheGroup) {
  GraceCase c;
  c.limits.group_limit = milliseconds(400);
  CheckRun run(c.check, c.limits, c.now);
  EXPECT_EQ(run.looked(good, c.now, true).step, Step::fail);
}

// "operational" asks for the subscription and the scripts, "connected" does not.
TEST(Checks, RedisCriteria) {
  Facts facts;
  facts.redis.connected = true;
  Figures figures;
  figures.redis = RedisCriterion::connected;
  const GroupLimits limits;
  EXPECT_TRUE(make_check_groups(figures, limits)[0].checks[0].look(facts).ok);
  figures.redis = RedisCriterion::operational;
  const auto operational = make_check_groups(figures, limits)[0].checks[0].look;
  EXPECT_EQ(operational(facts).reason, "not subscribed");
  facts.redis.subscribed = true;
  EXPECT_EQ(operational(facts).reason, "scripts not loaded");
  facts.redis.scripts_loaded = true;
  EXPECT_TRUE(operational(facts).ok);
}

}  // namespace
}  // namespace raceproof::gateway
