// Cancellable waits on the steady clock.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <optional>

#include "runtime/asio/strand.hpp"

namespace raceproof::detail {

/// Starts a wait until `deadline`, or for ever without one. On the strand.
OperationId start_wait(Strand& strand,
                       std::optional<std::chrono::steady_clock::time_point> deadline,
                       WaitHandler handler);

}  // namespace raceproof::detail
