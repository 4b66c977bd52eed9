// The server and its client half in the simulated world. Passing means that delays and faults do
// what the settings say, that a lost client is treated as PostgreSQL treats one, and that the
// observations tell what was committed.
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "tests/fakes/database/database_world.hpp"

namespace raceproof::fakes::database::test {
namespace {

using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using std::chrono::milliseconds;

constexpr const char* create = "CREATE TABLE runs (id text PRIMARY KEY, n bigint DEFAULT 0)";
constexpr const char* count = "SELECT count(*) FROM runs";

Awaitable<std::string> commit(SessionPointer& session) {
  std::string answer = "committed";
  try {
    co_await session->commit();
  } catch (const Error& error) {
    answer = error.sqlstate();
  }
  co_return answer;
}

/// Begins, inserts row `id`, commits; what the commit answered.
Awaitable<std::string> commit_row(SessionPointer& session, std::string id) {
  co_await session->begin();
  (void)co_await say(session, "INSERT INTO runs (id) VALUES ('" + id + "')");
  const auto answer = co_await commit(session);
  co_return answer;
}

/// What a commit under `rule` answered, and how many rows there were afterwards.
std::vector<std::string> commit_under(const RequestRule& rule) {
  Settings settings;
  settings.on.commit = rule;
  DatabaseWorld database(settings);
  std::vector<std::string> answers;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    (void)co_await say(a, create);
    answers.push_back(co_await commit_row(a, "one"));
    auto b = co_await client.connect(strand);
    answers.push_back(co_await say(b, count));
    answers.push_back(co_await commit_row(b, "two"));
  });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  return answers;
}

using Answers = std::vector<std::string>;

TEST(Faults, ACommitMayFail) {
  RequestRule rule;
  rule.fail = "40001";
  rule.times = 1;
  EXPECT_EQ(commit_under(rule), (Answers{"40001", "1 0", "committed"}));
}

TEST(Faults, TheConnectionMayBeCutBeforeACommitTookEffectOrAfter) {
  RequestRule before;
  before.reset = true;
  before.times = 1;
  EXPECT_EQ(commit_under(before), (Answers{"08006", "1 0", "committed"}));
  RequestRule after;
  after.reset_after = true;
  after.times = 1;
  EXPECT_EQ(commit_under(after), (Answers{"08006", "1 1", "committed"}));
}

TEST(Faults, TheFirstMayBeSkipped) {
  RequestRule rule;
  rule.fail = "40P01";
  rule.skip = 1;
  EXPECT_EQ(commit_under(rule), (Answers{"committed", "1 1", "40P01"}));
}

TEST(Faults, AnErrorMaySayWhatTheServerWouldSay) {
  Settings settings;
  settings.on.insert.emplace().fail = "08006";
  settings.on.insert->message = "SSL SYSCALL error: EOF detected";
  DatabaseWorld database(settings);
  std::string said;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    (void)co_await say(a, create);
    try {
      (void)co_await a->query("INSERT INTO runs (id) VALUES ('one')", {});
    } catch (const Error& error) {
      said = error.what();
    }
    EXPECT_EQ(co_await say(a, count), "08006");
    EXPECT_FALSE(a->usable());
  });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_NE(said.find("SSL SYSCALL error: EOF detected"), said.npos) << said;
}

TEST(Faults, AFailedStatementEndsTheTransactionAndAFatalOneTheSession) {
  Settings settings;
  settings.on.insert.emplace().fail = "40001";
  settings.on.update.emplace().fail = "57P01";
  DatabaseWorld database(settings);
  Answers answers;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    (void)co_await say(a, create);
    co_await a->begin();
    answers.push_back(co_await say(a, "INSERT INTO runs (id) VALUES ('one')"));
    answers.push_back(co_await say(a, count));
    co_await a->rollback();
    answers.push_back(co_await say(a, count));
    answers.push_back(co_await say(a, "UPDATE runs SET n = 1"));
    answers.push_back(co_await say(a, count));
    answers.emplace_back(a->usable() ? "usable" : "lost");
  });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"40001", "25P02", "1 0", "57P01", "08006", "lost"}));
}

TEST(Faults, TooManyConnections) {
  Settings settings;
  settings.max_connections = 1;
  settings.on.connect.emplace().fail = "57P03";
  settings.on.connect->times = 1;
  DatabaseWorld database(settings);
  Answers answers;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    std::vector<SessionPointer> sessions;
    for (int i = 0; i < 3; ++i) {
      try {
        sessions.push_back(co_await client.connect(strand));
        answers.emplace_back("connected");
      } catch (const Error& error) {
        answers.push_back(error.sqlstate());
      }
    }
  });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"57P03", "connected", "53300"}));
}

