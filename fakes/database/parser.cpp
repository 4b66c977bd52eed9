// See parser.hpp.
#include "fakes/database/parser.hpp"

#include <algorithm>
#include <array>

namespace raceproof::fakes::database {
namespace {

using Kind = Expression::Kind;

/// What cannot be the name of a column or table unless it is quoted (the manual's appendix C, as
/// far as it may turn up in these statements).
constexpr std::array reserved = {
    "all",     "analyze",    "and",       "any",       "array",  "as",         "asc",
    "case",    "cast",       "check",     "collate",   "column", "constraint", "create",
    "default", "desc",       "distinct",  "do",        "else",   "end",        "except",
    "false",   "fetch",      "for",       "foreign",   "from",   "grant",      "group",
    "having",  "in",         "initially", "intersect", "into",   "lateral",    "limit",
    "not",     "null",       "offset",    "on",        "only",   "or",         "order",
    "primary", "references", "returning", "select",    "some",   "table",      "then",
    "to",      "true",       "union",     "unique",    "user",   "using",      "when",
    "where",   "window",     "with",
};

/// Words and symbols that PostgreSQL would have known what to do with in a place where the fake
/// does not.
constexpr std::array beyond = {
    "all",      "any",    "array",   "as",          "between",    "cascade",    "case",
    "cast",     "check",  "collate", "constraint",  "cross",      "default",    "deferrable",
    "distinct", "except", "exclude", "fetch",       "filter",     "for",        "full",
    "group",    "having", "ilike",   "inherits",    "initially",  "inner",      "intersect",
    "into",     "is",     "join",    "lateral",     "left",       "like",       "match",
    "natural",  "offset", "on",      "only",        "over",       "overriding", "partition",
    "right",    "select", "similar", "tablesample", "tablespace", "union",      "using",
    "window",   "with",   "::",      "||",          "*",          "/",          "%",
    "[",        "(",      ",",       ".",           "-",          "~",          "&",
    "|",
};

constexpr std::array commands = {
    "abort",   "alter",   "analyze",  "begin",    "call",      "checkpoint", "close",
    "cluster", "comment", "commit",   "copy",     "create",    "deallocate", "declare",
    "discard", "do",      "drop",     "end",      "execute",   "explain",    "fetch",
    "grant",   "listen",  "merge",    "move",     "notify",    "prepare",    "reindex",
    "release", "reset",   "revoke",   "rollback", "savepoint", "set",        "show",
    "start",   "table",   "truncate", "unlisten", "vacuum",    "values",     "with",
};

bool contains(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Parser::Parser(std::string_view sql) : tokens_(tokens_of(sql)) {}

const Token& Parser::peek(std::size_t ahead) const {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

bool Parser::is_word(std::string_view word, std::size_t ahead) const {
  return peek(ahead).kind == Token::Kind::word && peek(ahead).text == word;
}

bool Parser::is_symbol(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == Token::Kind::symbol && peek(ahead).text == symbol;
}

bool Parser::accept(std::string_view word) {
  if (!is_word(word)) return false;
  ++at_;
  return true;
}

bool Parser::accept_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  ++at_;
  return true;
}

void Parser::expect(std::string_view word) {
  if (!accept(word)) unexpected();
}

void Parser::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) unexpected();
}

std::string Parser::name() {
  const Token& token = peek();
  const bool plain = token.kind == Token::Kind::word && !contains(reserved, token.text);
  if (!plain && token.kind != Token::Kind::quoted) unexpected();
  ++at_;
  return token.text;
}

/// A name without AS; not a word that PostgreSQL would have taken for more than that.
bool Parser::is_alias() const {
  const Token& token = peek();
  return token.kind == Token::Kind::quoted ||
         (token.kind == Token::Kind::word && !contains(reserved, token.text) &&
          !contains(beyond, token.text));
}

void Parser::unexpected() const {
  const Token& token = peek();
  if (token.kind == Token::Kind::end) throw Error("42601", "syntax error at end of input");
  const bool could_mean_something =
      (token.kind == Token::Kind::word || token.kind == Token::Kind::symbol) && at_ > 0 &&
      contains(beyond, token.text);
  const bool begins = at_ == 0 && token.kind == Token::Kind::word && contains(commands, token.text);
  if (could_mean_something || begins) unsupported(std::string(token.source) + " here");
  throw Error("42601", "syntax error at or near \"" + std::string(token.source) + "\"");
}

void Parser::unsupported(std::string_view what) {
  throw Error("0A000", "the fake database does not support " + std::string(what));
}

Statement Parser::statement() {
  Statement statement;
  if (is_word("create")) {
    statement.body = create_table();
  } else if (is_word("insert")) {
    statement.body = insert();
  } else if (is_word("select")) {
    statement.body = select();
  } else if (is_word("update")) {
    statement.body = update();
  } else if (is_word("delete")) {
    statement.body = remove();
  } else if (is_word("lock")) {
    statement.body = lock_table();
  } else if (peek().kind == Token::Kind::end || is_symbol(";")) {
    unsupported("an empty statement");
  } else {
    unexpected();
  }
  if (accept_symbol(";") && peek().kind != Token::Kind::end) {
    throw Error("42601", "cannot insert multiple commands into a prepared statement");
  }
  if (peek().kind != Token::Kind::end) unexpected();
  statement.parameters = parameters_;
  return statement;
}

// --- expressions --------------------------------------------------------------------------------

namespace {

Expression joined(Kind kind, Expression left, Expression right) {
  Expression result;
  result.kind = kind;
  result.operands.push_back(std::move(left));
  result.operands.push_back(std::move(right));
  return result;
}

Expression wrapped(Kind kind, Expression operand) {
  Expression result;
  result.kind = kind;
  result.operands.push_back(std::move(operand));
  return result;
}

}  // namespace

Expression Parser::expression() {
  constexpr std::size_t depth_max = 200;
  if (++depth_ > depth_max) throw Error("54001", "stack depth limit exceeded");
  Expression left = conjunction();
  while (accept("or")) left = joined(Kind::disjunction, std::move(left), conjunction());
  --depth_;
  return left;
}

Expression Parser::conjunction() {
  Expression left = negation();
  while (accept("and")) left = joined(Kind::conjunction, std::move(left), negation());
  return left;
}

Expression Parser::negation() {
  std::size_t count = 0;
  while (accept("not")) ++count;
  Expression result = test();
  for (; count > 0; --count) result = wrapped(Kind::negation, std::move(result));
  return result;
}

Expression Parser::test() {
  Expression left = comparison();
  while (accept("is")) {
    const bool negated = accept("not");
    if (!accept("null")) unsupported("IS " + std::string(peek().source));
    left = wrapped(negated ? Kind::is_not_null : Kind::is_null, std::move(left));
  }
  return left;
}

Expression Parser::comparison() {
  Expression left = sum();
  if (is_word("not") && is_word("in", 1)) {
    at_ += 2;
    return wrapped(Kind::negation, in_list(std::move(left)));
  }
  if (accept("in")) return in_list(std::move(left));
  constexpr std::array<std::pair<std::string_view, Kind>, 6> operators = {{
      {"=", Kind::equal},
      {"<>", Kind::not_equal},
      {"<", Kind::less},
      {"<=", Kind::less_equal},
      {">", Kind::greater},
      {">=", Kind::greater_equal},
  }};
  for (const auto& [symbol, kind] : operators) {
    if (accept_symbol(symbol)) {
      Expression right = sum();
      return joined(kind, std::move(left), std::move(right));
    }
  }
  return left;
}

Expression Parser::in_list(Expression left) {
  Expression result = wrapped(Kind::in, std::move(left));
  expect_symbol("(");
  if (is_word("select")) unsupported("a SELECT within another statement");
  do {
    result.operands.push_back(expression());
  } while (accept_symbol(","));
  expect_symbol(")");
  return result;
}

Expression Parser::sum() {
  Expression left = primary();
  for (;;) {
    if (accept_symbol("+")) {
      left = joined(Kind::add, std::move(left), primary());
    } else if (accept_symbol("-")) {
      left = joined(Kind::subtract, std::move(left), primary());
    } else {
      return left;
    }
  }
}

Expression Parser::integer(const std::string& digits) {
  Expression result;
  try {
    result.text = canonical(Type::integer, digits);
    result.type = Type::integer;
  } catch (const Error&) {
    try {
      result.text = canonical(Type::bigint, digits);
      result.type = Type::bigint;
    } catch (const Error&) {
      unsupported("numbers outside the range of bigint");
    }
  }
  return result;
}

Expression Parser::primary() {
  const Token& token = peek();
  Expression result;
  switch (token.kind) {
    case Token::Kind::number:
      ++at_;
      return integer(token.text);
    case Token::Kind::string:
      ++at_;
      result.text = token.text;
      return result;
    case Token::Kind::parameter:
      ++at_;
      result.kind = Kind::parameter;
      result.number = std::stoul(token.text);
      if (result.number == 0) throw Error("42P02", "there is no parameter $0");
      parameters_ = std::max(parameters_, result.number);
      return result;
    case Token::Kind::symbol:
      if (is_symbol("-") && peek(1).kind == Token::Kind::number) {
        const auto digits = peek(1).text;
        at_ += 2;
        return integer("-" + digits);
      }
      if (accept_symbol("(")) {
        if (is_word("select")) unsupported("a SELECT within another statement");
        result = expression();
        if (is_symbol(",")) unsupported("a row of several values");
        expect_symbol(")");
        return result;
      }
      unexpected();
    case Token::Kind::word:
    case Token::Kind::quoted:
      return column_or_function();
    case Token::Kind::end:
      break;
  }
  unexpected();
}

Expression Parser::column_or_function() {
  Expression result;
  if (accept("null")) {
    result.kind = Kind::null;
    return result;
  }
  if (is_word("true") || is_word("false")) {
    result.type = Type::boolean;
    result.text = is_word("true") ? "t" : "f";
    ++at_;
    return result;
  }
  if (accept("current_timestamp")) {
    result.kind = Kind::now;
    return result;
  }
  result.kind = Kind::column;
  result.text = name();
  if (accept_symbol("(")) {
    if (result.text == "now" && accept_symbol(")")) {
      result.kind = Kind::now;
    } else if (result.text == "count" && accept_symbol("*")) {
      expect_symbol(")");
      result.kind = Kind::count;
    } else {
      unsupported("the function " + result.text);
    }
  } else if (accept_symbol(".")) {
    result.qualifier = std::exchange(result.text, {});
    if (is_symbol("*")) unsupported(result.qualifier + ".*");
    result.text = name();
  }
  return result;
}

}  // namespace raceproof::fakes::database
