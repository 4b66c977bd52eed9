// A notification with memory, waited for until a deadline: one wait of the runtime serves as both.
#pragma once

#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof {

/// One coroutine waits, handlers of the same strand notify. A notification that nobody waits for is
/// kept (once) for the next wait. Must outlive a wait, so it lives in or beside what the waiter
/// owns.
class Notice {
  // First, because its type is deduced.
  auto start(Instant deadline, const char* what) {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(ErrorCode)>(
        [this, deadline, what](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          // The handler owns the waiting coroutine, so this object is alive whenever it runs.
          pending_ =
              runtime_->start_wait(strand_, deadline, what,
                                   [this, handler = std::move(handler)](ErrorCode error) mutable {
                                     pending_ = 0;
                                     handler(notified_ ? ErrorCode() : error);
                                   });
          if (slot.is_connected()) {
            slot.assign([runtime = runtime_, id = pending_](asio::cancellation_type) {
              runtime->cancel_operation(id);
            });
          }
        },
        use_awaitable);
  }

 public:
  Notice(Runtime& runtime, Executor strand) : runtime_(&runtime), strand_(std::move(strand)) {}
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

  void notify() {
    notified_ = true;
    if (pending_ != 0) runtime_->cancel_operation(std::exchange(pending_, 0));
  }

  /// Forgets a notification that nobody has taken.
  void clear() { notified_ = false; }

  /// Waits for a notification and takes it; false when `deadline` passed first. Throws
  /// operation_aborted when the caller is cancelled. `what` names the wait in traces (a literal).
  Awaitable<bool> wait_until(Instant deadline, const char* what) {
    if (!notified_) co_await start(deadline, what);
    co_return std::exchange(notified_, false);
  }
  Awaitable<> wait(const char* what) {
    if (!notified_) co_await start(Instant::max(), what);
    notified_ = false;
  }

 private:
  Runtime* runtime_;
  Executor strand_;
  OperationId pending_ = 0;
  bool notified_ = false;
};

}  // namespace raceproof
