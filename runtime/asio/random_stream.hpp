// A stream of pseudo-random numbers of its own for every strand, so that what one strand draws does
// not depend on how the others are scheduled.
#pragma once

#include <cstdint>
#include <string_view>

namespace raceproof::detail {

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): 64
/// bits of state, period 2^64. For choices and delays; never for secrets.
class RandomStream {
 public:
  /// The stream that `seed` gives the strand of this name.
  RandomStream(std::uint64_t seed, std::string_view strand) : state_(seed ^ hash(strand)) {
    next();
  }

  /// Uniform over 64 bits.
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, last], without the bias of a plain remainder: values from the incomplete last
  /// cycle are drawn again.
  std::uint64_t up_to(std::uint64_t last) {
    if (last == UINT64_MAX) return next();
    const std::uint64_t count = last + 1;
    const std::uint64_t incomplete = (UINT64_MAX % count + 1) % count;
    std::uint64_t value = next();
    while (value > UINT64_MAX - incomplete) value = next();
    return value % count;
  }

 private:
  /// FNV-1a: the same on every platform, unlike std::hash.
  static std::uint64_t hash(std::string_view text) {
    std::uint64_t value = 0xcbf29ce484222325ULL;
    for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return value;
  }

  std::uint64_t state_;
};

}  // namespace raceproof::detail
