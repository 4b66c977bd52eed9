// A limit of time on an operation of the database that may also throw.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "runtime/runtime.hpp"

namespace raceproof::gateway::database {

namespace detail {

template <class T>
struct Captured {
  std::exception_ptr error;
  std::optional<T> value;
};

/// `operator||` waits for the first *success*: an exception has to arrive as a value, or it would
/// be kept back until the time is up.
template <class T>
Awaitable<Captured<T>> capture(Awaitable<T> body) {
  Captured<T> captured;
  try {
    captured.value.emplace(co_await std::move(body));
  } catch (...) {
    captured.error = std::current_exception();
  }
  co_return captured;
}

inline Awaitable<std::monostate> valued(Awaitable<> body) {
  co_await std::move(body);
  co_return std::monostate();
}

}  // namespace detail

/// What `body` returned; nothing when it was cancelled because `limit` had passed. Throws what
/// `body` throws. `what` names the limit in traces (a literal).
template <class T>
Awaitable<std::optional<T>> within(Runtime& runtime, Duration limit, const char* what,
                                   Awaitable<T> body) {
  using namespace asio::experimental::awaitable_operators;
  auto outcome = co_await (detail::capture<T>(std::move(body)) || runtime.sleep_for(limit, what));
  if (outcome.index() == 1) co_return std::nullopt;
  auto captured = std::get<0>(std::move(outcome));
  if (captured.error) std::rethrow_exception(captured.error);
  co_return std::move(captured.value);
}

/// The same for what returns nothing: whether it ended in time.
inline Awaitable<bool> within(Runtime& runtime, Duration limit, const char* what,
                              Awaitable<> body) {
  const auto value = co_await within(runtime, limit, what, detail::valued(std::move(body)));
  co_return value.has_value();
}

}  // namespace raceproof::gateway::database
