// Deciders: what random walk and PCT promise, and that recorded decisions lead a run the same way
// again.
#include <boost/asio/post.hpp>
#include <map>

#include "harness/explore/replay.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::explore {
namespace {

using namespace std::chrono_literals;
using sim::ChoiceKind;
using sim::Log;
using sim::Meaning;
using sim::Playground;

/// Two threads of steps under one decider, as PCT's paper has them; who went at each step.
std::string interleave(sim::Decider& decider, int steps_of_a, int steps_of_b) {
  std::string order;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  while (static_cast<int>(a) < steps_of_a || static_cast<int>(b) < steps_of_b) {
    std::vector<Meaning> enabled;
    if (static_cast<int>(a) < steps_of_a) enabled.push_back({1, 0, a});
    if (static_cast<int>(b) < steps_of_b) enabled.push_back({2, 0, b});
    const std::size_t chosen =
        enabled.size() == 1 ? 0 : decider.choose(ChoiceKind::thread_step, enabled);
    if (enabled[chosen].strand == 1) {
      ++a, order += 'a';
    } else {
      ++b, order += 'b';
    }
  }
  return order;
}

// Passing means: an order that needs two preemptions (depth 3) is found as often as the theorem
// promises (1 in strands * steps^2), and never with one preemption (depth 2).
TEST(Pct, FindsABugOfItsDepthAndNoDeeperOne) {
  constexpr int runs = 20'000;
  constexpr int steps = 4;
  int found_by_three = 0;
  int found_by_two = 0;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    PctDecider three(seed, 3, steps);
    PctDecider two(seed, 2, steps);
    found_by_three += interleave(three, 2, 2) == "abab" ? 1 : 0;
    found_by_two += interleave(two, 2, 2) == "abab" ? 1 : 0;
  }
  EXPECT_EQ(found_by_two, 0);
  EXPECT_GE(found_by_three, runs / (2 * steps * steps));
}

// Passing means: with depth 1 strands keep their priority: one of the two serial orders.
TEST(Pct, OfDepthOneNeverPreempts) {
  std::map<std::string, int> orders;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    PctDecider decider(seed, 1, 6);
    ++orders[interleave(decider, 3, 3)];
  }
  EXPECT_EQ(orders.size(), 2U);
  EXPECT_NEAR(orders["aaabbb"], 1'000, 150);
}

// Passing means: every alternative is as likely as the others (chi-squared, 1 in 10,000).
TEST(RandomWalk, CoversASmallSpaceUniformly) {
  std::vector<int> leaves(24, 0);
  constexpr int runs = 24'000;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    RandomDecider decider(seed);
    const std::vector<Meaning> alternatives(4);
    std::size_t leaf = 0;
    for (const std::size_t width : {4U, 3U, 2U}) {
      leaf = leaf * width +
             decider.choose(ChoiceKind::next_event, std::span(alternatives).first(width));
    }
    ++leaves[leaf];
  }
  double chi_squared = 0;
  for (const int count : leaves) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_LT(chi_squared, 58.6);  // 23 degrees of freedom
}

