// The database port over libpq, on a real server. Passing means: what the port promises holds, with
// the server's own SQLSTATEs.
#include "adapters/postgres/postgres_database.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <gtest/gtest.h>
#include <thread>

#include "runtime/task.hpp"
#include "tests/adapters/postgres/real_postgres.hpp"
#include "tests/runtime/asio_world.hpp"

namespace raceproof::postgres::test {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;
using contract::AsioWorld;
using gateway::database::Error;
using gateway::database::Rows;
using gateway::database::Session;
using gateway::database::Value;
using Sessions = std::unique_ptr<Session>;

/// The SQLSTATE that `body` fails with; "none" when it does not.
Awaitable<std::string> state_of(Awaitable<Rows> body) {
  try {
    co_await std::move(body);
  } catch (const Error& error) {
    co_return error.sqlstate();
  }
  co_return "none";
}
Awaitable<std::string> state_of(Awaitable<> body) {
  try {
    co_await std::move(body);
  } catch (const Error& error) {
    co_return error.sqlstate();
  }
  co_return "none";
}

Awaitable<Rows> ask(Session& session, std::string_view sql, std::vector<Value> parameters = {}) {
  return session.query(sql, std::move(parameters));
}

/// The statement, unless it takes longer than `limit`.
Awaitable<bool> within(Runtime& runtime, Duration limit, Awaitable<Rows> statement) {
  const auto outcome = co_await (std::move(statement) || runtime.sleep_for(limit, "limit"));
  co_return outcome.index() == 0;
}

class PostgresAdapter : public testing::Test {
 protected:
  PostgresAdapter() : world(two_threads()), database(world.runtime(), server.options()) {}

  static AsioOptions two_threads() {
    AsioOptions options;
    options.threads = 2;
    return options;
  }
  Awaitable<Sessions> connect() { return database.connect(world.strand()); }

  RealPostgres& server = shared_postgres();
  AsioWorld world;
  PostgresDatabase database;
};

// Texts, numbers, NULL and columns come back as PostgreSQL writes them; so do counts of rows.
TEST_F(PostgresAdapter, TakesAndGivesValues) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    std::vector<Value> parameters{"it's \"so\"\n\xC3\xA9", std::nullopt, "-7", ""};
    const Rows rows = co_await session->query(
        "SELECT $1::text AS a, $2::text AS b, $3::bigint * 2 AS c, $4::text AS d",
        std::move(parameters));
    EXPECT_EQ(rows.columns, (std::vector<std::string>{"a", "b", "c", "d"}));
    EXPECT_EQ(rows.rows.size(), 1U);
    EXPECT_EQ(rows.rows[0], (std::vector<Value>{"it's \"so\"\n\xC3\xA9", std::nullopt, "-14", ""}));
    EXPECT_EQ(rows.affected, 1);
    co_await ask(*session, "CREATE TEMPORARY TABLE t (id bigserial PRIMARY KEY, body text)");
    for (int i = 0; i < 3; ++i) {
      const Rows added = co_await ask(*session, "INSERT INTO t (body) VALUES ('x') RETURNING id");
      EXPECT_EQ(added.affected, 1);
      EXPECT_EQ(added.rows.at(0).at(0), std::to_string(i + 1));
    }
    EXPECT_EQ((co_await ask(*session, "UPDATE t SET body = 'y' WHERE id > 1")).affected, 2);
    EXPECT_EQ((co_await ask(*session, "SELECT * FROM t WHERE id > 9")).rows.size(), 0U);
    EXPECT_EQ((co_await ask(*session, "DELETE FROM t")).affected, 3);
  }());
}

// A value larger than any socket buffer goes out and comes back.
TEST_F(PostgresAdapter, TakesLargeValues) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    const std::string large(std::size_t{24} << 20, 'x');
    std::vector<Value> parameters{large};
    const Rows rows = co_await session->query("SELECT $1::text", std::move(parameters));
    EXPECT_TRUE(rows.rows.at(0).at(0) == large);
  }());
}

