// The gateway's own database code over the fake: two instances that start and work at once. Passing
// means that both migrate and keep their runs whatever the timing, that locks taken in one order
// never deadlock, and that the order in which the original took them does, and is survived.
#include <gtest/gtest.h>

#include "fakes/database/client.hpp"
#include "fakes/database/server.hpp"
#include "gateway/database/database_manager.hpp"
#include "harness/explore/decisions.hpp"
#include "harness/sim/world.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;
using gateway::AgentEvent;
using gateway::AgentEventType;
using gateway::DatabaseSettings;
using gateway::LockOrder;
using gateway::database::DatabaseManager;

AgentEvent event_of(AgentEventType type, const std::string& run) {
  AgentEvent event;
  event.type = type;
  event.user = "alice";
  event.thread = "thread";
  event.run = run;
  event.agent = "agent";
  event.timestamp = "2025-09-08T19:22:00.000000Z";
  return event;
}

/// One gateway: its database manager, and some runs of one user in one thread.
class Instance {
 public:
  Instance(Runtime& runtime, const DatabaseSettings& settings, const std::string& name)
      : runtime_(runtime),
        name_(name),
        client_(runtime, Endpoint("database", 5432)),
        manager_(runtime, client_, settings, name) {}

  Awaitable<> work(int runs, int& done) {
    co_await call(manager_.strand(), manager_.start());
    for (int i = 0; i < runs; ++i) {
      const auto run = name_ + "-" + std::to_string(i);
      auto started = event_of(AgentEventType::agent_started, run);
      (void)co_await call(manager_.store().strand(),
                          manager_.store().begin_run(std::move(started), "hello"));
      co_await runtime_.sleep_for(runtime_.draw({0ms, 20ms}, "the agent"), "the agent");
      auto ended = event_of(AgentEventType::agent_completed, run);
      const auto entry =
          co_await call(manager_.store().strand(), manager_.store().end_run(std::move(ended)));
      co_await call(manager_.store().strand(), manager_.store().sent(entry.id));
    }
    co_await call(manager_.strand(), manager_.stop());
    ++done;
  }

 private:
  Runtime& runtime_;
  std::string name_;
  Client client_;
  DatabaseManager manager_;
};

struct Outcome {
  sim::RunEnd end = sim::RunEnd::quiescent;
  std::string failure;
  std::map<std::string, int> observed;
  std::map<std::string, int> rows;  ///< "runs inserted"
};

Outcome run(std::uint64_t seed, LockOrder order) {
  constexpr int runs = 3;
  Outcome outcome;
  DatabaseSettings settings;
  settings.lock_order = order;
  settings.host = "database";
  std::unique_ptr<Server> server;
  std::vector<std::unique_ptr<Instance>> instances(2);
  int done = 0;
  explore::RandomDecider decider(seed);
  sim::World world;
  sim::RunOptions options;
  options.horizon = 5min;
  options.on_observation = [&](const Observation& observation) {
    ++outcome.observed[std::string(observation.name)];
    if (observation.name != "db_row") return;
    ++outcome.rows[std::string(std::get<std::string_view>(observation.fields[1].value)) + " " +
                   std::string(std::get<std::string_view>(observation.fields[3].value))];
  };
  world.begin(options, decider);
  world.add_process({.name = "database",
                     .start =
                         [&](Runtime& runtime, const Executor& root) {
                           Settings slow;
                           slow.connect = {1ms, 10ms};
                           slow.reply = {1ms, 5ms};
                           slow.wake = {0ms, 1ms};
                           slow.deadlock_timeout = 50ms;
                           server = std::make_unique<Server>(runtime, slow);
                           spawn(runtime, root, "database", server->run());
                         },
                     .destroy = [&] { server.reset(); }});
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const auto name = "gateway-" + std::to_string(i);
    world.add_process({.name = name,
                       .cold_start = 1ms,
                       .start =
                           [&, i, name](Runtime& runtime, const Executor& root) {
                             instances[i] = std::make_unique<Instance>(runtime, settings, name);
                             spawn(runtime, root, "work", instances[i]->work(runs, done));
                           },
                       .destroy = [&, i] { instances[i].reset(); }});
  }
  outcome.end = world.run();
  outcome.failure = world.failure();
  world.end();
  EXPECT_EQ(done, 2) << "seed " << seed << ": " << sim::name_of(outcome.end) << " "
                     << outcome.failure;
  EXPECT_EQ(outcome.rows["runs inserted"], 2 * runs);
  EXPECT_EQ(outcome.rows["runs updated"], 2 * runs);
  EXPECT_EQ(outcome.rows["outbox inserted"], 2 * 2 * runs);
  EXPECT_EQ(outcome.rows["outbox deleted"], 2 * runs);
  EXPECT_EQ(outcome.observed["migration"], 2);
  return outcome;
}

constexpr std::uint64_t seeds = 60;

TEST(GatewayOnFake, TwoInstancesMigrateAndWorkWithoutDeadlocks) {
  int waits = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    auto outcome = run(seed, LockOrder::fixed);
    EXPECT_EQ(outcome.observed["db_deadlock"], 0) << "seed " << seed;
    waits += outcome.observed["db_lock_wait"];
  }
  EXPECT_GT(waits, 0);
}

TEST(GatewayOnFake, LocksInTheOrderOfTheWorkDeadlockAndAreTriedAgain) {
  int deadlocks = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    deadlocks += run(seed, LockOrder::as_given).observed["db_deadlock"];
  }
  EXPECT_GT(deadlocks, 0);
}

}  // namespace
}  // namespace raceproof::fakes::database::test
