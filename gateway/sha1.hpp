// SHA-1 (RFC 3174) at compile time. Redis names scripts by it; it protects nothing here.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace raceproof::gateway {

namespace detail {

/// Byte `i` of `text` padded to whole blocks: 0x80, zeros, the length in bits (RFC 3174 section 4).
constexpr std::uint8_t padded_byte(std::string_view text, std::size_t total, std::size_t i) {
  if (i < text.size()) return static_cast<std::uint8_t>(text[i]);
  if (i == text.size()) return 0x80;
  if (i + 8 < total) return 0;
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  return static_cast<std::uint8_t>(bits >> (8 * (total - 1 - i)));
}

/// One round's function and constant (RFC 3174 section 5).
constexpr std::uint32_t sha1_mix(int t, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999U;
  if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1U;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU;
  return (b ^ c ^ d) + 0xCA62C1D6U;
}

}  // namespace detail

/// The digest of `text` as 40 lower-case hexadecimal digits.
constexpr std::array<char, 40> sha1_hex(std::string_view text) {
  std::array<std::uint32_t, 5> h{0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  const std::size_t total = (text.size() + 8) / 64 * 64 + 64;
  for (std::size_t block = 0; block < total; block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 64; ++i) {
      w[i / 4] = (w[i / 4] << 8) | detail::padded_byte(text, total, block + i);
    }
    for (std::size_t t = 16; t < 80; ++t) {
      w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }
    auto [a, b, c, d, e] = h;
    for (int t = 0; t < 80; ++t) {
      const std::uint32_t next =
          std::rotl(a, 5) + detail::sha1_mix(t, b, c, d) + e + w[static_cast<std::size_t>(t)];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    h = {h[0] + a, h[1] + b, h[2] + c, h[3] + d, h[4] + e};
  }
  std::array<char, 40> hex{};
  for (std::size_t i = 0; i < hex.size(); ++i) {
    hex[i] = "0123456789abcdef"[(h[i / 8] >> (28 - 4 * (i % 8))) & 0xF];
  }
  return hex;
}

}  // namespace raceproof::gateway
