// See lexer.hpp.
#include "fakes/database/lexer.hpp"

#include "fakes/database/value.hpp"

namespace raceproof::fakes::database {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<Token> all() {
    std::vector<Token> tokens;
    do {
      skip_blanks();
      begin_ = at_;
      tokens.push_back(next());
      tokens.back().source = sql_.substr(begin_, at_ - begin_);
    } while (tokens.back().kind != Token::Kind::end);
    return tokens;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  void skip_blanks() {
    for (;;) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '-' && peek(1) == '-') {
        while (at_ < sql_.size() && peek() != '\n') ++at_;
      } else if (c == '/' && peek(1) == '*') {
        throw Error("0A000", "the fake database does not support comments in /* */");
      } else {
        return;
      }
    }
  }

  Token next() {
    const char c = peek();
    if (at_ >= sql_.size()) return {};
    if (is_letter(c)) return word();
    if (is_digit(c)) return number();
    if (c == '\'') return quoted('\'', Token::Kind::string, "string");
    if (c == '"') return quoted('"', Token::Kind::quoted, "identifier");
    if (c == '$') return parameter();
    return symbol();
  }

  Token word() {
    std::string text;
    while (is_letter(peek()) || is_digit(peek()) || peek() == '$') {
      const char c = sql_[at_++];
      text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (peek() == '\'' && (text == "e" || text == "b" || text == "x" || text == "n")) {
      throw Error("0A000",
                  "the fake database does not support strings that begin with " + text + "'");
    }
    return {Token::Kind::word, std::move(text), {}};
  }

  Token number() {
    std::string text;
    while (is_digit(peek())) text += sql_[at_++];
    if (peek() == '.' || peek() == 'e' || peek() == 'E') {
      throw Error("0A000", "the fake database does not support fractions");
    }
    if (is_letter(peek())) {
      throw Error("42601",
                  "trailing junk after numeric literal at or near \"" + text + peek() + "\"");
    }
    return {Token::Kind::number, std::move(text), {}};
  }

  Token quoted(char quote, Token::Kind kind, const std::string& what) {
    std::string text;
    for (++at_; at_ < sql_.size(); ++at_) {
      if (peek() == quote) {
        if (peek(1) != quote) {
          ++at_;
          return {kind, std::move(text), {}};
        }
        ++at_;
      }
      text += peek();
    }
    throw Error("42601", "unterminated quoted " + what + " at or near \"" +
                             std::string(sql_.substr(begin_)) + "\"");
  }

  Token parameter() {
    std::string text;
    for (++at_; is_digit(peek());) text += sql_[at_++];
    if (text.empty()) throw Error("0A000", "the fake database does not support $ but for $1, $2");
    constexpr std::size_t digits_max = 5;
    if (text.size() > digits_max) throw Error("42P02", "there is no parameter $" + text);
    return {Token::Kind::parameter, std::move(text), {}};
  }

  Token symbol() {
    for (const std::string_view pair : {"<=", ">=", "<>", "!=", "::", "||"}) {
      if (sql_.substr(at_, 2) == pair) {
        at_ += 2;
        return {Token::Kind::symbol, pair == "!=" ? "<>" : std::string(pair), {}};
      }
    }
    return {Token::Kind::symbol, std::string(1, sql_[at_++]), {}};
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

std::vector<Token> tokens_of(std::string_view sql) { return Lexer(sql).all(); }

}  // namespace raceproof::fakes::database
