// Passing means: the tracker allows what the table allows, declares the silent dead and the slow
// timed out at their very moments, and forgets what has ended after a while.
#include "gateway/agents/execution_tracker.hpp"

#include <gtest/gtest.h>
#include <memory>

#include "tests/gateway/agents/simulation.hpp"

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Simulation;
using enum RunState;

/// A tracker in a simulated process, with the steps of a test.
class Trial {
 public:
  using Body = std::function<Awaitable<>(Trial&)>;

  explicit Trial(TrackerSettings with = {}) : settings(with) {}

  void play(Body body) {
    const auto end = simulation.run(
        [&](Runtime& on, const Executor& root) {
          runtime = &on;
          tracker = std::make_unique<ExecutionTracker>(on, settings, [this](const RunRecord& run) {
            reported.push_back(run.run + " " + std::string(to_string(run.state)));
          });
          spawn(on, root, "test", body(*this));
        },
        [&] { tracker.reset(); });
    EXPECT_EQ(end, sim::RunEnd::quiescent) << simulation.world.failure();
  }

  Awaitable<bool> create(std::string run) {
    return call(tracker->strand(), tracker->create(std::move(run), "alice", "thread"));
  }
  Awaitable<std::optional<RunState>> move(std::string run, RunState to) {
    return call(tracker->strand(), tracker->move(std::move(run), to));
  }
  Awaitable<> heartbeat(std::string run) {
    return call(tracker->strand(), tracker->heartbeat(std::move(run)));
  }
  Awaitable<std::optional<RunRecord>> find(std::string run) {
    return call(tracker->strand(), tracker->find(std::move(run)));
  }
  Awaitable<TrackerFigures> figures() { return call(tracker->strand(), tracker->figures()); }
  Awaitable<> stop() { return call(tracker->strand(), tracker->stop()); }
  Awaitable<> wait(Duration time) { co_await runtime->sleep_for(time, "test"); }

  TrackerSettings settings;
  Simulation simulation;
  Runtime* runtime = nullptr;
  std::unique_ptr<ExecutionTracker> tracker;
  std::vector<std::string> reported;
};

Awaitable<> bring_to(Trial& trial, std::string run, RunState to) {
  co_await trial.create(run);
  for (const RunState state : {starting, running, completing}) {
    if (to == pending) co_return;
    const auto now = co_await trial.move(run, state);
    EXPECT_EQ(now, state);
    if (state == to) co_return;
  }
  co_await trial.move(run, to);
}

// From every state, every change is allowed or refused as the table says, and what is refused
// changes nothing.
TEST(ExecutionTracker, KeepsToTheTable) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    for (const RunState from : {pending, starting, running, completing, completed}) {
      for (const RunState to : all_run_states) {
        const std::string run = std::string(to_string(from)).append("-").append(to_string(to));
        co_await bring_to(t, run, from);
        const auto now = co_await t.move(run, to);
        EXPECT_EQ(now, may_follow(from, to) ? to : from) << run;
      }
    }
    const auto unknown = co_await t.move("nobody", starting);
    EXPECT_FALSE(unknown.has_value());
    co_await t.stop();
  });
  EXPECT_EQ(trial.simulation.count("transition machine=run id=pending-failed "), 1U);
  EXPECT_EQ(trial.simulation.count("transition machine=run id=pending-completed "), 0U);
}

// An id names one run for as long as its record is kept.
TEST(ExecutionTracker, RefusesASecondRunOfTheSameId) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    const bool first = co_await t.create("r");
    const bool second = co_await t.create("r");
    EXPECT_TRUE(first);
    EXPECT_FALSE(second);
    co_await t.stop();
  });
}

// Dead exactly one limit after the last sign of life: a heartbeat, or a change of state.
TEST(ExecutionTracker, DeclaresTheSilentDead) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "r", running);
    co_await t.wait(seconds(4));
    co_await t.heartbeat("r");
    co_await t.wait(seconds(7));  // 11 s: the limit since the start has passed
    const auto alive = co_await t.find("r");
    EXPECT_EQ(alive->state, running);
    co_await t.wait(milliseconds(2999));
    const auto still_alive = co_await t.find("r");
    EXPECT_EQ(still_alive->state, running);
    co_await t.wait(milliseconds(1));
    const auto dead_now = co_await t.find("r");
    EXPECT_EQ(dead_now->state, dead);
    const auto late = co_await t.move("r", completing);
    EXPECT_EQ(late, dead);
    co_await t.stop();
  });
  EXPECT_EQ(trial.reported, std::vector<std::string>{"r dead"});
  EXPECT_EQ(trial.simulation.when("transition machine=run id=r from=running to=dead"), 14'000);
}

// One that goes on giving signs of life times out at the execution limit, and not before.
TEST(ExecutionTracker, DeclaresTheSlowTimedOut) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "r", running);
    for (int i = 0; i < 6; ++i) {
      co_await t.wait(seconds(4));
      co_await t.heartbeat("r");
    }
    co_await t.wait(seconds(5));
    co_await t.stop();
  });
  EXPECT_EQ(trial.reported, std::vector<std::string>{"r timeout"});
  EXPECT_EQ(trial.simulation.when("transition machine=run id=r from=running to=timeout"), 25'000);
}

