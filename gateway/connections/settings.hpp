// What can be configured about the connections of users.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/settings.hpp"
#include "runtime/time.hpp"

namespace raceproof::gateway {

/// What becomes of a message for a user who is not connected.
enum class ForAbsent {
  queue,  ///< kept, the newest ones, and delivered in order at the next connect
  drop,   ///< lost (a mistake of the original)
};
/// How kept messages leave when the user connects.
enum class Flush {
  in_order,     ///< before anything newer
  beside_live,  ///< after a pause, while newer ones already leave (a mistake of the original)
};
/// Which connection a disconnect removes.
enum class Disconnect {
  own,     ///< the one that ended
  newest,  ///< the newest of the user, whichever ended (a mistake of the original)
};
/// When the next socket of a user gets a message.
enum class FanOut {
  at_once,            ///< when it has been queued for the one before
  after_each_socket,  ///< when it has been written to the one before (a mistake of the original)
};
/// Whose connection answers a frame.
enum class Handlers {
  own,    ///< each connection's own
  first,  ///< the one that registered first, for everybody (a mistake of the original)
};
std::span<const std::string_view> choices(ForAbsent);
std::span<const std::string_view> choices(Flush);
std::span<const std::string_view> choices(Disconnect);
std::span<const std::string_view> choices(FanOut);
std::span<const std::string_view> choices(Handlers);

/// Users' connections and the messages for them.
struct ConnectionSettings {
  std::int64_t per_user = 5;
  std::int64_t queue = 50;
  std::int64_t queue_users = 1000;
  Duration queue_age = std::chrono::hours(24);
  std::int64_t send_queue = 256;
  std::int64_t send_bytes = 1 << 20;
  bool across_instances = false;
  ForAbsent for_absent = ForAbsent::queue;
  Flush flush = Flush::in_order;
  Duration flush_pause = std::chrono::milliseconds(100);
  Disconnect disconnect = Disconnect::own;
  FanOut fan_out = FanOut::at_once;
  Handlers handlers = Handlers::own;
  bool refuse_after_close = true;
  bool forget_on_disconnect = true;

  void describe(SettingsVisitor& visitor);
};

}  // namespace raceproof::gateway
