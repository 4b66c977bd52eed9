// Commands as Redis reads them: an array of bulk strings.
#pragma once

#include <string>
#include <string_view>

namespace raceproof::gateway::resp {

/// Appends "<mark><number>\r\n".
void append_header(std::string& out, char mark, std::size_t number);
/// Appends one bulk string.
void append_bulk(std::string& out, std::string_view text);

/// One command with its arguments: `encode("PUBLISH", channel, message)`.
template <class... Parts>
std::string encode(const Parts&... parts) {
  std::string out;
  out.reserve(16 + (std::size_t{0} + ... + (std::string_view(parts).size() + 16)));
  append_header(out, '*', sizeof...(parts));
  (append_bulk(out, parts), ...);
  return out;
}

}  // namespace raceproof::gateway::resp
