#include "gateway/session_registry.hpp"

#include <utility>

#include "gateway/resp/command.hpp"
#include "gateway/scripts.hpp"

namespace raceproof::gateway {

namespace {

// The sessions of an instance that died without a word go away after this time.
constexpr std::string_view sessions_ttl_seconds = "86400";

std::string sessions_key(const std::string& instance) {
  return std::string("sessions:").append(instance);
}

SetupResult failure(std::string_view step, bool registered, std::string reason) {
  return {false, registered, step, std::move(reason)};
}

}  // namespace

Awaitable<SetupResult> register_session(RedisManager& redis, std::string instance, std::string id,
                                        std::string user, bool eval_fallback) {
  const std::string key = sessions_key(instance);
  auto answer = co_await redis.command(
      resp::encode("EVALSHA", register_session_sha, "1", key, id, user, sessions_ttl_seconds),
      "EVALSHA");
  if (eval_fallback && resp::has_error_code(answer.reply, "NOSCRIPT")) {
    answer = co_await redis.command(
        resp::encode("EVAL", register_session_script, "1", key, id, user, sessions_ttl_seconds),
        "EVAL");
  }
  if (!answer.reply.is_integer()) co_return failure("register", false, answer.describe());

  answer =
      co_await redis.command(resp::encode("PUBLISH", redis.channel(), "probe " + id), "PUBLISH");
  if (!answer.reply.is_integer()) co_return failure("probe", true, answer.describe());
  if (answer.reply.integer < 1) {
    co_return failure("probe", true, "no subscriber on the instance channel (PUBLISH -> 0)");
  }
  // A receiver was there, but without our own confirmation it may be anybody.
  const bool confirmed = co_await redis.subscription_confirmed();
  if (!confirmed) {
    co_return failure("probe", true, "subscription to the instance channel not confirmed");
  }
  co_return SetupResult{true, true, {}, {}};
}

Awaitable<bool> deregister_session(RedisManager& redis, std::string instance, std::string id) {
  const auto answer =
      co_await redis.command(resp::encode("HDEL", sessions_key(instance), id), "HDEL");
  co_return answer.reply.is_integer() && answer.reply.integer > 0;
}

}  // namespace raceproof::gateway
