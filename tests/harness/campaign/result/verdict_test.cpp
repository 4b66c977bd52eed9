// The rules of judgement (design section 6): three-valued verdicts, and exit codes in the order 2,
// 1, 3, 0.
#include "harness/campaign/verdict.hpp"

#include <gtest/gtest.h>

namespace raceproof::campaign {
namespace {

constexpr auto holds = Expectation::holds;
constexpr auto reproduces = Expectation::reproduces;

Judgement pass() { return {Verdict::pass, Reason::as_expected}; }
Judgement fail(Reason reason) { return {Verdict::fail, reason}; }
Judgement unknown(Reason reason) { return {Verdict::unknown, reason}; }

// Passing means: what must hold is green when nothing was violated in a search that ended.
TEST(Judge, HoldsWhenTheSearchEnded) {
  EXPECT_EQ(judge(holds, {.complete = true}), pass());
  EXPECT_EQ(judge(holds, {.complete = false}), pass());  // sampled as asked, with its bound
}

// Passing means: a violation counts however the search ended.
TEST(Judge, AViolationIsFailureEvenWhenCutShort) {
  EXPECT_EQ(judge(holds, {.violated = true, .complete = true}), fail(Reason::violated));
  EXPECT_EQ(judge(holds, {.violated = true, .interrupted = true}), fail(Reason::violated));
  EXPECT_EQ(judge(holds, {.violated = true, .guard_never_seen = true}), fail(Reason::violated));
}

// Passing means: a search that was cut short is never green, and says why.
TEST(Judge, AnUnfinishedSearchIsUnknown) {
  EXPECT_EQ(judge(holds, {.budget_exhausted = true}), unknown(Reason::budget));
  EXPECT_EQ(judge(holds, {.time_exhausted = true}), unknown(Reason::time));
  EXPECT_EQ(judge(holds, {.interrupted = true}), unknown(Reason::interrupted));
  EXPECT_EQ(judge(holds, {.drifted = true}), unknown(Reason::drifted));
}

// Passing means: a scenario that never entered the dangerous window is not green, however complete.
TEST(Judge, AGuardThatWasNeverSeenIsVacuous) {
  EXPECT_EQ(judge(holds, {.complete = true, .guard_never_seen = true}), unknown(Reason::vacuous));
  EXPECT_EQ(judge(reproduces, {.violated = true, .complete = true, .guard_never_seen = true}),
            unknown(Reason::vacuous));
}

// Passing means: a guard that is missing because the search was cut short is not called vacuous.
TEST(Judge, AnUnfinishedSearchSaysSoBeforeVacuous) {
  EXPECT_EQ(judge(holds, {.guard_never_seen = true, .time_exhausted = true}),
            unknown(Reason::time));
}

// Passing means: not reproduced is fail when the search was exhaustive, unknown when it was
// sampled.
TEST(Judge, NotReproduced) {
  EXPECT_EQ(judge(reproduces, {.complete = true}), fail(Reason::not_reproduced));
  EXPECT_EQ(judge(reproduces, {.complete = false}), unknown(Reason::not_reproduced));
  EXPECT_EQ(judge(reproduces, {.time_exhausted = true}), unknown(Reason::time));
}

// Passing means: a failure that must appear and did is green, even when the search stopped there.
TEST(Judge, ReproducedIsPass) {
  EXPECT_EQ(judge(reproduces, {.violated = true, .complete = true}), pass());
  EXPECT_EQ(judge(reproduces, {.violated = true, .interrupted = true}), pass());
}

// Passing means: built-in invariants and determinism are never what a variant expects to break.
TEST(Judge, InvariantsMustHoldEverywhere) {
  EXPECT_EQ(judge(reproduces, {.violated = true, .invariant_violated = true}),
            fail(Reason::violated));
  EXPECT_EQ(judge(reproduces, {.violated = true, .nondeterministic = true}),
            fail(Reason::nondeterministic));
}

// Passing means: of two exit codes the first in the order 2, 1, 3, 0 wins, whichever side it is on.
TEST(Combine, ExitCodes) {
  const std::vector order{ExitCode::unusable_input, ExitCode::fail, ExitCode::unknown,
                          ExitCode::pass};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i; j < order.size(); ++j) {
      EXPECT_EQ(combine(order[i], order[j]), order[i]);
      EXPECT_EQ(combine(order[j], order[i]), order[i]);
    }
  }
}

CampaignResult campaign_with(std::vector<Verdict> verdicts) {
  CampaignResult result;
  auto& scenario = result.scenarios.emplace_back();
  for (const auto verdict : verdicts) {
    auto& variant = scenario.variants.emplace_back();
    variant.verdict = verdict;
    variant.bound.classes_explored = 10;
    variant.bound.runs_sampled = 3;
  }
  return result;
}

ExitCode exit_code_with(std::vector<Verdict> verdicts) {
  auto result = campaign_with(std::move(verdicts));
  conclude(result);
  return result.exit_code;
}

// Passing means: the campaign's exit code follows its worst variant.
TEST(Conclude, ExitCodeFollowsTheWorstVariant) {
  EXPECT_EQ(exit_code_with({Verdict::pass, Verdict::pass}), ExitCode::pass);
  EXPECT_EQ(exit_code_with({Verdict::pass, Verdict::unknown}), ExitCode::unknown);
  EXPECT_EQ(exit_code_with({Verdict::unknown, Verdict::fail, Verdict::pass}), ExitCode::fail);
}

// Passing means: unusable input outweighs everything, and a campaign that ran nothing is not green.
TEST(Conclude, NothingRunIsNotGreen) {
  EXPECT_EQ(exit_code_with({}), ExitCode::unknown);
  CampaignResult empty;
  conclude(empty);
  EXPECT_EQ(empty.exit_code, ExitCode::unknown);
  auto result = campaign_with({Verdict::fail});
  result.input_errors.push_back({"bad.yaml", {"bad.yaml:1:1: no"}});
  conclude(result);
  EXPECT_EQ(result.exit_code, ExitCode::unusable_input);
}

// Passing means: the totals are the sums over all variants.
TEST(Conclude, AddsUp) {
  auto result = campaign_with({Verdict::pass, Verdict::fail, Verdict::unknown, Verdict::pass});
  conclude(result);
  EXPECT_EQ(result.totals, (Totals{.scenarios = 1,
                                   .variants = 4,
                                   .passed = 2,
                                   .failed = 1,
                                   .unknown = 1,
                                   .classes = 40,
                                   .runs = 12}));
}

// Passing means: every enumerator has a name of its own, so that no two render alike.
TEST(Names, AreDistinct) {
  EXPECT_EQ(name(Reason::nondeterministic), "nondeterministic");
  EXPECT_EQ(name(CheckStatus::not_applicable), "not_applicable");
  EXPECT_EQ(name(CheckKind::invariant), "invariant");
  EXPECT_EQ(name(Verdict::unknown), "unknown");
  EXPECT_EQ(name(Expectation::holds), "holds");
}

}  // namespace
}  // namespace raceproof::campaign
