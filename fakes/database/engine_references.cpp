// Foreign keys: checked at the end of a statement, with the row locks that PostgreSQL's triggers
// take (ri_triggers.c). See engine.hpp.
#include "fakes/database/engine.hpp"

namespace raceproof::fakes::database {
namespace {

/// `column = value`.
std::optional<Expression> equals(const Table& table, std::size_t column, const std::string& value) {
  Expression left;
  left.kind = Expression::Kind::column;
  left.number = column;
  left.type = table.columns[column].definition.type;
  Expression right;
  right.text = value;
  right.type = left.type;
  Expression result;
  result.kind = Expression::Kind::equal;
  result.type = Type::boolean;
  result.operands = {std::move(left), std::move(right)};
  return result;
}

}  // namespace

/// Notes what a changed row makes it necessary to look at. `before` null: inserted; `after` null:
/// deleted.
void Engine::note_references(const Work& work, const std::vector<Value>* before,
                             const std::vector<Value>* after, std::vector<Check>& checks) {
  const auto& table = *work.table;
  for (std::size_t i = 0; after != nullptr && i < table.references.size(); ++i) {
    const auto column = table.references[i].column;
    const auto& value = (*after)[column];
    // An insert looks at the other table even for a NULL, if only to lock it.
    if (before == nullptr || (value && (*before)[column] != value)) {
      checks.push_back({false, i, value});
    }
  }
  for (std::size_t i = 0; before != nullptr && i < table.referrers.size(); ++i) {
    const auto& referrer = table.referrers[i];
    const auto column = referrer.table->references[referrer.reference].target_column;
    const auto& value = (*before)[column];
    if (value && (after == nullptr || (*after)[column] != value)) {
      checks.push_back({true, i, value});
    }
  }
}

Awaitable<> Engine::check_references(Work& work, std::vector<Check> checks) {
  auto& table = *work.table;
  for (const auto& check : checks) {
    if (!check.value) {
      co_await lock_table(work.backend, *table.references[check.reference].target,
                          LockMode::row_share);
      continue;
    }
    const std::string value = *check.value;
    if (check.of_target) {
      const auto referrer = table.referrers[check.reference];
      co_await check_target(work, referrer, value);
    } else {
      co_await check_reference(work, table.references[check.reference], value);
    }
  }
}

/// A new reference: the row that it names must be there, and stay until the end of the transaction.
Awaitable<> Engine::check_reference(Work& work, const Reference& reference, std::string value) {
  auto& target = *reference.target;
  co_await lock_table(work.backend, target, LockMode::row_share);
  Work look{work.backend, work.transaction, &target, work.snapshot, {}, 0, false};
  look.snapshot.command = work.snapshot.command + 1;  // this statement's rows count too
  if (!work.transaction.repeatable_read) look.snapshot.committed_until = commits_;
  const auto where = equals(target, reference.target_column, value);
  const auto candidates = scan(look, where);
  bool found = false;
  for (const auto candidate : candidates) {
    const auto* version = co_await claim(look, candidate, RowLock::key_share, where);
    found = found || version != nullptr;
  }
  if (found) co_return;
  throw Error("23503", "insert or update on table \"" + work.table->name +
                           "\" violates foreign key constraint \"" + reference.name + "\"");
}

/// A key has gone: nobody may refer to it, unless another row has it by now.
Awaitable<> Engine::check_target(Work& work, Table::Referrer referrer, std::string value) {
  const auto& reference = referrer.table->references[referrer.reference];
  co_await lock_table(work.backend, *referrer.table, LockMode::row_share);
  Work look{work.backend, work.transaction, work.table, work.snapshot, {}, 0, false};
  look.snapshot.command = work.snapshot.command + 1;
  look.snapshot.committed_until = commits_;
  const auto key = equals(*work.table, reference.target_column, value);
  if (!scan(look, key).empty()) co_return;
  look.table = referrer.table;
  const auto where = equals(*referrer.table, reference.column, value);
  const auto candidates = scan(look, where);
  for (const auto candidate : candidates) {
    const auto* version = co_await claim(look, candidate, RowLock::key_share, where);
    if (version == nullptr) continue;
    throw Error("23503", "update or delete on table \"" + work.table->name +
                             "\" violates foreign key constraint \"" + reference.name +
                             "\" on table \"" + referrer.table->name + "\"");
  }
}

}  // namespace raceproof::fakes::database
