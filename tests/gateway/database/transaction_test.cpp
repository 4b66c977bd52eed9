// Passing means: what a body does is committed whole or not at all, tried anew exactly where that
// is safe, and its session is fit for the next one or closed.
#include "gateway/database/transaction.hpp"

#include "tests/gateway/database/scripted_database.hpp"

namespace raceproof::gateway::database::testing {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Awaitable<> write(Transaction& transaction) { co_await transaction.execute("WRITE"); }
Awaitable<> write_and_refuse(Transaction& transaction) {
  co_await transaction.execute("WRITE");
  throw std::invalid_argument("not this");
}
Awaitable<> write_and_sleep(Transaction& transaction, Runtime& runtime) {
  co_await transaction.execute("WRITE");
  co_await runtime.sleep_for(1s, "body");
}

/// Answers the first `times` statements that are `sql` with `reply`, all others with success.
ScriptedDatabase::Script script(std::string_view sql, Reply reply, int times) {
  auto left = std::make_shared<int>(times);
  return [=](const Question& question) {
    return question.sql == sql && (*left)-- > 0 ? reply : Reply();
  };
}

// Begin, body, commit, on one session, which goes back.
TEST(DatabaseTransaction, Commits) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    co_await parts.transactions.run("a", write);
    co_await parts.transactions.run("b", write);
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 BEGIN", "1 WRITE", "1 COMMIT", "1 BEGIN", "1 WRITE",
                              "1 COMMIT", "1 closed"}));
  EXPECT_EQ(bench.count_observed({"transaction id=a number=1 attempt=1 status=begin"}), 1);
  EXPECT_EQ(bench.count_observed({"transaction id=a number=1 attempt=1 status=committed"}), 1);
  EXPECT_EQ(bench.count_observed({"transaction id=b number=2 attempt=1 status=committed"}), 1);
}

// What the body throws rolls it back, and is thrown; the session goes on.
TEST(DatabaseTransaction, RollsBackWhatTheBodyRefuses) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    try {
      co_await parts.transactions.run("a", write_and_refuse);
      ADD_FAILURE();
    } catch (const std::invalid_argument& refused) {
      EXPECT_STREQ(refused.what(), "not this");
    }
    EXPECT_EQ(parts.pool->figures().idle, 1);
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 BEGIN", "1 WRITE", "1 ROLLBACK", "1 closed"}));
  EXPECT_EQ(bench.count_observed({"transaction id=a", "status=rolled_back"}), 1);
}

// An error of the data is not tried anew.
TEST(DatabaseTransaction, DoesNotRetryWhatCannotHelp) {
  Bench bench;
  for (const auto& [state, text] :
       {std::pair{"23505", "23505 constraint"}, std::pair{"42P01", "42P01 schema"},
        std::pair{"57014", "57014 timeout"}}) {
    bench.script = script("WRITE", refuse(state), 1);
    bench.run([&](Parts& parts) -> Awaitable<> {
      EXPECT_EQ(co_await failure_of(parts.transactions.run("a", write)), text);
    });
    EXPECT_EQ(bench.count_observed({"transaction_retry"}), 0) << state;
  }
}

// A deadlock is rolled back and tried anew, after waits that double.
TEST(DatabaseTransaction, RetriesDeadlocks) {
  Bench bench;
  bench.script = script("WRITE", refuse("40P01"), 3);
  std::int64_t took = 0;
  bench.run([&](Parts& parts) -> Awaitable<> {
    co_await parts.transactions.run("a", write);
    took = now_ms(parts.runtime);
  });
  // A connect, three tries of begin, write and rollback, one of begin, write and commit, each of
  // whose statements takes 1 ms; waits of 20, 40 and 80 ms.
  EXPECT_EQ(took, 1 + 12 + 140);
  EXPECT_EQ(bench.count_observed({"status=rolled_back"}), 3);
  EXPECT_EQ(bench.count_observed({"status=committed"}), 1);
  EXPECT_EQ(bench.count_observed({"transaction_retry id=a attempt=3 kind=deadlock"}), 1);
}

