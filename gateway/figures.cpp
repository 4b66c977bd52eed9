#include "gateway/figures.hpp"

namespace raceproof::gateway {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
void set_default(std::optional<T>& value, T fallback) {
  if (!value) value = fallback;
}

/// No grace period, 30 s, readiness = connected.
void apply_reported_before(Settings& settings) {
  set_default(settings.grace_period, Duration());
  set_default(settings.readiness.redis, RedisCriterion::connected);
  set_default(settings.readiness.redis_timeout, Duration(seconds(30)));
  set_default(settings.handshake.stabilise, Duration(milliseconds(200)));
}

/// 500 ms blocking, the verdict sampled before it, 60 s, five retries of 1.5 s.
void apply_reported_after(Settings& settings) {
  set_default(settings.grace_period, Duration(milliseconds(500)));
  set_default(settings.grace_blocking, true);
  set_default(settings.readiness.redis, RedisCriterion::connected);
  set_default(settings.readiness.verdict_sampled, VerdictSampled::before_grace);
  set_default(settings.readiness.redis_timeout, Duration(seconds(60)));
  set_default(settings.readiness.redis_retry_delay, Duration(milliseconds(1500)));
  if (settings.readiness.redis_retry_budget < 0) settings.readiness.redis_retry_budget = 5;
  set_default(settings.handshake.stabilise, Duration(milliseconds(200)));
}

/// The grace period in effect: GCP environments only, and not when it is 0.
std::optional<Duration> grace_in_effect(const Settings& settings, bool gcp) {
  if (!gcp) return std::nullopt;
  const Duration period = settings.grace_period.value_or(milliseconds(500));
  return Duration() < period ? std::optional(period) : std::nullopt;
}

}  // namespace

Settings with_profile(Settings settings) {
  switch (settings.profile) {
    case Profile::none:
      break;
    case Profile::reported_before:
      apply_reported_before(settings);
      break;
    case Profile::reported_after:
      apply_reported_after(settings);
      break;
  }
  return settings;
}

Figures resolve(const Settings& raw) {
  const Settings settings = with_profile(raw);
  const ReadinessSettings& readiness = settings.readiness;
  Figures figures;
  figures.environment = detect_environment(settings);
  const bool gcp = figures.environment.gcp;
  // Only the background evaluator polls; an evaluation at connect keeps to the checks' own delays.
  const auto poll =
      readiness.evaluate == EvaluateReadiness::background ? readiness.poll : std::nullopt;
  const auto policy = [&](Duration deadline, Duration retry_delay) {
    CheckPolicy made;
    if (readiness.limits == CheckLimits::enforced) made.deadline = deadline;
    made.retry_delay = poll.value_or(retry_delay);
    return made;
  };
  // Table A of domain.md section 2, as real deadlines.
  figures.redis_check = policy(readiness.redis_timeout.value_or(seconds(gcp ? 60 : 10)),
                               milliseconds(gcp ? 1500 : 1000));
  if (readiness.redis_retry_delay) figures.redis_check.retry_delay = *readiness.redis_retry_delay;
  figures.redis_check.retry_budget = std::max<std::int64_t>(readiness.redis_retry_budget, 0);
  figures.database_check = policy(seconds(gcp ? 45 : 15), seconds(gcp ? 2 : 1));
  figures.auth_check = policy(seconds(20), seconds(1));
  figures.bridge_check = policy(seconds(30), seconds(1));
  figures.agent_check = policy(seconds(gcp ? 60 : 30), seconds(gcp ? 2 : 1));
  figures.startup_check = policy(seconds(20), seconds(1));

  figures.redis = readiness.redis.value_or(RedisCriterion::operational);
  figures.grace.period = grace_in_effect(settings, gcp);
  figures.grace.blocking = settings.grace_blocking.value_or(false);
  figures.grace.sampled = readiness.verdict_sampled.value_or(VerdictSampled::after_grace);
  figures.evaluation_pause = poll.value_or(figures.redis_check.retry_delay);
  figures.stabilise = settings.handshake.stabilise;
  figures.has_database = settings.database.host.has_value();
  figures.has_auth = settings.auth.enabled();
  figures.has_agent = settings.agent.host.has_value();
  figures.guard_skipped = gcp && !figures.environment.guard_sees_gcp;
  return figures;
}

}  // namespace raceproof::gateway
