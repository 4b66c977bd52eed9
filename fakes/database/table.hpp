// Tables as they are kept: every row with the versions that some transaction may still see, and the
// constraints on them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fakes/database/statement.hpp"

namespace raceproof::fakes::database {

/// What becomes of a transaction, known to every version that it made.
struct Fate {
  std::int64_t transaction = 0;
  std::int64_t committed = 0;  ///< the ordinal of its commit; 0: not committed, or not yet
};
using FatePointer = std::shared_ptr<Fate>;

/// What one statement sees: everything committed up to a point, and its own transaction's earlier
/// commands.
struct Snapshot {
  std::int64_t committed_until = 0;
  const Fate* self = nullptr;
  std::int64_t command = 0;

  /// Whether what `by` did in its command `command_of_it` counts.
  [[nodiscard]] bool sees(const Fate& by, std::int64_t command_of_it) const {
    if (&by == self) return command_of_it < command;
    return by.committed != 0 && by.committed <= committed_until;
  }
};

struct Version {
  std::vector<Value> values;  ///< canonical texts
  std::int64_t ordinal = 0;   ///< versions of a table are scanned in this order
  FatePointer creator;
  std::int64_t created_by_command = 0;
  FatePointer remover;  ///< who updated or deleted it; null: nobody
  std::int64_t removed_by_command = 0;
  std::uint64_t entered = 0;  ///< the unique indexes that it is in, a bit for each

  [[nodiscard]] bool visible_to(const Snapshot& snapshot) const {
    return snapshot.sees(*creator, created_by_command) &&
           !(remover && snapshot.sees(*remover, removed_by_command));
  }
};

/// Of one row at most one transaction writes at a time, so that its versions are a sequence.
struct Row {
  struct Holder {
    FatePointer transaction;
    RowLock lock;
  };
  std::int64_t id = 0;
  std::vector<Version> versions;  ///< the oldest first
  std::vector<Holder> holders;    ///< transactions in progress that have locked it

  [[nodiscard]] const Version* visible_to(const Snapshot& snapshot) const;
};

/// Whether two transactions may hold these locks on one row (the manual, table 13.3).
bool conflict(RowLock a, RowLock b);

struct Column {
  ColumnDefinition definition;
  std::int64_t next = 1;  ///< of its sequence, which no rollback takes back
};

struct Unique {
  std::string name;
  std::vector<std::size_t> columns;
  bool primary = false;
};

struct Table;

struct Reference {
  std::string name;
  std::size_t column = 0;
  Table* target = nullptr;
  std::size_t target_column = 0;
};

struct Table {
  std::int64_t id = 0;
  std::string name;
  FatePointer creator;
  std::vector<Column> columns;
  std::vector<Unique> uniques;
  std::vector<Reference> references;
  struct Referrer {
    Table* table;
    std::size_t reference;
  };
  std::vector<Referrer> referrers;  ///< tables whose rows point here
  std::map<std::int64_t, Row> rows;
  std::int64_t next_row = 1;
  std::int64_t next_version = 1;

  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view column) const;
  /// Throws 42703.
  [[nodiscard]] std::size_t column(std::string_view name) const;
  /// Whether other tables may refer to the column: it alone is unique.
  [[nodiscard]] bool is_unique(std::size_t column) const;
  /// Texts of the primary key's columns, or of the first column.
  [[nodiscard]] std::string key_of(const std::vector<Value>& values) const;
};

/// The table of a definition, without a creator. References are not resolved. Throws 42701, 42703,
/// 42P16 ...
std::unique_ptr<Table> make_table(const CreateTable& definition);

}  // namespace raceproof::fakes::database
