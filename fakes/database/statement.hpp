// What a text of SQL says: the statements that the fake understands, and no others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fakes/database/value.hpp"

namespace raceproof::fakes::database {

struct Expression {
  enum class Kind {
    literal,    ///< `text`, of `type`; unknown for strings
    null,       ///< NULL
    parameter,  ///< $`number`
    column,     ///< `text`; `number` is its place in the row once it is resolved
    now,
    add,
    subtract,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    conjunction,
    disjunction,
    negation,
    is_null,
    is_not_null,
    in,  ///< the first operand is one of the others
    count,
  };
  Kind kind = Kind::literal;
  Type type = Type::unknown;
  std::string text;
  std::size_t number = 0;
  std::string qualifier;  ///< of a column: the table's name or alias, if it was written
  std::vector<Expression> operands;
};

/// An entry of a SELECT list or of RETURNING.
struct Item {
  Expression expression;
  std::string name;  ///< what the column of the answer is called
};

struct ColumnDefinition {
  enum class Generated { no, serial, identity, identity_always };
  std::string name;
  Type type = Type::text;
  bool not_null = false;
  Generated generated = Generated::no;
  std::optional<Expression> initial;  ///< DEFAULT
};

struct UniqueDefinition {
  bool primary = false;
  std::string name;  ///< empty: PostgreSQL's usual one
  std::vector<std::string> columns;
};

struct ReferenceDefinition {
  std::string name;  ///< as above
  std::string column;
  std::string table;
  std::string target;  ///< empty: the primary key
};

struct CreateTable {
  std::string table;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;
  std::vector<UniqueDefinition> uniques;
  std::vector<ReferenceDefinition> references;
};

struct Insert {
  std::string table;
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<Expression>>> rows;  ///< none stands for DEFAULT
  bool on_conflict_do_nothing = false;
  std::vector<std::string> conflict_target;
  std::vector<Item> returning;
};

enum class RowLock : std::uint8_t { key_share, share, no_key_update, update };
enum class LockWait : std::uint8_t { block, skip, refuse };

struct Order {
  Expression expression;
  bool descending = false;
  bool nulls_first = false;
};

struct Select {
  std::string table;  ///< empty: no FROM
  std::string alias;
  std::vector<Item> items;  ///< none stands for *
  std::optional<Expression> where;
  std::vector<Order> order;
  std::optional<Expression> limit;
  std::optional<RowLock> lock;
  LockWait wait = LockWait::block;
};

struct Assignment {
  std::string column;
  std::optional<Expression> value;  ///< none stands for DEFAULT
};

struct Update {
  std::string table;
  std::string alias;
  std::vector<Assignment> assignments;
  std::optional<Expression> where;
  std::vector<Item> returning;
};

struct Delete {
  std::string table;
  std::string alias;
  std::optional<Expression> where;
  std::vector<Item> returning;
};

/// The lock modes of PostgreSQL's manual, 13.3.1, weakest first.
enum class LockMode : std::uint8_t {
  access_share,
  row_share,
  row_exclusive,
  share_update_exclusive,
  share,
  share_row_exclusive,
  exclusive,
  access_exclusive,
};

struct LockTable {
  std::string table;
  LockMode mode = LockMode::access_exclusive;
  bool nowait = false;
};

struct Statement {
  std::variant<CreateTable, Insert, Select, Update, Delete, LockTable> body;
  std::size_t parameters = 0;  ///< the highest $n

  /// "create_table", "insert", "select", "update", "delete", "lock_table".
  [[nodiscard]] std::string_view kind() const;
};

/// Throws 42601 for what PostgreSQL would not parse either, and 0A000, naming what it is, for what
/// only PostgreSQL understands.
Statement parse(std::string_view sql);

}  // namespace raceproof::fakes::database
