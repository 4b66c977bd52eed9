// The fake under an exhaustive search. Passing means that the search finds the lost update of a
// program that reads and then writes, and that an update in one statement, or a locked read, has
// none in any order.
#include <set>

#include "fakes/database/client.hpp"
#include "fakes/database/server.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;

enum class Way { one_statement, read_then_write, locked_read };

Awaitable<std::string> ask(gateway::database::Session& session, std::string sql) {
  std::vector<Value> none;
  const auto rows = co_await session.query(sql, std::move(none));
  co_return rows.rows.empty() ? "" : rows.rows[0][0].value_or("");
}

Awaitable<> count_up(Runtime& runtime, Executor strand, Way way) {
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  co_await session->begin();
  if (way == Way::one_statement) {
    (void)co_await ask(*session, "UPDATE t SET n = n + 1");
  } else {
    const bool locked = way == Way::locked_read;
    const auto n =
        co_await ask(*session, locked ? "SELECT n FROM t FOR UPDATE" : "SELECT n FROM t");
    (void)co_await ask(*session, "UPDATE t SET n = " + std::to_string(std::stoi(n) + 1));
  }
  co_await session->commit();
}

Awaitable<> set_up(Runtime& runtime, Executor strand) {
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  (void)co_await ask(*session, "CREATE TABLE t (n bigint)");
  (void)co_await ask(*session, "INSERT INTO t VALUES (0)");
}

Awaitable<> look(Runtime& runtime, Executor strand, sim::Log& log) {
  co_await runtime.sleep_for(500ms, "both to be done");
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  log.push_back(co_await ask(*session, "SELECT n FROM t"));
}

void add_server(sim::World& world, std::unique_ptr<Server>& server, const Settings& settings) {
  world.add_process({.name = "database",
                     .start =
                         [&server, settings](Runtime& runtime, const Executor& root) {
                           server = std::make_unique<Server>(runtime, settings);
                           spawn(runtime, root, "database", server->run());
                         },
                     .destroy = [&server] { server.reset(); }});
}

template <class Body>
void add_process(sim::World& world, const char* name, Duration start, Body body) {
  world.add_process(
      {.name = name,
       .cold_start = start,
       .start = [body](Runtime& runtime,
                       const Executor& root) { spawn(runtime, root, "body", body(runtime, root)); },
       .destroy = {}});
}

/// Everything that two who count up at once can come to.
std::set<sim::Log> outcomes(Way way) {
  std::unique_ptr<Server> server;
  sim::Playground playground([&](sim::World& world, sim::Log& log) {
    Settings settings;
    settings.reply = {1ms, 3ms};
    add_server(world, server, settings);
    add_process(world, "set up", 1ms,
                [](Runtime& runtime, Executor strand) { return set_up(runtime, strand); });
    for (const char* name : {"one", "other"}) {
      add_process(world, name, 100ms, [way](Runtime& runtime, Executor strand) {
        return count_up(runtime, strand, way);
      });
    }
    add_process(world, "look", 1ms,
                [&log](Runtime& runtime, Executor strand) { return look(runtime, strand, log); });
  });
  return sim::logs_of(playground.all(sim::symbolic()));
}

Awaitable<> hold_key(Runtime& runtime, Executor strand) {
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  (void)co_await ask(*session, "CREATE TABLE t (id bigint PRIMARY KEY, who text)");
  co_await session->begin();
  (void)co_await ask(*session, "INSERT INTO t VALUES (1, 'nobody')");
  co_await runtime.sleep_for(100ms, "both to wait");
  co_await session->rollback();
}

Awaitable<> want_key(Runtime& runtime, Executor strand, std::string who) {
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  try {
    (void)co_await ask(*session, "INSERT INTO t VALUES (1, '" + who + "')");
  } catch (const Error&) {
    // the other one has it
  }
}

Awaitable<> look_for_key(Runtime& runtime, Executor strand, sim::Log& log) {
  co_await runtime.sleep_for(500ms, "both to be done");
  Client client(runtime, Endpoint("database", 5432));
  auto session = co_await client.connect(strand);
  log.push_back(co_await ask(*session, "SELECT who FROM t"));
}

/// Who of two that wait for a key may get it.
std::set<sim::Log> winners(DelayRange wake) {
  std::unique_ptr<Server> server;
  sim::Playground playground([&](sim::World& world, sim::Log& log) {
    Settings settings;
    settings.wake = wake;
    add_server(world, server, settings);
    add_process(world, "holder", 1ms,
                [](Runtime& runtime, Executor strand) { return hold_key(runtime, strand); });
    add_process(world, "first", 10ms, [](Runtime& runtime, Executor strand) {
      return want_key(runtime, strand, "first");
    });
    add_process(world, "second", 20ms, [](Runtime& runtime, Executor strand) {
      return want_key(runtime, strand, "second");
    });
    add_process(world, "look", 1ms, [&log](Runtime& runtime, Executor strand) {
      return look_for_key(runtime, strand, log);
    });
  });
  return sim::logs_of(playground.all(sim::symbolic()));
}

TEST(Orders, ReadingAndThenWritingLosesAnUpdateInSomeOrder) {
  EXPECT_EQ(outcomes(Way::read_then_write), (std::set<sim::Log>{{"1"}, {"2"}}));
}

TEST(Orders, OneStatementLosesNone) {
  EXPECT_EQ(outcomes(Way::one_statement), (std::set<sim::Log>{{"2"}}));
}

TEST(Orders, ALockedReadLosesNone) {
  EXPECT_EQ(outcomes(Way::locked_read), (std::set<sim::Log>{{"2"}}));
}

// Who has waited longest goes on first, unless the time it takes to wake is a range: then
// PostgreSQL and the operating system leave it open, and both are found.
TEST(Orders, WaitersGoOnInTheirOrderOrInAny) {
  EXPECT_EQ(winners({}), (std::set<sim::Log>{{"first"}}));
  EXPECT_EQ(winners({0ms, 1ms}), (std::set<sim::Log>{{"first"}, {"second"}}));
}

}  // namespace
}  // namespace raceproof::fakes::database::test