// An execution limit below the heartbeat limit is kept too.
TEST(ExecutionTracker, HasAnExecutionLimitShorterThanTheHeartbeat) {
  TrackerSettings settings;
  settings.execution_limit = seconds(3);
  Trial trial(settings);
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "r", starting);
    co_await t.wait(seconds(20));
    co_await t.stop();
  });
  EXPECT_EQ(trial.reported, std::vector<std::string>{"r timeout"});
  EXPECT_EQ(trial.simulation.when("transition machine=run id=r from=starting to=timeout"), 3'000);
}

// While its beginning or its reply is being stored, a run is neither dead nor too late.
TEST(ExecutionTracker, WatchesOnlyRunsThatAwaitTheirAgent) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "new", pending);
    co_await bring_to(t, "nearly", completing);
    co_await t.wait(seconds(40));
    const auto is_new = co_await t.find("new");
    const auto is_nearly_done = co_await t.find("nearly");
    EXPECT_EQ(is_new->state, pending);
    EXPECT_EQ(is_nearly_done->state, completing);
    co_await t.stop();
  });
  EXPECT_TRUE(trial.reported.empty());
}

// Records of ended runs go one after another, each when it has been kept for its time, and nothing
// waits any longer once all have gone.
TEST(ExecutionTracker, ForgetsEndedRunsAfterAWhile) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "first", completed);
    co_await t.wait(seconds(20));
    co_await bring_to(t, "second", failed);
    co_await t.wait(milliseconds(39'999));
    const auto kept = co_await t.figures();
    EXPECT_EQ(kept.ended, 2U);
    co_await t.wait(milliseconds(1));
    const auto first = co_await t.find("first");
    const auto second = co_await t.find("second");
    EXPECT_FALSE(first.has_value());
    EXPECT_TRUE(second.has_value());
    co_await t.wait(seconds(20));
    const auto gone = co_await t.figures();
    EXPECT_EQ(gone.ended + gone.live, 0U);
  });
  EXPECT_EQ(trial.simulation.end_ms, 80'000);
}

// However many end, no more than the bound are kept, the newest; and those still go in time.
TEST(ExecutionTracker, KeepsABoundedNumberOfEndedRuns) {
  TrackerSettings settings;
  settings.keep_ended_max = 3;
  Trial trial(settings);
  trial.play([](Trial& t) -> Awaitable<> {
    for (int i = 0; i < 10; ++i) {
      co_await bring_to(t, std::to_string(i), completed);
      co_await t.wait(seconds(1));
    }
    const auto figures = co_await t.figures();
    EXPECT_EQ(figures.ended, 3U);
    const auto dropped = co_await t.find("6");
    const auto kept = co_await t.find("7");
    EXPECT_FALSE(dropped.has_value());
    EXPECT_TRUE(kept.has_value());
    co_await t.wait(seconds(60));
    const auto gone = co_await t.figures();
    EXPECT_EQ(gone.ended, 0U);
  });
  EXPECT_EQ(trial.simulation.end_ms, 70'000);
}

// Fifty runs at once do not disturb each other: each is dead one limit after its own last sign.
TEST(ExecutionTracker, KeepsFiftyRunsApart) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    for (int i = 0; i < 50; ++i) {
      co_await bring_to(t, "r" + std::to_string(i), running);
      co_await t.wait(milliseconds(10));
    }
    co_await t.wait(seconds(20));
    co_await t.stop();
  });
  ASSERT_EQ(trial.reported.size(), 50U);
  for (int i = 0; i < 50; ++i) {
    const std::string run = "r" + std::to_string(i);
    EXPECT_EQ(trial.reported[static_cast<std::size_t>(i)], run + " dead");
    EXPECT_EQ(trial.simulation.when("transition machine=run id=" + run + " from=running to=dead"),
              10'000 + 10 * i);
  }
}

// With `transitions: any` a late completion overwrites a death, which the table forbids.
TEST(ExecutionTracker, LetsALateCompletionOverwriteADeathWhenToldTo) {
  TrackerSettings settings;
  settings.transitions = RunTransitions::any;
  Trial trial(settings);
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "r", running);
    co_await t.wait(seconds(11));
    const auto late = co_await t.move("r", completing);
    EXPECT_EQ(late, completing);
    const auto done = co_await t.move("r", completed);
    EXPECT_EQ(done, completed);
    const auto figures = co_await t.figures();
    EXPECT_EQ(figures.ended, 1U);
    EXPECT_EQ(figures.live, 0U);
    co_await t.stop();
  });
  EXPECT_EQ(trial.reported, std::vector<std::string>{"r dead"});
  EXPECT_TRUE(trial.simulation.saw("transition machine=run id=r from=dead to=completing"));
}

// After stop nothing is left to wait for.
TEST(ExecutionTracker, LeavesNothingBehind) {
  Trial trial;
  trial.play([](Trial& t) -> Awaitable<> {
    co_await bring_to(t, "live", running);
    co_await bring_to(t, "ended", completed);
    co_await t.wait(seconds(1));
    co_await t.stop();
  });
  EXPECT_EQ(trial.simulation.end_ms, 1'000);
  EXPECT_TRUE(trial.simulation.waiting.empty());
}

}  // namespace
}  // namespace raceproof::gateway