// Passing means: delays stay in their range, and both ends are met often.
TEST(RandomWalk, DrawsTheEndsOfARangeToo) {
  RandomDecider decider(3);
  int low = 0;
  int high = 0;
  std::set<std::int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    const auto value = decider.draw(-5, 1'000'000'000, {});
    ASSERT_GE(value, -5);
    ASSERT_LE(value, 1'000'000'000);
    low += value == -5 ? 1 : 0;
    high += value == 1'000'000'000 ? 1 : 0;
    values.insert(value);
  }
  EXPECT_GT(low, 1'000);
  EXPECT_GT(high, 1'000);
  EXPECT_GT(values.size(), 4'000U);
}

/// Strands that sleep for the same and for drawn times, cancel, and post: every kind of decision.
void build_tangle(sim::World& world, Log& log, int threads) {
  sim::ProcessOptions options;
  options.name = "p";
  options.threads = threads;
  options.start = [&log](Runtime& runtime, const Executor&) {
    for (const std::string name : {"a", "b", "c"}) {
      const Executor strand = runtime.make_strand(name);
      const auto task = [](Runtime& on, Executor here, std::string me, Log& to) -> Awaitable<> {
        const Instant begin = on.now();
        for (int i = 0; i < 3; ++i) {
          co_await on.sleep_for(2ms);
          to.push_back(me);
          const Duration drawn = on.draw({1ms, 3ms}, "drawn");
          co_await on.sleep_for(drawn);
          on.observe(me, {{"round", std::int64_t{i}}});
          if (on.now() < begin + Duration(10ms))
            asio::post(here, [me, &to] { to.push_back(me + "!"); });
        }
        const Instant deadline = on.now() + Duration(1ms);
        OperationId timer = 0;
        (void)on.start_wait(here, deadline, "canceller",
                            [&](ErrorCode) { on.cancel_operation(timer); });
        timer = on.start_wait(here, deadline, "timer", [me, &to](ErrorCode error) {
          to.push_back(me + (error ? " cancelled" : " expired"));
        });
        co_await on.sleep_for(2ms);
      };
      spawn(runtime, strand, name, task(runtime, strand, name, log));
    }
  };
  world.add_process(options);
}

// Passing means: the decisions that differ from the baseline, recorded by meaning, are enough to
// have the same run again, event for event, with one thread and with two.
TEST(Replay, RepeatsARecordedRun) {
  for (const int threads : {1, 2}) {
    Playground program(
        [threads](sim::World& world, Log& log) { build_tangle(world, log, threads); });
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      RandomDecider random(seed);
      RecordingDecider recording(random, program.world.trace());
      const auto shown = program.run({}, recording);
      EXPECT_GT(recording.decisions().size(), 3U);
      ReplayDecider replay(recording.decisions(), program.world.trace());
      const auto again = program.run({}, replay);
      ASSERT_EQ(again.digest, shown.digest) << threads << " threads, seed " << seed;
      ASSERT_EQ(again.log, shown.log);
      ASSERT_TRUE(replay.missed().empty());
    }
  }
}

// Passing means: a choice is replayed at the moment at which it was made, not at an earlier one at
// which the same event was passed over.
TEST(Replay, KnowsAtWhichMomentAChoiceWasMade) {
  Playground program([](sim::World& world, Log& log) {
    sim::ProcessOptions options;
    options.name = "p";
    options.start = [&log](Runtime& runtime, const Executor&) {
      for (const std::string name : {"a", "b", "c"}) {
        const auto task = [](Runtime& on, std::string me, Log& to) -> Awaitable<> {
          co_await on.sleep_for(1ms);
          to.push_back(me);
        };
        spawn(runtime, runtime.make_strand(name), name, task(runtime, name, log));
      }
    };
    world.add_process(options);
  });
  std::vector<PathDecider::Step> path = {{0, 3}, {1, 2}};  // a, then c before b
  PathDecider given(path);
  RecordingDecider recording(given, program.world.trace());
  ASSERT_EQ(program.run({}, recording).log, (Log{"a", "c", "b"}));
  ASSERT_EQ(recording.decisions().size(), 1U);
  ReplayDecider replay(recording.decisions(), program.world.trace());
  EXPECT_EQ(program.run({}, replay).log, (Log{"a", "c", "b"}));
}

// Passing means: decisions that no longer apply are named.
TEST(Replay, NamesWhatNeverCameUp) {
  Playground program([](sim::World& world, Log& log) { build_tangle(world, log, 1); });
  Decision decision;
  decision.kind = Decision::Kind::delay;
  decision.strand = "p/gone";
  decision.label = "drawn";
  decision.ordinal = 2;
  ReplayDecider replay({decision}, program.world.trace());
  const auto outcome = program.run({}, replay);
  EXPECT_EQ(replay.missed(), (std::vector<std::string>{"p/gone / drawn #2"}));
  EXPECT_EQ(outcome.log, program.run().log) << "without decisions, the baseline";
}

}  // namespace
}  // namespace raceproof::explore
