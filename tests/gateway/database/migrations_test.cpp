// Passing means: each step is applied once, under a lock, in a transaction that also records it.
#include "gateway/database/migrations.hpp"

#include <array>

#include "gateway/database/statements.hpp"
#include "tests/gateway/database/scripted_database.hpp"

namespace raceproof::gateway::database::testing {
namespace {

using Lines = std::vector<std::string>;

constexpr std::array<std::string_view, 2> first_statements{"CREATE a", "CREATE b"};
constexpr std::array<std::string_view, 1> second_statements{"CREATE c"};
constexpr std::array steps{Migration{1, "first", first_statements},
                           Migration{2, "second", second_statements}};

/// A database that knows `applied`, and `later` once the lock is held.
ScriptedDatabase::Script knows(std::vector<std::string> applied, std::vector<std::string> later) {
  auto looks = std::make_shared<int>(0);
  return [=](const Question& question) {
    if (question.sql != statements::applied_migrations) return Reply();
    return answer((*looks)++ == 0 ? applied : later);
  };
}

std::string lines(const Bench& bench) {
  std::string all;
  for (const std::string& line : bench.log) all += line + "\n";
  return all;
}

std::size_t count(const Bench& bench, std::string_view text) {
  std::size_t found = 0;
  for (const std::string& line : bench.log) found += line.find(text) != line.npos ? 1 : 0;
  return found;
}

// On an empty database: the table, then each step in its own transaction, recorded.
TEST(DatabaseMigrations, AppliesWhatIsMissing) {
  Bench bench;
  bench.script = knows({}, {});
  bench.run([](Parts& parts) { return migrate(parts.runtime, parts.transactions, steps); });
  const std::string create(statements::create_migrations);
  const std::string select(statements::applied_migrations);
  const std::string lock(statements::lock_migrations);
  const std::string record(statements::record_migration);
  EXPECT_EQ(lines(bench), "1 CONNECT\n1 " + create + "\n1 " + select +              //
                              "\n1 BEGIN\n1 " + lock + "\n1 " + select +            //
                              "\n1 CREATE a\n1 CREATE b\n1 " + record +             //
                              "\n1 COMMIT\n1 BEGIN\n1 " + lock + "\n1 " + select +  //
                              "\n1 CREATE c\n1 " + record + "\n1 COMMIT\n1 closed\n");
  EXPECT_EQ(bench.count_observed({"migration version=1 name=first"}), 1);
  EXPECT_EQ(bench.count_observed({"migration version=2 name=second"}), 1);
}

// What is known already needs no lock; versions that this program does not know are left alone.
TEST(DatabaseMigrations, SkipsWhatIsApplied) {
  Bench bench;
  bench.script = knows({"1", "2", "3"}, {});
  bench.run([](Parts& parts) { return migrate(parts.runtime, parts.transactions, steps); });
  EXPECT_EQ(count(bench, "BEGIN"), 0U);
  EXPECT_EQ(count(bench, "LOCK"), 0U);
}

// What another instance applied while this one waited for the lock is not applied again.
TEST(DatabaseMigrations, LooksAgainUnderTheLock) {
  Bench bench;
  bench.script = knows({}, {"1", "2"});
  bench.run([](Parts& parts) { return migrate(parts.runtime, parts.transactions, steps); });
  EXPECT_EQ(count(bench, "LOCK"), 2U);
  EXPECT_EQ(count(bench, "CREATE a"), 0U);
  EXPECT_EQ(bench.count_observed({"migration version"}), 0);
}

// Two that make the table of migrations at once: the one that comes second finds it.
TEST(DatabaseMigrations, SurvivesBeingBeatenToTheTable) {
  Bench bench;
  for (const char* state : {"23505", "42P07"}) {
    auto beaten = std::make_shared<bool>(true);
    bench.script = [=](const Question& question) {
      const bool refused = question.sql == statements::create_migrations && *beaten;
      if (refused) *beaten = false;
      return refused ? refuse(state) : Reply();
    };
    bench.run([](Parts& parts) { return migrate(parts.runtime, parts.transactions, steps); });
    EXPECT_EQ(bench.count_observed({"migration version=2"}), 1) << state;
  }
}

// A step that fails is rolled back and named; later ones are not tried.
TEST(DatabaseMigrations, NamesTheStepThatFails) {
  Bench bench;
  bench.script = [](const Question& question) {
    return question.sql == "CREATE b" ? refuse("42601", "syntax error") : Reply();
  };
  std::string message;
  bench.run([&](Parts& parts) -> Awaitable<> {
    try {
      co_await migrate(parts.runtime, parts.transactions, steps);
    } catch (const DatabaseError& error) {
      message = error.what();
      EXPECT_EQ(error.sqlstate(), "42601");
      EXPECT_EQ(error.kind(), ErrorKind::schema);
    }
  });
  EXPECT_EQ(message, "migration 1 (first): syntax error");
  EXPECT_EQ(count(bench, "ROLLBACK"), 1U);
  EXPECT_EQ(count(bench, "CREATE c"), 0U);
}

// A deadlock in a step is tried anew like any other.
TEST(DatabaseMigrations, RetriesDeadlocks) {
  Bench bench;
  auto left = std::make_shared<int>(2);
  bench.script = [=](const Question& question) {
    return question.sql == "CREATE b" && (*left)-- > 0 ? refuse("40P01") : Reply();
  };
  bench.run([](Parts& parts) { return migrate(parts.runtime, parts.transactions, steps); });
  EXPECT_EQ(bench.count_observed({"migration version=1"}), 1);
  EXPECT_EQ(count(bench, "ROLLBACK"), 2U);
}

}  // namespace
}  // namespace raceproof::gateway::database::testing
