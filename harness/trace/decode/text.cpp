// Bytes as a person can read them on one line.
#include "harness/trace/decode/text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace raceproof::trace {

namespace {

/// Length of a plausible UTF-8 sequence of two to four bytes at the start of `text`; 0 if none.
std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()) return 0;
  const auto rest = text.substr(1, length - 1);
  const bool continues = std::ranges::all_of(
      rest, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
  return continues ? length : 0;
}

std::string escaped(std::string_view bytes, std::size_t limit, bool quotes) {
  std::string result;
  std::size_t at = 0;
  while (at < bytes.size() && at < limit) {
    const char c = bytes[at];
    if (const std::size_t length = utf8_length(bytes.substr(at)); length > 0) {
      result += bytes.substr(at, length);
      at += length;
      continue;
    }
    ++at;
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (quotes && (c == '"' || c == '\\')) {
      result.append(1, '\\').append(1, c);
    } else if (c >= ' ' && c <= '~') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  if (at < bytes.size()) result += "...";
  return result;
}

}  // namespace

std::string readable(std::string_view bytes, std::size_t limit) {
  return escaped(bytes, limit, false);
}

std::string quoted(std::string_view bytes, std::size_t limit) {
  return '"' + escaped(bytes, limit, true) + '"';
}

std::string word(std::string_view bytes, std::size_t limit) {
  const bool plain = !bytes.empty() && std::ranges::all_of(bytes, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != '\\';
  });
  return plain ? readable(bytes, limit) : quoted(bytes, limit);
}

}  // namespace raceproof::trace
