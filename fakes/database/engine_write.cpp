// INSERT, UPDATE and DELETE. See engine.hpp.
#include <algorithm>
#include <numeric>

#include "fakes/database/engine.hpp"

namespace raceproof::fakes::database {
namespace {

using Change = Transaction::Change;
using Generated = ColumnDefinition::Generated;

void analyse_returning(Analysis& analysis, std::vector<Item>& items) {
  for (auto& item : items) analysis.item(item.expression, "RETURNING");
}

Rows rows_named(const std::vector<Item>& items) {
  Rows rows;
  for (const auto& item : items) rows.columns.push_back(item.name);
  return rows;
}

void add_row(Rows& rows, const std::vector<Item>& items, const Surroundings& surroundings) {
  ++rows.affected;
  if (items.empty()) return;
  auto& row = rows.rows.emplace_back();
  for (const auto& item : items) {
    auto value = evaluate(item.expression, surroundings);
    row.push_back(value ? output(item.expression.type, *value) : value);
  }
}

std::vector<Value> key_of(const Unique& unique, const std::vector<Value>& values) {
  std::vector<Value> key;
  for (const auto column : unique.columns) key.push_back(values[column]);
  return key;
}

constexpr std::uint64_t bit(std::size_t unique) { return std::uint64_t{1} << unique; }

}  // namespace

// --- unique keys --------------------------------------------------------------------------------

/// Who has the key of `values` in the unique index: decided by what is true now, not by the
/// snapshot.
Engine::Conflict Engine::find_conflict(const Work& work, std::size_t unique,
                                       const std::vector<Value>& values, std::int64_t own_row) {
  const auto& index = work.table->uniques[unique];
  const auto key = key_of(index, values);
  if (std::find(key.begin(), key.end(), Value()) != key.end()) return {};  // NULLs are distinct
  const auto& self = work.transaction.fate;
  for (const auto& [id, row] : work.table->rows) {
    if (id == own_row) continue;
    for (const auto& version : row.versions) {
      if ((version.entered & bit(unique)) == 0 || key_of(index, version.values) != key) continue;
      if (version.creator != self && version.creator->committed == 0) return {version.creator};
      if (!version.remover) return {nullptr, &version};
      if (version.remover != self && version.remover->committed == 0) return {version.remover};
    }
  }
  return {};
}

/// Enters the newest version of the row, which is the transaction's own, into unique indexes, one
/// after the other: what is entered is in the way of others at once.
Awaitable<> Engine::enter(Work& work, std::int64_t row, std::vector<std::size_t> uniques) {
  for (const auto unique : uniques) {
    for (;;) {
      auto& version = work.table->rows.at(row).versions.back();
      const auto conflict = find_conflict(work, unique, version.values, row);
      if (!conflict.exists()) {
        version.entered |= bit(unique);
        break;
      }
      if (conflict.duplicate != nullptr) {
        throw Error("23505", "duplicate key value violates unique constraint \"" +
                                 work.table->uniques[unique].name + "\"");
      }
      co_await wait_for(work.backend, conflict.wait_for);
    }
  }
}

/// For ON CONFLICT DO NOTHING: whether nobody has the keys, after waiting for who may have them.
Awaitable<bool> Engine::is_free(Work& work, const std::vector<std::size_t>& uniques,
                                const std::vector<Value>& values) {
  for (const auto unique : uniques) {
    for (;;) {
      const auto conflict = find_conflict(work, unique, values, 0);
      if (!conflict.exists()) break;
      if (conflict.duplicate != nullptr) {
        const auto& version = *conflict.duplicate;
        const bool own = version.creator == work.transaction.fate;
        if (work.transaction.repeatable_read && !own && !version.visible_to(work.snapshot)) {
          throw Error("40001", "could not serialize access due to concurrent update");
        }
        co_return false;
      }
      co_await wait_for(work.backend, conflict.wait_for);
    }
  }
  co_return true;
}

void Engine::check_not_null(const Table& table, const std::vector<Value>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& definition = table.columns[i].definition;
    if (!definition.not_null || values[i]) continue;
    throw Error("23502", "null value in column \"" + definition.name + "\" of relation \"" +
                             table.name + "\" violates not-null constraint");
  }
}

// --- INSERT -------------------------------------------------------------------------------------

