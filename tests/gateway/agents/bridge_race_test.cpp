// Passing means: in every order that the delays allow, a run ends once; and with the table of
// states off, a search finds the order in which it ends twice.
#include <gtest/gtest.h>

#include "tests/gateway/agents/stage.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::gateway {
namespace {

using sim::Log;
using sim::logs_of;
using sim::Playground;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ScriptedStep;
using testing::Stage;

using Act = std::function<Awaitable<>(Stage&, Log&)>;

/// Every order of one scenario: the events that reach the user, as `act` writes them down.
std::set<Log> every_order(const AgentSettings& settings, std::function<void(Stage&)> prepare,
                          Act act) {
  std::unique_ptr<Stage> stage;
  Playground playground([&](sim::World& in, Log& log) {
    in.add_process({.name = "gateway",
                    .cold_start = {},
                    .start =
                        [&](Runtime& runtime, const Executor& root) {
                          stage = std::make_unique<Stage>(runtime, settings, true);
                          prepare(*stage);
                          spawn(runtime, root, "test", act(*stage, log));
                        },
                    .destroy = [&] { stage.reset(); }});
  });
  sim::RunOptions options = sim::symbolic();
  options.horizon = Duration::max();
  const auto outcomes = playground.all(
      options, [](sim::World& in) { EXPECT_TRUE(in.failure().empty()) << in.failure(); });
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome.end, sim::RunEnd::quiescent);
  return logs_of(outcomes);
}

Awaitable<> run_once(Stage& stage, Log& log) {
  co_await stage.start();
  co_await stage.submit("alice", "r1");
  co_await stage.wait(seconds(20));
  co_await stage.stop();
  log = stage.events_of("r1");
}

void reply_around_the_heartbeat_limit(Stage& stage) {
  stage.backend.steps = {
      {ScriptedStep::Kind::reply, {milliseconds(9'900), milliseconds(10'100)}, ""}};
  stage.store.commit = {milliseconds(1), milliseconds(50)};
}

// The reply comes just before or just after the run is declared dead: whichever the tracker sees
// first is the end, for the tracker, the store and the user alike.
TEST(BridgeRace, DeathAgainstLateCompletionHasOneWinner) {
  EXPECT_EQ(
      every_order({}, reply_around_the_heartbeat_limit, run_once),
      (std::set<Log>{{"agent_started", "agent_completed"}, {"agent_started", "agent_failed"}}));
}

// With every change of state allowed, some order tells the user of both ends.
TEST(BridgeRace, DeathAgainstLateCompletionHasTwoWinnersWithoutATable) {
  AgentSettings settings;
  settings.tracker.transitions = RunTransitions::any;
  const auto logs = every_order(settings, reply_around_the_heartbeat_limit, run_once);
  EXPECT_TRUE(logs.contains({"agent_started", "agent_completed"}));
  EXPECT_TRUE(logs.contains({"agent_started", "agent_failed", "agent_completed"}));
}

// A cancellation that is granted ends the run, one that is refused leaves it its reply.
TEST(BridgeRace, CancellationAgainstCompletionHasOneWinner) {
  const auto logs = every_order(
      {},
      [](Stage& stage) {
        stage.backend.steps = {
            {ScriptedStep::Kind::reply, {milliseconds(5), milliseconds(15)}, ""}};
        stage.store.commit = {milliseconds(1), milliseconds(3)};
      },
      [](Stage& stage, Log& log) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "r1");
        co_await stage.wait(milliseconds(12));
        const bool granted = co_await stage.cancel("alice", "r1");
        co_await stage.wait(seconds(1));
        co_await stage.stop();
        log = stage.events_of("r1");
        log.emplace_back(granted ? "granted" : "refused");
      });
  EXPECT_EQ(logs, (std::set<Log>{{"agent_started", "agent_completed", "refused"},
                                 {"agent_started", "agent_failed", "granted"}}));
}

// Whenever the shutdown comes, a run that was taken has been told its end by the time it is over.
TEST(BridgeRace, ShutdownTellsEveryRunItsEnd) {
  const auto logs = every_order(
      {},
      [](Stage& stage) {
        stage.backend.steps = {
            {ScriptedStep::Kind::thinking, {milliseconds(1), milliseconds(20)}, "hm"},
            {ScriptedStep::Kind::reply, {milliseconds(1), milliseconds(20)}, ""}};
        stage.store.commit = {milliseconds(1), milliseconds(3)};
      },
      [](Stage& stage, Log& log) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "r1");
        const DelayRange any_time{milliseconds(0), milliseconds(60)};
        co_await stage.wait(stage.runtime.draw(any_time, "shutdown"));
        co_await stage.stop();
        log = stage.events_of("r1");
      });
  EXPECT_EQ(logs, (std::set<Log>{{"agent_started", "agent_failed"},
                                 {"agent_started", "agent_thinking", "agent_failed"},
                                 {"agent_started", "agent_thinking", "agent_completed"}}));
}

// A shutdown right behind the message, with nothing in between.
TEST(BridgeRace, ShutdownRightAfterTheMessage) {
  const auto logs = every_order(
      {},
      [](Stage& stage) {
        stage.backend.steps = {{ScriptedStep::Kind::hang, {}, ""}};
      },
      [](Stage& stage, Log& log) -> Awaitable<> {
        co_await stage.start();
        co_await stage.submit("alice", "r1");
        co_await stage.stop();
        log = stage.events_of("r1");
      });
  EXPECT_EQ(logs, (std::set<Log>{{"agent_started", "agent_failed"}}));
}

}  // namespace
}  // namespace raceproof::gateway
