// Every order in which uses of the pool can meet. Passing means: whoever is cancelled when, no
// session is lost or leased twice, and every transaction ends in exactly one way.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "tests/gateway/database/scripted_database.hpp"
#include "tests/harness/sim/playground.hpp"

namespace raceproof::gateway::database::testing {
namespace {

using namespace std::chrono_literals;

/// A pool of one session over a database that answers everything.
struct OneSession {
  explicit OneSession(Runtime& made_on, const Executor& on)
      : runtime(made_on),
        database(runtime, script, log),
        pool(std::make_shared<Pool>(runtime, database, with_one_session(settings), on)),
        transactions(runtime, settings, pool),
        tasks(runtime, on),
        given_up(runtime, on) {}

  static const DatabaseSettings& with_one_session(DatabaseSettings& made) {
    made.pool.size = 1;
    return made;
  }
  Awaitable<> sleep(Duration high) {
    return runtime.sleep_for(runtime.draw(DelayRange{Duration(), high}, "delay"), "delay");
  }
  /// A transaction that begins and lasts as long as it likes.
  Awaitable<> run(std::string name) {
    co_await sleep(2ms);
    const auto body = [this](Transaction& transaction) { return write(transaction); };
    co_await transactions.run(name, body);
    ++committed;
  }
  Awaitable<> write(Transaction& transaction) {
    most_at_once = std::max(most_at_once, ++at_once);
    const std::shared_ptr<void> left(nullptr, [this](void*) { --at_once; });
    co_await transaction.execute("WRITE");
  }
  Awaitable<> cancel() {
    co_await sleep(10ms);
    given_up.cancel();
  }

  Runtime& runtime;
  DatabaseSettings settings;
  ScriptedDatabase::Script script = [](const Question&) { return Reply(); };
  std::vector<std::string> log;
  ScriptedDatabase database;
  std::shared_ptr<Pool> pool;
  Transactions transactions;
  TaskScope tasks;
  TaskScope given_up;
  int at_once = 0;
  int most_at_once = 0;
  int committed = 0;
};

TEST(DatabasePoolExplored, LosesNoSessionInAnyOrder) {
  sim::Playground program([](sim::World& world, sim::Log& log) {
    world.add_process(sim::process("p", [&log](Runtime& runtime, Executor root) -> Awaitable<> {
      OneSession one(runtime, root);
      one.tasks.spawn("a", one.run("a"));
      one.given_up.spawn("b", one.run("b"));
      one.tasks.spawn("d", one.run("d"));
      one.tasks.spawn("cancel", one.cancel());
      co_await one.tasks.join();
      co_await one.given_up.join();
      const PoolFigures figures = one.pool->figures();
      log.push_back("in use " + std::to_string(figures.in_use));
      log.push_back("waiting " + std::to_string(figures.waiting));
      log.push_back("at once " + std::to_string(one.most_at_once));
      log.push_back("committed " + std::to_string(one.committed));
      // It is fit for the next one, or was closed in the middle of a statement.
      co_await one.run("c");
      log.push_back("idle " + std::to_string(one.pool->figures().idle));
    }));
  });
  sim::RunOptions options = sim::symbolic();
  options.horizon = Duration::max();
  const auto outcomes = program.all(options);
  const auto logs = sim::logs_of(outcomes);
  EXPECT_GT(outcomes.size(), 200U);
  for (const auto& outcome : outcomes) {
    EXPECT_EQ(outcome.end, sim::RunEnd::quiescent) << ::testing::PrintToString(outcome.log);
  }
  const auto with = [](const char* committed) {
    return sim::Log{"in use 0", "waiting 0", "at once 1", committed, "idle 1"};
  };
  // Cancelled in time, or too late.
  EXPECT_EQ(logs, (std::set<sim::Log>{with("committed 2"), with("committed 3")}));
}

}  // namespace
}  // namespace raceproof::gateway::database::testing
