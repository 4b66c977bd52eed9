// The words of a SQL text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace raceproof::fakes::database {

struct Token {
  enum class Kind { word, quoted, number, string, parameter, symbol, end };
  Kind kind = Kind::end;
  std::string text;         ///< a word in lower case, a string without its quotes, "$1" as "1"
  std::string_view source;  ///< as it was written
};

/// `sql` must outlive the tokens; the last one is the end. Throws 42601 and 0A000.
std::vector<Token> tokens_of(std::string_view sql);

}  // namespace raceproof::fakes::database
