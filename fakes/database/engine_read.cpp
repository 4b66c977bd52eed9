// SELECT, and how a row is found, locked and looked at again. See engine.hpp.
#include <algorithm>

#include "fakes/database/engine.hpp"

namespace raceproof::fakes::database {
namespace {

const std::vector<Value> no_values;

LockMode queue_mode(RowLock lock) {
  switch (lock) {
    case RowLock::key_share:
      return LockMode::access_share;
    case RowLock::share:
      return LockMode::row_share;
    case RowLock::no_key_update:
      return LockMode::exclusive;
    case RowLock::update:
      break;
  }
  return LockMode::access_exclusive;
}

const Row::Holder* conflicting_holder(const Row& row, const FatePointer& self, RowLock lock) {
  for (const auto& holder : row.holders) {
    if (holder.transaction != self && conflict(holder.lock, lock)) return &holder;
  }
  return nullptr;
}

bool has_been_replaced(const Row& row, std::int64_t ordinal) {
  for (const auto& version : row.versions) {
    if (version.ordinal == ordinal) return version.remover && version.remover->committed != 0;
  }
  return true;
}

std::string_view words_of(RowLock lock) {
  switch (lock) {
    case RowLock::key_share:
      return "FOR KEY SHARE";
    case RowLock::share:
      return "FOR SHARE";
    case RowLock::no_key_update:
      return "FOR NO KEY UPDATE";
    case RowLock::update:
      break;
  }
  return "FOR UPDATE";
}

/// Whether a foreign key could tell the versions apart.
bool same_keys(const Table& table, const Version& a, const Version& b) {
  for (const auto& unique : table.uniques) {
    for (const auto column : unique.columns) {
      if (a.values[column] != b.values[column]) return false;
    }
  }
  return true;
}

}  // namespace

Awaitable<Rows> Engine::select(Work& work, const Select& written) {
  Select select = written;
  if (!select.table.empty()) {
    work.table = &find_table(select.table, work.transaction);
    co_await lock_table(work.backend, *work.table,
                        select.lock ? LockMode::row_share : LockMode::access_share);
  }
  Analysis analysis(work.table, select.alias);
  analyse_select(analysis, select, work.table);
  bind(work, analysis);
  take_snapshot(work);
  const auto limit = limit_of(work, select);

  Rows rows;
  for (const auto& item : select.items) rows.columns.push_back(item.name);
  const auto add = [&](const std::vector<Value>& values) {
    auto& row = rows.rows.emplace_back();
    for (const auto& item : select.items) {
      auto value = evaluate(item.expression, work.over(values));
      row.push_back(value ? output(item.expression.type, *value) : value);
    }
  };
  const auto is_full = [&] {
    return limit && static_cast<std::int64_t>(rows.rows.size()) >= *limit;
  };

  if (work.table == nullptr) {
    if (!is_full() && (!select.where || holds(*select.where, work.over(no_values)))) add(no_values);
  } else if (analysis.aggregates()) {
    const auto count = scan(work, select.where).size();
    if (!is_full()) {
      add(no_values);
      for (std::size_t i = 0; i < select.items.size(); ++i) {
        if (select.items[i].expression.kind == Expression::Kind::count) {
          rows.rows[0][i] = std::to_string(count);
        }
      }
    }
  } else {
    auto candidates = scan(work, select.where);
    sort(work, select.order, candidates);
    for (const auto& candidate : candidates) {
      if (is_full()) break;
      if (!select.lock) {
        add(version_of(work, candidate).values);
        continue;
      }
      const auto* version =
          co_await claim(work, candidate, *select.lock, select.where, select.wait);
      if (version != nullptr) add(version->values);
    }
  }
  rows.affected = static_cast<std::int64_t>(rows.rows.size());
  co_return rows;
}

void Engine::analyse_select(Analysis& analysis, Select& select, const Table* table) {
  if (select.items.empty()) {
    for (const auto& column : table->columns) {
      Expression expression;
      expression.kind = Expression::Kind::column;
      expression.text = column.definition.name;
      select.items.push_back({std::move(expression), column.definition.name});
    }
  }
  for (auto& item : select.items) analysis.item(item.expression, "SELECT");
  const auto plain_column = analysis.plain_column();
  if (select.where) analysis.condition(*select.where, "WHERE");
  for (auto& order : select.order) {
    // A name means the answer's column first.
    for (const auto& item : select.items) {
      const auto& expression = order.expression;
      if (expression.kind == Expression::Kind::column && expression.qualifier.empty() &&
          expression.text == item.name) {
        order.expression = item.expression;
        break;
      }
    }
    analysis.item(order.expression, "ORDER BY");
  }
  if (select.limit) analysis.number(*select.limit);
  if (!analysis.aggregates()) return;
  if (!plain_column.empty()) {
    throw Error("42803", "column \"" + plain_column +
                             "\" must appear in the GROUP BY clause or be used in an aggregate "
                             "function");
  }
  if (select.lock) {
    throw Error("0A000",
                std::string(words_of(*select.lock)) + " is not allowed with aggregate functions");
  }
  if (!select.order.empty()) {
    throw Error("0A000", "the fake database does not support ORDER BY with count(*)");
  }
  if (table == nullptr) {
    throw Error("0A000", "the fake database does not support count(*) without a table");
  }
}

std::optional<std::int64_t> Engine::limit_of(const Work& work, const Select& select) {
  if (!select.limit) return std::nullopt;
  const auto value = evaluate(*select.limit, work.over(no_values));
  if (!value) return std::nullopt;
  const auto limit = to_number(*value);
  if (limit < 0) throw Error("2201W", "LIMIT must not be negative");
  return limit;
}

// --- rows ---------------------------------------------------------------------------------------

/// The rows that the statement sees and `where` wants, in the order of the heap.
std::vector<Engine::Candidate> Engine::scan(const Work& work,
                                            const std::optional<Expression>& where) {
  std::vector<Candidate> candidates;
  for (const auto& [id, row] : work.table->rows) {
    const auto* version = row.visible_to(work.snapshot);
    if (version == nullptr) continue;
    if (where && !holds(*where, work.over(version->values))) continue;
    candidates.push_back({id, version->ordinal});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.version < b.version; });
  return candidates;
}

