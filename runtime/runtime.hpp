// The seam: everything a component may ask of the world around it. `runtime/asio` implements it on
// threads, TCP and the steady clock, `harness/sim` on a simulated clock and network. Components
// take a `Runtime&` and are compiled once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "runtime/observation.hpp"
#include "runtime/stream.hpp"
#include "runtime/time.hpp"

namespace raceproof {

template <class T = void>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_awaitable{};

/// Completion of a wait: no error when the deadline passed, operation_aborted when cancelled.
using WaitHandler = std::move_only_function<void(ErrorCode)>;
/// Completion of a connect.
using ConnectHandler = std::move_only_function<void(ErrorCode, Stream)>;

/// Names a pending wait or connect so that it can be cancelled; 0 names none. Never reused within a
/// runtime.
using OperationId = std::uint64_t;

/// One process's view of the world. Everything but `make_strand` and `observe` is called on a
/// strand of this runtime; `make_strand` and `observe` are also allowed before it starts to run.
class Runtime {
 public:
  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  virtual ~Runtime() = default;

  /// Makes a strand: handlers given to one strand never overlap and run in the order in which they
  /// were posted. Its full name is the creating strand's name, '/', `name`, and from the second of
  /// that name on this creator '#' and an ordinal.
  virtual Executor make_strand(std::string_view name) = 0;
  /// The full name; empty for an executor of another runtime.
  [[nodiscard]] virtual std::string_view strand_name(const Executor& strand) const = 0;
  /// Whether the caller runs on `strand`.
  [[nodiscard]] virtual bool running_on(const Executor& strand) const = 0;

  /// The present. In simulation it stands still while a handler runs.
  [[nodiscard]] virtual Instant now() = 0;
  /// The point at which the calendar shows `seconds` since 1970 (UTC, without leap seconds), in the
  /// past or the future: for deadlines that others have set, such as a token's `exp`.
  [[nodiscard]] virtual Instant at_unix_time(std::int64_t seconds) = 0;
  /// The present for people and peers, "2025-09-08T19:22:00.000000Z", always as wide. Nothing may
  /// be decided by it: a simulated run that stands for many shows the beginning of the run.
  [[nodiscard]] virtual std::string timestamp() = 0;
  /// Next number of the running strand's own stream of random numbers, uniform over 64 bits.
  virtual std::uint64_t random() = 0;
  /// Draws one delay of `range`: in simulation every value in it is explored, in production it is
  /// uniform (or the worst case, on request). `what` names the draw in traces (a literal).
  virtual Duration draw(const DelayRange& range, const char* what) = 0;
  /// Records that something happened, here and now. Never blocks, never throws.
  virtual void observe(const Observation& observation) = 0;
  /// Shorthand: `observe("session_closed", {{"code", 1011}})`.
  void observe(std::string_view name, std::initializer_list<Field> fields = {}) {
    observe(Observation{name, std::span<const Field>(fields.begin(), fields.size())});
  }

  /// Waits until `deadline`, cancellable. `what` names the wait in traces and must outlive it (a
  /// literal). Throws system_error(operation_aborted) when cancelled.
  template <class Token = asio::use_awaitable_t<Executor>>
  auto sleep_until(Instant deadline, const char* what = "sleep", Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode)>(
        [this, deadline, what](auto handler) {
          auto strand = asio::get_associated_executor(handler, Executor());
          auto slot = asio::get_associated_cancellation_slot(handler);
          const OperationId id =
              start_wait(strand, deadline, what, WaitHandler(std::move(handler)));
          if (slot.is_connected()) {
            slot.assign([this, id](asio::cancellation_type) { cancel_operation(id); });
          }
        },
        token);
  }
  /// `sleep_until(now() + duration)`.
  template <class Token = asio::use_awaitable_t<Executor>>
  auto sleep_for(Duration duration, const char* what = "sleep", Token&& token = Token()) {
    return sleep_until(wait_origin() + duration, what, std::forward<Token>(token));
  }

  /// Keeps the strand *and* a thread of the process for `duration`, as a blocking sleep does: what
  /// would run on that thread waits. Not cancellable.
  template <class Token = asio::use_awaitable_t<Executor>>
  auto block_for(Duration duration, const char* what = "block", Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode)>(
        [this, duration, what](auto handler) {
          auto strand = asio::get_associated_executor(handler, Executor());
          start_block(strand, duration, what, WaitHandler(std::move(handler)));
        },
        token);
  }

  /// Opens a connection; the stream belongs to the calling coroutine's strand. Fails with the
  /// system's error codes (connection_refused, host_unreachable, ...). Cancellable.
  template <class Token = asio::use_awaitable_t<Executor>>
  auto connect(Endpoint to, Token&& token = Token()) {
    return asio::async_initiate<Token, void(ErrorCode, Stream)>(
        [this](auto handler, Endpoint target) {
          auto strand = asio::get_associated_executor(handler, Executor());
          auto slot = asio::get_associated_cancellation_slot(handler);
          const OperationId id =
              start_connect(strand, std::move(target), ConnectHandler(std::move(handler)));
          if (slot.is_connected()) {
            slot.assign([this, id](asio::cancellation_type) { cancel_operation(id); });
          }
        },
        token, std::move(to));
  }

  /// Binds and listens; connections queue from now on. Port 0 lets the system choose (TCP only).
  /// Throws system_error (address_in_use, ...).
  virtual Listener listen(const Executor& strand, const Endpoint& at) = 0;

  // --- what the templates above rest on -------------------------------------------------------

  /// The present, only for adding a duration and waiting at once: a simulation need not remember
  /// it.
  [[nodiscard]] virtual Instant wait_origin() { return now(); }

  virtual OperationId start_wait(const Executor& strand, Instant deadline, const char* what,
                                 WaitHandler handler) = 0;
  virtual void start_block(const Executor& strand, Duration duration, const char* what,
                           WaitHandler handler) = 0;
  virtual OperationId start_connect(const Executor& strand, Endpoint to,
                                    ConnectHandler handler) = 0;
  /// Completes a pending wait or connect with operation_aborted, once; without effect on one that
  /// has completed or is already queued to complete. On the strand it was started on.
  virtual void cancel_operation(OperationId id) = 0;
  /// Reports an exception that left a detached task; the process cannot go on. Simulation ends the
  /// run as a failure, production logs it and stops the process.
  virtual void task_failed(std::string_view task, std::exception_ptr error) = 0;
};

}  // namespace raceproof
