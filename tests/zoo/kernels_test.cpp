// Small programs with a known bug: how often the searches that sample meet it. Passing means: the
// share of failing orders is what counting them by hand gives, and a random walk and PCT find what
// they promise and no more.
#include <cmath>
#include <gtest/gtest.h>

#include "harness/explore/decisions.hpp"
#include "tests/zoo/catalogue.hpp"

namespace raceproof::zoo {
namespace {

using explore::explore_classes;
using explore::explore_runs;
using explore::PctDecider;
using explore::RandomDecider;
using explore::Theatre;

constexpr int trials = 20'000;

/// Failed runs among `trials`, each under a decider of its own.
template <class MakeDecider>
int failures(const Program& program, MakeDecider make) {
  Theatre theatre;
  int failed = 0;
  for (std::uint64_t seed = 0; seed < trials; ++seed) {
    auto decider = make(seed);
    theatre.run(program, decider);
    failed += theatre.stage().failed() ? 1 : 0;
  }
  return failed;
}

int random_failures(const Program& program) {
  return failures(program, [](std::uint64_t seed) { return RandomDecider(seed); });
}
int pct_failures(const Program& program, int depth, std::uint64_t steps) {
  return failures(program, [&](std::uint64_t seed) { return PctDecider(seed, depth, steps); });
}

// One of the 4! orders of the ring's tasks in six fails, and one of the 3! of the account's tasks
// in three: all tasks depend on each other, so classes are orders.
TEST(Kernels, FailInTheExactShareOfTheirOrders) {
  for (const bool reduced : {false, true}) {
    const auto count = [reduced](const Program& program) {
      return reduced ? explore_classes(program, {.untimed = true, .fixed_footprints = true})
                     : explore_runs(program);
    };
    const auto ring = count(token_ring());
    EXPECT_EQ(ring.runs, 24U);
    EXPECT_EQ(ring.failed, 4U);
    const auto bank = count(account());
    EXPECT_EQ(bank.runs, 6U);
    EXPECT_EQ(bank.failed, 2U);
  }
}

// The bug needs two preemptions: depth 3. PCT of that depth finds it as often as its theorem says
// (Burckhardt et al., ASPLOS 2010): 1 in threads * steps^2.
TEST(Kernels, StringBufferIsOutOfReachOfPctOfDepthTwo) {
  constexpr int steps = 4;
  EXPECT_EQ(pct_failures(string_buffer(), 2, steps), 0);
  EXPECT_GE(pct_failures(string_buffer(), 3, steps), trials / (2 * steps * steps));
  EXPECT_EQ(explore_runs(string_buffer()).failed, 1U);
}

struct Known {
  std::string name;
  Program program;
  double runs_to_failure;  ///< of a random walk, mean; measured with another explorer
};

// A random walk needs the known number of runs for the first failure. Both figures are estimates
// from as many trials; four standard errors of their difference are allowed.
TEST(Kernels, ARandomWalkMeetsThemAsOftenAsElsewhere) {
  for (const auto& [name, program, runs_to_failure] :
       {Known{"reorder_3", reorder(3), 4.0}, Known{"reorder_5", reorder(5), 5.1},
        Known{"bluetooth", bluetooth(), 25.1}, Known{"account", account(), 3.0},
        Known{"token_ring", token_ring(), 6.2}}) {
    const int failed = random_failures(program);
    ASSERT_GT(failed, 0) << name;
    const double error = runs_to_failure * std::sqrt(2 * runs_to_failure / trials);
    EXPECT_NEAR(static_cast<double>(trials) / failed, runs_to_failure, 4 * error) << name;
  }
}

// Every class of these programs is visited, so those that fail are, too.
TEST(Kernels, AReductionMissesNone) {
  for (const auto& program : {two_stage(), string_buffer(), bluetooth(), reorder(3), reorder(4)}) {
    const auto all = explore_runs(program);
    const auto classes = explore_classes(program, {.untimed = true});
    EXPECT_GT(all.failed, 0U);
    EXPECT_GT(classes.failed, 0U);
    EXPECT_LE(classes.failed, all.failed);
    EXPECT_LE(classes.classes, all.runs);
  }
}

}  // namespace
}  // namespace raceproof::zoo
