// Tasks: calling into another strand, background work with an owner, and scopes that a cancellation
// does not enter.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/this_coro.hpp>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "runtime/runtime.hpp"
#include "runtime/signal.hpp"

namespace raceproof {

namespace detail {

/// Starts the body of a `call`. `co_spawn` forwards the caller's cancellation as a message to the
/// body's strand that refers to memory of the caller, who may have gone on by the time it arrives
/// (Boost 1.81, co_spawn_cancellation_handler); here the message shares the ownership of what it
/// refers to.
struct StartCall {
  template <class Handler, class T>
  void operator()(Handler handler, Executor strand, Awaitable<T> body) const {
    auto cancellation = std::make_shared<asio::cancellation_signal>();
    auto caller = asio::get_associated_executor(handler, strand);
    auto slot = asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([cancellation, strand](asio::cancellation_type type) {
        asio::dispatch(strand, [cancellation, type] { cancellation->emit(type); });
      });
    }
    auto finished = [cancellation, handler = std::move(handler)](std::exception_ptr error,
                                                                 auto&&... result) mutable {
      std::move(handler)(error, std::forward<decltype(result)>(result)...);
    };
    asio::co_spawn(strand, std::move(body),
                   asio::bind_cancellation_slot(cancellation->slot(),
                                                asio::bind_executor(caller, std::move(finished))));
  }
};

template <class T>
struct CallSignature {
  using type = void(std::exception_ptr, T);
};
template <>
struct CallSignature<void> {
  using type = void(std::exception_ptr);
};

}  // namespace detail

/// Runs `body` on `strand` and resumes the caller on its own strand with the result or exception.
/// The only way from one component into another. Cancelling the caller cancels `body`.
template <class T>
Awaitable<T> call(Executor strand, Awaitable<T> body) {
  return asio::async_initiate<const asio::use_awaitable_t<Executor>,
                              typename detail::CallSignature<T>::type>(
      detail::StartCall(), use_awaitable, std::move(strand), std::move(body));
}

/// `co_await enter_shield();`: from here to its end the calling coroutine, cancelled or not, is out
/// of reach of cancellation. For closing and deregistering, which a cancelled coroutine could
/// otherwise not do, because it throws at its next co_await.
inline auto enter_shield() {
  return asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
}

namespace detail {

/// Passes what left a task on to the runtime, unless the task was only cancelled.
inline void report_task_failure(Runtime& runtime, std::string_view name, std::exception_ptr error) {
  if (error == nullptr) return;
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& failure) {
    if (failure.code() != asio::error::operation_aborted) runtime.task_failed(name, error);
  } catch (...) {
    runtime.task_failed(name, error);
  }
}

}  // namespace detail

/// Starts `body` on `strand` with no one waiting for it. An exception that leaves it goes to
/// `Runtime::task_failed` under `name`, except operation_aborted, which ends it quietly.
inline void spawn(Runtime& runtime, Executor strand, std::string name, Awaitable<> body) {
  asio::co_spawn(std::move(strand), std::move(body),
                 [&runtime, name = std::move(name)](std::exception_ptr error) {
                   detail::report_task_failure(runtime, name, error);
                 });
}

/// Background tasks that one component owns on its own strand. Used on that strand only. The owner
/// awaits `stop()` before it dies; a simulated kill destroys the tasks together with their owner.
class TaskScope {
 public:
  TaskScope(Runtime& runtime, Executor strand)
      : runtime_(runtime), strand_(std::move(strand)), changed_(runtime, strand_) {}
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// Starts `body`; `name` appears in the report of an exception that leaves it.
  void spawn(std::string name, Awaitable<> body) {
    auto task = tasks_.emplace(tasks_.end());
    auto finished = [this, task, name = std::move(name)](std::exception_ptr error) {
      tasks_.erase(task);
      changed_.notify_all();
      detail::report_task_failure(runtime_, name, error);
    };
    asio::co_spawn(strand_, std::move(body),
                   asio::bind_executor(
                       strand_, asio::bind_cancellation_slot(task->slot(), std::move(finished))));
  }
  /// Asks every task to stop: each throws operation_aborted at its next cancellable wait.
  void cancel() {
    for (auto it = tasks_.begin(); it != tasks_.end();) {
      auto& signal = *it++;  // a task may end, and leave the list, while it is cancelled
      signal.emit(asio::cancellation_type::terminal);
    }
  }
  /// Waits until no task is left.
  Awaitable<> join() {
    while (!tasks_.empty()) co_await changed_.wait("tasks to end");
  }
  /// `cancel()`, then `join()`.
  Awaitable<> stop() {
    cancel();
    co_await join();
  }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  Runtime& runtime_;
  Executor strand_;
  Signal changed_;
  std::list<asio::cancellation_signal> tasks_;
};

}  // namespace raceproof
