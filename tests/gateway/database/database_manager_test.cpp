// Passing means: startup waits for a database that comes late and says why when none comes; what
// is reported as connected is; after the end nothing is left.
#include "gateway/database/database_manager.hpp"

#include "gateway/database/statements.hpp"
#include "tests/gateway/database/scripted_database.hpp"

namespace raceproof::gateway::database::testing {
namespace {

using namespace std::chrono_literals;

/// A manager over the scripted database, on the strand of its own.
struct Managed {
  explicit Managed(Parts& parts)
      : manager(parts.runtime, parts.database, parts.settings, "gateway-1",
                [this](const DatabaseState& state) { changes.push_back(state.connected); }) {}
  Awaitable<> start() { return call(manager.strand(), manager.start()); }
  Awaitable<> stop() { return call(manager.strand(), manager.stop()); }

  std::vector<bool> changes;
  DatabaseManager manager;
};

// Connects, migrates, says so, and ends without a trace.
TEST(DatabaseManager, StartsAndStops) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Managed managed(parts);
    co_await managed.start();
    EXPECT_EQ(managed.changes, std::vector<bool>{true});
    co_await managed.stop();
    EXPECT_EQ(managed.changes, (std::vector<bool>{true, false}));
  });
  EXPECT_EQ(bench.count_observed({"state subject=database property=connected value=true"}), 1);
  EXPECT_EQ(bench.log.back(), "1 closed");
}

// A server that does not listen yet is waited for.
TEST(DatabaseManager, WaitsForALateServer) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    bench.script = [&](const Question& question) {
      const bool down = now_ms(parts.runtime) < 5000;
      return question.sql == "CONNECT" && down ? refuse("08001", "refused") : Reply();
    };
    Managed managed(parts);
    co_await managed.start();
    EXPECT_GE(now_ms(parts.runtime), 5000);
    EXPECT_LE(now_ms(parts.runtime), 9000);
    co_await managed.stop();
  });
}

// None comes: startup fails at its limit, and says what it met last.
TEST(DatabaseManager, GivesUpAtItsLimit) {
  Bench bench;
  bench.settings.startup_timeout = 7s;
  bench.script = [](const Question&) { return refuse("08001", "refused"); };
  std::string message;
  bench.run([&](Parts& parts) -> Awaitable<> {
    Managed managed(parts);
    try {
      co_await managed.start();
    } catch (const DatabaseError& error) {
      message = error.what();
      EXPECT_EQ(error.sqlstate(), "08001");
    }
    EXPECT_EQ(now_ms(parts.runtime), 7000);
    co_await managed.stop();
  });
  EXPECT_EQ(message, "not reached in time: schema_migrations: refused");
}

// What waiting cannot mend fails at once.
TEST(DatabaseManager, FailsAtOnceWhereWaitingDoesNotHelp) {
  Bench bench;
  bench.script = [](const Question&) { return refuse("28P01", "wrong password"); };
  bench.run([&](Parts& parts) -> Awaitable<> {
    Managed managed(parts);
    EXPECT_EQ(co_await failure_of(managed.start()), "28P01 permission");
    EXPECT_LT(now_ms(parts.runtime), 100);
    co_await managed.stop();
  });
}

// A database that goes away is noticed by the health monitor, and so is its return.
TEST(DatabaseManager, NoticesThatTheDatabaseGoesAndComes) {
  Bench bench;
  bench.settings.health_interval = 10s;
  bench.run([&](Parts& parts) -> Awaitable<> {
    bool down = false;
    bench.script = [&](const Question&) { return down ? lose() : Reply(); };
    Managed managed(parts);
    co_await managed.start();
    co_await parts.runtime.sleep_for(25s);
    EXPECT_EQ(managed.changes, std::vector<bool>{true});
    down = true;
    co_await parts.runtime.sleep_for(11s);
    EXPECT_EQ(managed.changes, (std::vector<bool>{true, false}));
    down = false;
    co_await parts.runtime.sleep_for(11s);
    EXPECT_EQ(managed.changes, (std::vector<bool>{true, false, true}));
    co_await managed.stop();
  });
}

// A transaction that loses its connection makes the monitor look at once; one lost session is no
// lost database.
TEST(DatabaseManager, LooksAtOnceWhenASessionIsLost) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    bool once = false;
    bench.script = [&](const Question& question) {
      if (question.sql != statements::remove_event || !std::exchange(once, false)) return Reply();
      return lose("57P01");
    };
    Managed managed(parts);
    co_await managed.start();
    once = true;
    co_await call(managed.manager.strand(), managed.manager.store().sent(1));
    co_await parts.runtime.sleep_for(1s);
    EXPECT_EQ(managed.changes, std::vector<bool>{true});
    co_await managed.stop();
  });
  EXPECT_EQ(std::count(bench.log.begin(), bench.log.end(), "2 SELECT 1") +
                std::count(bench.log.begin(), bench.log.end(), "3 SELECT 1"),
            1);
}

// Stopped while it still tries to start, it ends.
TEST(DatabaseManager, CanBeStoppedDuringStartup) {
  Bench bench;
  bench.script = [](const Question&) { return hang(); };
  bench.run([&](Parts& parts) -> Awaitable<> {
    Managed managed(parts);
    TaskScope tasks(parts.runtime, parts.strand);
    tasks.spawn("start", managed.start());
    co_await parts.runtime.sleep_for(1s);
    co_await tasks.stop();
    co_await managed.stop();
    EXPECT_TRUE(managed.changes.empty());
  });
}

// A commit that was not answered is looked up: what is found was stored.
TEST(DatabaseStore, LooksUpACommitThatWasNotAnswered) {
  for (const bool found : {true, false}) {
    Bench bench;
    bench.script = [=](const Question& question) {
      if (question.sql == statements::add_event) return answer({"7"});
      if (question.sql == statements::find_event) return found ? answer({"7"}) : Reply();
      if (question.sql == "COMMIT" && question.session == 1) return lose();
      Reply counted;
      counted.rows.affected = 1;
      return counted;
    };
    bench.run([&](Parts& parts) -> Awaitable<> {
      Store store(parts.settings, parts.transactions, parts.strand, "gateway-1");
      AgentEvent event;
      event.user = "alice";
      event.thread = "t";
      event.run = "r";
      std::string outcome;
      try {
        outcome = std::to_string((co_await store.begin_run(event, "hello")).id);
      } catch (const DatabaseError& error) {
        outcome = error.sqlstate();
      }
      EXPECT_EQ(outcome, found ? "7" : "08007");
    });
    EXPECT_EQ(bench.count_observed({"transaction id=r/begin", "status=unknown"}), 1);
    EXPECT_EQ(bench.count_observed({"transaction id=r/begin", "status=committed"}), found ? 1 : 0);
  }
}

}  // namespace
}  // namespace raceproof::gateway::database::testing
