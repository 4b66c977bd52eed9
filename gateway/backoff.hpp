// Exponential back-off between attempts.
#pragma once

#include "gateway/settings.hpp"

namespace raceproof::gateway {

/// The waits after consecutive failures: base, base * factor, ... up to max (domain.md section 3
/// has the original's, which doubled before its first wait).
class Backoff {
 public:
  explicit Backoff(const ReconnectSettings& settings) : settings_(settings) { reset(); }

  /// The wait after one more failure.
  Duration next() {
    const Duration wait = next_;
    if (!at_max_) {
      const Duration grown = next_ * settings_.factor;
      at_max_ = !(grown < settings_.max);
      next_ = at_max_ ? settings_.max : grown;
    }
    return wait;
  }
  /// After a success.
  void reset() {
    next_ = settings_.base;
    at_max_ = false;
  }

 private:
  ReconnectSettings settings_;
  Duration next_;
  bool at_max_ = false;
};

}  // namespace raceproof::gateway
