// The statements. See parser.hpp.
#include <array>
#include <utility>

#include "fakes/database/parser.hpp"

namespace raceproof::fakes::database {

using Kind = Expression::Kind;

Statement parse(std::string_view sql) { return Parser(sql).statement(); }

std::string_view Statement::kind() const {
  static constexpr std::array<std::string_view, 6> names = {"create_table", "insert", "select",
                                                            "update",       "delete", "lock_table"};
  return names.at(body.index());
}

void Parser::table_and_alias(std::string& table, std::string& alias) {
  if (is_word("only")) unsupported("ONLY");
  table = name();
  if (is_symbol(".")) unsupported("schemas");
  for (const std::string_view join :
       {"join", "cross", "inner", "left", "right", "full", "natural"}) {
    if (is_word(join)) unsupported("JOIN");
  }
  if (accept("as")) {
    alias = name();
  } else if (is_alias() && !is_word("set")) {
    alias = name();
  }
  if (is_symbol(",")) unsupported("more than one table in a statement");
}

std::vector<std::string> Parser::names_in_parentheses() {
  std::vector<std::string> names;
  expect_symbol("(");
  do {
    names.push_back(name());
  } while (accept_symbol(","));
  expect_symbol(")");
  return names;
}

Item Parser::item() {
  Item item;
  item.expression = expression();
  switch (item.expression.kind) {
    case Kind::column:
      item.name = item.expression.text;
      break;
    case Kind::count:
      item.name = "count";
      break;
    case Kind::now:
      item.name = "now";
      break;
    default:
      item.name = "?column?";
  }
  if (accept("as")) {
    if (peek().kind != Token::Kind::word && peek().kind != Token::Kind::quoted) unexpected();
    item.name = peek().text;
    ++at_;
  } else if (is_alias()) {
    item.name = name();
  }
  return item;
}

/// Empty for "*".
std::vector<Item> Parser::items() {
  std::vector<Item> items;
  if (accept_symbol("*")) {
    if (is_symbol(",")) unsupported("* beside other columns");
    return items;
  }
  do {
    items.push_back(item());
  } while (accept_symbol(","));
  return items;
}

// --- CREATE TABLE -------------------------------------------------------------------------------

CreateTable Parser::create_table() {
  expect("create");
  if (!is_word("table")) unsupported("CREATE " + std::string(peek().source));
  expect("table");
  CreateTable table;
  if (accept("if")) {
    expect("not");
    expect("exists");
    table.if_not_exists = true;
  }
  table.table = name();
  if (is_symbol(".")) unsupported("schemas");
  expect_symbol("(");
  do {
    std::string constraint_name;
    if (accept("constraint")) constraint_name = name();
    if (is_word("primary") || is_word("unique") || is_word("foreign") || is_word("check") ||
        is_word("exclude") || is_word("like") || !constraint_name.empty()) {
      table_constraint(table, std::move(constraint_name));
    } else {
      column_definition(table);
    }
  } while (accept_symbol(","));
  expect_symbol(")");
  return table;
}

Type Parser::type_name(ColumnDefinition& column) {
  const auto written = name();
  auto type = find_type(written);
  if (written == "bigserial" || written == "serial8") {
    type = Type::bigint;
    column.generated = ColumnDefinition::Generated::serial;
    column.not_null = true;
  }
  if (written == "timestamp" && accept("with")) {
    expect("time");
    expect("zone");
    type = Type::timestamptz;
  }
  if (type && !is_symbol("(") && !is_symbol("[")) return *type;
  constexpr std::array known = {
      "bit",   "bytea",     "char",        "character", "date",    "decimal",  "double",
      "float", "float4",    "float8",      "inet",      "int2",    "interval", "json",
      "jsonb", "numeric",   "real",        "serial",    "serial4", "smallint", "smallserial",
      "time",  "timestamp", "timestamptz", "timetz",    "uuid",    "varchar",  "xml",
  };
  for (const std::string_view other : known) {
    if (written == other) unsupported("the type " + written);
  }
  if (type) unsupported("the type " + written + std::string(peek().source));
  throw Error("42704", "type \"" + written + "\" does not exist");
}

void Parser::column_definition(CreateTable& table) {
  ColumnDefinition column;
  column.name = name();
  column.type = type_name(column);
  while (column_constraint(table, column)) {
  }
  table.columns.push_back(std::move(column));
}

bool Parser::column_constraint(CreateTable& table, ColumnDefinition& column) {
  std::string constraint_name;
  if (accept("constraint")) constraint_name = name();
  if (accept("not")) {
    expect("null");
    column.not_null = true;
  } else if (accept("null")) {
    // the default
  } else if (accept("default")) {
    column.initial = sum();
  } else if (accept("primary")) {
    expect("key");
    table.uniques.push_back({true, std::move(constraint_name), {column.name}});
  } else if (accept("unique")) {
    table.uniques.push_back({false, std::move(constraint_name), {column.name}});
  } else if (is_word("references")) {
    references(table, std::move(constraint_name), column.name);
  } else if (accept("generated")) {
    column.generated = ColumnDefinition::Generated::identity;
    if (accept("always")) {
      column.generated = ColumnDefinition::Generated::identity_always;
    } else {
      expect("by");
      expect("default");
    }
    expect("as");
    if (!accept("identity")) unsupported("GENERATED but AS IDENTITY");
    if (is_symbol("(")) unsupported("options of a sequence");
    column.not_null = true;
  } else if (is_symbol(",") || is_symbol(")")) {
    return false;
  } else {
    unexpected();
  }
  return true;
}

void Parser::references(CreateTable& table, std::string constraint_name, std::string column) {
  expect("references");
  ReferenceDefinition reference{std::move(constraint_name), std::move(column), name(), {}};
  if (accept_symbol("(")) {
    reference.target = name();
    if (is_symbol(",")) unsupported("foreign keys of more than one column");
    expect_symbol(")");
  }
  while (accept("on")) {
    const std::string event = peek().text;
    if (!accept("delete")) expect("update");
    if (accept("no")) {
      expect("action");
    } else if (!accept("restrict")) {
      unsupported("ON " + event + " " + std::string(peek().source));
    } else {
      unsupported("ON " + event + " restrict");
    }
  }
  table.references.push_back(std::move(reference));
}

void Parser::table_constraint(CreateTable& table, std::string constraint_name) {
  if (accept("primary")) {
    expect("key");
    table.uniques.push_back({true, std::move(constraint_name), names_in_parentheses()});
  } else if (accept("unique")) {
    table.uniques.push_back({false, std::move(constraint_name), names_in_parentheses()});
  } else if (accept("foreign")) {
    expect("key");
    auto columns = names_in_parentheses();
    if (columns.size() > 1) unsupported("foreign keys of more than one column");
    references(table, std::move(constraint_name), std::move(columns[0]));
  } else {
    unsupported("the constraint " + std::string(peek().source));
  }
}

// --- INSERT, SELECT, UPDATE, DELETE, LOCK -------------------------------------------------------

Insert Parser::insert() {
  expect("insert");
  expect("into");
  Insert insert;
  insert.table = name();
  if (is_symbol(".")) unsupported("schemas");
  if (is_word("as")) unsupported("an alias in INSERT");
  if (is_symbol("(")) insert.columns = names_in_parentheses();
  if (is_word("select") || is_symbol("(")) unsupported("INSERT ... SELECT");
  if (is_word("default")) unsupported("INSERT ... DEFAULT VALUES");
  if (is_word("overriding")) unsupported("OVERRIDING");
  expect("values");
  do {
    insert.rows.push_back(values());
    if (insert.rows.back().size() != insert.rows.front().size()) {
      throw Error("42601", "VALUES lists must all be the same length");
    }
  } while (accept_symbol(","));
  if (accept("on")) on_conflict(insert);
  if (accept("returning")) {
    if (is_symbol("*")) unsupported("RETURNING *");
    insert.returning = items();
  }
  return insert;
}

std::vector<std::optional<Expression>> Parser::values() {
  std::vector<std::optional<Expression>> row;
  expect_symbol("(");
  do {
    if (accept("default")) {
      row.emplace_back();
    } else {
      row.emplace_back(expression());
    }
  } while (accept_symbol(","));
  expect_symbol(")");
  return row;
}

void Parser::on_conflict(Insert& insert) {
  expect("conflict");
  if (is_symbol("(")) insert.conflict_target = names_in_parentheses();
  if (is_word("on")) unsupported("ON CONFLICT ON CONSTRAINT");
  if (is_word("where")) unsupported("ON CONFLICT ... WHERE");
  expect("do");
  if (is_word("update")) unsupported("ON CONFLICT DO UPDATE");
  expect("nothing");
  insert.on_conflict_do_nothing = true;
}

Select Parser::select() {
  expect("select");
  Select select;
  if (is_word("distinct") || is_word("all")) unsupported("SELECT " + std::string(peek().source));
  const bool all = is_symbol("*");
  const bool none = is_word("from");
  if (!none) select.items = items();
  if (accept("from")) {
    if (is_symbol("(")) unsupported("a SELECT within another statement");
    table_and_alias(select.table, select.alias);
    if (none) unsupported("SELECT without columns");
  } else if (all) {
    throw Error("42601", "SELECT * with no tables specified is not valid");
  }
  if (accept("where")) select.where = expression();
  if (accept("order")) {
    expect("by");
    do {
      Order order;
      order.expression = expression();
      if (order.expression.kind == Kind::literal) unsupported("ORDER BY a constant");
      if (accept("desc")) {
        order.descending = true;
      } else {
        accept("asc");
      }
      order.nulls_first = order.descending;
      if (accept("nulls")) {
        order.nulls_first = accept("first");
        if (!order.nulls_first) expect("last");
      }
      select.order.push_back(std::move(order));
    } while (accept_symbol(","));
  }
  if (accept("limit")) {
    if (is_word("all")) unsupported("LIMIT ALL");
    select.limit = expression();
  }
  if (is_word("for")) locking(select);
  return select;
}

void Parser::locking(Select& select) {
  expect("for");
  if (accept("update")) {
    select.lock = RowLock::update;
  } else if (accept("share")) {
    select.lock = RowLock::share;
  } else if (accept("no")) {
    expect("key");
    expect("update");
    select.lock = RowLock::no_key_update;
  } else {
    expect("key");
    expect("share");
    select.lock = RowLock::key_share;
  }
  if (is_word("of")) unsupported("FOR UPDATE OF");
  if (accept("nowait")) {
    select.wait = LockWait::refuse;
  } else if (accept("skip")) {
    expect("locked");
    select.wait = LockWait::skip;
  }
}

Update Parser::update() {
  expect("update");
  Update update;
  table_and_alias(update.table, update.alias);
  expect("set");
  do {
    if (is_symbol("(")) unsupported("several columns in one assignment");
    Assignment assignment;
    assignment.column = name();
    expect_symbol("=");
    if (!accept("default")) assignment.value = expression();
    update.assignments.push_back(std::move(assignment));
  } while (accept_symbol(","));
  if (is_word("from")) unsupported("UPDATE ... FROM");
  if (accept("where")) update.where = expression();
  if (accept("returning")) {
    if (is_symbol("*")) unsupported("RETURNING *");
    update.returning = items();
  }
  return update;
}

Delete Parser::remove() {
  expect("delete");
  expect("from");
  Delete remove;
  table_and_alias(remove.table, remove.alias);
  if (is_word("using")) unsupported("DELETE ... USING");
  if (accept("where")) remove.where = expression();
  if (accept("returning")) {
    if (is_symbol("*")) unsupported("RETURNING *");
    remove.returning = items();
  }
  return remove;
}

LockTable Parser::lock_table() {
  expect("lock");
  accept("table");
  LockTable lock;
  std::string no_alias;
  if (is_word("only")) unsupported("ONLY");
  lock.table = name();
  if (is_symbol(",")) unsupported("LOCK of several tables");
  if (accept("in")) {
    static constexpr std::array<std::pair<const char*, LockMode>, 8> modes = {{
        {"access share", LockMode::access_share},
        {"row share", LockMode::row_share},
        {"row exclusive", LockMode::row_exclusive},
        {"share update exclusive", LockMode::share_update_exclusive},
        {"share", LockMode::share},
        {"share row exclusive", LockMode::share_row_exclusive},
        {"exclusive", LockMode::exclusive},
        {"access exclusive", LockMode::access_exclusive},
    }};
    std::string words;
    bool complete = false;
    while (!complete || !is_word("mode")) {
      words += (words.empty() ? "" : " ") + peek().text;
      bool begins = false;
      complete = false;
      for (const auto& [text, mode] : modes) {
        begins = begins || (std::string(text) + " ").starts_with(words + " ");
        if (text != words) continue;
        lock.mode = mode;
        complete = true;
      }
      if (!begins) unexpected();
      ++at_;
    }
    expect("mode");
  }
  lock.nowait = accept("nowait");
  return lock;
}

}  // namespace raceproof::fakes::database