// Every refusal carries the server's SQLSTATE, and the session can be used afterwards.
TEST_F(PostgresAdapter, ReportsErrorsBySqlstate) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    co_await ask(*session, "CREATE TEMPORARY TABLE t (id bigint PRIMARY KEY CHECK (id < 9))");
    co_await ask(*session, "INSERT INTO t VALUES (1)");
    struct Case {
      std::string_view sql;
      std::string_view state;
    };
    for (const auto& [sql, state] :
         {Case{"SELEC 1", "42601"}, Case{"SELECT * FROM nope", "42P01"},
          Case{"SELECT nope FROM t", "42703"}, Case{"INSERT INTO t VALUES (1)", "23505"},
          Case{"INSERT INTO t VALUES (10)", "23514"}, Case{"INSERT INTO t VALUES (NULL)", "23502"},
          Case{"SELECT 1/0", "22012"}, Case{"COPY t TO STDOUT", "0A000"}}) {
      const Sessions other = co_await connect();
      const bool copies = state == "0A000";
      const std::string found = co_await state_of(ask(copies ? *other : *session, sql));
      EXPECT_EQ(found, copies ? "42P01" : state) << sql;  // the table is the first session's own
      EXPECT_TRUE(session->usable());
    }
    const std::string copied = co_await state_of(ask(*session, "COPY t TO STDOUT"));
    EXPECT_EQ(copied, "0A000");
    EXPECT_FALSE(session->usable());
  }());
}

// What the protocol cannot carry is refused, not cut off.
TEST_F(PostgresAdapter, RefusesZeroBytes) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    std::vector<Value> parameters{std::string("a\0b", 3)};
    EXPECT_EQ(co_await state_of(session->query("SELECT $1::text", std::move(parameters))), "22021");
    EXPECT_EQ((co_await ask(*session, "SELECT 1")).rows.size(), 1U);
  }());
}

// A transaction is seen by others after its commit and not before; one that failed says 25P02.
TEST_F(PostgresAdapter, CommitsAndRollsBack) {
  server.run("CREATE TABLE seen (id bigint PRIMARY KEY)");
  world.run([this]() -> Awaitable<> {
    const Sessions writer = co_await connect();
    const Sessions reader = co_await connect();
    co_await writer->begin();
    co_await ask(*writer, "INSERT INTO seen VALUES (1)");
    EXPECT_EQ((co_await ask(*reader, "SELECT id FROM seen")).rows.size(), 0U);
    co_await writer->commit();
    EXPECT_EQ((co_await ask(*reader, "SELECT id FROM seen")).rows.size(), 1U);

    co_await writer->begin("serializable");
    co_await ask(*writer, "INSERT INTO seen VALUES (2)");
    EXPECT_EQ(co_await state_of(ask(*writer, "INSERT INTO seen VALUES (1)")), "23505");
    EXPECT_EQ(co_await state_of(ask(*writer, "SELECT 1")), "25P02");
    EXPECT_EQ(co_await state_of(writer->commit()), "25P02");
    co_await writer->rollback();  // allowed when none is open
    EXPECT_EQ((co_await ask(*reader, "SELECT id FROM seen")).rows.size(), 1U);
    EXPECT_EQ(co_await state_of(writer->begin("dirty read")), "22023");
  }());
}

Awaitable<std::string> update_both(Session& session, std::string_view first,
                                   std::string_view second, Signal& met, int& there) {
  co_await session.begin();
  co_await ask(session, first);
  if (++there == 2) {
    met.notify_all();
  } else {
    co_await met.wait("the other transaction");
  }
  const std::string state = co_await state_of(ask(session, second));
  co_await session.rollback();
  co_return state;
}

// Of two transactions that want each other's row, one is told 40P01.
TEST_F(PostgresAdapter, ReportsDeadlocks) {
  server.run("CREATE TABLE locked (id bigint PRIMARY KEY, n bigint)");
  server.run("INSERT INTO locked VALUES (1, 0), (2, 0)");
  world.run([this]() -> Awaitable<> {
    const Sessions a = co_await connect();
    const Sessions b = co_await connect();
    Signal met(world.runtime(), world.strand());
    int there = 0;
    constexpr std::string_view one = "UPDATE locked SET n = n + 1 WHERE id = 1";
    constexpr std::string_view two = "UPDATE locked SET n = n + 1 WHERE id = 2";
    const auto [first, second] =
        co_await (update_both(*a, one, two, met, there) && update_both(*b, two, one, met, there));
    EXPECT_TRUE((first == "40P01" && second == "none") || (first == "none" && second == "40P01"))
        << first << ' ' << second;
  }());
}

