#include "gateway/database/migrations.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "gateway/database/statements.hpp"

namespace raceproof::gateway::database {

namespace {

bool holds(const Rows& applied, std::int64_t version) {
  const std::string text = std::to_string(version);
  return std::any_of(applied.rows.begin(), applied.rows.end(),
                     [&](const auto& row) { return row.at(0) == text; });
}

/// In PostgreSQL two that create the same table at once can both find it missing: the later one is
/// then refused by the catalogue's own index, and finds the table when it looks again.
Awaitable<> create_table_of_migrations(Transactions& transactions) {
  constexpr int tries_max = 3;
  for (int tries = 1;; ++tries) {
    try {
      co_await transactions.run_idempotent(statements::create_migrations);
      co_return;
    } catch (const DatabaseError& error) {
      const bool was_beaten = error.sqlstate() == "23505" || error.sqlstate() == "42P07";
      if (!was_beaten || tries == tries_max) throw;
    }
  }
}

/// The body of one step's transaction; whether there was anything to do.
Awaitable<> apply(Transaction& transaction, const Migration& step, bool& applied) {
  applied = false;
  co_await transaction.execute(statements::lock_migrations);
  const Rows known = co_await transaction.query(statements::applied_migrations);
  if (holds(known, step.version)) co_return;
  for (const std::string_view statement : step.statements) co_await transaction.execute(statement);
  std::vector<Value> record{std::to_string(step.version), std::string(step.name)};
  co_await transaction.execute(statements::record_migration, std::move(record));
  applied = true;
}

/// `error` with the step in front of its message.
DatabaseError in_step(const std::string& step, const DatabaseError& error) {
  return {error.kind(), error.sqlstate(), step + ": " + error.what()};
}

}  // namespace

std::span<const Migration> migrations() {
  static constexpr std::array all{
      Migration{1, "runs", statements::create_runs},
      Migration{2, "outbox", statements::create_outbox},
  };
  return all;
}

Awaitable<> migrate(Runtime& runtime, Transactions& transactions,
                    std::span<const Migration> steps) {
  Rows known;
  try {
    co_await create_table_of_migrations(transactions);
    known = co_await transactions.run_idempotent(statements::applied_migrations);
  } catch (const DatabaseError& error) {
    throw in_step("schema_migrations", error);
  }
  for (const Migration& step : steps) {
    if (holds(known, step.version)) continue;
    const std::string name = "migration " + std::to_string(step.version);
    bool applied = false;
    const auto body = [&](Transaction& transaction) { return apply(transaction, step, applied); };
    try {
      co_await transactions.run(name, body);
    } catch (const DatabaseError& error) {
      throw in_step(name + " (" + std::string(step.name) + ")", error);
    }
    if (applied) {
      runtime.observe("migration", {{"version", step.version}, {"name", step.name}});
    }
  }
}

}  // namespace raceproof::gateway::database