// There is a bound; then the deadlock is the caller's.
TEST(DatabaseTransaction, StopsRetryingAtItsBound) {
  Bench bench;
  bench.settings.retry.times = 2;
  bench.script = script("WRITE", refuse("40001"), 100);
  bench.run([&](Parts& parts) -> Awaitable<> {
    EXPECT_EQ(co_await failure_of(parts.transactions.run("a", write)), "40001 serialisation");
  });
  EXPECT_EQ(bench.count_observed({"status=begin"}), 3);
}

// A commit that the server refuses has not happened: it may be tried anew.
TEST(DatabaseTransaction, RetriesCommitsThatTheServerRefused) {
  Bench bench;
  bench.script = script("COMMIT", refuse("40001"), 1);
  bench.run([&](Parts& parts) -> Awaitable<> { co_await parts.transactions.run("a", write); });
  EXPECT_EQ(bench.count_observed({"status=rolled_back"}), 1);
  EXPECT_EQ(bench.count_observed({"status=committed"}), 1);
}

// A connection that is lost before the commit is replaced, together with the idle ones.
TEST(DatabaseTransaction, RetriesLostConnectionsBeforeTheCommit) {
  Bench bench;
  bench.script = script("WRITE", lose("57P01"), 1);
  bench.run([&](Parts& parts) -> Awaitable<> {
    {
      const Lease one = co_await parts.pool->acquire();
      const Lease two = co_await parts.pool->acquire();
    }
    EXPECT_EQ(parts.pool->figures().idle, 2);
    co_await parts.transactions.run("a", write);
    EXPECT_EQ(parts.pool->figures().idle, 1);
  });
  EXPECT_EQ(bench.count_observed({"status=committed"}), 1);
  EXPECT_EQ(bench.log.back(), "3 closed");
}

// A commit that was sent and not answered may have happened: it is never tried again blindly.
TEST(DatabaseTransaction, DoesNotRetryACommitThatWasNotAnswered) {
  for (const Reply& reply : {lose(), hang()}) {
    Bench bench;
    bench.script = script("COMMIT", reply, 1);
    bench.run([&](Parts& parts) -> Awaitable<> {
      EXPECT_EQ(co_await failure_of(parts.transactions.run("a", write)), "08007 outcome_unknown");
      EXPECT_EQ(parts.pool->figures().in_use, 0);
      EXPECT_EQ(parts.pool->figures().idle, 0);
    });
    EXPECT_EQ(bench.count_observed({"status=begin"}), 1);
    EXPECT_EQ(bench.count_observed({"status=unknown"}), 1);
    EXPECT_EQ(bench.count_observed({"status=rolled_back"}), 0);
    EXPECT_EQ(bench.count_observed({"transaction_retry"}), 0);
  }
}

