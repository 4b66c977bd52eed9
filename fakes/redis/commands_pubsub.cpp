// SUBSCRIBE, UNSUBSCRIBE, their pattern forms, PUBLISH and PUBSUB.
#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

using Change = bool (PubSub::*)(Client&, std::string_view);

/// Confirms one subscription or its end; `name` is null when there was none to end.
void confirm(const Context& c, const std::string_view* name) {
  c.reply.array(3);
  c.reply.bulk(c.command.name);
  name == nullptr ? c.reply.null() : c.reply.bulk(*name);
  c.reply.integer(static_cast<std::int64_t>(c.client.subscriptions()));
}

void change_each(const Context& c, Change change) {
  for (const auto name : c.arguments.subspan(1)) {
    (c.engine.pubsub().*change)(c.client, name);
    confirm(c, &name);
  }
}

void end_all(const Context& c, Change change, const std::set<std::string, std::less<>>& own) {
  if (own.empty()) return confirm(c, nullptr);
  const std::vector<std::string> names(own.begin(), own.end());
  for (const std::string_view name : names) {
    (c.engine.pubsub().*change)(c.client, name);
    confirm(c, &name);
  }
}

void subscribe(Context& c) { change_each(c, &PubSub::subscribe); }
void psubscribe(Context& c) { change_each(c, &PubSub::subscribe_pattern); }

void unsubscribe(Context& c) {
  if (c.arguments.size() > 1) return change_each(c, &PubSub::unsubscribe);
  end_all(c, &PubSub::unsubscribe, c.client.channels);
}

void punsubscribe(Context& c) {
  if (c.arguments.size() > 1) return change_each(c, &PubSub::unsubscribe_pattern);
  end_all(c, &PubSub::unsubscribe_pattern, c.client.patterns);
}

void publish(Context& c) { c.reply.integer(c.engine.publish(c.arguments[1], c.arguments[2])); }

void pubsub_channels(Context& c) {
  if (c.arguments.size() > 3) {
    return c.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                         std::string(c.arguments[1]) + "'. Try PUBSUB HELP.");
  }
  std::vector<std::string_view> found;
  for (const auto& [channel, clients] : c.engine.pubsub().channels()) {
    if (c.arguments.size() == 2 || glob_matches(c.arguments[2], channel)) found.push_back(channel);
  }
  c.reply.array(found.size());
  for (const auto channel : found) c.reply.bulk(channel);
}

void pubsub_numsub(Context& c) {
  const auto asked = c.arguments.subspan(2);
  const auto& channels = c.engine.pubsub().channels();
  c.reply.array(2 * asked.size());
  for (const auto channel : asked) {
    const auto it = channels.find(channel);
    c.reply.bulk(channel);
    c.reply.integer(it == channels.end() ? 0 : static_cast<std::int64_t>(it->second.size()));
  }
}

void pubsub_numpat(Context& c) {
  c.reply.integer(static_cast<std::int64_t>(c.engine.pubsub().patterns().size()));
}

constexpr Command pubsub_subcommands[] = {
    {"pubsub|channels", -2, flag_loading, pubsub_channels},
    {"pubsub|numpat", 2, flag_loading, pubsub_numpat},
    {"pubsub|numsub", -2, flag_loading, pubsub_numsub},
};

void container(Context&) {}  // a container without a subcommand fails its arity check

constexpr unsigned subscription_flags = flag_pubsub | flag_noscript | flag_loading;
constexpr Command table[] = {
    {"subscribe", -2, subscription_flags, subscribe},
    {"unsubscribe", -1, subscription_flags, unsubscribe},
    {"psubscribe", -2, subscription_flags, psubscribe},
    {"punsubscribe", -1, subscription_flags, punsubscribe},
    {"publish", 3, flag_loading | flag_replicated, publish},
    {"pubsub", -2, flag_none, container, 0, 0, 0, pubsub_subcommands},
};

}  // namespace

std::span<const Command> pubsub_commands() { return table; }

}  // namespace raceproof::fakes::redis
