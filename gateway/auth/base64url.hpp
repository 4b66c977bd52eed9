// base64url without padding (RFC 4648 section 5), as JSON Web Tokens use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raceproof::gateway {

/// The bytes that `text` stands for; nothing where it is not exactly what an encoder gives (another
/// alphabet, padding, bits left over).
inline std::optional<std::string> base64url_decode(std::string_view text) {
  const auto value_of = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
  };
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xFF);
    bits &= (1U << count) - 1;
  }
  return bits == 0 ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace raceproof::gateway
