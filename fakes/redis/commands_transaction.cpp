// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include "fakes/redis/engine.hpp"

namespace raceproof::fakes::redis {
namespace {

void multi(Context& c) {
  if (c.client.in_transaction) return c.reply.error("ERR MULTI calls can not be nested");
  c.client.in_transaction = true;
  c.reply.ok();
}

void exec(Context& c) {
  if (!c.client.in_transaction) return c.reply.error("ERR EXEC without MULTI");
  // A watched key whose time has run out counts as changed; looking it up notices that.
  for (const auto& [database, key] : c.client.watched) c.engine.keyspace(database).find(key);
  if (c.client.transaction_failed || c.client.watched_key_changed) {
    const bool failed = c.client.transaction_failed;
    c.engine.discard_transaction(c.client);
    if (!failed) return c.reply.null_array();
    return c.reply.error("EXECABORT Transaction discarded because of previous errors.");
  }
  c.engine.execute_queued(c.client, c.reply);
}

void discard(Context& c) {
  if (!c.client.in_transaction) return c.reply.error("ERR DISCARD without MULTI");
  c.engine.discard_transaction(c.client);
  c.reply.ok();
}

void watch(Context& c) {
  if (c.client.in_transaction) return c.reply.error("ERR WATCH inside MULTI is not allowed");
  for (const auto key : c.arguments.subspan(1)) {
    c.keys().find(key);  // drops it if its time has run out already
    c.engine.watch(c.client, key);
  }
  c.reply.ok();
}

void unwatch(Context& c) {
  c.engine.unwatch(c.client);
  c.reply.ok();
}

constexpr unsigned flags = flag_noscript | flag_loading;
constexpr Command table[] = {
    {"multi", 1, flags | flag_unqueued, multi},
    {"exec", 1, flags | flag_unqueued, exec},
    {"discard", 1, flags | flag_unqueued, discard},
    {"watch", -2, flags | flag_unqueued, watch, 1, -1, 1},
    {"unwatch", 1, flags, unwatch},
};

}  // namespace

std::span<const Command> transaction_commands() { return table; }

}  // namespace raceproof::fakes::redis
