// Commands about hashes.
#include <cmath>

#include "fakes/redis/engine.hpp"
#include "fakes/redis/numbers.hpp"

namespace raceproof::fakes::redis {
namespace {

/// The hash at the command's key, or null; `ok` is false when an error has been answered.
Hash* hash_of(const Context& c, bool& ok) { return value_of<Hash>(c, c.arguments[1], ok); }

void answer(const Context& c, const std::string* value) {
  value == nullptr ? c.reply.null() : c.reply.bulk(*value);
}

/// Sets the pairs of the arguments; returns how many fields are new, nothing on an error.
std::optional<std::int64_t> set_pairs(const Context& c) {
  if (c.arguments.size() % 2 != 0) {
    c.reply.error("ERR wrong number of arguments for '" + std::string(c.command.name) +
                  "' command");
    return std::nullopt;
  }
  Hash* hash = value_or_new<Hash>(c, c.arguments[1]);
  if (hash == nullptr) return std::nullopt;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < c.arguments.size(); i += 2) {
    added += hash->set(c.arguments[i], c.arguments[i + 1]);
  }
  c.changed(c.arguments[1]);
  return added;
}

void hset(Context& c) {
  if (const auto added = set_pairs(c)) c.reply.integer(*added);
}

void hmset(Context& c) {
  if (set_pairs(c)) c.reply.ok();
}

void hsetnx(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  if (hash != nullptr && hash->find(c.arguments[2]) != nullptr) return c.reply.integer(0);
  value_or_new<Hash>(c, c.arguments[1])->set(c.arguments[2], c.arguments[3]);
  c.changed(c.arguments[1]);
  c.reply.integer(1);
}

void hget(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (ok) answer(c, hash == nullptr ? nullptr : hash->find(c.arguments[2]));
}

void hmget(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  c.reply.array(c.arguments.size() - 2);
  for (const auto field : c.arguments.subspan(2)) {
    answer(c, hash == nullptr ? nullptr : hash->find(field));
  }
}

void write_fields(Context& c, bool names, bool values) {
  bool ok = true;
  const Hash* hash = hash_of(c, ok);
  if (!ok) return;
  if (hash == nullptr) return c.reply.array(0);
  c.reply.array(hash->size() * (names && values ? 2 : 1));
  for (const auto& [name, value] : hash->fields()) {
    if (names) c.reply.bulk(name);
    if (values) c.reply.bulk(value);
  }
}

void hgetall(Context& c) { write_fields(c, true, true); }
void hkeys(Context& c) { write_fields(c, true, false); }
void hvals(Context& c) { write_fields(c, false, true); }

void hdel(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  std::int64_t removed = 0;
  for (const auto field : c.arguments.subspan(2)) {
    removed += hash != nullptr && hash->erase(field);
  }
  if (removed > 0) c.changed(c.arguments[1]);
  if (hash != nullptr && hash->size() == 0) c.keys().erase(c.arguments[1]);
  c.reply.integer(removed);
}

void hexists(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (ok) c.reply.integer(hash != nullptr && hash->find(c.arguments[2]) != nullptr ? 1 : 0);
}

void hlen(Context& c) {
  bool ok = true;
  const Hash* hash = hash_of(c, ok);
  if (ok) c.reply.integer(hash == nullptr ? 0 : static_cast<std::int64_t>(hash->size()));
}

void hstrlen(Context& c) {
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  const auto* value = hash == nullptr ? nullptr : hash->find(c.arguments[2]);
  c.reply.integer(value == nullptr ? 0 : static_cast<std::int64_t>(value->size()));
}

void hincrby(Context& c) {
  const auto increment = integer_argument(c, c.arguments[3]);
  if (!increment) return;
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  const auto* present = hash == nullptr ? nullptr : hash->find(c.arguments[2]);
  std::int64_t number = 0;
  if (present != nullptr) {
    const auto parsed = integer_argument(c, *present, "ERR hash value is not an integer");
    if (!parsed) return;
    number = *parsed;
  }
  if (__builtin_add_overflow(number, *increment, &number)) {
    return c.reply.error(errors::would_overflow);
  }
  value_or_new<Hash>(c, c.arguments[1])->set(c.arguments[2], std::to_string(number));
  c.changed(c.arguments[1]);
  c.reply.integer(number);
}

void hincrbyfloat(Context& c) {
  const auto increment = parse_float(c.arguments[3]);
  if (!increment) return c.reply.error(errors::not_float);
  if (std::isinf(*increment)) return c.reply.error("ERR value is NaN or Infinity");
  bool ok = true;
  Hash* hash = hash_of(c, ok);
  if (!ok) return;
  const auto* present = hash == nullptr ? nullptr : hash->find(c.arguments[2]);
  const auto number = present == nullptr ? std::optional<long double>(0) : parse_float(*present);
  if (!number) return c.reply.error("ERR hash value is not a float");
  const long double sum = *number + *increment;
  if (std::isnan(sum) || std::isinf(sum)) {
    return c.reply.error("ERR increment would produce NaN or Infinity");
  }
  const auto text = format_float(sum);
  value_or_new<Hash>(c, c.arguments[1])->set(c.arguments[2], text);
  c.changed(c.arguments[1]);
  c.reply.bulk(text);
}

constexpr Command table[] = {
    {"hset", -4, flag_write, hset, 1, 1, 1},
    {"hmset", -4, flag_write, hmset, 1, 1, 1},
    {"hsetnx", 4, flag_write, hsetnx, 1, 1, 1},
    {"hget", 3, flag_readonly, hget, 1, 1, 1},
    {"hmget", -3, flag_readonly, hmget, 1, 1, 1},
    {"hgetall", 2, flag_readonly, hgetall, 1, 1, 1},
    {"hkeys", 2, flag_readonly, hkeys, 1, 1, 1},
    {"hvals", 2, flag_readonly, hvals, 1, 1, 1},
    {"hdel", -3, flag_write, hdel, 1, 1, 1},
    {"hexists", 3, flag_readonly, hexists, 1, 1, 1},
    {"hlen", 2, flag_readonly, hlen, 1, 1, 1},
    {"hstrlen", 3, flag_readonly, hstrlen, 1, 1, 1},
    {"hincrby", 4, flag_write, hincrby, 1, 1, 1},
    {"hincrbyfloat", 4, flag_write, hincrbyfloat, 1, 1, 1},
};

}  // namespace

std::span<const Command> hash_commands() { return table; }

}  // namespace raceproof::fakes::redis
