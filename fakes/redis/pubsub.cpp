// See pubsub.hpp.
#include "fakes/redis/pubsub.hpp"

namespace raceproof::fakes::redis {
namespace {

using Names = std::set<std::string, std::less<>>;

bool add(Names& own, PubSub::Subscribers& all, Client& client, std::string_view name) {
  if (!own.emplace(name).second) return false;
  all[std::string(name)].push_back(&client);
  return true;
}

void remove_from(PubSub::Subscribers& all, const Client& client, std::string_view name) {
  const auto it = all.find(name);
  if (it == all.end()) return;
  std::erase(it->second, &client);
  if (it->second.empty()) all.erase(it);
}

bool remove(Names& own, PubSub::Subscribers& all, const Client& client, std::string_view name) {
  const auto it = own.find(name);
  if (it == own.end()) return false;
  remove_from(all, client, name);
  own.erase(it);
  return true;
}

}  // namespace

bool PubSub::subscribe(Client& client, std::string_view channel) {
  return add(client.channels, channels_, client, channel);
}

bool PubSub::subscribe_pattern(Client& client, std::string_view pattern) {
  return add(client.patterns, patterns_, client, pattern);
}

bool PubSub::unsubscribe(Client& client, std::string_view channel) {
  return remove(client.channels, channels_, client, channel);
}

bool PubSub::unsubscribe_pattern(Client& client, std::string_view pattern) {
  return remove(client.patterns, patterns_, client, pattern);
}

void PubSub::forget(Client& client) {
  for (const auto& channel : client.channels) remove_from(channels_, client, channel);
  for (const auto& pattern : client.patterns) remove_from(patterns_, client, pattern);
  client.channels.clear();
  client.patterns.clear();
}

}  // namespace raceproof::fakes::redis
