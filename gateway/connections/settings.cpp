#include "gateway/connections/settings.hpp"

#include <array>

namespace raceproof::gateway {

namespace {

using Names = std::array<std::string_view, 2>;

}  // namespace

std::span<const std::string_view> choices(ForAbsent) {
  static constexpr Names names{"queue", "drop"};
  return names;
}
std::span<const std::string_view> choices(Flush) {
  static constexpr Names names{"in_order", "beside_live"};
  return names;
}
std::span<const std::string_view> choices(Disconnect) {
  static constexpr Names names{"own", "newest"};
  return names;
}
std::span<const std::string_view> choices(FanOut) {
  static constexpr Names names{"at_once", "after_each_socket"};
  return names;
}
std::span<const std::string_view> choices(Handlers) {
  static constexpr Names names{"own", "first"};
  return names;
}

void ConnectionSettings::describe(SettingsVisitor& v) {
  v.on("per_user", per_user, 1, 1000,
       "Connections of one user at once; one more is closed with 1008.");
  v.on("queue", queue, 1, 10'000,
       "Messages kept for a user who is not connected: the newest; older ones are reported lost.");
  v.on(
      "queue_users", queue_users, 1, 1'000'000,
      "Users who are not connected and for whom messages are kept, at once; for one more, those of "
      "the user whose are oldest are reported lost.");
  v.on("queue_age", queue_age,
       "How long a message is kept for a user who is not connected; then it is reported lost.");
  v.on("send_queue", send_queue, 1, 1'000'000,
       "Frames that may wait for one socket; a slower consumer is closed with 1013.");
  v.on("send_bytes", send_bytes, 1024, 1 << 30,
       "Bytes that may wait for one socket; a slower consumer is closed with 1013.");
  v.on("across_instances", across_instances,
       "Whether messages also reach connections of the user on other instances, through Redis, and "
       "are kept there for users who are nowhere connected. Needed with more than one instance.");
  v.on("for_absent", for_absent,
       "queue: messages for a user who is not connected are kept; drop: they are lost.");
  v.on("flush", flush,
       "in_order: kept messages leave before newer ones; beside_live: after a pause, beside them.");
  v.on("flush_pause", flush_pause, "The pause of flush: beside_live.");
  v.on("disconnect", disconnect,
       "own: a session that ends removes its own entry; newest: the user's newest one.");
  v.on("fan_out", fan_out,
       "at_once: a slow socket holds up nobody; after_each_socket: it holds up the user's others.");
  v.on("handlers", handlers,
       "own: a connection's frames are answered by its own session; first: by whichever session "
       "registered first.");
  v.on("refuse_after_close", refuse_after_close,
       "Whether a session that is closing says so to whoever has a message for it; otherwise the "
       "message is taken and never leaves.");
  v.on("forget_on_disconnect", forget_on_disconnect,
       "Whether the entry of a session that ended is removed; otherwise it counts for ever.");
}

}  // namespace raceproof::gateway
