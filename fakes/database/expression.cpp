// See expression.hpp.
#include "fakes/database/expression.hpp"

#include <algorithm>

namespace raceproof::fakes::database {

using Kind = Expression::Kind;

namespace {

constexpr std::string_view select_list = "SELECT";

std::string_view symbol_of(Kind kind) {
  switch (kind) {
    case Kind::add:
      return "+";
    case Kind::subtract:
      return "-";
    case Kind::not_equal:
      return "<>";
    case Kind::less:
      return "<";
    case Kind::less_equal:
      return "<=";
    case Kind::greater:
      return ">";
    case Kind::greater_equal:
      return ">=";
    default:
      return "=";
  }
}

[[noreturn]] void no_operator(Type left, std::string_view symbol, Type right) {
  throw Error("42883", "operator does not exist: " + std::string(name_of(left)) + " " +
                           std::string(symbol) + " " + std::string(name_of(right)));
}

/// Whether a value of `from` may be stored in a column of `to` without being asked (an assignment
/// cast of PostgreSQL).
bool assignable(Type from, Type to) {
  return from == to || to == Type::text || (is_number(from) && is_number(to));
}

}  // namespace

Analysis::Analysis(const Table* table, std::string alias)
    : table_(table), alias_(alias.empty() && table != nullptr ? table->name : std::move(alias)) {}

void Analysis::resolve(Expression& expression) {
  switch (expression.kind) {
    case Kind::literal:
    case Kind::null:
      return;
    case Kind::parameter:
      return resolve_parameter(expression);
    case Kind::column:
      return resolve_column(expression);
    case Kind::now:
      expression.type = Type::timestamptz;
      return;
    case Kind::count:
      if (clause_ == select_list) {
        throw Error("0A000", "the fake database does not support calculating with count(*)");
      }
      throw Error("42803", "aggregate functions are not allowed in " + clause_);
    case Kind::add:
    case Kind::subtract:
      return resolve_sum(expression);
    case Kind::in:
      return resolve_in(expression);
    case Kind::conjunction:
    case Kind::disjunction:
      for (auto& operand : expression.operands) {
        resolve(operand);
        boolean(operand, expression.kind == Kind::conjunction ? "AND" : "OR");
      }
      break;
    case Kind::negation:
      resolve(expression.operands[0]);
      boolean(expression.operands[0], "NOT");
      break;
    case Kind::is_null:
    case Kind::is_not_null:
      resolve_typed(expression.operands[0]);
      break;
    default:
      resolve(expression.operands[0]);
      resolve(expression.operands[1]);
      unify(expression.operands[0], expression.operands[1], symbol_of(expression.kind));
  }
  expression.type = Type::boolean;
}

void Analysis::resolve_parameter(Expression& expression) {
  if (expression.number > parameters_.size()) parameters_.resize(expression.number);
  expression.type = parameters_[expression.number - 1];
}

void Analysis::resolve_column(Expression& expression) {
  if (!expression.qualifier.empty() && (table_ == nullptr || expression.qualifier != alias_)) {
    throw Error("42P01", "missing FROM-clause entry for table \"" + expression.qualifier + "\"");
  }
  const auto found = table_ == nullptr ? std::nullopt : table_->find_column(expression.text);
  if (!found) {
    const bool qualified = !expression.qualifier.empty();
    throw Error("42703", qualified ? "column " + expression.qualifier + "." + expression.text +
                                         " does not exist"
                                   : "column \"" + expression.text + "\" does not exist");
  }
  expression.number = *found;
  expression.type = table_->columns[*found].definition.type;
  if (plain_column_.empty()) plain_column_ = alias_ + "." + expression.text;
}

void Analysis::resolve_sum(Expression& expression) {
  auto& left = expression.operands[0];
  auto& right = expression.operands[1];
  resolve(left);
  resolve(right);
  const auto symbol = symbol_of(expression.kind);
  if (left.type == Type::unknown && right.type == Type::unknown) {
    throw Error("42725", "operator is not unique: unknown " + std::string(symbol) + " unknown");
  }
  if (left.type == Type::timestamptz || right.type == Type::timestamptz) {
    throw Error("0A000", "the fake database does not support calculating with timestamps");
  }
  if (left.type == Type::unknown && is_number(right.type)) coerce(left, right.type);
  if (right.type == Type::unknown && is_number(left.type)) coerce(right, left.type);
  if (!is_number(left.type) || !is_number(right.type)) no_operator(left.type, symbol, right.type);
  const bool big = left.type == Type::bigint || right.type == Type::bigint;
  expression.type = big ? Type::bigint : Type::integer;
}

void Analysis::resolve_in(Expression& expression) {
  auto& operands = expression.operands;
  for (auto& operand : operands) resolve(operand);
  // An unknown left side takes the type of the first entry that has one.
  for (std::size_t i = 1; i < operands.size() && operands[0].type == Type::unknown; ++i) {
    if (operands[i].type != Type::unknown) coerce(operands[0], operands[i].type);
  }
  for (std::size_t i = 1; i < operands.size(); ++i) unify(operands[0], operands[i], "=");
  expression.type = Type::boolean;
}

void Analysis::unify(Expression& left, Expression& right, std::string_view symbol) {
  if (left.type == Type::unknown && right.type == Type::unknown) {
    coerce(left, Type::text);
    coerce(right, Type::text);
  } else if (left.type == Type::unknown) {
    coerce(left, right.type);
  } else if (right.type == Type::unknown) {
    coerce(right, left.type);
  }
  const bool numbers = is_number(left.type) && is_number(right.type);
  if (left.type != right.type && !numbers) no_operator(left.type, symbol, right.type);
}

void Analysis::coerce(Expression& expression, Type type) {
  if (expression.kind == Kind::parameter) {
    auto& known = parameters_[expression.number - 1];
    if (known == Type::unknown) known = type;
    type = known;  // `$1 = $1`
  } else if (expression.kind == Kind::literal) {
    expression.text = canonical(type, expression.text);
  }
  expression.type = type;
}

void Analysis::boolean(Expression& expression, const std::string& where) {
  if (expression.type == Type::unknown) coerce(expression, Type::boolean);
  if (expression.type == Type::boolean) return;
  throw Error("42804", "argument of " + where + " must be type boolean, not type " +
                           std::string(name_of(expression.type)));
}

void Analysis::resolve_typed(Expression& expression) {
  resolve(expression);
  if (expression.type == Type::unknown) coerce(expression, Type::text);
}

void Analysis::item(Expression& expression, const std::string& clause) {
  clause_ = clause;
  if (expression.kind == Kind::count && clause == select_list) {
    aggregates_ = true;
    expression.type = Type::bigint;
  } else {
    resolve_typed(expression);
  }
}

void Analysis::condition(Expression& expression, const std::string& clause) {
  clause_ = clause;
  resolve(expression);
  boolean(expression, clause);
}

void Analysis::number(Expression& expression) {
  clause_ = "LIMIT";
  resolve(expression);
  if (expression.type == Type::unknown) coerce(expression, Type::bigint);
  if (expression.kind != Kind::literal && expression.kind != Kind::parameter &&
      expression.kind != Kind::null) {
    throw Error("0A000", "the fake database does not support calculations in LIMIT");
  }
  if (!is_number(expression.type)) {
    throw Error("42804", "argument of LIMIT must be type bigint, not type " +
                             std::string(name_of(expression.type)));
  }
}

void Analysis::assign(Expression& expression, Type type, const std::string& column) {
  clause_ = "VALUES";
  resolve(expression);
  if (expression.type == Type::unknown) coerce(expression, type);
  if (assignable(expression.type, type)) return;
  throw Error("42804", "column \"" + column + "\" is of type " + std::string(name_of(type)) +
                           " but expression is of type " + std::string(name_of(expression.type)));
}

void Analysis::finish(std::size_t count) {
  parameters_.resize(std::max(parameters_.size(), count));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i] == Type::unknown) {
      throw Error("42P18", "could not determine data type of parameter $" + std::to_string(i + 1));
    }
  }
}

