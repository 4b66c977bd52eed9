// A session's entry in Redis: registering it, proving that its instance can be reached, removing
// it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/redis_manager.hpp"

namespace raceproof::gateway {

/// Whether a session could be set up; if not, at which step ("register", "probe") and why.
struct SetupResult {
  bool ok = false;
  /// Whether the session's entry exists in Redis and has to be removed.
  bool registered = false;
  std::string_view step;
  std::string reason;
};

/// Registers the session by EVALSHA (NOSCRIPT is answered by EVAL if `eval_fallback`), then
/// publishes a probe to the instance's own channel, which must reach a subscriber (0 receivers is a
/// failure at once) and whose subscription must be confirmed: events for this session will come
/// that way. On the manager's strand.
Awaitable<SetupResult> register_session(RedisManager& redis, std::string instance, std::string id,
                                        std::string user, bool eval_fallback);

/// Removes the session's entry; whether it was removed. On the manager's strand.
Awaitable<bool> deregister_session(RedisManager& redis, std::string instance, std::string id);

}  // namespace raceproof::gateway
