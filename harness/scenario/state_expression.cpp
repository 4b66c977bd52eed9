#include "harness/scenario/state_expression.hpp"

#include <vector>

namespace raceproof::scenario {
namespace {

constexpr int depth_max = 64;

bool is_name_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

/// Thrown inside the parser and caught at its entrance.
struct Mistake {
  std::string message;
};

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\n' || text[i] == '\t') {
      ++i;
    } else if (text[i] == '(' || text[i] == ')') {
      words.emplace_back(1, text[i++]);
    } else if (is_name_letter(text[i])) {
      const std::size_t begin = i;
      while (i < text.size() && is_name_letter(text[i])) ++i;
      words.emplace_back(text.substr(begin, i - begin));
    } else {
      throw Mistake{std::string("unexpected character '") + text[i] + "' in '" + std::string(text) +
                    "'"};
    }
  }
  return words;
}

bool is_keyword(const std::string& word) {
  return word == "and" || word == "or" || word == "not" || word == "(" || word == ")";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), words_(split_words(text)) {}

  StateExpression parse() {
    StateExpression expression = parse_any();
    if (!at_end()) fail("unexpected '" + words_[next_] + "'");
    return expression;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Mistake{what + " in '" + std::string(text_) +
                  "' (expected such as: redis connected and not operational)"};
  }
  [[nodiscard]] bool at_end() const { return next_ == words_.size(); }
  [[nodiscard]] bool at(std::string_view word) const { return !at_end() && words_[next_] == word; }
  bool accept(std::string_view word) {
    if (!at(word)) return false;
    ++next_;
    return true;
  }

  StateExpression parse_any() { return parse_chain("or", StateExpression::Kind::any); }
  StateExpression parse_all() { return parse_chain("and", StateExpression::Kind::all); }

  StateExpression parse_chain(std::string_view word, StateExpression::Kind kind) {
    const bool outer = kind == StateExpression::Kind::any;
    std::vector<StateExpression> operands;
    do {
      operands.push_back(outer ? parse_all() : parse_unary());
    } while (accept(word));
    if (operands.size() == 1) return std::move(operands.front());
    return {kind, {}, {}, std::move(operands)};
  }

  StateExpression parse_unary() {
    if (++depth_ > depth_max) fail("nested too deeply");
    StateExpression result = parse_unary_inside();
    --depth_;
    return result;
  }

  StateExpression parse_unary_inside() {
    if (accept("not")) {
      return {StateExpression::Kind::negation, {}, {}, {parse_unary()}};
    }
    if (accept("(")) {
      StateExpression inner = parse_any();
      if (!accept(")")) fail("missing ')'");
      return inner;
    }
    if (at_end()) fail("a property is missing at the end");
    if (is_keyword(words_[next_])) fail("unexpected '" + words_[next_] + "'");
    const std::string name = words_[next_++];
    const bool names_subject = !at_end() && !at("and") && !at("or") && !at(")");
    if (!names_subject) return make_fact(name);
    subject_ = name;
    if (is_keyword(words_[next_])) return parse_unary();
    return make_fact(words_[next_++]);
  }

  [[nodiscard]] StateExpression make_fact(const std::string& property) const {
    if (subject_.empty()) fail("'" + property + "' has no subject");
    return {StateExpression::Kind::fact, subject_, property, {}};
  }

  std::string_view text_;
  std::vector<std::string> words_;
  std::size_t next_ = 0;
  int depth_ = 0;
  std::string subject_;
};

}  // namespace

std::expected<StateExpression, std::string> parse_state_expression(std::string_view text) {
  try {
    return Parser(text).parse();
  } catch (const Mistake& mistake) {
    return std::unexpected(mistake.message);
  }
}

std::string print(const StateExpression& expression) {
  const auto wrapped = [](const StateExpression& inner) {
    return inner.operands.size() > 1 ? '(' + print(inner) + ')' : print(inner);
  };
  switch (expression.kind) {
    case StateExpression::Kind::fact:
      return expression.subject + ' ' + expression.property;
    case StateExpression::Kind::negation:
      return "not " + wrapped(expression.operands.front());
    case StateExpression::Kind::all:
    case StateExpression::Kind::any: {
      const char* word = expression.kind == StateExpression::Kind::all ? " and " : " or ";
      std::string text;
      for (const StateExpression& operand : expression.operands) {
        text += (text.empty() ? "" : word) + wrapped(operand);
      }
      return text;
    }
  }
  return {};
}

}  // namespace raceproof::scenario
