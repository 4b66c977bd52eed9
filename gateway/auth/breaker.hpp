// A circuit breaker: leaves a failing service alone for a while, then tries it once. A pure state
// machine: no I/O, no timer, no clock but the instants that it is given.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "gateway/auth/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// closed: calls go ahead, and `threshold` consecutive failures open it. open: none does until
/// `reset` has passed. half_open: one has gone ahead as a probe and decides; meanwhile none does.
class Breaker {
 public:
  enum class State { closed, open, half_open };

  /// Says which period of the breaker a call belongs to. What a call reports after that period is
  /// no longer of interest: it neither opens, closes nor prolongs anything.
  class Permit {
   public:
    explicit operator bool() const { return period_ != 0; }

   private:
    friend class Breaker;
    std::uint64_t period_ = 0;
  };

  explicit Breaker(const BreakerSettings& settings)
      : threshold_(settings.threshold), reset_(settings.reset) {}

  /// A permit if a call may go ahead. Every permit is answered by one of the three below, or the
  /// probe of a half-open breaker stays out for ever. Compares times only when open.
  Permit admit(Instant now) {
    if (state_ == State::half_open) return {};
    if (state_ == State::open) {
      if (now < opened_ + reset_) return {};
      enter(State::half_open);
    }
    Permit permit;
    permit.period_ = period_;
    return permit;
  }
  void succeeded(Permit permit) {
    if (permit.period_ != period_) return;
    failures_ = 0;
    if (state_ == State::half_open) enter(State::closed);
  }
  void failed(Permit permit, Instant now) {
    if (permit.period_ != period_) return;
    ++failures_;
    if (state_ == State::closed && failures_ < threshold_) return;
    opened_ = now;
    enter(State::open);
  }
  /// The call ended without saying anything about the service: a probe leaves its place to the next
  /// call.
  void abandoned(Permit permit) {
    if (permit.period_ == period_ && state_ == State::half_open) enter(State::open);
  }

  [[nodiscard]] State state() const { return state_; }
  /// Closed, and nothing is held against the service: as good as a new one.
  [[nodiscard]] bool is_pristine() const { return state_ == State::closed && failures_ == 0; }

 private:
  void enter(State state) {
    state_ = state;
    if (state != State::half_open) failures_ = 0;
    ++period_;
  }

  std::int64_t threshold_;
  Duration reset_;
  State state_ = State::closed;
  std::int64_t failures_ = 0;  // consecutive ones
  std::uint64_t period_ = 1;
  Instant opened_;
};

inline std::string_view to_string(Breaker::State state) {
  static constexpr std::array<std::string_view, 3> names{"closed", "open", "half_open"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace raceproof::gateway
