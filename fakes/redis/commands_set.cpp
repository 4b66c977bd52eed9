// Commands about sets. Members are answered integers first, then by name; Redis leaves the order of
// sets with other members than integers open.
#include "fakes/redis/engine.hpp"

namespace raceproof::fakes::redis {
namespace {

Set* set_of(const Context& c, bool& ok) { return value_of<Set>(c, c.arguments[1], ok); }

void sadd(Context& c) {
  Set* set = value_or_new<Set>(c, c.arguments[1]);
  if (set == nullptr) return;
  std::int64_t added = 0;
  for (const auto member : c.arguments.subspan(2)) added += set->emplace(member).second;
  if (added > 0) c.changed(c.arguments[1]);
  c.reply.integer(added);
}

void srem(Context& c) {
  bool ok = true;
  Set* set = set_of(c, ok);
  if (!ok) return;
  std::int64_t removed = 0;
  for (const auto member : c.arguments.subspan(2)) {
    const auto it = set == nullptr ? Set::iterator() : set->find(member);
    if (set == nullptr || it == set->end()) continue;
    set->erase(it);
    ++removed;
  }
  if (removed > 0) c.changed(c.arguments[1]);
  if (set != nullptr && set->empty()) c.keys().erase(c.arguments[1]);
  c.reply.integer(removed);
}

void smembers(Context& c) {
  bool ok = true;
  const Set* set = set_of(c, ok);
  if (!ok) return;
  if (set == nullptr) return c.reply.array(0);
  c.reply.array(set->size());
  for (const auto& member : *set) c.reply.bulk(member);
}

void sismember(Context& c) {
  bool ok = true;
  const Set* set = set_of(c, ok);
  if (ok) c.reply.integer(set != nullptr && set->contains(c.arguments[2]) ? 1 : 0);
}

void smismember(Context& c) {
  bool ok = true;
  const Set* set = set_of(c, ok);
  if (!ok) return;
  c.reply.array(c.arguments.size() - 2);
  for (const auto member : c.arguments.subspan(2)) {
    c.reply.integer(set != nullptr && set->contains(member) ? 1 : 0);
  }
}

void scard(Context& c) {
  bool ok = true;
  const Set* set = set_of(c, ok);
  if (ok) c.reply.integer(set == nullptr ? 0 : static_cast<std::int64_t>(set->size()));
}

constexpr Command table[] = {
    {"sadd", -3, flag_write, sadd, 1, 1, 1},
    {"srem", -3, flag_write, srem, 1, 1, 1},
    {"smembers", 2, flag_readonly, smembers, 1, 1, 1},
    {"sismember", 3, flag_readonly, sismember, 1, 1, 1},
    {"smismember", -3, flag_readonly, smismember, 1, 1, 1},
    {"scard", 2, flag_readonly, scard, 1, 1, 1},
};

}  // namespace

std::span<const Command> set_commands() { return table; }

}  // namespace raceproof::fakes::redis
