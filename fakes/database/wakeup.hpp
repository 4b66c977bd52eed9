// One coroutine's wait for what another handler of its strand does, with a limit.
#pragma once

#include <utility>

#include "runtime/runtime.hpp"

namespace raceproof::fakes::database {

/// Remembers that it was told, so that telling before waiting is as good. Must outlive the wait.
class Wakeup {
  // First, because its type is deduced.
  auto start(Instant deadline, const char* what) {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(ErrorCode)>(
        [this, deadline, what](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          pending_ =
              runtime_.start_wait(strand_, deadline, what,
                                  [this, handler = std::move(handler)](ErrorCode error) mutable {
                                    pending_ = 0;
                                    handler(told_ ? ErrorCode() : error);
                                  });
          if (slot.is_connected()) {
            slot.assign([&runtime = runtime_, id = pending_](asio::cancellation_type) {
              runtime.cancel_operation(id);
            });
          }
        },
        use_awaitable);
  }

 public:
  Wakeup(Runtime& runtime, Executor strand) : runtime_(runtime), strand_(std::move(strand)) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  void tell() {
    told_ = true;
    if (pending_ != 0) runtime_.cancel_operation(std::exchange(pending_, 0));
  }

  /// Waits until it is told; false when `deadline` passed first. Throws operation_aborted when the
  /// caller is cancelled. `what` names the wait in traces (a literal).
  Awaitable<bool> wait_until(Instant deadline, const char* what) {
    if (!told_) co_await start(deadline, what);
    co_return std::exchange(told_, false);
  }

 private:
  Runtime& runtime_;
  Executor strand_;
  OperationId pending_ = 0;
  bool told_ = false;
};

}  // namespace raceproof::fakes::database
