// Who listens to which channel and pattern.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fakes/redis/client.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {

/// The subscriptions of all connections. A message goes to a channel's subscribers in the order in
/// which they subscribed, then to the patterns by name: Redis's order, except that it leaves the
/// order of the patterns open.
class PubSub {
 public:
  using Subscribers = std::map<std::string, std::vector<Client*>, std::less<>>;

  /// Whether this is new; likewise below.
  bool subscribe(Client& client, std::string_view channel);
  bool subscribe_pattern(Client& client, std::string_view pattern);
  bool unsubscribe(Client& client, std::string_view channel);
  bool unsubscribe_pattern(Client& client, std::string_view pattern);
  /// Drops all of a connection's subscriptions, silently.
  void forget(Client& client);

  /// Calls `deliver(client, pattern)` for each receiver; `pattern` is null for a
  /// channel's own subscriber. Returns how many there were.
  template <class Deliver>
  std::int64_t publish(std::string_view channel, Deliver deliver) const;

  [[nodiscard]] const Subscribers& channels() const { return channels_; }
  [[nodiscard]] const Subscribers& patterns() const { return patterns_; }

 private:
  Subscribers channels_;
  Subscribers patterns_;
};

template <class Deliver>
std::int64_t PubSub::publish(std::string_view channel, Deliver deliver) const {
  std::int64_t receivers = 0;
  if (const auto it = channels_.find(channel); it != channels_.end()) {
    for (Client* client : it->second) {
      deliver(*client, nullptr);
      ++receivers;
    }
  }
  for (const auto& [pattern, clients] : patterns_) {
    if (!glob_matches(pattern, channel)) continue;
    for (Client* client : clients) {
      deliver(*client, &pattern);
      ++receivers;
    }
  }
  return receivers;
}

}  // namespace raceproof::fakes::redis
