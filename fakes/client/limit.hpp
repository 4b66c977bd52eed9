// A limit on one attempt: calls it off when the time is up.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof::fakes::client {

/// A timer beside an operation, instead of a cancellation of it: what gives up (a pending connect,
/// a transport) is named step by step with `on_expiry`. One coroutine of one strand uses it. Its
/// timer may outlive it without effect, so that a frame may be destroyed at any suspension point.
class Limit {
 public:
  /// Starts to count now.
  Limit(Runtime& runtime, const Executor& strand, Duration within)
      : runtime_(runtime), state_(std::make_shared<State>()) {
    timer_ = runtime.start_wait(strand, runtime.wait_origin() + within, "client limit",
                                [state = state_](ErrorCode error) {
                                  if (error || !state->active) return;
                                  state->expired = true;
                                  if (state->give_up) state->give_up();
                                });
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { state_->active = false; }

  /// What to do when the time is up; replaces what was said before.
  void on_expiry(std::move_only_function<void()> give_up) { state_->give_up = std::move(give_up); }
  [[nodiscard]] bool expired() const { return state_->expired; }
  /// Ends the count. Without effect once expired.
  void stop() {
    state_->active = false;
    runtime_.cancel_operation(timer_);
  }

 private:
  struct State {
    bool active = true;
    bool expired = false;
    std::move_only_function<void()> give_up;
  };

  Runtime& runtime_;
  std::shared_ptr<State> state_;
  OperationId timer_ = 0;
};

}  // namespace raceproof::fakes::client
