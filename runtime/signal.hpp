// A condition that coroutines of one strand wait for.
#pragma once

#include <memory>
#include <vector>

#include "runtime/runtime.hpp"

namespace raceproof {

/// Coroutines of one strand wait; a handler of the same strand notifies. No memory: a notification
/// with nobody waiting is lost, so waiters test their condition in a loop. The runtime owns the
/// pending handlers (a wait is a sleep that never expires), so nothing leaks when a process is
/// killed.
class Signal {
 public:
  Signal(Runtime& runtime, Executor strand) : runtime_(&runtime), strand_(std::move(strand)) {}

  /// Returns after the next notification. Throws operation_aborted when the caller is cancelled.
  /// `what` names the wait in traces (a literal).
  Awaitable<> wait(const char* what) {
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(ErrorCode)>(
        [this, what](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          auto notified = std::make_shared<bool>(false);
          // The sleep can only end by cancellation; the flag tells a notification from the
          // caller's.
          const OperationId id = runtime_->start_wait(
              strand_, Instant::max(), what,
              [notified, handler = std::move(handler)](ErrorCode error) mutable {
                handler(*notified ? ErrorCode() : error);
              });
          std::erase_if(waiting_, [](const Waiter& w) { return w.notified.use_count() == 1; });
          waiting_.push_back({id, notified});
          if (slot.is_connected()) {
            slot.assign([runtime = runtime_, id](asio::cancellation_type) {
              runtime->cancel_operation(id);
            });
          }
        },
        use_awaitable);
  }

  /// Wakes everyone who waits now.
  void notify_all() {
    const auto woken = std::exchange(waiting_, {});
    for (const auto& waiter : woken) {
      *waiter.notified = true;
      runtime_->cancel_operation(waiter.id);
    }
  }

 private:
  struct Waiter {
    OperationId id;
    std::shared_ptr<bool> notified;
  };

  Runtime* runtime_;
  Executor strand_;
  std::vector<Waiter> waiting_;
};

}  // namespace raceproof
