// Types and values of expressions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fakes/database/statement.hpp"
#include "fakes/database/table.hpp"

namespace raceproof::fakes::database {

/// Finds columns and types in one statement, as PostgreSQL's analysis does before it runs anything.
/// Throws 42703, 42883, 42804, 42803, 42P18, 22P02 ...
class Analysis {
 public:
  /// Without a table there are no columns to find. `alias` empty: the table's own name.
  explicit Analysis(const Table* table = nullptr, std::string alias = {});

  /// Resolves the expression; its type stays unknown if nothing decides it.
  void resolve(Expression& expression);
  /// Something that must have a type: text if nothing decides.
  void resolve_typed(Expression& expression);
  /// An entry of a SELECT list or of RETURNING (`clause`); only the former may be count(*).
  void item(Expression& expression, const std::string& clause);
  void condition(Expression& expression, const std::string& clause);
  /// LIMIT.
  void number(Expression& expression);
  /// A value for a column of `type`.
  void assign(Expression& expression, Type type, const std::string& column);
  /// Takes over what another analysis, in which no parameter was known, found of the parameters.
  void continue_with(const Analysis& other) { parameters_ = other.parameters_; }
  /// After everything else: every parameter up to `count` has a type by now, or it is refused.
  void finish(std::size_t count);

  [[nodiscard]] const std::vector<Type>& parameters() const { return parameters_; }
  /// Whether an entry of the SELECT list is count(*).
  [[nodiscard]] bool aggregates() const { return aggregates_; }
  /// A column that was met outside count(*), "t.a"; empty: none.
  [[nodiscard]] const std::string& plain_column() const { return plain_column_; }

 private:
  void resolve_column(Expression& expression);
  void resolve_parameter(Expression& expression);
  void resolve_sum(Expression& expression);
  void resolve_in(Expression& expression);
  /// Makes both the same type, or says that there is no such operator.
  void unify(Expression& left, Expression& right, std::string_view symbol);
  /// Gives an unknown expression a type.
  void coerce(Expression& expression, Type type);
  void boolean(Expression& expression, const std::string& where);

  const Table* table_;
  std::string alias_;
  std::vector<Type> parameters_;
  std::string clause_ = "this clause";  ///< what is being resolved, for messages
  bool aggregates_ = false;
  std::string plain_column_;
};

/// What an expression is evaluated over.
struct Surroundings {
  const std::vector<Value>* row = nullptr;
  const std::vector<Value>* parameters = nullptr;  ///< canonical
  const std::string* now = nullptr;                ///< canonical
};

/// The canonical value of a resolved expression. Throws 22003.
Value evaluate(const Expression& expression, const Surroundings& surroundings);
/// Whether a condition is true; neither false nor NULL is.
bool holds(const Expression& condition, const Surroundings& surroundings);
/// The value of a resolved expression as a column of `type` stores it.
Value evaluate_for(Type type, const Expression& expression, const Surroundings& surroundings);

}  // namespace raceproof::fakes::database
