// What the fuzz targets share: how a broken promise is reported, and how bytes are cut.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace raceproof::fuzz {

/// Ends the process when a promise is broken, which libFuzzer reports together with the input.
inline void require(bool kept, const char* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// `bytes` in pieces of `size`, as a network may deliver them.
inline std::vector<std::string_view> pieces(std::string_view bytes, std::size_t size) {
  std::vector<std::string_view> cut;
  for (std::size_t at = 0; at < bytes.size(); at += size) cut.push_back(bytes.substr(at, size));
  return cut;
}

/// Sizes of pieces that an answer may not depend on. The last is chosen by the input itself.
inline std::vector<std::size_t> piece_sizes(std::string_view bytes) {
  const std::size_t own = bytes.empty() ? 1 : static_cast<unsigned char>(bytes.back()) % 61 + 2;
  return {1, own};
}

}  // namespace raceproof::fuzz