// A statement that another session cancels fails with 57014; its own session goes on.
TEST_F(PostgresAdapter, ReportsCancelledStatements) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    const Rows self = co_await ask(*session, "SELECT pg_backend_pid()");
    const std::string sleep = "SELECT pg_sleep(20)";
    const std::string cancel =
        "SELECT pg_sleep(0.1), pg_cancel_backend(" + self.rows.at(0).at(0).value() + ")";
    const Sessions other = co_await connect();
    const auto [slept, cancelled] =
        co_await (state_of(ask(*session, sleep)) && state_of(ask(*other, cancel)));
    EXPECT_EQ(slept, "57014");
    EXPECT_EQ(cancelled, "none");
    EXPECT_EQ((co_await ask(*session, "SELECT 1")).rows.size(), 1U);
  }());
}

// A statement that is given up is ended on the server too, and its session is of no more use.
TEST_F(PostgresAdapter, EndsAbandonedStatements) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    const bool finished =
        co_await within(world.runtime(), 50ms, ask(*session, "SELECT pg_sleep(20) AS abandoned"));
    EXPECT_FALSE(finished);
    EXPECT_FALSE(session->usable());
    EXPECT_EQ(co_await state_of(ask(*session, "SELECT 1")), "08003");
    const Sessions other = co_await connect();
    std::string running;
    for (int looks = 0; looks < 500 && running != "0"; ++looks) {
      co_await world.runtime().sleep_for(10ms);
      const Rows rows = co_await ask(*other,
                                     "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
                                     "AND query LIKE '%abandoned%' AND pid <> pg_backend_pid()");
      running = rows.rows.at(0).at(0).value();
    }
    EXPECT_EQ(running, "0");
    session->close();
  }());
}

// Two statements at once on one session: the second is refused, the first goes on.
TEST_F(PostgresAdapter, RefusesASecondStatementAtOnce) {
  world.run([this]() -> Awaitable<> {
    const Sessions session = co_await connect();
    const auto [first, second] = co_await (state_of(ask(*session, "SELECT pg_sleep(0.05)")) &&
                                           state_of(ask(*session, "SELECT 1")));
    EXPECT_EQ(first, "none");
    EXPECT_EQ(second, "");
    EXPECT_TRUE(session->usable());
  }());
}

// A session that is ended by the server shows it: at once when idle, and at its next statement.
TEST_F(PostgresAdapter, NoticesTerminatedSessions) {
  world.run([this]() -> Awaitable<> {
    const Sessions killer = co_await connect();
    for (const bool looks_first : {true, false}) {
      const Sessions victim = co_await connect();
      const Rows self = co_await ask(*victim, "SELECT pg_backend_pid()");
      co_await victim->begin();
      co_await ask(*victim, "SELECT 1");
      const std::string kill =
          "SELECT pg_terminate_backend(" + self.rows.at(0).at(0).value() + ", 5000)";
      co_await ask(*killer, kill);
      if (looks_first) {
        EXPECT_FALSE(victim->usable());
      }
      const std::string state = co_await state_of(ask(*victim, "SELECT 1"));
      EXPECT_TRUE(state == "57P01" || state == "08006") << state;
      EXPECT_FALSE(victim->usable());
    }
  }());
}

// A session that is ended in the middle of a statement fails with 57P01 or 08006.
TEST_F(PostgresAdapter, NoticesTerminationDuringAStatement) {
  world.run([this]() -> Awaitable<> {
    const Sessions killer = co_await connect();
    const Sessions victim = co_await connect();
    const Rows self = co_await ask(*victim, "SELECT pg_backend_pid()");
    const std::string kill =
        "SELECT pg_sleep(0.05), pg_terminate_backend(" + self.rows.at(0).at(0).value() + ")";
    const auto [state, killed] =
        co_await (state_of(ask(*victim, "SELECT pg_sleep(20)")) && state_of(ask(*killer, kill)));
    EXPECT_EQ(state, "57P01");
    EXPECT_EQ(killed, "none");
    EXPECT_FALSE(victim->usable());
  }());
}

