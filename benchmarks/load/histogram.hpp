// Latencies of a load: counts in buckets that grow with the value, as in HdrHistogram, so that
// memory does not grow with the number of messages.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace raceproof::load {

/// A quantile is at most 1/128 above the true one; the maximum is exact.
class Histogram {
 public:
  using Value = std::chrono::nanoseconds;

  /// Negative values count as 0.
  void add(Value value) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0));
    ++counts_[bucket_of(ns)];
    ++count_;
    max_ = std::max(max_, ns);
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Value max() const { return Value(static_cast<std::int64_t>(max_)); }
  /// The least value that at least the fraction `q` (0 to 1) of all values does not exceed; 0 when
  /// there is none.
  [[nodiscard]] Value quantile(double q) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size() && count_ > 0; ++i) {
      seen += counts_[i];
      if (seen >= std::max<std::uint64_t>(wanted, 1)) {
        return Value(static_cast<std::int64_t>(std::min(highest_in(i), max_)));
      }
    }
    return Value(0);
  }

 private:
  // Each power of two from 2^8 on has 128 buckets; below, each value has its own.
  static constexpr int sub_bits = 7;
  static constexpr std::size_t sub_count = std::size_t{1} << sub_bits;
  static constexpr std::size_t buckets = (64 - sub_bits + 1) * sub_count;

  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < 2 * sub_count) return ns;
    const int shift = std::bit_width(ns) - sub_bits - 1;
    return static_cast<std::size_t>(shift) * sub_count + (ns >> shift);
  }
  static std::uint64_t highest_in(std::size_t bucket) {
    if (bucket < 2 * sub_count) return bucket;
    const auto shift = bucket / sub_count - 1;
    return ((bucket - shift * sub_count + 1) << shift) - 1;
  }

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace raceproof::load
