// The gateway's HTTP agent against the fake service, simulated. Passing means: the steps arrive as
// they are scripted, each fault is told apart, and a run that is let go leaves no connection.
#include <gtest/gtest.h>

#include "runtime/settings_yaml.hpp"
#include "tests/fakes/agent/agent_world.hpp"

namespace raceproof::fakes::agent::test {
namespace {

using gateway::AgentError;
using gateway::AgentRequest;
using gateway::AgentStep;
using gateway::HttpAgent;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Words = std::vector<std::string>;

std::string name_of(AgentStep::Kind kind) {
  return std::string(choices(StepKind{})[static_cast<std::size_t>(kind)]);
}

/// What one run gave: its steps as "kind tool text", and the reason if it failed.
struct Taken {
  Words steps;
  std::string error;
  std::int64_t end_ms = 0;
};

Awaitable<> take(Runtime& runtime, const gateway::AgentSettings& settings, Taken& taken) {
  HttpAgent agent(runtime, settings);
  AgentRequest request;
  request.user = "alice";
  request.thread = "t";
  request.run = "r1";
  request.text = "hello";
  try {
    const auto run = co_await agent.start(std::move(request));
    for (;;) {
      const auto step = co_await run->next();
      if (!step) break;
      taken.steps.push_back(name_of(step->kind) + " " + step->tool + " " + step->text);
    }
  } catch (const AgentError& error) {
    taken.error = error.reason();
  }
}

Taken take_from(AgentWorld& world, gateway::AgentSettings settings = agent_settings()) {
  Taken taken;
  const auto body = [&](Runtime& runtime) -> Awaitable<> {
    co_await take(runtime, settings, taken);
    taken.end_ms = world.world.now_ns() / 1'000'000;
    world.world.stop();
  };
  const auto end = world.run([&](Runtime& runtime, const Executor& root) {
    spawn(runtime, root, "client", body(runtime));
  });
  EXPECT_EQ(end, sim::RunEnd::stopped) << world.failure;
  return taken;
}

/// One run with one key of its rule set.
template <class T>
Taken take_with(T OperationRule::*key, T value) {
  Settings settings;
  settings.on["run"].*key = value;
  AgentWorld world(std::move(settings));
  return take_from(world);
}

// Without any setting: one step of each kind, and the reply echoes.
TEST(FakeAgent, FollowsItsUsualScript) {
  AgentWorld world;
  const Taken taken = take_from(world);
  EXPECT_EQ(taken.steps, (Words{"thinking  ", "tool_executing search ", "tool_completed search ",
                                "reply  You said: hello"}));
  EXPECT_TRUE(taken.error.empty());
  EXPECT_EQ(world.all("agent_request"), Words{"agent_request operation=run run=r1 user=alice"});
  EXPECT_EQ(world.all("agent_step").size(), 4U);
  EXPECT_EQ(world.all("agent_step").back(), "agent_step run=r1 user=alice step=reply");
}

// A script as a scenario writes it.
TEST(FakeAgent, FollowsAScriptFromAScenario) {
  Settings settings;
  const auto problems = read_settings(
      "step: 10ms\n"
      "steps:\n"
      "  - { step: thinking, text: first, delay: 100ms..200ms }\n"
      "  - { step: tool_executing, tool: fetch, text: page }\n"
      "  - { step: reply, text: done }\n",
      "agent.yaml", settings);
  for (const auto& problem : problems) ADD_FAILURE() << print(problem);
  AgentWorld world(settings);
  const Taken taken = take_from(world);
  EXPECT_EQ(taken.steps, (Words{"thinking  first", "tool_executing fetch page", "reply  done"}));
  EXPECT_EQ(taken.end_ms, 1 + 100 + 10 + 10);
}

// Each fault has the reason that says what it was.
TEST(FakeAgent, HasFaultsThatAreToldApart) {
  EXPECT_EQ(take_with(&OperationRule::reset, true).error, "unreachable");
  EXPECT_EQ(take_with(&OperationRule::status, std::int64_t{503}).error, "refused");
  EXPECT_EQ(take_with(&OperationRule::status, std::int64_t{404}).error, "refused");
  const Taken cut = take_with(&OperationRule::cut_after, std::int64_t{2});
  EXPECT_EQ(cut.error, "cut_off");
  EXPECT_EQ(cut.steps.size(), 2U);
  const Taken garbage = take_with(&OperationRule::garbage_after, std::int64_t{1});
  EXPECT_EQ(garbage.error, "malformed");
  EXPECT_EQ(garbage.steps.size(), 1U);
  const Taken hung = take_with(&OperationRule::hang, true);
  EXPECT_EQ(hung.error, "unreachable");
  EXPECT_EQ(hung.end_ms, 1 + 5000);
  const Taken silent = take_with(&OperationRule::hang_after, std::int64_t{3});
  EXPECT_EQ(silent.error, "silent");
  EXPECT_EQ(silent.steps.size(), 3U);
  EXPECT_EQ(silent.end_ms, 1 + 15'000);
}

// A script that ends without a reply ends in order, and is a reply cut off.
TEST(FakeAgent, MayForgetTheReply) {
  Settings settings;
  settings.steps.emplace_back();
  AgentWorld world(settings);
  EXPECT_EQ(take_from(world).error, "cut_off");
}

// A rule applies so many times, and to one user only if it says so.
TEST(FakeAgent, CountsItsFaults) {
  Settings settings;
  OperationRule& rule = settings.on["run"];
  rule.user = "alice";
  rule.status = 500;
  rule.times = 1;
  AgentWorld world(settings);
  Words errors;
  const auto body = [&](Runtime& runtime) -> Awaitable<> {
    const auto with = agent_settings();
    HttpAgent agent(runtime, with);
    for (const char* user : {"bob", "alice", "alice"}) {
      AgentRequest request;
      request.user = user;
      request.run = "r";
      try {
        const auto run = co_await agent.start(std::move(request));
        errors.emplace_back("none");
      } catch (const AgentError& error) {
        errors.push_back(error.reason());
      }
    }
    world.world.stop();
  };
  world.run([&](Runtime& runtime, const Executor& root) {
    spawn(runtime, root, "client", body(runtime));
  });
  EXPECT_EQ(errors, (Words{"none", "refused", "none"}));
  EXPECT_EQ(world.all("agent_fault"),
            Words{"agent_fault operation=run run=r user=alice fault=status"});
}

// A service that is not there, and one that says that it is not well.
TEST(FakeAgent, SaysHowItIs) {
  const auto check = [](Settings settings, std::uint16_t port) {
    AgentWorld world(std::move(settings));
    std::string error = "none";
    const auto body = [&](Runtime& runtime) -> Awaitable<> {
      auto with = agent_settings();
      with.port = port;
      HttpAgent agent(runtime, with);
      try {
        co_await agent.check();
      } catch (const AgentError& problem) {
        error = problem.reason();
      }
      world.world.stop();
    };
    world.run([&](Runtime& runtime, const Executor& root) {
      spawn(runtime, root, "client", body(runtime));
    });
    return error;
  };
  EXPECT_EQ(check({}, 8082), "none");
  EXPECT_EQ(check({}, 8083), "unreachable");
  Settings unwell;
  unwell.on["health"].status = 503;
  EXPECT_EQ(check(unwell, 8082), "refused");
}

// Requests that are none get an answer that says so.
TEST(FakeAgent, RefusesWhatIsNoRequest) {
  AgentWorld world;
  Words answers;
  const auto body = [&](Runtime& runtime) -> Awaitable<> {
    for (const char* text : {"{", "[]", "{}", R"({"user_id":7,"run_id":"r"})"}) {
      gateway::HttpCall call;
      call.method = "POST";
      call.target = "/runs";
      call.body = text;
      const auto answer =
          co_await gateway::http_fetch(runtime, Endpoint("agent", 8082), std::move(call));
      answers.push_back(std::to_string(answer.status));
    }
    gateway::HttpCall other;
    other.target = "/elsewhere";
    const auto answer =
        co_await gateway::http_fetch(runtime, Endpoint("agent", 8082), std::move(other));
    answers.push_back(std::to_string(answer.status));
    world.world.stop();
  };
  world.run([&](Runtime& runtime, const Executor& root) {
    spawn(runtime, root, "client", body(runtime));
  });
  EXPECT_EQ(answers, (Words{"400", "400", "400", "400", "404"}));
}

}  // namespace
}  // namespace raceproof::fakes::agent::test
