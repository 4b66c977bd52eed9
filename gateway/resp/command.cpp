#include "gateway/resp/command.hpp"

#include <array>
#include <charconv>

namespace raceproof::gateway::resp {

void append_header(std::string& out, char mark, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out += mark;
  out.append(digits.data(), end);
  out += "\r\n";
}

void append_bulk(std::string& out, std::string_view text) {
  append_header(out, '$', text.size());
  out += text;
  out += "\r\n";
}

}  // namespace raceproof::gateway::resp
