// Does something on a strand when a time has passed, unless it is disarmed before.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// For what must not be cancelled but may have to be cut, such as the closing handshake of a
/// WebSocket. All calls on its one strand. Disarmed when destroyed.
class Watchdog {
 public:
  Watchdog(Runtime& runtime, Executor strand) : runtime_(&runtime), strand_(std::move(strand)) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// `action` runs once `limit` has passed. `what` names the wait in traces (a literal).
  void arm(Duration limit, const char* what, std::move_only_function<void()> action) {
    arm(runtime_->now() + limit, what, std::move(action));
  }
  /// The same at `deadline`.
  void arm(Instant deadline, const char* what, std::move_only_function<void()> action) {
    disarm();
    // An expired wait that is already queued cannot be cancelled any more; it finds no action then.
    action_ = std::make_shared<std::move_only_function<void()>>(std::move(action));
    pending_ = runtime_->start_wait(strand_, deadline, what,
                                    [armed = std::weak_ptr(action_)](ErrorCode error) {
                                      if (error) return;
                                      if (auto live = armed.lock()) (*live)();
                                    });
  }
  void disarm() {
    action_.reset();
    if (pending_ != 0) runtime_->cancel_operation(std::exchange(pending_, 0));
  }

 private:
  Runtime* runtime_;
  Executor strand_;
  OperationId pending_ = 0;
  std::shared_ptr<std::move_only_function<void()>> action_;
};

}  // namespace raceproof::gateway
