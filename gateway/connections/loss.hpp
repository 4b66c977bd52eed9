// Why a message never reached its user.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raceproof::gateway {

enum class Loss {
  not_connected,     ///< messages for absent users are dropped (a mistake of the original)
  connection_ended,  ///< likewise, while it was on its way
  queue_full,        ///< newer ones were kept for the user
  expired,           ///< it was kept for as long as messages are
  too_many_users,    ///< messages were kept for too many other users
  forgotten,         ///< an operator asked for it
  shutdown,          ///< it was still kept when the gateway ended
};
/// As `message_lost` and the metrics call them, in the order of the enumerators.
inline constexpr std::array<std::string_view, 7> loss_reasons{
    "not connected",         "connection ended", "queue full", "expired",
    "too many absent users", "forgotten",        "shutdown"};

constexpr std::string_view to_string(Loss loss) {
  return loss_reasons[static_cast<std::size_t>(loss)];
}

/// How many messages were lost, by reason.
using Losses = std::array<std::uint64_t, loss_reasons.size()>;

}  // namespace raceproof::gateway
