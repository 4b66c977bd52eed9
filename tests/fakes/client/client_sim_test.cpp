// The scripted client in a simulated world: the same code, and nothing left when a run is cut
// short.
#include <chrono>
#include <gtest/gtest.h>
#include <optional>

#include "fakes/client/client.hpp"
#include "harness/sim/world.hpp"
#include "runtime/task.hpp"
#include "tests/fakes/client/test_server.hpp"

namespace raceproof::fakes::client {
namespace {

using namespace std::chrono_literals;
using test::Behaviour;

/// The usual order and the shortest delays.
class Baseline final : public sim::Decider {
 public:
  std::size_t choose(sim::ChoiceKind, std::span<const sim::Meaning>) override { return 0; }
  std::int64_t draw(std::int64_t low_ns, std::int64_t, const sim::Meaning&) override {
    return low_ns;
  }
};

/// One server and one client, each a process of its own.
class SimulatedClient {
 public:
  sim::RunEnd run(std::vector<Behaviour> behaviours, std::vector<Step> steps,
                  std::uint32_t event_limit = 100'000) {
    sim::RunOptions options;
    options.event_limit = event_limit;
    ok.reset();
    world.begin(options, decider_);
    sim::ProcessOptions server;
    server.name = "server";
    server.start = [&](Runtime& runtime, const Executor&) {
      server_.emplace(runtime, behaviours);
      server_->listen(80, "server");
    };
    server.destroy = [&] { server_.reset(); };
    world.add_process(std::move(server));
    sim::ProcessOptions client;
    client.name = "client";
    client.start = [&](Runtime& runtime, const Executor&) {
      client_.emplace(runtime, Endpoint{"server", 80}, Script{"alice", steps});
      spawn(runtime, client_->strand(), "alice", play());
    };
    client.destroy = [&] { client_.reset(); };
    world.add_process(std::move(client));
    const auto end = world.run();
    events = world.trace().events().size();
    world.end();
    return end;
  }

  sim::World world;
  std::optional<bool> ok;
  std::size_t events = 0;

 private:
  Awaitable<> play() {
    ok = co_await client_->run();
    world.stop();
  }

  Baseline decider_;
  std::optional<test::TestServer> server_;
  std::optional<Client> client_;
};

/// A script that comes past every kind of wait.
std::vector<Step> long_script() {
  Connect connect;
  connect.retry_on = {"503"};
  connect.within = 1s;
  Expect hello;
  hello.type = "hello";
  hello.within = 2s;
  Expect echo;
  echo.type = "echo";
  return {Wait{{10ms, 20ms}},  Get{},   connect, hello, Send{}, echo,
          Close{1000, "", 1s}, connect, Abort{}};
}
std::vector<Behaviour> long_behaviours() {
  Behaviour refuses;
  refuses.kind = Behaviour::Kind::refuse;
  Behaviour greets;
  greets.frames = {R"({"type":"hello"})"};
  return {Behaviour{}, refuses, greets};
}

// A whole script is met in virtual time.
TEST(ClientSimTest, PlaysAScript) {
  SimulatedClient client;
  EXPECT_EQ(client.run(long_behaviours(), long_script()), sim::RunEnd::stopped)
      << client.world.failure();
  EXPECT_EQ(client.ok, true);
}

// A client that waits for what never comes waits until the run ends, and is not done.
TEST(ClientSimTest, WaitsWithoutALimit) {
  SimulatedClient client;
  Expect never;
  never.type = "never";
  EXPECT_EQ(client.run({Behaviour{}}, {Connect{}, never}), sim::RunEnd::horizon);
  EXPECT_FALSE(client.ok.has_value());
}

// Cut after any number of events, everything is destroyed cleanly (as a sanitizer build checks),
// and the next run is as good as the first.
TEST(ClientSimTest, CanBeDestroyedAtAnyEvent) {
  SimulatedClient client;
  ASSERT_EQ(client.run(long_behaviours(), long_script()), sim::RunEnd::stopped);
  const auto events = static_cast<std::uint32_t>(client.events);
  for (std::uint32_t limit = 1; limit < events; ++limit) {
    client.run(long_behaviours(), long_script(), limit);
  }
  EXPECT_EQ(client.run(long_behaviours(), long_script()), sim::RunEnd::stopped);
  EXPECT_EQ(client.ok, true);
}

}  // namespace
}  // namespace raceproof::fakes::client
