// The same agent and service on the production runtime, over loopback.
#include <gtest/gtest.h>

#include "fakes/agent/server.hpp"
#include "gateway/agents/http_agent.hpp"
#include "runtime/asio/runtime.hpp"
#include "runtime/task.hpp"

namespace raceproof::fakes::agent::test {
namespace {

struct Seen {
  std::vector<std::string> texts;
  std::string refusal;
};

Awaitable<> use(AsioRuntime& runtime, Server& server, Seen& seen) {
  gateway::AgentSettings settings;
  settings.host = "127.0.0.1";
  settings.port = co_await server.listening();
  gateway::HttpAgent agent(runtime, settings);
  co_await agent.check();
  for (const char* user : {"alice", "mallory"}) {
    gateway::AgentRequest request;
    request.user = user;
    request.run = "r";
    request.text = std::string(5000, 'x');
    try {
      const auto run = co_await agent.start(std::move(request));
      for (;;) {
        const auto step = co_await run->next();
        if (!step) break;
        seen.texts.push_back(step->text);
      }
    } catch (const gateway::AgentError& error) {
      seen.refusal = error.reason();
    }
  }
  co_await server.stop();
  runtime.stop();
}

TEST(FakeAgentOverTcp, StreamsAndRefuses) {
  AsioRuntime runtime({.threads = 2});
  Settings settings;
  settings.listen.host = "127.0.0.1";
  settings.listen.port = 0;
  settings.step = {std::chrono::milliseconds(1), std::chrono::milliseconds(3)};
  settings.on["run"].user = "mallory";
  settings.on["run"].cut_after = 1;
  Server server(runtime, settings);
  Seen seen;
  const auto control = runtime.make_strand("control");
  server.start();
  spawn(runtime, control, "use", use(runtime, server, seen));
  const auto work = runtime.keep_alive();
  runtime.run();
  EXPECT_FALSE(runtime.failed());
  ASSERT_EQ(seen.texts.size(), 5U);
  EXPECT_EQ(seen.texts[3], "You said: " + std::string(5000, 'x'));
  EXPECT_EQ(seen.refusal, "cut_off");
}

}  // namespace
}  // namespace raceproof::fakes::agent::test