TEST(Faults, NobodyListens) {
  Settings settings;
  settings.listen_after = 1s;
  DatabaseWorld database(settings);
  std::string answer;
  (void)database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    try {
      (void)co_await client.connect(strand);
    } catch (const Error& error) {
      answer = error.sqlstate();
    }
  });
  EXPECT_EQ(answer, "08001");
}

TEST(Faults, AnOutageLosesWhatIsOpenAndKeepsWhatIsCommitted) {
  Settings settings;
  settings.drop_connections = {{500ms, 500ms}};
  DatabaseWorld database(settings);
  Answers answers;
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        auto a = co_await client.connect(strand);
        (void)co_await say(a, create);
        answers.push_back(co_await commit_row(a, "one"));
        co_await a->begin();
        (void)co_await say(a, "INSERT INTO runs (id) VALUES ('two')");
        co_await runtime.sleep_for(2s, "outage");
        answers.emplace_back(a->usable() ? "usable" : "lost");
        auto b = co_await client.connect(strand);
        answers.push_back(co_await say(b, count));
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"committed", "lost", "1 1"}));
}

// A delay stands before the request takes effect; nothing is drawn where there is none.
TEST(Delays, StandBeforeExecution) {
  Settings settings;
  settings.connect = {20ms, 20ms};
  settings.reply = {5ms, 5ms};
  settings.on.insert.emplace().delay = DelayRange{100ms, 100ms};
  DatabaseWorld database(settings);
  std::vector<bool> in_time;
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        const auto begin = runtime.now();
        auto a = co_await client.connect(strand);
        in_time.push_back(runtime.now() - begin >= Duration(20ms));
        (void)co_await say(a, create);
        const auto before = runtime.now();
        (void)co_await say(a, "INSERT INTO runs (id) VALUES ('one')");
        in_time.push_back(runtime.now() - before >= Duration(100ms));
        const auto after = runtime.now();
        (void)co_await say(a, count);
        in_time.push_back(runtime.now() - after >= Duration(5ms) &&
                          runtime.now() - after < Duration(100ms));
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(in_time, std::vector<bool>({true, true, true}));
}

/// Fills `runs` with rows "one" and "two"; a transaction in `holder` then locks "one".
Awaitable<> prepare_lock(SessionPointer& holder) {
  (void)co_await say(holder, create);
  (void)co_await say(holder, "INSERT INTO runs (id) VALUES ('one'), ('two')");
  co_await holder->begin();
  (void)co_await say(holder, "UPDATE runs SET n = 1 WHERE id = 'one'");
}

// Who gives up waiting for a statement ends it, and its session with it.
TEST(Cancelling, EndsTheStatementAndReleasesItsLocks) {
  DatabaseWorld database;
  Answers answers;
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        auto a = co_await client.connect(strand);
        auto b = co_await client.connect(strand);
        co_await prepare_lock(a);
        co_await b->begin();
        (void)co_await say(b, "UPDATE runs SET n = 2 WHERE id = 'two'");
        const auto won = co_await (say(b, "UPDATE runs SET n = 2 WHERE id = 'one'") ||
                                   runtime.sleep_for(100ms, "statement time-out"));
        answers.emplace_back(won.index() == 1 ? "timed out" : std::get<0>(won));
        answers.push_back(co_await say(b, count));
        b->close();
        answers.push_back(co_await say(a, "UPDATE runs SET n = 3 WHERE id = 'two'"));
        answers.push_back(co_await commit(a));
        answers.push_back(co_await say(a, "SELECT id, n FROM runs ORDER BY id"));
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"timed out", "08003", "1", "committed", "2 one 1 two 3"}));
  EXPECT_EQ(outcome.count("db_reply{session=2, kind=update, result=57014}"), 1U);
}