const Version& Engine::version_of(const Work& work, const Candidate& candidate) {
  return *work.table->rows.at(candidate.row).visible_to(work.snapshot);
}

void Engine::sort(const Work& work, const std::vector<Order>& order,
                  std::vector<Candidate>& candidates) {
  if (order.empty()) return;
  using Keys = std::vector<Value>;
  std::vector<std::pair<Keys, Candidate>> keyed;
  for (const auto& candidate : candidates) {
    Keys keys;
    for (const auto& entry : order) {
      keys.push_back(evaluate(entry.expression, work.over(version_of(work, candidate).values)));
    }
    keyed.emplace_back(std::move(keys), candidate);
  }
  const auto less = [&](const auto& left, const auto& right) {
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& a = left.first[i];
      const auto& b = right.first[i];
      if (!a && !b) continue;
      if (!a || !b) return order[i].nulls_first ? !a : !b;
      const int found = compare(order[i].expression.type, *a, *b);
      if (found != 0) return order[i].descending ? found > 0 : found < 0;
    }
    return false;
  };
  std::stable_sort(keyed.begin(), keyed.end(), less);
  for (std::size_t i = 0; i < keyed.size(); ++i) candidates[i] = keyed[i].second;
}

/// As heap_lock_tuple does: whoever has to wait takes a place in the row's queue first, then waits
/// for the ends of those who hold it. False where `wait` says that it may be skipped.
Awaitable<bool> Engine::lock_row(Work& work, Candidate candidate, RowLock lock, LockWait wait) {
  const auto& self = work.transaction.fate;
  auto& table = *work.table;
  auto& row = table.rows.at(candidate.row);
  const LockTag tag{LockTag::Kind::row, table.id, row.id};
  bool queued = false;
  while (const auto* holder = conflicting_holder(row, self, lock)) {
    // A repeatable read does not wait for who came after a change that it may not see.
    if (work.transaction.repeatable_read && lock != RowLock::key_share &&
        has_been_replaced(row, candidate.version)) {
      break;
    }
    if (wait == LockWait::skip) co_return false;
    if (wait == LockWait::refuse) {
      throw Error("55P03", "could not obtain lock on row in relation \"" + table.name + "\"");
    }
    if (!queued) {
      co_await locks_.acquire(work.backend.owner, tag, queue_mode(lock));
      queued = true;
      continue;
    }
    const auto transaction = holder->transaction;
    co_await wait_for(work.backend, transaction);
  }
  if (queued) locks_.release(work.backend.owner, tag, queue_mode(lock));
  const bool held = std::any_of(row.holders.begin(), row.holders.end(), [&](const auto& holder) {
    return holder.transaction == self && holder.lock >= lock;
  });
  // What is gone cannot be held; whoever waited for it as well finds that out too.
  const auto& last = row.versions.back();
  const bool gone = last.remover && last.remover->committed != 0;
  if (!held && !gone) {
    row.holders.push_back({self, lock});
    work.transaction.locked.emplace_back(&table, row.id);
  }
  co_return true;
}

Awaitable<Version*> Engine::claim(Work& work, Candidate candidate, RowLock lock,
                                  const std::optional<Expression>& where, LockWait wait) {
  auto& table = *work.table;
  const bool locked = co_await lock_row(work, candidate, lock, wait);
  if (!locked) co_return nullptr;
  auto& versions = table.rows.at(candidate.row).versions;
  const auto is_known = [&](const FatePointer& fate) {
    return fate == work.transaction.fate || fate->committed != 0;
  };
  auto newest = std::find_if(versions.rbegin(), versions.rend(),
                             [&](const Version& version) { return is_known(version.creator); });
  const bool deleted = newest->remover && is_known(newest->remover);
  if (!deleted && newest->ordinal == candidate.version) co_return &*newest;
  const auto seen = std::find_if(versions.begin(), versions.end(), [&](const Version& version) {
    return version.ordinal == candidate.version;
  });
  if (!deleted && lock == RowLock::key_share && same_keys(table, *seen, *newest)) {
    co_return &*seen;  // nothing that the lock is about has changed
  }
  if (work.transaction.repeatable_read) {
    const bool only_deleted = deleted && newest->ordinal == candidate.version;
    throw Error("40001", only_deleted && work.changes_rows
                             ? "could not serialize access due to concurrent delete"
                             : "could not serialize access due to concurrent update");
  }
  if (deleted || (where && !holds(*where, work.over(newest->values)))) co_return nullptr;
  co_return &*newest;
}

}  // namespace raceproof::fakes::database