/// The places of the columns that values are given for.
std::vector<std::size_t> Engine::analyse_insert(Analysis& analysis, Insert& insert,
                                                const Table& table) {
  std::vector<std::size_t> columns;
  for (const auto& name : insert.columns) {
    const auto column = table.column(name);
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      throw Error("42701", "column \"" + name + "\" specified more than once");
    }
    columns.push_back(column);
  }
  const auto given = insert.rows.front().size();
  if (insert.columns.empty()) {
    columns.resize(std::min(given, table.columns.size()));
    std::iota(columns.begin(), columns.end(), 0);
  }
  if (given > columns.size()) {
    throw Error("42601", "INSERT has more expressions than target columns");
  }
  if (given < columns.size()) {
    throw Error("42601", "INSERT has more target columns than expressions");
  }
  // In VALUES there is no row to take a column from.
  Analysis values;
  for (auto& row : insert.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (!row[i]) continue;
      const auto& definition = table.columns[columns[i]].definition;
      if (definition.generated == Generated::identity_always) {
        throw Error("428C9",
                    "cannot insert a non-DEFAULT value into column \"" + definition.name + "\"");
      }
      values.assign(*row[i], definition.type, definition.name);
    }
  }
  analysis.continue_with(values);
  return columns;
}

std::vector<std::size_t> Engine::arbiters(const Insert& insert, const Table& table) {
  std::vector<std::size_t> found;
  std::vector<std::size_t> target;
  for (const auto& name : insert.conflict_target) {
    const auto column = table.find_column(name);
    if (!column) throw Error("42703", "column \"" + name + "\" does not exist");
    target.push_back(*column);
  }
  std::sort(target.begin(), target.end());
  for (std::size_t i = 0; i < table.uniques.size(); ++i) {
    auto columns = table.uniques[i].columns;
    std::sort(columns.begin(), columns.end());
    if (target.empty() || columns == target) found.push_back(i);
  }
  if (!target.empty() && found.empty()) {
    throw Error("42P10",
                "there is no unique or exclusion constraint matching the ON CONFLICT "
                "specification");
  }
  return found;
}

std::vector<Value> Engine::new_row(const Work& work, const Insert& insert,
                                   const std::vector<std::size_t>& columns, std::size_t which) {
  auto& table = *work.table;
  std::vector<Value> values(table.columns.size());
  std::vector<bool> given(table.columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& expression = insert.rows[which][i];
    if (!expression) continue;
    given[columns[i]] = true;
    values[columns[i]] =
        evaluate_for(table.columns[columns[i]].definition.type, *expression, work.over(values));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto& column = table.columns[i];
    if (given[i]) continue;
    if (column.definition.generated != Generated::no) {
      values[i] = std::to_string(column.next++);
    } else if (column.definition.initial) {
      values[i] =
          evaluate_for(column.definition.type, *column.definition.initial, work.over(values));
    }
  }
  check_not_null(table, values);
  return values;
}

Awaitable<Rows> Engine::insert(Work& work, const Insert& written) {
  Insert insert = written;
  auto& table = find_table(insert.table, work.transaction);
  work.table = &table;
  co_await lock_table(work.backend, table, LockMode::row_exclusive);
  Analysis analysis(&table);
  const auto columns = analyse_insert(analysis, insert, table);
  const auto arbitrating =
      insert.on_conflict_do_nothing ? arbiters(insert, table) : std::vector<std::size_t>();
  analyse_returning(analysis, insert.returning);
  bind(work, analysis);
  take_snapshot(work);

  std::vector<std::size_t> uniques(table.uniques.size());
  std::iota(uniques.begin(), uniques.end(), 0);
  Rows rows = rows_named(insert.returning);
  std::vector<Check> checks;
  for (std::size_t i = 0; i < insert.rows.size(); ++i) {
    const auto values = new_row(work, insert, columns, i);
    const bool free = co_await is_free(work, arbitrating, values);
    if (!free) continue;
    const auto id = table.next_row++;
    auto& row = table.rows[id];
    row.id = id;
    Version version;
    version.values = values;
    version.ordinal = table.next_version++;
    version.creator = work.transaction.fate;
    version.created_by_command = work.snapshot.command;
    row.versions.push_back(std::move(version));
    work.transaction.changes.push_back({Change::Kind::inserted, &table, id});
    co_await enter(work, id, uniques);
    note_references(work, nullptr, &values, checks);
    add_row(rows, insert.returning, work.over(values));
  }
  co_await check_references(work, std::move(checks));
  co_return rows;
}

// --- UPDATE and DELETE --------------------------------------------------------------------------

