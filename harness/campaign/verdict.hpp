// The rules of judgement: how evidence becomes a verdict of three values, and how verdicts become
// an exit code. Pure functions, without a campaign around them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "harness/campaign/result.hpp"

namespace raceproof::campaign {

/// What a search of one variant brought to light.
struct Evidence {
  bool violated = false;            ///< a check of the scenario was violated
  bool invariant_violated = false;  ///< a built-in invariant was: never what a variant expects
  bool nondeterministic = false;    ///< a repeated run differed
  bool complete = false;            ///< every order within the ranges was visited
  bool guard_never_seen = false;    ///< a `sometimes` of this variant was not seen
  bool budget_exhausted = false;    ///< stopped before the search, or the sampling asked for, ended
  bool time_exhausted = false;      ///< hit the ceiling on wall time
  bool interrupted = false;         ///< stopped by the user
  bool drifted = false;             ///< a replay left its recorded decisions
};

struct Judgement {
  Verdict verdict;
  Reason reason;
  bool operator==(const Judgement&) const = default;
};

namespace detail {

/// Why a search that found nothing cannot be trusted to have found everything; as_expected if it
/// can.
inline Reason why_unfinished(const Evidence& evidence) {
  if (evidence.drifted) return Reason::drifted;
  if (evidence.interrupted) return Reason::interrupted;
  if (evidence.time_exhausted) return Reason::time;
  if (evidence.budget_exhausted) return Reason::budget;
  return Reason::as_expected;
}

}  // namespace detail

/// The verdict of one variant. A violation is evidence however the search ended; the absence of one
/// counts only when the search ended, and is never green when a guard was not seen.
inline Judgement judge(Expectation expect, const Evidence& evidence) {
  if (evidence.nondeterministic) return {Verdict::fail, Reason::nondeterministic};
  if (evidence.invariant_violated) return {Verdict::fail, Reason::violated};
  if (expect == Expectation::holds && evidence.violated) return {Verdict::fail, Reason::violated};

  const Reason unfinished = detail::why_unfinished(evidence);
  const bool missing = expect == Expectation::reproduces && !evidence.violated;
  if (missing) {
    if (evidence.complete) return {Verdict::fail, Reason::not_reproduced};
    if (unfinished != Reason::as_expected) return {Verdict::unknown, unfinished};
    return {Verdict::unknown, Reason::not_reproduced};
  }
  const bool reproduced = expect == Expectation::reproduces;
  if (!reproduced && unfinished != Reason::as_expected) return {Verdict::unknown, unfinished};
  if (evidence.guard_never_seen) {
    // A guard may be missing only because the search was cut short: say that instead.
    const bool cut_short = unfinished != Reason::as_expected && !evidence.complete;
    return {Verdict::unknown, cut_short ? unfinished : Reason::vacuous};
  }
  return {Verdict::pass, Reason::as_expected};
}

/// Of several verdicts, the one that counts: fail, then unknown, then pass.
inline Verdict combine(Verdict left, Verdict right) {
  const auto rank = [](Verdict verdict) {
    return verdict == Verdict::fail ? 2 : verdict == Verdict::unknown ? 1 : 0;
  };
  return rank(left) >= rank(right) ? left : right;
}

/// Of several exit codes, the first in the order 2, 1, 3, 0.
inline ExitCode combine(ExitCode left, ExitCode right) {
  const auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::unusable_input:
        return 3;
      case ExitCode::fail:
        return 2;
      case ExitCode::unknown:
        return 1;
      case ExitCode::pass:
        break;
    }
    return 0;
  };
  return rank(left) >= rank(right) ? left : right;
}

inline ExitCode exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return ExitCode::pass;
    case Verdict::fail:
      return ExitCode::fail;
    case Verdict::unknown:
      break;
  }
  return ExitCode::unknown;
}

/// The verdict of a scenario; unknown when it has no variant, because nothing was shown.
inline Verdict verdict_of(const ScenarioResult& scenario) {
  if (scenario.variants.empty()) return Verdict::unknown;
  Verdict verdict = Verdict::pass;
  for (const auto& variant : scenario.variants) verdict = combine(verdict, variant.verdict);
  return verdict;
}

inline Totals total(const std::vector<ScenarioResult>& scenarios) {
  Totals totals{};
  totals.scenarios = scenarios.size();
  for (const auto& scenario : scenarios) {
    for (const auto& variant : scenario.variants) {
      ++totals.variants;
      totals.passed += variant.verdict == Verdict::pass ? 1 : 0;
      totals.failed += variant.verdict == Verdict::fail ? 1 : 0;
      totals.unknown += variant.verdict == Verdict::unknown ? 1 : 0;
      totals.classes += variant.bound.classes_explored;
      totals.runs += variant.bound.runs_sampled;
    }
  }
  return totals;
}

/// Fills in the totals and the exit code. A campaign that ran nothing is unknown, never green.
inline void conclude(CampaignResult& result) {
  result.totals = total(result.scenarios);
  ExitCode code = result.scenarios.empty() ? ExitCode::unknown : ExitCode::pass;
  if (!result.input_errors.empty()) code = combine(code, ExitCode::unusable_input);
  for (const auto& scenario : result.scenarios) {
    code = combine(code, exit_code_of(verdict_of(scenario)));
  }
  result.exit_code = code;
}

}  // namespace raceproof::campaign
