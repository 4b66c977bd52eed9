// A limit of time on an operation.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "runtime/task.hpp"

namespace raceproof {

namespace detail {

/// Starts the body of a `within`. Unlike `body || sleep_for(limit)` it needs no second coroutine
/// for the wait and ends that without an exception: most operations end in time.
struct StartWithin {
  struct State {
    asio::cancellation_signal cancellation;
    OperationId limit = 0;
    bool expired = false;
    bool over = false;
  };

  template <class Handler, class T>
  void operator()(Handler handler, Runtime* runtime, Duration limit, const char* what,
                  Awaitable<T> body) const {
    auto state = std::make_shared<State>();
    auto strand = asio::get_associated_executor(handler, Executor());
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([state](asio::cancellation_type type) { state->cancellation.emit(type); });
    }
    state->limit =
        runtime->start_wait(strand, runtime->wait_origin() + limit, what, [state](ErrorCode error) {
          if (error || state->over) return;
          state->expired = true;
          state->cancellation.emit(asio::cancellation_type::terminal);
        });
    auto finished = [state, runtime, handler = std::move(handler)](std::exception_ptr error,
                                                                   T value) mutable {
      state->over = true;
      if (!state->expired) runtime->cancel_operation(state->limit);
      std::optional<T> result;
      // Whatever the body says of having been cancelled: the time was up.
      if (state->expired)
        error = nullptr;
      else if (!error)
        result.emplace(std::move(value));
      std::move(handler)(error, std::move(result));
    };
    auto done = asio::bind_executor(strand, std::move(finished));
    asio::co_spawn(strand, std::move(body),
                   asio::bind_cancellation_slot(state->cancellation.slot(), std::move(done)));
  }
};

inline Awaitable<bool> valued(Awaitable<> body) {
  co_await std::move(body);
  co_return true;
}

}  // namespace detail

/// What `body` returned; nothing when it was cancelled because `limit` had passed since now. Throws
/// what `body` throws, operation_aborted when the caller is cancelled. `what` names the limit in
/// traces (a literal). Not for reads of a WebSocket, which Beast cannot cancel without losing it.
template <class T>
Awaitable<std::optional<T>> within(Runtime& runtime, Duration limit, const char* what,
                                   Awaitable<T> body) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>,
                              void(std::exception_ptr, std::optional<T>)>(
      detail::StartWithin(), use_awaitable, &runtime, limit, what, std::move(body));
}

/// The same for what returns nothing: whether it ended in time.
inline Awaitable<bool> within(Runtime& runtime, Duration limit, const char* what,
                              Awaitable<> body) {
  const auto ended = co_await within(runtime, limit, what, detail::valued(std::move(body)));
  co_return ended.has_value();
}

}  // namespace raceproof