Awaitable<std::string> connect_error(PostgresDatabase& database, Executor strand,
                                     std::string* message = nullptr) {
  try {
    co_await database.connect(strand);
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    co_return error.sqlstate();
  }
  co_return "none";
}

// Refused logins carry the server's SQLSTATE, connections that cannot be made 08001; neither says
// the password.
TEST_F(PostgresAdapter, ReportsRefusedConnections) {
  world.run([this]() -> Awaitable<> {
    Runtime& runtime = world.runtime();
    Options options = server.options();
    options.password = "s3cret";
    options.database = "nope";
    std::string message;
    PostgresDatabase wrong_name(runtime, options);
    EXPECT_EQ(co_await connect_error(wrong_name, world.strand(), &message), "3D000");
    EXPECT_EQ(message, "database \"nope\" does not exist");
    options.database = "postgres";
    options.user = "nobody";
    PostgresDatabase wrong_user(runtime, options);
    EXPECT_EQ(co_await connect_error(wrong_user, world.strand(), &message), "28000");
    options.port = raceproof::test::free_port();
    PostgresDatabase refused(runtime, options);
    EXPECT_EQ(co_await connect_error(refused, world.strand(), &message), "08001");
    EXPECT_EQ(message.find("s3cret"), message.npos) << message;
    options.host = "no-such-host.invalid";
    PostgresDatabase unknown(runtime, options);
    EXPECT_EQ(co_await connect_error(unknown, world.strand(), &message), "08001");
    EXPECT_NE(message.find("no-such-host.invalid"), message.npos) << message;
  }());
}

// Names are resolved, whichever of their addresses the server listens on.
TEST_F(PostgresAdapter, ResolvesNames) {
  world.run([this]() -> Awaitable<> {
    Options options = server.options();
    options.host = "localhost";
    PostgresDatabase by_name(world.runtime(), options);
    EXPECT_EQ(co_await connect_error(by_name, world.strand()), "none");
  }());
}

// A connect that is given up ends at once, even when nobody answers.
TEST_F(PostgresAdapter, CancelsConnects) {
  world.run([this]() -> Awaitable<> {
    Runtime& runtime = world.runtime();
    // Accepts and says nothing: the kernel answers for a listener that is never asked.
    const auto port = raceproof::test::free_port();
    Listener silent = runtime.listen(world.strand(), Endpoint{"127.0.0.1", port});
    Options options = server.options();
    options.port = port;
    PostgresDatabase database_of_silence(runtime, options);
    const auto outcome = co_await (connect_error(database_of_silence, world.strand()) ||
                                   runtime.sleep_for(50ms, "limit"));
    EXPECT_EQ(outcome.index(), 1U);
    silent.close();
  }());
}

// A crash of the server is a lost connection; after it, connecting fails, and works again later.
TEST_F(PostgresAdapter, SurvivesARestart) {
  std::string problem;
  const auto own = RealPostgres::start(problem);
  ASSERT_NE(own, nullptr) << problem;
  PostgresDatabase restarted(world.runtime(), own->options());
  Sessions session;
  world.run([&]() -> Awaitable<> {
    session = co_await restarted.connect(world.strand());
    co_await session->begin();
    co_await ask(*session, "SELECT 1");
  }());
  own->stop();
  world.run([&]() -> Awaitable<> {
    const std::string state = co_await state_of(session->commit());
    EXPECT_TRUE(state == "57P02" || state == "57P01" || state == "08006") << state;
    EXPECT_FALSE(session->usable());
    EXPECT_EQ(co_await connect_error(restarted, world.strand()), "08001");
  }());
  ASSERT_TRUE(own->restart());
  world.run([&]() -> Awaitable<> {
    session = co_await restarted.connect(world.strand());
    EXPECT_EQ((co_await ask(*session, "SELECT 1")).rows.size(), 1U);
    session.reset();
  }());
}

}  // namespace
}  // namespace raceproof::postgres::test
