// Telling what went wrong from being cancelled.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "runtime/runtime.hpp"

namespace raceproof::gateway {

/// Whether the coroutine that caught this was only cancelled.
inline bool is_cancellation(const std::exception& error) {
  const auto* failure = dynamic_cast<const boost::system::system_error*>(&error);
  return failure != nullptr && failure->code() == boost::asio::error::operation_aborted;
}

/// A cancelled coroutine throws operation_aborted here, as at every co_await, and nothing is waited
/// for: after a wait that ends in the usual way although it was cancelled.
inline Awaitable<> stop_here_if_cancelled() { co_return; }

}  // namespace raceproof::gateway
