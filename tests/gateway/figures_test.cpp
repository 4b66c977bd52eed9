// Passing means: the figures in effect are those of domain.md section 12 for every environment and
// profile.
#include "gateway/figures.hpp"

#include <gtest/gtest.h>

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::int64_t ns(Duration duration) { return duration.to_ns(); }

Settings in(std::string environment) {
  Settings settings;
  settings.environment = std::move(environment);
  return settings;
}

// In GCP: 60 s, 1.5 s, a grace period of 500 ms that is awaited and followed by a second look.
TEST(Figures, DefaultsInGcp) {
  const Figures figures = resolve(in("staging"));
  EXPECT_EQ(ns(*figures.redis_check.deadline), ns(seconds(60)));
  EXPECT_EQ(ns(figures.redis_check.retry_delay), ns(milliseconds(1500)));
  EXPECT_EQ(figures.redis_check.retry_budget, 0);
  EXPECT_EQ(ns(*figures.grace.period), ns(milliseconds(500)));
  EXPECT_FALSE(figures.grace.blocking);
  EXPECT_EQ(figures.grace.sampled, VerdictSampled::after_grace);
  EXPECT_EQ(figures.redis, RedisCriterion::operational);
  EXPECT_FALSE(figures.stabilise);
}

// Elsewhere: 10 s, 1.0 s, and no added delay.
TEST(Figures, DefaultsOutsideGcp) {
  const Figures figures = resolve(in("development"));
  EXPECT_EQ(ns(*figures.redis_check.deadline), ns(seconds(10)));
  EXPECT_EQ(ns(figures.redis_check.retry_delay), ns(seconds(1)));
  EXPECT_FALSE(figures.grace.period);
}

// A grace period of 0 is none.
TEST(Figures, ZeroGraceIsNone) {
  Settings settings = in("staging");
  settings.grace_period = Duration();
  EXPECT_FALSE(resolve(settings).grace.period);
}

// The poll sets the pace of the background evaluator, a retry delay that is set wins over it, and
// an evaluation at connect does not poll.
TEST(Figures, PollAndRetryDelay) {
  Settings settings = in("staging");
  settings.readiness.poll = Duration(milliseconds(100));
  EXPECT_EQ(ns(resolve(settings).redis_check.retry_delay), ns(milliseconds(100)));
  EXPECT_EQ(ns(resolve(settings).evaluation_pause), ns(milliseconds(100)));
  settings.readiness.evaluate = EvaluateReadiness::at_connect;
  EXPECT_EQ(ns(resolve(settings).redis_check.retry_delay), ns(milliseconds(1500)));
  settings.readiness.evaluate = EvaluateReadiness::background;
  settings.readiness.redis_retry_delay = Duration(milliseconds(700));
  EXPECT_EQ(ns(resolve(settings).redis_check.retry_delay), ns(milliseconds(700)));
}

// reported_before: no grace period, 30 s, readiness = connected.
TEST(Figures, ReportedBefore) {
  Settings settings = in("staging");
  settings.profile = Profile::reported_before;
  const Figures figures = resolve(settings);
  EXPECT_FALSE(figures.grace.period);
  EXPECT_EQ(ns(*figures.redis_check.deadline), ns(seconds(30)));
  EXPECT_EQ(figures.redis, RedisCriterion::connected);
  EXPECT_EQ(ns(*figures.stabilise), ns(milliseconds(200)));
}

// reported_after: 500 ms blocking, sampled before it, 60 s, five retries of 1.5 s.
TEST(Figures, ReportedAfter) {
  Settings settings = in("staging");
  settings.profile = Profile::reported_after;
  const Figures figures = resolve(settings);
  EXPECT_EQ(ns(*figures.grace.period), ns(milliseconds(500)));
  EXPECT_TRUE(figures.grace.blocking);
  EXPECT_EQ(figures.grace.sampled, VerdictSampled::before_grace);
  EXPECT_EQ(ns(*figures.redis_check.deadline), ns(seconds(60)));
  EXPECT_EQ(figures.redis_check.retry_budget, 5);
  EXPECT_EQ(ns(figures.redis_check.retry_delay), ns(milliseconds(1500)));
  EXPECT_EQ(figures.redis, RedisCriterion::connected);
}

// A key that is set wins over the profile.
TEST(Figures, KeysWinOverProfile) {
  Settings settings = in("staging");
  settings.profile = Profile::reported_after;
  settings.grace_blocking = false;
  settings.readiness.redis = RedisCriterion::operational;
  settings.readiness.redis_retry_budget = 0;
  const Figures figures = resolve(settings);
  EXPECT_FALSE(figures.grace.blocking);
  EXPECT_EQ(figures.redis, RedisCriterion::operational);
  EXPECT_EQ(figures.redis_check.retry_budget, 0);
}

// Ignored limits leave the checks without deadlines.
TEST(Figures, IgnoredLimits) {
  Settings settings = in("staging");
  settings.readiness.limits = CheckLimits::ignored;
  EXPECT_FALSE(resolve(settings).redis_check.deadline);
}

// Detectors that disagree make the check at connect let everybody in.
TEST(Figures, SplitDetectionSkipsTheGuard) {
  Settings settings = in("development");
  settings.k_service = "backend";
  EXPECT_FALSE(resolve(settings).guard_skipped);
  settings.environment_detection = EnvironmentDetection::split;
  EXPECT_TRUE(resolve(settings).guard_skipped);
}

}  // namespace
}  // namespace raceproof::gateway