// As in PostgreSQL, a session that waits for a lock does not notice that its client has gone: its
// statement takes effect when the lock comes.
TEST(LostClients, AreNoticedWhenTheStatementIsDone) {
  DatabaseWorld database;
  Answers answers;
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        auto a = co_await client.connect(strand);
        co_await prepare_lock(a);
        {
          auto b = co_await client.connect(strand);
          spawn(runtime, strand, "lost", [](SessionPointer& session) -> Awaitable<> {
            (void)co_await say(session, "UPDATE runs SET n = n + 10 WHERE id = 'one'");
          }(b));
          co_await runtime.sleep_for(50ms, "the wait to begin");
          b->close();
          co_await runtime.sleep_for(50ms, "the connection's end");
        }
        answers.push_back(co_await commit(a));
        co_await runtime.sleep_for(50ms, "the statement's end");
        answers.push_back(co_await say(a, "SELECT n FROM runs WHERE id = 'one'"));
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"committed", "1 11"}));
  EXPECT_EQ(outcome.count("db_disconnection{session=2, left=true, state=active, rows=0}"), 1U);
}

// What a session was doing when its client went is told as pg_stat_activity would have it.
TEST(LostClients, AreToldOfWithTheStateOfTheirSessions) {
  Settings settings;
  settings.on.rollback.emplace().hang = true;
  DatabaseWorld database(settings);
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        auto a = co_await client.connect(strand);
        (void)co_await say(a, create);
        a->close();
        auto b = co_await client.connect(strand);
        co_await b->begin();
        (void)co_await say(b, "INSERT INTO runs (id) VALUES ('one')");
        b->close();
        auto c = co_await client.connect(strand);
        co_await c->begin();
        (void)co_await say(c, "INSERT INTO runs (id) VALUES ('two'), ('two')");
        c->close();
        auto d = co_await client.connect(strand);
        co_await d->begin();
        spawn(runtime, strand, "lost", [](SessionPointer& session) -> Awaitable<> {
          try {
            co_await session->rollback();
          } catch (const Error&) {
          }
        }(d));
        co_await runtime.sleep_for(50ms, "the rollback that is not answered");
        d->close();
        co_await runtime.sleep_for(50ms, "the connections' ends");
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  for (const char* told : {"session=1, left=true, state=idle, rows=0",
                           "session=2, left=true, state=idle in transaction, rows=1",
                           "session=3, left=true, state=idle in transaction (aborted), rows=0",
                           "session=4, left=true, state=active, rows=0"}) {
    EXPECT_EQ(outcome.count("db_disconnection{" + std::string(told) + "}"), 1U) << told;
  }
}

// A process that is killed in the middle of a transaction leaves nothing of it.
TEST(LostClients, TheirTransactionsAreRolledBack) {
  DatabaseWorld database;
  database.prepare = [](sim::World& world) {
    auto& doomed = world.add_process(
        {.name = "doomed",
         .start =
             [](Runtime& runtime, const Executor& root) {
               spawn(runtime, root, "doomed", [](Runtime& own, Executor strand) -> Awaitable<> {
                 Client client(own, Endpoint("database", 5432));
                 auto session = co_await client.connect(strand);
                 (void)co_await say(session, create);
                 co_await session->begin();
                 (void)co_await say(session, "INSERT INTO runs (id) VALUES ('one')");
                 co_await own.sleep_until(Instant::max(), "the end");
               }(runtime, root));
             },
         .destroy = {}});
    world.kill(doomed, milliseconds(100), Duration::max());
  };
  Answers answers;
  const auto outcome =
      database.run([&](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
        co_await runtime.sleep_for(50ms, "the insert");
        auto a = co_await client.connect(strand);
        co_await a->begin();
        answers.push_back(co_await say(a, "INSERT INTO runs (id) VALUES ('one')"));
        answers.push_back(co_await commit(a));
      });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answers, (Answers{"1", "committed"}));
  EXPECT_EQ(outcome.count("db_lock_wait{session=2, for=transaction}"), 1U);
  EXPECT_EQ(outcome.count("db_rolled_back{session=1"), 1U);
}

// A session looks for a deadlock once, deadlock_timeout after it began to wait: whoever looks first
// once the circle is closed gives way, and that need not be who closed it.
TEST(Deadlocks, WhoWaitsLongestLooksFirst) {
  for (const bool at_once : {true, false}) {
    DatabaseWorld database;
    Answers answers(2);
    const auto outcome = database.run([&](Runtime& runtime, Executor strand,
                                          Client& client) -> Awaitable<> {
      auto a = co_await client.connect(strand);
      auto b = co_await client.connect(strand);
      co_await prepare_lock(a);
      co_await b->begin();
      (void)co_await say(b, "UPDATE runs SET n = 2 WHERE id = 'two'");
      spawn(runtime, strand, "b", [](SessionPointer& session, std::string& answer) -> Awaitable<> {
        answer = co_await say(session, "UPDATE runs SET n = 2 WHERE id = 'one'");
      }(b, answers[1]));
      const Duration pause = at_once ? milliseconds(500) : milliseconds(1500);
      co_await runtime.sleep_for(pause, "pause");
      answers[0] = co_await say(a, "UPDATE runs SET n = 1 WHERE id = 'two'");
      co_await runtime.sleep_for(3s, "both answers");
    });
    EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
    EXPECT_EQ(answers, at_once ? (Answers{"1", "40P01"}) : (Answers{"40P01", "1"}));
    EXPECT_EQ(outcome.count("db_deadlock"), 1U);
  }
}