Awaitable<Rows> Engine::update(Work& work, const Update& written) {
  Update update = written;
  auto& table = find_table(update.table, work.transaction);
  work.table = &table;
  work.changes_rows = true;
  co_await lock_table(work.backend, table, LockMode::row_exclusive);
  Analysis analysis(&table, update.alias);
  std::vector<std::size_t> columns;
  for (auto& assignment : update.assignments) {
    const auto column = table.column(assignment.column);
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      throw Error("42601", "multiple assignments to same column \"" + assignment.column + "\"");
    }
    columns.push_back(column);
    const auto& definition = table.columns[column].definition;
    if (assignment.value) {
      if (definition.generated == Generated::identity_always) {
        throw Error("428C9", "column \"" + definition.name + "\" can only be updated to DEFAULT");
      }
      analysis.assign(*assignment.value, definition.type, definition.name);
    } else if (definition.generated != Generated::no) {
      throw Error("0A000", "the fake database does not support SET of a sequence to DEFAULT");
    } else {
      assignment.value = definition.initial;
    }
  }
  if (update.where) analysis.condition(*update.where, "WHERE");
  analyse_returning(analysis, update.returning);
  bind(work, analysis);
  take_snapshot(work);

  Rows rows = rows_named(update.returning);
  std::vector<Check> checks;
  const auto candidates = scan(work, update.where);
  for (const auto candidate : candidates) {
    co_await update_row(work, update, candidate, columns, rows, checks);
  }
  co_await check_references(work, std::move(checks));
  co_return rows;
}

Awaitable<> Engine::update_row(Work& work, const Update& update, Candidate candidate,
                               const std::vector<std::size_t>& columns, Rows& rows,
                               std::vector<Check>& checks) {
  auto& table = *work.table;
  const auto after = [&](const std::vector<Value>& before) {
    auto values = before;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto type = table.columns[columns[i]].definition.type;
      const auto& value = update.assignments[i].value;
      values[columns[i]] = value ? evaluate_for(type, *value, work.over(before)) : Value();
    }
    check_not_null(table, values);
    return values;
  };
  const auto changed_keys = [&](const std::vector<Value>& a, const std::vector<Value>& b) {
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < table.uniques.size(); ++i) {
      if (key_of(table.uniques[i], a) != key_of(table.uniques[i], b)) changed.push_back(i);
    }
    return changed;
  };
  const auto seen = version_of(work, candidate).values;
  const bool moves_key = !changed_keys(seen, after(seen)).empty();
  const auto lock = moves_key ? RowLock::update : RowLock::no_key_update;
  Version* newest = co_await claim(work, candidate, lock, update.where);
  if (newest == nullptr) co_return;
  const auto before = newest->values;
  const auto values = after(before);
  const auto keys = changed_keys(before, values);
  if (!keys.empty() && !moves_key) {
    // What came in between made this one change the key.
    const Candidate again{candidate.row, newest->ordinal};
    newest = co_await claim(work, again, RowLock::update, update.where);
    if (newest == nullptr) co_return;
  }
  newest->remover = work.transaction.fate;
  newest->removed_by_command = work.snapshot.command;
  Version version;
  version.values = values;
  version.ordinal = table.next_version++;
  version.creator = work.transaction.fate;
  version.created_by_command = work.snapshot.command;
  version.entered = newest->entered;
  for (const auto unique : keys) version.entered &= ~bit(unique);
  table.rows.at(candidate.row).versions.push_back(std::move(version));
  work.transaction.changes.push_back({Change::Kind::updated, &table, candidate.row});
  co_await enter(work, candidate.row, keys);
  note_references(work, &before, &values, checks);
  add_row(rows, update.returning, work.over(values));
}

Awaitable<Rows> Engine::remove(Work& work, const Delete& written) {
  Delete removal = written;
  auto& table = find_table(removal.table, work.transaction);
  work.table = &table;
  work.changes_rows = true;
  co_await lock_table(work.backend, table, LockMode::row_exclusive);
  Analysis analysis(&table, removal.alias);
  if (removal.where) analysis.condition(*removal.where, "WHERE");
  analyse_returning(analysis, removal.returning);
  bind(work, analysis);
  take_snapshot(work);

  Rows rows = rows_named(removal.returning);
  std::vector<Check> checks;
  const auto candidates = scan(work, removal.where);
  for (const auto candidate : candidates) {
    auto* version = co_await claim(work, candidate, RowLock::update, removal.where);
    if (version == nullptr) continue;
    version->remover = work.transaction.fate;
    version->removed_by_command = work.snapshot.command;
    work.transaction.changes.push_back({Change::Kind::deleted, &table, candidate.row});
    note_references(work, &version->values, nullptr, checks);
    add_row(rows, removal.returning, work.over(version->values));
  }
  co_await check_references(work, std::move(checks));
  co_return rows;
}

}  // namespace raceproof::fakes::database
