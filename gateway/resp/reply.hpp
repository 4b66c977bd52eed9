// A RESP2 reply as a value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace raceproof::gateway::resp {

/// One reply of Redis (RESP2). `text` holds status, error and string; `elements` an array's.
struct Reply {
  enum class Type { nil, status, error, string, integer, array };

  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string text;
  std::vector<Reply> elements;

  [[nodiscard]] bool is_error() const { return type == Type::error; }
  [[nodiscard]] bool is_status(std::string_view expected) const {
    return type == Type::status && text == expected;
  }
  [[nodiscard]] bool is_integer() const { return type == Type::integer; }
  /// For people: "+OK", "-ERR ...", ":0", "$hello", "nil", "*3".
  [[nodiscard]] std::string describe() const;
};

/// Whether an error reply has this code, the first word of its text ("NOSCRIPT", "NOAUTH", ...).
bool has_error_code(const Reply& reply, std::string_view code);

}  // namespace raceproof::gateway::resp
