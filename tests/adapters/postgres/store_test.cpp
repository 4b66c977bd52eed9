// The gateway's store on a real PostgreSQL, through libpq. Passing means: the statements are right,
// users are kept apart, and two transactions that deadlock are both saved in the end.
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <functional>
#include <gtest/gtest.h>
#include <map>

#include "gateway/database/database_manager.hpp"
#include "tests/adapters/postgres/real_postgres.hpp"
#include "tests/runtime/asio_world.hpp"

namespace raceproof::postgres::test {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using contract::AsioWorld;
using gateway::AgentEvent;
using gateway::AgentEventType;
using gateway::DatabaseSettings;
using gateway::LockOrder;
using gateway::OutboxEntry;
using gateway::PoolCheckout;
using gateway::RunStore;
using gateway::database::DatabaseError;
using gateway::database::DatabaseManager;

AgentEvent event(AgentEventType type, std::string run, std::string user = "alice",
                 std::string thread = "thread-1") {
  AgentEvent made;
  made.type = type;
  made.user = std::move(user);
  made.thread = std::move(thread);
  made.run = std::move(run);
  made.agent = "echo";
  made.text = "it's \xC3\xA9";
  made.timestamp = "2025-09-08T19:22:00.000000Z";
  return made;
}
AgentEvent started(std::string run) { return event(AgentEventType::agent_started, std::move(run)); }
AgentEvent completed(std::string run) {
  return event(AgentEventType::agent_completed, std::move(run));
}

Awaitable<std::string> state_of(Awaitable<OutboxEntry> body) {
  try {
    co_await std::move(body);
  } catch (const DatabaseError& error) {
    co_return error.sqlstate();
  }
  co_return "none";
}

/// A database of its own on the shared server, and managers of instances that use it.
class PostgresStore : public testing::Test {
 protected:
  PostgresStore() : world(counting_observer()) {
    static int databases = 0;
    const std::string name = "store_" + std::to_string(++databases);
    server.run("CREATE DATABASE " + name);
    Options options = server.options();
    options.database = name;
    database.emplace(world.runtime(), options);
  }

  AsioOptions counting_observer() {
    AsioOptions options;
    options.threads = 2;
    options.observer = [this](const Observation& observation, std::string_view, std::int64_t) {
      std::string line(observation.name);
      for (const Field& field : observation.fields) {
        if (field.key != "sqlstate" && field.key != "status") continue;
        line.append(1, ' ').append(std::get<std::string_view>(field.value));
      }
      ++observed[line];
    };
    return options;
  }
  std::unique_ptr<DatabaseManager> manager(const std::string& instance = "gateway-1") {
    return std::make_unique<DatabaseManager>(world.runtime(), *database, settings, instance);
  }
  static Awaitable<> start(DatabaseManager& manager) {
    return call(manager.strand(), manager.start());
  }
  static Awaitable<> stop(DatabaseManager& manager) {
    return call(manager.strand(), manager.stop());
  }
  static Awaitable<OutboxEntry> begin(DatabaseManager& manager, AgentEvent started) {
    return call(manager.strand(), manager.store().begin_run(std::move(started), "hello"));
  }
  static Awaitable<OutboxEntry> end(DatabaseManager& manager, AgentEvent ended) {
    return call(manager.strand(), manager.store().end_run(std::move(ended)));
  }
  Awaitable<std::string> first(std::string sql) {
    const auto session = co_await database->connect(world.strand());
    const auto rows = co_await session->query(sql, {});
    co_return rows.rows.at(0).at(0).value_or("NULL");
  }