// --- evaluation ---------------------------------------------------------------------------------

namespace {

Value truth(bool value) { return value ? "t" : "f"; }

Value evaluate_sum(const Expression& expression, const Surroundings& surroundings) {
  const auto left = evaluate(expression.operands[0], surroundings);
  const auto right = evaluate(expression.operands[1], surroundings);
  if (!left || !right) return std::nullopt;
  std::int64_t result = 0;
  const bool overflows = expression.kind == Kind::add
                             ? __builtin_add_overflow(to_number(*left), to_number(*right), &result)
                             : __builtin_sub_overflow(to_number(*left), to_number(*right), &result);
  if (overflows) throw Error("22003", "bigint out of range");
  return from_number(expression.type, result);
}

Value evaluate_comparison(const Expression& expression, const Surroundings& surroundings) {
  const auto left = evaluate(expression.operands[0], surroundings);
  const auto right = evaluate(expression.operands[1], surroundings);
  if (!left || !right) return std::nullopt;
  const int order = compare(expression.operands[0].type, *left, *right);
  switch (expression.kind) {
    case Kind::equal:
      return truth(order == 0);
    case Kind::not_equal:
      return truth(order != 0);
    case Kind::less:
      return truth(order < 0);
    case Kind::less_equal:
      return truth(order <= 0);
    case Kind::greater:
      return truth(order > 0);
    default:
      return truth(order >= 0);
  }
}

Value evaluate_in(const Expression& expression, const Surroundings& surroundings) {
  const auto& operands = expression.operands;
  const auto left = evaluate(operands[0], surroundings);
  bool unknown = !left;
  for (std::size_t i = 1; i < operands.size() && left; ++i) {
    const auto right = evaluate(operands[i], surroundings);
    if (!right)
      unknown = true;
    else if (compare(operands[0].type, *left, *right) == 0)
      return truth(true);
  }
  return unknown ? Value() : truth(false);
}

/// AND and OR of three-valued logic: `decisive` on either side decides.
Value evaluate_junction(const Expression& expression, const Surroundings& surroundings) {
  const bool decisive = expression.kind == Kind::disjunction;
  const auto left = evaluate(expression.operands[0], surroundings);
  if (left == truth(decisive)) return left;
  const auto right = evaluate(expression.operands[1], surroundings);
  if (right == truth(decisive)) return right;
  if (!left || !right) return std::nullopt;
  return truth(!decisive);
}

}  // namespace

