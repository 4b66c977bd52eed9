// A connection whose request the gateway fails at. Passing means that the client is told so with
// 500 and that nobody else is harmed.
#include "gateway/connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <gtest/gtest.h>

#include "gateway/agents/echo_agent.hpp"
#include "gateway/http_client.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"

namespace raceproof::gateway {
namespace {

using namespace std::chrono_literals;

Awaitable<std::string> fail_at_metrics() {
  throw std::out_of_range("no such figure");
  co_return std::string();
}

/// All that a connection needs, and a listener; there is no Redis.
struct Parts {
  explicit Parts(Runtime& of)
      : runtime(of),
        figures(resolve(settings)),
        strand(of.make_strand("main")),
        readiness(of, settings.readiness, figures),
        redis(of, settings.redis, instance_channel(settings), [](const RedisState&) {}),
        connections(of, settings.connections, nullptr),
        bridge(of, settings.agent, agent, connections, nullptr, [](BridgeState) {}),
        services{of,      settings,    figures, readiness,      redis,
                 nullptr, connections, bridge,  fail_at_metrics} {}

  Awaitable<> serve() {
    Listener listener = runtime.listen(strand, {"gateway", 8000});
    const auto strand_of = [this](std::string_view peer) { return runtime.make_strand(peer); };
    for (;;) {
      auto [error, stream] =
          co_await listener.async_accept(strand_of, asio::as_tuple(use_awaitable));
      if (error) co_return;
      auto& connection = accepted.emplace_back(services, std::move(stream), false);
      spawn(runtime, connection.strand(), "connection", connection.serve());
    }
  }

  Runtime& runtime;
  Settings settings;
  Figures figures;
  Executor strand;
  Readiness readiness;
  RedisManager redis;
  ConnectionManager connections;
  EchoBackend agent;
  AgentBridge bridge;
  Services services;
  std::list<Connection> accepted;
};

TEST(Connection, AnswersAnErrorOfOurOwnWith500) {
  sim::World world;
  std::unique_ptr<Parts> parts;
  std::vector<std::string> answers;
  std::string reason;
  sim::RunOptions options;
  options.horizon = 10s;
  options.on_observation = [&](const Observation& observation) {
    if (observation.name != "request_failed") return;
    for (const auto& field : observation.fields) {
      if (field.key == "reason") reason = std::get<std::string_view>(field.value);
    }
  };
  explore::BaselineDecider decider;
  world.begin(options, decider);
  world.add_process({.name = "gateway",
                     .start =
                         [&](Runtime& runtime, const Executor&) {
                           parts = std::make_unique<Parts>(runtime);
                           spawn(runtime, parts->strand, "gateway", parts->serve());
                         },
                     .destroy = [&] { parts.reset(); }});
  const auto ask = [](Runtime& runtime, std::vector<std::string>& to,
                      sim::World& all) -> Awaitable<> {
    const Endpoint at("gateway", 8000);
    for (const char* target : {"/metrics", "/health/live"}) {
      HttpCall call;
      call.target = target;
      const HttpAnswer answer = co_await http_fetch(runtime, at, std::move(call));
      to.push_back(std::to_string(answer.status) + " " + answer.body);
    }
    all.stop();
  };
  world.add_process({.name = "client",
                     .cold_start = 1ms,
                     .start =
                         [&](Runtime& runtime, const Executor& root) {
                           spawn(runtime, root, "client", ask(runtime, answers, world));
                         },
                     .destroy = [] {}});
  world.run();
  EXPECT_EQ(world.failure(), "");
  world.end();
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0].starts_with("500 ")) << answers[0];
  EXPECT_NE(answers[0].find("internal_error"), std::string::npos);
  EXPECT_EQ(answers[0].find("figure"), std::string::npos) << "what went wrong is for the log";
  EXPECT_TRUE(answers[1].starts_with("200 "));
  EXPECT_EQ(reason, "no such figure");
}

}  // namespace
}  // namespace raceproof::gateway
