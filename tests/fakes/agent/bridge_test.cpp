// The bridge over the HTTP agent and the fake service, simulated. Passing means: the golden path's
// events arrive, a death is met on the wire, and a shutdown in mid-run leaves nothing open.
#include "gateway/agents/bridge.hpp"

#include <gtest/gtest.h>

#include "gateway/agents/context.hpp"
#include "tests/fakes/agent/agent_world.hpp"
#include "tests/gateway/agents/stage.hpp"

namespace raceproof::fakes::agent::test {
namespace {

using gateway::AgentBridge;
using gateway::HttpAgent;
using gateway::testing::RecordingSink;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Words = std::vector<std::string>;

struct Gateway {
  Gateway(Runtime& runtime, const gateway::AgentSettings& settings)
      : agent(runtime, settings), sink(runtime), bridge(runtime, settings, agent, sink, nullptr) {}
  HttpAgent agent;
  RecordingSink sink;
  AgentBridge bridge;
};

Awaitable<> submit(Runtime& runtime, AgentBridge& bridge, std::string user) {
  gateway::ContextFields fields;
  fields.user_id = user;
  fields.thread_id = "thread_" + user;
  fields.run_id = "run_" + user;
  gateway::UserExecutionContext context(runtime, gateway::EnvironmentName::staging,
                                        std::move(fields));
  const auto submission = co_await call(bridge.strand(), bridge.run(std::move(context), "hello"));
  EXPECT_TRUE(submission.accepted);
}

/// Starts the bridge, submits a run of each user, waits, and stops. What reached the sink, as
/// "type run".
Words play(AgentWorld& world, Words users, Duration time, bool is_cut = false) {
  const auto settings = agent_settings();
  std::unique_ptr<Gateway> gateway;
  Words events;
  const auto body = [&](Runtime& runtime) -> Awaitable<> {
    AgentBridge& bridge = gateway->bridge;
    co_await call(bridge.strand(), bridge.start());
    for (const std::string& user : users) co_await submit(runtime, bridge, user);
    co_await runtime.sleep_for(time, "test");
    co_await call(bridge.strand(), bridge.stop());
  };
  world.run(
      [&](Runtime& runtime, const Executor& root) {
        gateway = std::make_unique<Gateway>(runtime, settings);
        spawn(runtime, root, "test", body(runtime));
      },
      [&] {
        for (const auto& event : gateway->sink.events) {
          events.push_back(std::string(to_string(event.type)) + " " + event.run);
        }
        gateway.reset();
      });
  EXPECT_TRUE(world.failure.empty()) << world.failure;
  for (const std::string& wait : world.waiting) {
    if (is_cut) break;
    EXPECT_FALSE(wait.starts_with("gateway")) << wait;
  }
  return events;
}

// Two users at once: five events each, each user's in order.
TEST(BridgeOverHttp, CarriesTwoRunsOut) {
  Settings settings;
  settings.step = {milliseconds(20), milliseconds(40)};
  AgentWorld world(settings);
  const Words events = play(world, {"alice", "bob"}, seconds(1));
  for (const std::string user : {"alice", "bob"}) {
    Words of_user;
    for (const std::string& event : events) {
      if (event.ends_with(user)) of_user.push_back(event.substr(0, event.find(' ')));
    }
    EXPECT_EQ(of_user, (Words{"agent_started", "agent_thinking", "tool_executing", "tool_completed",
                              "agent_completed"}));
  }
  EXPECT_EQ(world.all("agent_disconnection").size(), world.all("agent_connection").size());
}

// An agent that falls silent on the wire is dead after the heartbeat limit.
TEST(BridgeOverHttp, MeetsADeathOnTheWire) {
  Settings settings;
  settings.on["run"].hang_after = 1;
  AgentWorld world(settings);
  EXPECT_EQ(
      play(world, {"alice"}, seconds(20)),
      (Words{"agent_started run_alice", "agent_thinking run_alice", "agent_failed run_alice"}));
  EXPECT_TRUE(world.all("transition machine=run id=run_alice from=running to=dead").size() == 1);
}

// A shutdown in the middle of an answer.
TEST(BridgeOverHttp, StopsInTheMiddleOfAnAnswer) {
  Settings settings;
  settings.step = {seconds(1), seconds(1)};
  AgentWorld world(settings);
  EXPECT_EQ(
      play(world, {"alice"}, milliseconds(1500)),
      (Words{"agent_started run_alice", "agent_thinking run_alice", "agent_failed run_alice"}));
}

// A service that comes up late: not active before, and active soon after.
TEST(BridgeOverHttp, WaitsForTheService) {
  Settings settings;
  settings.listen.listen_after = seconds(1);
  AgentWorld world(settings);
  play(world, {}, seconds(3));
  EXPECT_EQ(world.all("transition machine=bridge"),
            (Words{"transition machine=bridge id=agent from=uninitialized to=initializing",
                   "transition machine=bridge id=agent from=initializing to=active",
                   "transition machine=bridge id=agent from=active to=uninitialized"}));
}

// Killed after any number of events, everything is destroyed cleanly (as a sanitizer build checks),
// and the next run is as good as the first.
TEST(BridgeOverHttp, CanBeDestroyedAtAnyEvent) {
  Settings settings;
  settings.step = {milliseconds(20), milliseconds(40)};
  AgentWorld world(settings);
  const Words whole = play(world, {"alice", "bob"}, milliseconds(70));
  EXPECT_EQ(whole.back(), "agent_failed run_bob");
  const auto events = static_cast<std::uint32_t>(world.events);
  ASSERT_GT(events, 100U);
  for (std::uint32_t limit = 1; limit < events; ++limit) {
    world.event_limit = limit;
    play(world, {"alice", "bob"}, milliseconds(70), /*is_cut=*/true);
  }
  world.event_limit = events + 1;
  EXPECT_EQ(play(world, {"alice", "bob"}, milliseconds(70)), whole);
}

}  // namespace
}  // namespace raceproof::fakes::agent::test
