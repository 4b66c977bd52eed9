// How often something may happen.
#pragma once

#include <cstddef>
#include <deque>

#include "runtime/time.hpp"

namespace raceproof::gateway {

/// At most `count` times within any `window`. Times are compared only once the count is reached.
class RateLimit {
 public:
  RateLimit(std::size_t count, Duration window) : count_(count), window_(window) {}

  /// Whether it may happen at `now`, and counts it if so. `now` never goes back.
  [[nodiscard]] bool allow(Instant now) {
    if (times_.size() >= count_) {
      if (now - times_.front() < window_) return false;
      times_.pop_front();
    }
    times_.push_back(now);
    return true;
  }

 private:
  std::size_t count_;
  Duration window_;
  std::deque<Instant> times_;
};

}  // namespace raceproof::gateway