TEST(Observations, TellTheRowsOfACommit) {
  DatabaseWorld database;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    (void)co_await say(a, create);
    (void)co_await say(a, "CREATE TABLE users (id text)");
    (void)co_await say(a, "INSERT INTO runs (id) VALUES ('old')");
    co_await a->begin();
    (void)co_await say(a, "INSERT INTO users (id) VALUES ('nobody')");
    (void)co_await say(a, "INSERT INTO runs (id) VALUES ('new'), ('never')");
    (void)co_await say(a, "UPDATE runs SET n = n + 1");
    (void)co_await say(a, "DELETE FROM runs WHERE id = 'never'");
    co_await a->commit();
    (void)co_await say(a, "DELETE FROM runs WHERE id = 'old'");
    co_await a->begin();
    (void)co_await say(a, "INSERT INTO runs (id) VALUES ('rolled back')");
    co_await a->rollback();
  });
  std::vector<std::string> told;
  for (const auto& line : outcome.observed) {
    if (line.starts_with("db_row") || line.starts_with("db_committed") ||
        line.starts_with("db_rolled_back")) {
      told.push_back(line);
    }
  }
  EXPECT_EQ(told, (Answers{
                      "db_committed{session=1, transaction=1}",
                      "db_committed{session=1, transaction=2}",
                      "db_committed{session=1, transaction=3}",
                      "db_row{transaction=3, table=runs, key=old, change=inserted}",
                      "db_committed{session=1, transaction=4}",
                      "db_row{transaction=4, table=runs, key=new, change=inserted}",
                      "db_row{transaction=4, table=runs, key=old, change=updated}",
                      "db_committed{session=1, transaction=5}",
                      "db_row{transaction=5, table=runs, key=old, change=deleted}",
                      "db_rolled_back{session=1, transaction=6}",
                  }));
}

// Serializable needs what the fake does not do, and is not quietly taken for something weaker.
TEST(Isolation, SerializableIsRefused) {
  DatabaseWorld database;
  std::string answer;
  (void)database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    try {
      co_await a->begin("serializable");
    } catch (const Error& error) {
      answer = error.sqlstate();
    }
  });
  EXPECT_EQ(answer, "0A000");
}

// Old versions go when nobody can see them: a thousand updates of a row leave one to scan.
TEST(Memory, OldVersionsGo) {
  DatabaseWorld database;
  std::string answer;
  const auto outcome = database.run([&](Runtime&, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    (void)co_await say(a, create);
    (void)co_await say(a, "INSERT INTO runs (id) VALUES ('one')");
    for (int i = 0; i < 1000; ++i) (void)co_await say(a, "UPDATE runs SET n = n + 1");
    answer = co_await say(a, "SELECT n FROM runs");
  });
  EXPECT_EQ(outcome.end, sim::RunEnd::stopped) << outcome.failure;
  EXPECT_EQ(answer, "1 1000");
}

Body busy_body() {
  return [](Runtime& runtime, Executor strand, Client& client) -> Awaitable<> {
    auto a = co_await client.connect(strand);
    auto b = co_await client.connect(strand);
    co_await prepare_lock(a);
    (void)co_await (say(b, "UPDATE runs SET n = 2") || runtime.sleep_for(2s, "time-out"));
    (void)co_await commit(a);
  };
}

// Cut after any number of events everything is destroyed cleanly (as a sanitizer build checks), and
// the next run is as good as the first.
TEST(Destruction, AtAnyEvent) {
  DatabaseWorld database;
  ASSERT_EQ(database.run(busy_body()).end, sim::RunEnd::stopped);
  const auto events = static_cast<std::uint32_t>(database.world.trace().events().size());
  ASSERT_GT(events, 20U);
  for (std::uint32_t limit = 1; limit < events; ++limit) (void)database.run(busy_body(), limit);
  EXPECT_EQ(database.run(busy_body()).end, sim::RunEnd::stopped);
}

}  // namespace
}  // namespace raceproof::fakes::database::test
