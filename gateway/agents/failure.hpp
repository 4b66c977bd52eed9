// Telling what went wrong from being cancelled.
#pragma once

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace raceproof::gateway {

/// Whether the coroutine that caught this was only cancelled.
inline bool is_cancellation(const std::exception& error) {
  const auto* failure = dynamic_cast<const boost::system::system_error*>(&error);
  return failure != nullptr && failure->code() == boost::asio::error::operation_aborted;
}

}  // namespace raceproof::gateway
