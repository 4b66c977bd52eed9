// CREATE TABLE and LOCK TABLE. See engine.hpp.
#include "fakes/database/engine.hpp"

namespace raceproof::fakes::database {

Awaitable<Rows> Engine::create_table(Work& work, const CreateTable& create) {
  const auto exists = [&]() -> Table* {
    const auto found = tables_.find(create.table);
    return found == tables_.end() ? nullptr : found->second.get();
  };
  const auto is_visible = [&](const Table& table) {
    return table.creator->committed != 0 || table.creator == work.transaction.fate;
  };
  if (const auto* other = exists(); other != nullptr && is_visible(*other)) {
    if (create.if_not_exists) co_return Rows{};
    throw Error("42P07", "relation \"" + create.table + "\" already exists");
  }
  auto table = make_table(create);
  // Two transactions that make the same table meet in the catalogue's unique index, IF NOT EXISTS
  // or not.
  while (const auto* other = exists()) {
    const auto creator = other->creator;
    co_await wait_for(work.backend, creator);
    if (creator->committed == 0) continue;
    throw Error("23505",
                "duplicate key value violates unique constraint \"pg_type_typname_nsp_index\"");
  }
  table->id = next_table_++;
  table->creator = work.transaction.fate;
  Table& made = *table;
  link_references(made, create, work.transaction);
  for (const auto& reference : made.references) {
    if (reference.target == &made) continue;
    co_await lock_table(work.backend, *reference.target, LockMode::share_row_exclusive);
  }
  for (std::size_t i = 0; i < made.references.size(); ++i) {
    made.references[i].target->referrers.push_back({&made, i});
  }
  tables_.emplace(create.table, std::move(table));
  work.transaction.changes.push_back({Transaction::Change::Kind::created_table, &made});
  co_await lock_table(work.backend, made, LockMode::access_exclusive);
  co_return Rows{};
}

void Engine::link_references(Table& table, const CreateTable& create,
                             const Transaction& transaction) {
  for (const auto& written : create.references) {
    Reference reference;
    reference.name =
        !written.name.empty() ? written.name : create.table + "_" + written.column + "_fkey";
    reference.target =
        written.table == create.table ? &table : &find_table(written.table, transaction);
    const auto& target = *reference.target;
    const auto column = table.find_column(written.column);
    if (!column) {
      throw Error("42703", "column \"" + written.column +
                               "\" referenced in foreign key constraint does not exist");
    }
    reference.column = *column;
    std::optional<std::size_t> target_column;
    if (!written.target.empty()) {
      target_column = target.find_column(written.target);
      if (!target_column) {
        throw Error("42703", "column \"" + written.target +
                                 "\" referenced in foreign key constraint does not exist");
      }
    } else {
      for (const auto& unique : target.uniques) {
        if (unique.primary && unique.columns.size() == 1) target_column = unique.columns[0];
      }
      if (!target_column) {
        throw Error("42704",
                    "there is no primary key for referenced table \"" + target.name + "\"");
      }
    }
    if (!target.is_unique(*target_column)) {
      throw Error("42830",
                  "there is no unique constraint matching given keys for referenced "
                  "table \"" +
                      target.name + "\"");
    }
    reference.target_column = *target_column;
    const auto from = table.columns[reference.column].definition.type;
    const auto to = target.columns[reference.target_column].definition.type;
    if (from != to && !(is_number(from) && is_number(to))) {
      throw Error("42804",
                  "foreign key constraint \"" + reference.name + "\" cannot be implemented");
    }
    table.references.push_back(std::move(reference));
  }
}

Awaitable<Rows> Engine::lock_statement(Work& work, const LockTable& lock) {
  if (!work.transaction.explicit_begin) {
    throw Error("25P01", "LOCK TABLE can only be used in transaction blocks");
  }
  const auto& table = find_table(lock.table, work.transaction);
  if (lock.nowait) {
    const LockTag tag{LockTag::Kind::table, table.id, 0};
    if (!locks_.try_acquire(work.backend.owner, tag, lock.mode)) {
      throw Error("55P03", "could not obtain lock on relation \"" + table.name + "\"");
    }
  } else {
    co_await lock_table(work.backend, table, lock.mode);
  }
  co_return Rows{};
}

}  // namespace raceproof::fakes::database
