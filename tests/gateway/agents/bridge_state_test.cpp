// Passing means: the bridge knows whether the agent service is there, from looks and from runs, and
// changes its state only as documented.
#include <gtest/gtest.h>

#include "tests/gateway/agents/stage.hpp"

namespace raceproof::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Play;
using testing::Stage;
using Kind = testing::ScriptedStep::Kind;
using Words = std::vector<std::string>;

/// The bridge's changes of state with their times: "0 initializing", "2000 active".
Words states(const Play& play) {
  Words found;
  for (const auto& entry : play.simulation.seen) {
    if (!entry.what.starts_with("transition machine=bridge")) continue;
    found.push_back(std::to_string(entry.ms) + entry.what.substr(entry.what.rfind('=')));
  }
  return found;
}

std::function<Awaitable<>(Stage&)> start_and_wait(Duration time) {
  return [time](Stage& stage) -> Awaitable<> {
    co_await stage.start();
    co_await stage.wait(time);
    co_await stage.stop();
  };
}

// A service that is there: active when start returns, and back to the beginning at the end.
TEST(BridgeState, IsActiveWhenTheServiceIsThere) {
  Play play;
  play.run({}, start_and_wait(seconds(1)));
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "1000=uninitialized"}));
}

// Three attempts: at once, 2 s later, 4 s after that; the first success counts.
TEST(BridgeState, TriesThreeTimes) {
  Play second;
  second.run(
      [](Stage& stage) {
        stage.backend.checks = {false, true};
      },
      start_and_wait(seconds(8)));
  EXPECT_EQ(states(second), (Words{"0=initializing", "2000=active", "8000=uninitialized"}));
  Play third;
  third.run(
      [](Stage& stage) {
        stage.backend.checks = {false, false, true};
      },
      start_and_wait(seconds(8)));
  EXPECT_EQ(states(third), (Words{"0=initializing", "6000=active", "8000=uninitialized"}));
}

// After three it has failed and refuses runs; a health interval later it begins anew.
TEST(BridgeState, FailsAndBeginsAnew) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.checks = {false, false, false, true};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        const RunSubmission early = co_await stage.submit("alice", "r1");
        EXPECT_EQ(early.code, "agent_unavailable");
        co_await stage.wait(seconds(10));
        const RunSubmission refused = co_await stage.submit("alice", "r2");
        EXPECT_EQ(refused.code, "agent_unavailable");
        co_await stage.wait(seconds(60));
        const RunSubmission accepted = co_await stage.submit("alice", "r3");
        EXPECT_TRUE(accepted.accepted);
        co_await stage.wait(seconds(1));
        co_await stage.stop();
      });
  EXPECT_EQ(states(play), (Words{"0=initializing", "6000=failed", "66000=initializing",
                                 "66000=active", "71000=uninitialized"}));
}

// A look that gets no answer ends at its limit.
TEST(BridgeState, DoesNotWaitForeverForTheService) {
  Play play;
  play.run([](Stage& stage) { stage.backend.checks_hang = true; }, start_and_wait(seconds(30)));
  EXPECT_EQ(states(play), (Words{"0=initializing", "21000=failed", "35000=uninitialized"}));
  EXPECT_TRUE(play.simulation.saw("bridge_trouble step=check reason=time-out"));
}

/// Submits runs one after another, a second apart.
Awaitable<> submit_several(Stage& stage, std::string name, int count) {
  for (int i = 0; i < count; ++i) {
    co_await stage.submit("alice", name + std::to_string(i));
    co_await stage.wait(seconds(1));
  }
}

// Degraded after the third consecutive failure of the agent, not before; a look that finds the
// service makes it active again.
TEST(BridgeState, DegradesAfterConsecutiveFailures) {
  Play play;
  play.run([](Stage& stage) { stage.backend.start_error = "refused"; },
           [](Stage& stage) -> Awaitable<> {
             co_await stage.start();
             co_await submit_several(stage, "fails", 2);
             stage.backend.start_error.clear();
             co_await submit_several(stage, "works", 1);
             stage.backend.start_error = "refused";
             co_await submit_several(stage, "fails again", 3);
             co_await stage.stop();
           });
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "5000=degraded", "5000=active",
                                 "6000=uninitialized"}));
}

// Degraded, with a service that is not found: failed after three looks.
TEST(BridgeState, FailsWhenRecoveryFails) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.start_error = "unreachable";
        stage.backend.checks = {true, false, false, false};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        co_await submit_several(stage, "fails", 3);
        const RunSubmission still_taken = co_await stage.submit("alice", "degraded");
        EXPECT_TRUE(still_taken.accepted);
        co_await stage.wait(seconds(7));
        co_await stage.stop();
      });
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "2000=degraded", "8000=failed",
                                 "10000=uninitialized"}));
}

// A run that succeeds proves more than a look that does not.
TEST(BridgeState, RecoversByARun) {
  Play play;
  play.run(
      [](Stage& stage) {
        stage.backend.start_error = "unreachable";
        stage.backend.checks = {true, false, false, false};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        co_await submit_several(stage, "fails", 3);
        stage.backend.start_error.clear();
        co_await submit_several(stage, "works", 1);
        co_await stage.wait(seconds(10));
        co_await stage.stop();
      });
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "2000=degraded", "3000=active",
                                 "14000=uninitialized"}));
}

// Deaths count as failures of the agent; a user's cancellation does not.
TEST(BridgeState, CountsDeathsButNotCancellations) {
  AgentSettings settings;
  settings.degraded_after = 1;
  Play play(settings);
  play.run(
      [](Stage& stage) {
        stage.backend.steps = {{Kind::hang, {}, ""}};
      },
      [](Stage& stage) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "cancelled");
        co_await stage.wait(seconds(1));
        co_await stage.cancel("alice", "cancelled");
        co_await stage.submit("alice", "dead");
        co_await stage.wait(seconds(11));
        co_await stage.stop();
      });
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "11000=degraded", "11000=active",
                                 "12000=uninitialized"}));
}

// Without any run, looks every health interval find out.
TEST(BridgeState, LooksFromTimeToTime) {
  Play play;
  play.run([](Stage& stage) { stage.backend.checks = {true, true, false, false, false, true}; },
           start_and_wait(seconds(250)));
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "240000=degraded", "240000=active",
                                 "250000=uninitialized"}));
}

// What is owed must have been read before the bridge is active; a store that cannot be read is
// tried again.
TEST(BridgeState, WaitsForWhatIsOwed) {
  Play play;
  play.run([](Stage& stage) { stage.store.unsent_failures = 1; }, start_and_wait(seconds(3)));
  EXPECT_EQ(states(play), (Words{"0=initializing", "2000=active", "3000=uninitialized"}));
  EXPECT_TRUE(play.simulation.saw("bridge_trouble step=relay reason=scripted: no database"));
}

// Stopped in the middle of a look, it says nothing wrong of the service.
TEST(BridgeState, StopsInTheMiddleOfALook) {
  AgentSettings settings;
  settings.health_interval = seconds(1);
  Play play(settings);
  play.run({}, [](Stage& stage) -> Awaitable<> {
    co_await stage.start();
    stage.backend.checks_hang = true;
    co_await stage.wait(seconds(2));
    co_await stage.stop();
  });
  EXPECT_EQ(states(play), (Words{"0=initializing", "0=active", "2000=uninitialized"}));
  EXPECT_FALSE(play.simulation.saw("bridge_trouble"));
  EXPECT_EQ(play.simulation.end_ms, 2'000);
}

}  // namespace
}  // namespace raceproof::gateway
