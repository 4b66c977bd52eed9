// How often something may happen.
#pragma once

#include <cstddef>
#include <vector>

#include "runtime/time.hpp"

namespace raceproof::gateway {

/// At most `count` times within any `window`. Times are compared only once the count is reached.
class RateLimit {
 public:
  RateLimit(std::size_t count, Duration window) : count_(count), window_(window) {}

  /// Whether it may happen at `now`, and counts it if so. `now` never goes back.
  [[nodiscard]] bool allow(Instant now) {
    if (times_.size() < count_) {
      times_.push_back(now);
      return true;
    }
    if (now - times_[oldest_] < window_) return false;
    times_[oldest_] = now;
    oldest_ = (oldest_ + 1) % count_;
    return true;
  }

 private:
  std::size_t count_;
  Duration window_;
  std::vector<Instant> times_;  // the latest; once full, a ring that begins at `oldest_`
  std::size_t oldest_ = 0;
};

}  // namespace raceproof::gateway