// A statement that does not answer is given up after its limit, and so is its session.
TEST(DatabaseTransaction, LimitsStatements) {
  Bench bench;
  bench.settings.statement_timeout = 3s;
  bench.script = script("WRITE", hang(), 1);
  bench.run([&](Parts& parts) -> Awaitable<> {
    EXPECT_EQ(co_await failure_of(parts.transactions.run("a", write)), "57014 timeout");
    EXPECT_EQ(now_ms(parts.runtime), 3002);
    EXPECT_EQ(parts.pool->figures().idle, 0);
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 BEGIN", "1 WRITE", "1 cancelled", "1 closed"}));
  EXPECT_EQ(bench.count_observed({"status=rolled_back"}), 1);
}

// The original's patterns take the same time-out for a lost connection, and try it anew.
TEST(DatabaseTransaction, PatternsFirstRetriesTimeOuts) {
  Bench bench;
  bench.settings.classify = ErrorClassification::patterns_first;
  bench.script =
      script("WRITE", refuse("57014", "canceling statement due to statement timeout"), 1);
  bench.run([&](Parts& parts) -> Awaitable<> { co_await parts.transactions.run("a", write); });
  EXPECT_EQ(bench.count_observed({"transaction_retry", "kind=connection"}), 1);
}

// Cancelled between two statements, it is rolled back first, and the session goes back.
TEST(DatabaseTransaction, RollsBackWhenCancelled) {
  Bench bench;
  bench.run([&](Parts& parts) -> Awaitable<> {
    TaskScope tasks(parts.runtime, parts.strand);
    const auto body = [&](Transaction& transaction) {
      return write_and_sleep(transaction, parts.runtime);
    };
    tasks.spawn("a", parts.transactions.run("a", body));
    co_await parts.runtime.sleep_for(100ms);
    co_await tasks.stop();
    EXPECT_EQ(parts.pool->figures().in_use, 0);
    EXPECT_EQ(parts.pool->figures().idle, 1);
    co_await parts.transactions.run("b", write);
  });
  EXPECT_EQ(bench.log, (Lines{"1 CONNECT", "1 BEGIN", "1 WRITE", "1 ROLLBACK", "1 BEGIN", "1 WRITE",
                              "1 COMMIT", "1 closed"}));
  EXPECT_EQ(bench.count_observed({"id=a", "status=rolled_back"}), 1);
}

// Cancelled in the middle of a statement, its session is closed, which rolls back as well; in the
// middle of a commit, nobody knows.
TEST(DatabaseTransaction, ClosesTheSessionWhenAStatementIsCancelled) {
  for (const auto& [sql, status] :
       {std::pair{"WRITE", "rolled_back"}, std::pair{"COMMIT", "unknown"}}) {
    Bench bench;
    bench.script = script(sql, hang(), 1);
    bench.run([&](Parts& parts) -> Awaitable<> {
      TaskScope tasks(parts.runtime, parts.strand);
      tasks.spawn("a", parts.transactions.run("a", write));
      co_await parts.runtime.sleep_for(100ms);
      co_await tasks.stop();
      EXPECT_EQ(parts.pool->figures().in_use, 0);
      EXPECT_EQ(parts.pool->figures().idle, 0);
    });
    EXPECT_EQ(bench.count_observed({"id=a", "status=", status}), 1) << sql;
    EXPECT_EQ(bench.log.back(), "1 closed");
  }
}

// A rollback that fails closes the session; the first error is the one that is thrown.
TEST(DatabaseTransaction, ClosesTheSessionWhenARollbackFails) {
  Bench bench;
  bench.script = [](const Question& question) {
    if (question.sql == "WRITE") return refuse("23505");
    return question.sql == "ROLLBACK" ? hang() : Reply();
  };
  bench.run([&](Parts& parts) -> Awaitable<> {
    EXPECT_EQ(co_await failure_of(parts.transactions.run("a", write)), "23505 constraint");
    EXPECT_EQ(parts.pool->figures().idle, 0);
  });
  EXPECT_EQ(bench.log.back(), "1 closed");
}

// A statement that may be run twice is, when its connection is lost.
TEST(DatabaseTransaction, RepeatsIdempotentStatements) {
  Bench bench;
  bench.script = script("WRITE", lose(), 1);
  bench.run([&](Parts& parts) -> Awaitable<> {
    co_await parts.transactions.run_idempotent("WRITE");
    EXPECT_EQ(parts.pool->figures().idle, 1);
  });
  EXPECT_EQ(bench.log,
            (Lines{"1 CONNECT", "1 WRITE", "1 closed", "2 CONNECT", "2 WRITE", "2 closed"}));
}

// Cut after any number of events, everything is destroyed cleanly (as a sanitizer build checks).
TEST(DatabaseTransaction, CanBeDestroyedAtAnyEvent) {
  Bench bench;
  const auto body = [&](Parts& parts) -> Awaitable<> {
    bench.script = script("WRITE", refuse("40P01"), 1);
    co_await parts.transactions.run("a", write);
  };
  bench.run(body);
  const auto events = static_cast<std::uint32_t>(bench.events());
  for (std::uint32_t limit = 1; limit < events; ++limit) bench.run(body, limit);
  bench.run(body);
  EXPECT_TRUE(bench.ended());
}

}  // namespace
}  // namespace raceproof::gateway::database::testing