  RealPostgres& server = shared_postgres();
  std::map<std::string, int> observed;
  AsioWorld world;
  DatabaseSettings settings;
  std::optional<PostgresDatabase> database;
};

// A run is begun, reported, ended and reported; the outbox holds what has not left.
TEST_F(PostgresStore, KeepsARun) {
  world.run([this]() -> Awaitable<> {
    const auto gateway = manager();
    co_await start(*gateway);
    RunStore& store = gateway->store();
    const OutboxEntry begun = co_await begin(*gateway, started("run-1"));
    EXPECT_GT(begun.id, 0);
    EXPECT_EQ(begun.event.run, "run-1");
    const OutboxEntry ended = co_await end(*gateway, completed("run-1"));
    const auto owed = co_await call(store.strand(), store.unsent());
    EXPECT_EQ(owed.size(), 2U);
    EXPECT_EQ(owed.at(0).id, begun.id);
    EXPECT_EQ(owed.at(1).id, ended.id);
    const AgentEvent& event = owed.at(1).event;
    EXPECT_EQ(event.type, AgentEventType::agent_completed);
    EXPECT_EQ(event.user + ' ' + event.thread + ' ' + event.run + ' ' + event.agent,
              "alice thread-1 run-1 echo");
    EXPECT_EQ(event.text, "it's \xC3\xA9");
    EXPECT_EQ(event.timestamp, "2025-09-08T19:22:00.000000Z");
    co_await call(store.strand(), store.sent(begun.id));
    EXPECT_EQ((co_await call(store.strand(), store.unsent())).size(), 1U);
    co_await call(store.strand(), store.sent(begun.id));  // saying it twice does no harm
    EXPECT_EQ(co_await first("SELECT status FROM runs"), "completed");
    EXPECT_EQ(co_await first("SELECT string_agg(role || ':' || body, ',' ORDER BY id) "
                             "FROM messages"),
              "user:hello,agent:it's \xC3\xA9");
    EXPECT_EQ(co_await first("SELECT runs_begun || ',' || runs_ended FROM users"), "1,1");
    EXPECT_EQ(co_await first("SELECT runs_begun || ',' || runs_ended FROM threads"), "1,1");
    co_await stop(*gateway);
  }());
  EXPECT_EQ(observed["transaction committed"], 2 + 2);  // migrations and runs
}

// What a transaction refuses leaves nothing behind, nor an event of it.
TEST_F(PostgresStore, KeepsUsersApart) {
  world.run([this]() -> Awaitable<> {
    const auto gateway = manager();
    co_await start(*gateway);
    co_await begin(*gateway, started("run-1"));
    const auto type = AgentEventType::agent_started;
    EXPECT_EQ(co_await state_of(begin(*gateway, event(type, "run-2", "mallory"))), "42501");
    EXPECT_EQ(co_await first("SELECT count(*) FROM users"), "1");
    EXPECT_EQ(co_await first("SELECT count(*) FROM runs"), "1");
    EXPECT_EQ(co_await first("SELECT count(*) FROM outbox"), "1");
    // Nor can another user's run be ended, in whichever thread, nor one that is over.
    const auto over = AgentEventType::agent_failed;
    EXPECT_EQ(co_await state_of(end(*gateway, event(over, "run-1", "mallory"))), "02000");
    EXPECT_EQ(co_await state_of(end(*gateway, event(over, "run-1", "alice", "t2"))), "02000");
    EXPECT_EQ(co_await state_of(end(*gateway, event(over, "run-1"))), "none");
    EXPECT_EQ(co_await state_of(end(*gateway, event(over, "run-1"))), "02000");
    // The same run twice is refused by its key.
    EXPECT_EQ(co_await state_of(begin(*gateway, started("run-1"))), "23505");
    co_await stop(*gateway);
  }());
}

// Two instances that start at once apply each migration once; each sends its own events.
TEST_F(PostgresStore, MigratesOnceForTwoInstances) {
  world.run([this]() -> Awaitable<> {
    const auto one = manager("gateway-1");
    const auto two = manager("gateway-2");
    co_await (start(*one) && start(*two));
    EXPECT_EQ(co_await first("SELECT string_agg(version || ' ' || name, ',' ORDER BY version) "
                             "FROM schema_migrations"),
              "1 runs,2 outbox");
    const OutboxEntry begun = co_await begin(*one, started("run-1"));
    const OutboxEntry ended = co_await end(*two, completed("run-1"));
    const auto of_one = co_await call(one->strand(), one->store().unsent());
    const auto of_two = co_await call(two->strand(), two->store().unsent());
    EXPECT_EQ(of_one.size(), 1U);
    EXPECT_EQ(of_one.at(0).id, begun.id);
    EXPECT_EQ(of_two.size(), 1U);
    EXPECT_EQ(of_two.at(0).id, ended.id);
    co_await stop(*one);
    co_await stop(*two);
  }());
  EXPECT_EQ(observed["migration"], 2);
}

/// Begins and ends `runs` runs of one thread, one after the other.
Awaitable<> keep_running(DatabaseManager& gateway, std::string name, int runs) {
  RunStore& store = gateway.store();
  for (int i = 0; i < runs; ++i) {
    const std::string run = name + std::to_string(i);
    co_await call(store.strand(), store.begin_run(started(run), "hello"));
    co_await call(store.strand(), store.end_run(completed(run)));
  }
}

// In the order in which each operation meets them, the rows of user and thread deadlock: 40P01 from
// the server, rolled back, tried anew, and nothing is lost or counted twice. In a fixed order they
// do not.
TEST_F(PostgresStore, SurvivesDeadlocks) {
  settings.retry.times = 50;
  settings.retry.base = 1ms;
  settings.retry.max = 10ms;
  constexpr int runs = 25;
  for (const LockOrder order : {LockOrder::as_given, LockOrder::fixed}) {
    settings.lock_order = order;
    observed.clear();
    const std::string prefix = order == LockOrder::fixed ? "fixed" : "as_given";
    world.run([&]() -> Awaitable<> {
      const auto gateway = manager();
      co_await start(*gateway);
      co_await (keep_running(*gateway, prefix + "a", runs) &&
                keep_running(*gateway, prefix + "b", runs) &&
                keep_running(*gateway, prefix + "c", runs) &&
                keep_running(*gateway, prefix + "d", runs));
      co_await stop(*gateway);
    }());
    const int deadlocks = observed["database_trouble 40P01"];
    if (order == LockOrder::fixed) {
      EXPECT_EQ(deadlocks, 0);
      EXPECT_EQ(observed["transaction rolled_back"], 0);
    } else {
      EXPECT_GT(deadlocks, 0);
      EXPECT_EQ(observed["transaction rolled_back"], deadlocks);
    }
    EXPECT_EQ(observed["transaction committed"],
              8 * runs + (order == LockOrder::as_given ? 2 : 0));  // the first one migrates
  }
  world.run([this]() -> Awaitable<> {
    EXPECT_EQ(co_await first("SELECT runs_begun || ',' || runs_ended FROM users"), "200,200");
    EXPECT_EQ(co_await first("SELECT runs_begun || ',' || runs_ended FROM threads"), "200,200");
    EXPECT_EQ(co_await first("SELECT count(*) FROM outbox"), "400");
    EXPECT_EQ(co_await first("SELECT count(*) FROM runs WHERE status = 'completed'"), "200");
  }());
}

// New users and threads that come at once are made once.
TEST_F(PostgresStore, MakesUsersAndThreadsOnce) {
  world.run([this]() -> Awaitable<> {
    const auto gateway = manager();
    co_await start(*gateway);
    for (int i = 0; i < 10; ++i) {
      const std::string n = std::to_string(i);
      const auto fresh = [&](const char* run) {
        return event(AgentEventType::agent_started, run + n, "user-" + n, "thread-of-" + n);
      };
      const auto [a, b, c] =
          co_await (state_of(begin(*gateway, fresh("a"))) &&
                    state_of(begin(*gateway, fresh("b"))) && state_of(begin(*gateway, fresh("c"))));
      EXPECT_EQ(a + b + c, "nonenonenone");
    }
    EXPECT_EQ(co_await first("SELECT count(*) FROM users WHERE runs_begun = 3"), "10");
    EXPECT_EQ(co_await first("SELECT count(*) FROM threads WHERE runs_begun = 3"), "10");
    co_await stop(*gateway);
  }());
}

// `checkout: shared`, the mistake: two operations at once get in each other's way on one session,
// where each alone succeeds.
TEST_F(PostgresStore, SharedCheckoutMixesOperations) {
  for (const auto checkout : {PoolCheckout::exclusive, PoolCheckout::shared}) {
    settings.checkout = checkout;
    const std::string prefix = checkout == PoolCheckout::shared ? "shared" : "exclusive";
    int refused = 0;
    world.run([&]() -> Awaitable<> {
      const auto gateway = manager();
      co_await start(*gateway);
      for (int i = 0; i < 5; ++i) {
        const std::string n = prefix + std::to_string(i);
        const auto [a, b] = co_await (state_of(begin(*gateway, started(n + "a"))) &&
                                      state_of(begin(*gateway, started(n + "b"))));
        refused += (a == "none" ? 0 : 1) + (b == "none" ? 0 : 1);
      }
      EXPECT_EQ(co_await state_of(begin(*gateway, started(prefix))), "none");
      co_await stop(*gateway);
    }());
    if (checkout == PoolCheckout::shared) {
      EXPECT_GT(refused, 0);
    } else {
      EXPECT_EQ(refused, 0);
    }
  }
}

/// Stores what `make` gives, for as long as nobody can say whether it is stored: asked again, the
/// store refuses what is there already with `there`.
Awaitable<> insist(std::function<Awaitable<OutboxEntry>()> make, std::string there) {
  std::string state = co_await state_of(make());
  const bool was_unknown = state == "08007";
  while (state == "08007") state = co_await state_of(make());
  EXPECT_TRUE(state == "none" || (was_unknown && state == there)) << state;
}

// Backends that are killed in the middle of whatever they do cost retries, and nothing else: what
// was committed is there once, what was not is not.
TEST_F(PostgresStore, SurvivesKilledBackends) {
  settings.retry.times = 50;
  settings.retry.base = 1ms;
  world.run([&]() -> Awaitable<> {
    const auto gateway = manager();
    co_await start(*gateway);
    Signal progress(world.runtime(), world.strand());
    const auto keep_insisting = [&]() -> Awaitable<> {
      for (int i = 0; i < 30; ++i) {
        const std::string run = "r" + std::to_string(i);
        const auto begins = [&] { return begin(*gateway, started(run)); };
        const auto ends = [&] { return end(*gateway, completed(run)); };
        co_await insist(begins, "23505");
        progress.notify_all();
        co_await insist(ends, "02000");
        progress.notify_all();
      }
    };
    const auto killer = co_await database->connect(world.strand());
    constexpr std::string_view kill =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()";
    TaskScope runs(world.runtime(), world.strand());
    runs.spawn("runs", keep_insisting());
    while (runs.size() > 0) {
      // The next one is under way by the time of the kill.
      co_await (progress.wait("progress") || world.runtime().sleep_for(1s));
      co_await killer->query(kill, {});
    }
    EXPECT_EQ(co_await first("SELECT count(*) FROM runs WHERE status = 'completed'"), "30");
    EXPECT_EQ(co_await first("SELECT count(*) FROM outbox"), "60");
    EXPECT_EQ(co_await first("SELECT runs_begun || ',' || runs_ended FROM users"), "30,30");
    co_await stop(*gateway);
  }());
  EXPECT_GT(observed["transaction_retry"], 0);
}

}  // namespace
}  // namespace raceproof::postgres::test