Value evaluate(const Expression& expression, const Surroundings& surroundings) {
  switch (expression.kind) {
    case Kind::literal:
      return expression.text;
    case Kind::null:
    case Kind::count:  // counted by who executes the SELECT
      return std::nullopt;
    case Kind::parameter:
      return (*surroundings.parameters)[expression.number - 1];
    case Kind::column:
      return (*surroundings.row)[expression.number];
    case Kind::now:
      return *surroundings.now;
    case Kind::add:
    case Kind::subtract:
      return evaluate_sum(expression, surroundings);
    case Kind::in:
      return evaluate_in(expression, surroundings);
    case Kind::conjunction:
    case Kind::disjunction:
      return evaluate_junction(expression, surroundings);
    case Kind::negation: {
      const auto operand = evaluate(expression.operands[0], surroundings);
      return operand ? truth(*operand == "f") : operand;
    }
    case Kind::is_null:
      return truth(!evaluate(expression.operands[0], surroundings));
    case Kind::is_not_null:
      return truth(evaluate(expression.operands[0], surroundings).has_value());
    default:
      return evaluate_comparison(expression, surroundings);
  }
}

bool holds(const Expression& condition, const Surroundings& surroundings) {
  return evaluate(condition, surroundings) == truth(true);
}

Value evaluate_for(Type type, const Expression& expression, const Surroundings& surroundings) {
  auto value = evaluate(expression, surroundings);
  if (!value || expression.type == type) return value;
  if (type == Type::text) {
    if (expression.type == Type::boolean) return *value == "t" ? "true" : "false";
    return output(expression.type, *value);
  }
  return from_number(type, to_number(*value));
}

}  // namespace raceproof::fakes::database
