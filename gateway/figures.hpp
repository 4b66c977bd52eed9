// The figures in effect: settings, profile and environment resolved into plain values, in one
// place.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/environment.hpp"
#include "gateway/settings.hpp"

namespace raceproof::gateway {

/// How one readiness check is repeated.
struct CheckPolicy {
  /// Time from the start of the check to its end; unset when the limits of checks are ignored.
  std::optional<Duration> deadline;
  /// Wait between two looks.
  Duration retry_delay;
  /// Retries after which the check gives up before its deadline; 0 for no such bound.
  std::int64_t retry_budget = 0;
};

/// What happens between a check's first success and its verdict.
struct GracePolicy {
  /// Unset: no grace period (outside GCP, or set to 0).
  std::optional<Duration> period;
  bool blocking = false;
  VerdictSampled sampled = VerdictSampled::after_grace;
};

/// Everything that depends on the environment or the profile.
struct Figures {
  Environment environment;
  RedisCriterion redis = RedisCriterion::operational;
  GracePolicy grace;
  CheckPolicy redis_check;
  CheckPolicy database_check;
  CheckPolicy auth_check;
  CheckPolicy agent_check;
  CheckPolicy bridge_check;
  CheckPolicy startup_check;
  /// Pause of the background evaluator after an evaluation that failed.
  Duration evaluation_pause;
  /// Wait between accept and set-up; unset for none.
  std::optional<Duration> stabilise;
  // Which backends there are: a check of one that is not there is left out.
  bool has_database = false;
  bool has_auth = false;
  bool has_agent = false;
  /// The check at connect is skipped: the split detector's mistake.
  bool guard_skipped = false;
};

/// `settings` with every value that its profile bundles and that is not set (domain.md section 12).
Settings with_profile(Settings settings);

/// Resolves `settings` (the profile included).
Figures resolve(const Settings& settings);

}  // namespace raceproof::gateway
