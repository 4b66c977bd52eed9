// Reads words and expressions; the statements themselves are read in parser_statements.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fakes/database/lexer.hpp"
#include "fakes/database/statement.hpp"

namespace raceproof::fakes::database {

class Parser {
 public:
  /// `sql` must outlive the parser.
  explicit Parser(std::string_view sql);

  Statement statement();

 private:
  // words
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  [[nodiscard]] bool is_word(std::string_view word, std::size_t ahead = 0) const;
  [[nodiscard]] bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool accept(std::string_view word);
  bool accept_symbol(std::string_view symbol);
  void expect(std::string_view word);
  void expect_symbol(std::string_view symbol);
  std::string name();
  [[nodiscard]] bool is_alias() const;
  /// The next token fits nowhere: 0A000 if PostgreSQL might have known what to do with it.
  [[noreturn]] void unexpected() const;
  [[noreturn]] static void unsupported(std::string_view what);

  // expressions, the loosest binding first
  Expression expression();
  Expression conjunction();
  Expression negation();
  Expression test();
  Expression comparison();
  Expression sum();
  Expression primary();
  Expression column_or_function();
  Expression integer(const std::string& digits);
  Expression in_list(Expression left);

  // statements
  CreateTable create_table();
  void column_definition(CreateTable& table);
  bool column_constraint(CreateTable& table, ColumnDefinition& column);
  void table_constraint(CreateTable& table, std::string constraint_name);
  Type type_name(ColumnDefinition& column);
  void references(CreateTable& table, std::string constraint_name, std::string column);
  Insert insert();
  std::vector<std::optional<Expression>> values();
  void on_conflict(Insert& insert);
  Select select();
  void locking(Select& select);
  Update update();
  Delete remove();
  LockTable lock_table();
  void table_and_alias(std::string& table, std::string& alias);
  std::vector<std::string> names_in_parentheses();
  std::vector<Item> items();
  Item item();

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t parameters_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace raceproof::fakes::database
