// Sessions, transactions and what all statements share. See engine.hpp.
#include "fakes/database/engine.hpp"

#include <algorithm>
#include <utility>

#include "fakes/memo.hpp"

namespace raceproof::fakes::database {

Engine::Engine(Runtime& runtime, Executor strand, const Settings& settings)
    : runtime_(runtime),
      strand_(strand),
      locks_(runtime, strand, settings.deadlock_timeout, settings.wake),
      observed_tables_(settings.observed_tables) {}

// --- sessions and transactions ------------------------------------------------------------------

Backend& Engine::open() { return backends_.emplace_back(++sessions_); }

void Engine::close(Backend& backend) {
  rollback(backend);
  backends_.remove_if([&](const Backend& other) { return &other == &backend; });
}

void Engine::start_transaction(Backend& backend, bool explicit_begin) {
  auto& transaction = backend.transaction.emplace();
  transaction.fate = std::make_shared<Fate>();
  transaction.fate->transaction = ++transactions_;
  transaction.explicit_begin = explicit_begin;
  transaction.now = timestamp_of(runtime_.timestamp());
  const LockTag itself{LockTag::Kind::transaction, 0, transaction.fate->transaction};
  locks_.try_acquire(backend.owner, itself, LockMode::exclusive);
}

void Engine::begin(Backend& backend, std::string_view isolation) {
  const bool repeatable_read = isolation == "repeatable read";
  if (isolation == "serializable") {
    throw Error("0A000",
                "the fake database does not support SERIALIZABLE, only READ COMMITTED and "
                "REPEATABLE READ");
  }
  if (!repeatable_read && isolation != "read committed") {
    throw Error("22023", "unknown isolation level");
  }
  if (backend.failed) {
    throw Error("25P02",
                "current transaction is aborted, commands ignored until end of transaction block");
  }
  if (!backend.transaction) start_transaction(backend, true);
  auto& transaction = *backend.transaction;
  if (transaction.has_queried && transaction.repeatable_read != repeatable_read) {
    fail(backend);
    throw Error("25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query");
  }
  transaction.repeatable_read = repeatable_read;
}

void Engine::commit(Backend& backend) {
  if (std::exchange(backend.failed, false)) {
    throw Error("25P02", "the transaction was rolled back because a statement in it failed");
  }
  if (backend.transaction) finish(backend, true);
}

void Engine::rollback(Backend& backend) {
  backend.failed = false;
  if (backend.transaction) finish(backend, false);
}

void Engine::fail(Backend& backend) {
  backend.reading.reset();
  if (!backend.transaction) return;
  backend.failed = backend.transaction->explicit_begin;
  finish(backend, false);
}

void Engine::cancel(Backend& backend) { locks_.cancel(backend.owner); }

void Engine::finish(Backend& backend, bool committed) {
  const Transaction transaction = *std::exchange(backend.transaction, std::nullopt);
  if (committed) {
    transaction.fate->committed = ++commits_;
  } else {
    for (auto change = transaction.changes.rbegin(); change != transaction.changes.rend();
         ++change) {
      undo(*change, transaction);
    }
  }
  for (const auto& [table, id] : transaction.locked) {
    const auto row = table->rows.find(id);
    if (row == table->rows.end()) continue;
    std::erase_if(row->second.holders, [&](const Row::Holder& holder) {
      return holder.transaction == transaction.fate;
    });
  }
  if (transaction.explicit_begin || !transaction.changes.empty()) {
    runtime_.observe(
        committed ? "db_committed" : "db_rolled_back",
        {{"session", backend.owner.session()}, {"transaction", transaction.fate->transaction}});
  }
  if (committed) report_rows(transaction);
  // The tables of a creation that was undone go last: rows above may have been theirs.
  for (const auto& change : transaction.changes) {
    if (change.kind == Transaction::Change::Kind::created_table) {
      if (!committed) tables_.erase(tables_.find(change.table->name));
    } else if (committed) {
      changed_rows_.emplace_back(change.table, change.row);
    }
  }
  locks_.release_all(backend.owner);
  prune();
}

void Engine::undo(const Transaction::Change& change, const Transaction& transaction) {
  using Kind = Transaction::Change::Kind;
  if (change.kind == Kind::created_table) {
    for (const auto& reference : change.table->references) {
      std::erase_if(reference.target->referrers, [&](const Table::Referrer& referrer) {
        return referrer.table == change.table;
      });
    }
    return;
  }
  auto& rows = change.table->rows;
  const auto row = rows.find(change.row);
  if (change.kind == Kind::inserted) {
    rows.erase(row);
    return;
  }
  auto& versions = row->second.versions;
  if (change.kind == Kind::updated) versions.pop_back();
  if (versions.back().remover == transaction.fate) versions.back().remover = nullptr;
}

void Engine::report_rows(const Transaction& transaction) {
  using Kind = Transaction::Change::Kind;
  struct Net {
    bool inserted = false;
    bool deleted = false;
  };
  std::map<std::pair<std::string_view, std::int64_t>, Net> net;
  std::vector<const Transaction::Change*> in_order;
  for (const auto& change : transaction.changes) {
    if (change.kind == Kind::created_table ||
        std::find(observed_tables_.begin(), observed_tables_.end(), change.table->name) ==
            observed_tables_.end()) {
      continue;
    }
    const auto [entry, is_new] = net.try_emplace({change.table->name, change.row});
    if (is_new) in_order.push_back(&change);
    entry->second.inserted = entry->second.inserted || change.kind == Kind::inserted;
    entry->second.deleted = change.kind == Kind::deleted;
  }
  for (const auto* change : in_order) {
    const auto& [inserted, deleted] = net.at({change->table->name, change->row});
    if (inserted && deleted) continue;
    const auto& versions = change->table->rows.at(change->row).versions;
    const auto key = change->table->key_of(versions.back().values);
    runtime_.observe("db_row", {{"transaction", transaction.fate->transaction},
                                {"table", std::string_view(change->table->name)},
                                {"key", std::string_view(key)},
                                {"change", std::string_view(inserted  ? "inserted"
                                                            : deleted ? "deleted"
                                                                      : "updated")}});
  }
}

/// Forgets the versions that nobody can see any more.
void Engine::prune() {
  auto horizon = commits_;
  for (const auto& backend : backends_) {
    if (backend.reading) horizon = std::min(horizon, *backend.reading);
    const auto& transaction = backend.transaction;
    if (transaction && transaction->frozen) horizon = std::min(horizon, *transaction->frozen);
  }
  std::vector<std::pair<Table*, std::int64_t>> later;
  for (const auto& [table, id] : std::exchange(changed_rows_, {})) {
    const auto row = table->rows.find(id);
    if (row == table->rows.end()) continue;
    bool has_more = false;
    std::erase_if(row->second.versions, [&](const Version& version) {
      const bool removed = version.remover && version.remover->committed != 0;
      has_more = has_more || (removed && version.remover->committed > horizon);
      return removed && version.remover->committed <= horizon;
    });
    if (row->second.versions.empty()) {
      table->rows.erase(row);
    } else if (has_more) {
      later.emplace_back(table, id);
    }
  }
  changed_rows_ = std::move(later);
}

// --- statements ---------------------------------------------------------------------------------

Engine::StatementPointer Engine::statement(std::string_view sql) {
  return remembered(sql, [sql] { return std::make_shared<const Statement>(parse(sql)); });
}

std::string_view Engine::kind_of(std::string_view sql) {
  try {
    return statement(sql)->kind();
  } catch (const Error&) {
    return "unknown";
  }
}

Awaitable<Rows> Engine::query(Backend& backend, std::string_view sql,
                              std::vector<Value> parameters) {
  Rows rows;
  std::exception_ptr failure;
  try {
    StatementPointer parsed;
    try {
      parsed = statement(sql);
    } catch (const Error& error) {
      if (!backend.failed || error.sqlstate() == "42601") throw;
    }
    if (backend.failed) {
      throw Error("25P02",
                  "current transaction is aborted, commands ignored until end of transaction "
                  "block");
    }
    if (!backend.transaction) start_transaction(backend, false);
    Work work{backend, *backend.transaction, nullptr, {}, std::move(parameters), parsed->parameters,
              false};
    freeze(work, *parsed);
    rows = co_await execute(work, *parsed);
  } catch (...) {
    failure = std::current_exception();
  }
  backend.reading.reset();
  if (failure) {
    fail(backend);
    std::rethrow_exception(failure);
  }
  if (!backend.transaction->explicit_begin) finish(backend, true);
  co_return rows;
}

/// Both arguments outlive what is returned.
Awaitable<Rows> Engine::execute(Work& work, const Statement& statement) {
  const auto& body = statement.body;
  if (const auto* create = std::get_if<CreateTable>(&body)) return create_table(work, *create);
  if (const auto* lock = std::get_if<LockTable>(&body)) return lock_statement(work, *lock);
  if (const auto* insertion = std::get_if<Insert>(&body)) return insert(work, *insertion);
  if (const auto* change = std::get_if<Update>(&body)) return update(work, *change);
  if (const auto* removal = std::get_if<Delete>(&body)) return remove(work, *removal);
  return select(work, std::get<Select>(body));
}

/// A repeatable read sees for its whole length what was committed when its first query began.
void Engine::freeze(Work& work, const Statement& statement) {
  const auto& body = statement.body;
  if (std::holds_alternative<CreateTable>(body) || std::holds_alternative<LockTable>(body)) return;
  auto& transaction = work.transaction;
  transaction.has_queried = true;
  if (transaction.repeatable_read && !transaction.frozen) transaction.frozen = commits_;
}

void Engine::take_snapshot(Work& work) {
  auto& transaction = work.transaction;
  work.snapshot = {transaction.frozen.value_or(commits_), transaction.fate.get(),
                   ++transaction.command};
  work.backend.reading = work.snapshot.committed_until;
}

/// Gives the parameters the types that the analysis found. Throws 42P18, 08P01, 22P02 ...
void Engine::bind(Work& work, Analysis& analysis) {
  const auto count = work.highest;
  analysis.finish(count);
  const auto& types = analysis.parameters();
  if (work.parameters.size() != count) {
    throw Error("08P01", "bind message supplies " + std::to_string(work.parameters.size()) +
                             " parameters, but prepared statement \"\" requires " +
                             std::to_string(count));
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto& value = work.parameters[i];
    if (value) value = canonical(types[i], *value);
  }
}

Awaitable<> Engine::lock_table(Backend& backend, const Table& table, LockMode mode) {
  const LockTag tag{LockTag::Kind::table, table.id, 0};
  co_await locks_.acquire(backend.owner, tag, mode);
}

Awaitable<> Engine::wait_for(Backend& backend, FatePointer transaction) {
  const LockTag tag{LockTag::Kind::transaction, 0, transaction->transaction};
  co_await locks_.acquire(backend.owner, tag, LockMode::share);
  locks_.release(backend.owner, tag, LockMode::share);
}

Table& Engine::find_table(std::string_view name, const Transaction& transaction) {
  const auto found = tables_.find(name);
  const bool exists = found != tables_.end() && (found->second->creator->committed != 0 ||
                                                 found->second->creator == transaction.fate);
  if (!exists) throw Error("42P01", "relation \"" + std::string(name) + "\" does not exist");
  return *found->second;
}

}  // namespace raceproof::fakes::database
