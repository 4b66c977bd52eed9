// Which instances a user is connected to, in Redis, and messages between instances.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/redis_manager.hpp"

namespace raceproof::gateway {

/// A message for a user as it travels between instances and lies in Redis.
struct RemoteMessage {
  std::string user;
  std::string type;
  std::string text;
};
/// One text for the channel or list: user, type and text, the first two after their lengths.
std::string encode(const RemoteMessage& message);
/// Nothing for what `encode` cannot have written.
std::optional<RemoteMessage> decode(std::string_view text);

/// Each call is one script, so it is atomic: a message finds a user's instances or is kept for the
/// next `join`, never neither. On the manager's strand, through the Redis manager's.
class Presence {
 public:
  /// `redis` must outlive it; `channels` is what the channels of instances begin with; `keep` is
  /// how many messages are kept for a user who is nowhere.
  Presence(RedisManager& redis, std::string instance, std::string channels, std::int64_t keep)
      : redis_(redis),
        instance_(std::move(instance)),
        channels_(std::move(channels)),
        keep_(keep) {}

  /// Notes that a session of `user` is here; returns what was kept for the user, oldest first.
  /// Nothing when Redis could not be asked.
  Awaitable<std::optional<std::vector<RemoteMessage>>> join(std::string user, std::string session);
  /// Notes that it is gone.
  Awaitable<> leave(std::string user, std::string session);
  /// Publishes to the user's other instances; how many got it. With `keep` and no other instance,
  /// the message is kept. `absent`: the user has no session here. Nothing when Redis could not be
  /// asked.
  Awaitable<std::optional<std::int64_t>> send(RemoteMessage message, bool absent, bool keep);

 private:
  RedisManager& redis_;
  std::string instance_;
  std::string channels_;
  std::int64_t keep_;
};

}  // namespace raceproof::gateway
